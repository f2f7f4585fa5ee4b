"""Rules of cancelling: the caller is free at once, the service sees it, and the next call works."""

from __future__ import annotations

from collections.abc import Iterator

from lollms_client.testing.attack_ends import Trial
from lollms_client.testing.attack_evidence import evidence_of
from lollms_client.testing.attack_judging import told, verdict
from lollms_client.testing.rules import NotApplicable, rule
from lollms_client.testing.subject import Subject


def _of(subject: Subject, code: str, without: str) -> list[Trial]:
    found = [trial for trial in evidence_of(subject, "cancellation").trials if trial.rule == code]
    if not found:
        raise NotApplicable(without)
    return found


def _ended(trial: Trial) -> str | None:
    """Whether the call ended as cancelled, and left nothing open."""
    if trial.kind == "value":
        return f"it went on to its end and gave {trial.text}"
    if trial.kind == "error" and trial.code not in trial.codes:
        return f"it ended with {trial.code}: {trial.text}"
    return verdict(trial) or trial.left or None


@rule(
    "X101",
    "a call that waits is freed by its token",
    reason="Users press stop; a call that goes on keeps the service working, and costs.",
    cure="Await the families' verbs alone; in blocking code check the token.",
)
def _waiting(subject: Subject) -> Iterator[str]:
    yield from told(_of(subject, "X101", "it makes no requests"), _ended)


@rule(
    "X102",
    "a call in the middle of an answer is freed by its token",
    reason="Users press stop when they have read enough.",
    cure="Let Cancelled pass; close streams in `finally`.",
)
def _middle(subject: Subject) -> Iterator[str]:
    yield from told(_of(subject, "X102", "its answers come whole"), _ended)


@rule(
    "X103",
    "the service sees that a stream is left",
    reason="Else it goes on making an answer that nobody reads, and that is paid for.",
    cure="Keep no reference to the stream; close it in `finally`; do not read on after the caller stopped.",
)
def _left(subject: Subject) -> Iterator[str]:
    yield from told(_of(subject, "X103", "it does not stream"), _ended)


@rule(
    "X104",
    "a job is stopped with the call that waits for it",
    reason="A film that nobody wants any more is made and paid for.",
    cure="Write cancel_job; let Cancelled and TimedOut pass.",
)
def _jobs(subject: Subject) -> Iterator[str]:
    yield from told(_of(subject, "X104", "it does not work in jobs"), _ended)


@rule(
    "X105",
    "a streaming callback stops the answer by False alone",
    reason="Callbacks that only print return nothing; those of a stop button return False.",
    cure="Stop where the callback's value `is False`.",
)
def _callbacks(subject: Subject) -> Iterator[str]:
    yield from told(_of(subject, "X105", "it takes no streaming callback of its own"), _ended)


@rule(
    "X106",
    "cancelling a task ends the call at the service",
    reason="Servers cancel the tasks of clients that went away.",
    cure="Do not catch BaseException or CancelledError; await the families' verbs alone.",
)
def _tasks(subject: Subject) -> Iterator[str]:
    yield from told(_of(subject, "X106", "its blocking code runs in a thread"), _ended)


@rule(
    "X107",
    "the next call works after a cancelled one",
    reason="A stop button stops one answer, not all that follow.",
    cure="Keep no flag or token of a call on the object; begin each call anew.",
)
def _next_call(subject: Subject) -> Iterator[str]:
    found = evidence_of(subject, "cancellation").trials
    yield from told(found, lambda trial: f"the next call: {trial.after}" if trial.after else None)


@rule(
    "X108",
    "the process survives every cancelling",
    reason="A binding runs in the application's process.",
    cure="Do not wait in clean-up without a limit.",
)
def _survives(subject: Subject) -> Iterator[str]:
    evidence = evidence_of(subject, "cancellation")
    if not evidence.finished:
        yield f"the check did not come to its end ({evidence.ended}); it was at: {evidence.busy}"
