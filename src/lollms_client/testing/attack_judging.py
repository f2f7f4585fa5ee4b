"""Whether a trial ended as it may: one sentence where it did not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from lollms_client.testing.attack_ends import Trial

MOST_FAULTS = 6  # of one rule that are told


def verdict(trial: Trial) -> str | None:
    """What is wrong with how the call ended, None where nothing is."""
    if trial.kind == "hung":
        return trial.text or "it did not come to an end"
    if trial.kind == "foreign":
        return f"it raised {trial.type} ({trial.text}), which is no error of lollms_client.errors"
    if trial.kind == "error":
        return _wrong_error(trial)
    if trial.expect == "error":
        return f"it gave a result ({trial.text}) where only an error is right"
    if trial.ill:
        return trial.ill
    return _wrong_value(trial)


def _wrong_error(trial: Trial) -> str | None:
    said = f"{trial.code}: {trial.text}"
    if trial.expect in ("same", "alike"):
        return f"it failed ({said}) where the reply is good"
    if not trial.text.strip():
        return f"the error {trial.code} says nothing"
    if trial.flow and trial.codes and trial.code not in trial.codes:
        return f"the error is {said}; it should be {' or '.join(trial.codes)}"
    return None


def _wrong_value(trial: Trial) -> str | None:
    if trial.expect == "same" and not trial.same:
        return f"it gave another result: {trial.text}"
    if trial.expect == "alike" and not trial.alike:
        return f"it gave another result: {trial.text}"
    if trial.expect == "complete" and not trial.alike:
        return f"it gave {trial.text}, which is not what the service would have said whole; an error is right"
    return None


def told(trials: Iterable[Trial], judge: Callable[[Trial], str | None]) -> Iterator[str]:
    """The faults of trials in words: case, attack, driver, and what happened; the first of them, and how many more."""
    count = 0
    seen: set[tuple[str, str]] = set()
    for trial in trials:
        fault = judge(trial)
        if fault is None or (key := (trial.case + trial.attack, fault.partition("(")[0])) in seen:
            continue
        seen.add(key)
        count += 1
        if count <= MOST_FAULTS:
            yield f"{trial.case} ({trial.driver}), {trial.attack}: {fault}"
    if count > MOST_FAULTS:
        yield f"and {count - MOST_FAULTS} more like these"
