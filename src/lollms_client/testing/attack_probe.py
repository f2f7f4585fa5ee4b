"""The process in which a binding is attacked: plays its cases with one reply replaced, thousands of times."""

from __future__ import annotations

import gc
import os
import random
import sys
import threading
from pathlib import Path

import msgspec

from lollms_client import errors
from lollms_client.registry import Registry
from lollms_client.testing import probe
from lollms_client.testing.attack_arena import Arena, arena
from lollms_client.testing.attack_clock import quick_clock, short_patience
from lollms_client.testing.attack_documented import documented_trials
from lollms_client.testing.attack_evidence import AttackEvidence
from lollms_client.testing.attack_plan import adversaries, chosen, drivers_for, error_attacks
from lollms_client.testing.cancel_plain import plain_cancel_trials
from lollms_client.testing.cancel_trials import cancel_trials
from lollms_client.testing.cases import PlacedCase
from lollms_client.testing.cases_reading import read_cases
from lollms_client.testing.watching import Watch, _memory
from lollms_client.testing.wire_playing import Subject
from lollms_client.testing.wire_probe import subject_of

_EVERY = 200  # trials between two writings
MOST_HUNG = 6  # calls without an end: more tell nothing new, and each takes its limit


def main(report: Path, suite: str, folder: Path, name: str, binding_type: str) -> int:
    """Attack all chosen cases, and write the trials as JSON."""
    probe.preload()
    random.seed(7)
    os.environ["LOLLMS_HOME"] = str(Path.cwd() / "home")  # no saved settings of the user
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 (until the process ends)
    registry = Registry(bindings_dirs=(folder,))
    entry = registry.find(name, binding_type)
    watch = Watch()
    evidence = AttackEvidence()
    writer = _Writer(report, evidence)
    with quick_clock():
        try:
            subject = subject_of(registry, entry, watch)
            evidence.is_flow = subject.speaks_flows
            with short_patience(really=not subject.speaks_flows):
                _attack_all(suite, subject, watch, writer)
        except errors.LollmsError as error:
            evidence.problem = str(error)
    evidence.finished = True
    writer.write()
    return 0


class _Writer:
    """Writes the evidence from time to time, so that what is known survives a crash."""

    def __init__(self, report: Path, evidence: AttackEvidence) -> None:
        self.evidence = evidence
        self._report = report
        self._new = 0

    def begin(self, words: str) -> None:
        """Say what is going on now."""
        self.evidence.busy = words
        self._new += 1
        if self._new % _EVERY == 1:
            self.write()

    def write(self) -> None:
        """Write everything."""
        self._report.write_bytes(msgspec.json.encode(self.evidence))


def _attack_all(suite: str, subject: Subject, watch: Watch, writer: _Writer) -> None:
    cases = read_cases(subject.folder, subject.binding_type, subject.manifest.capabilities)
    problems: list[str] = []
    for placed in chosen(cases.cases):
        try:
            with arena(subject, placed, watch.connections) as place:
                place.prepare()
                writer.evidence.cases.append(placed.title)
                before, memory = _held(), _memory()
                _attack(suite, place, writer)
                place.client.close()
            _note_growth(before, memory, writer.evidence)
        except Exception as error:  # noqa: BLE001 (a case that cannot be played; the wire suite tells of it)
            problems.append(f"{placed.title}: {type(error).__name__}: {error}")
    if not writer.evidence.cases:
        writer.evidence.problem = _no_case(cases.cases, problems)


def _no_case(cases: tuple[PlacedCase, ...], problems: list[str]) -> str:
    if problems:
        return f"no wire case could be played ({problems[0][:200]}); mend what the wire suite finds first"
    return "no wire case ends in a result" if cases else "there are no wire cases"


def _attack(suite: str, place: Arena, writer: _Writer) -> None:
    if suite == "cancellation":
        made = cancel_trials if place.subject.speaks_flows else plain_cancel_trials
        for found in made(place):
            writer.begin(f"{found.case}: {found.attack} ({found.driver})")
            writer.evidence.trials.append(found)
        return
    plan = error_attacks(place) if suite == "errors" else adversaries(place)
    for count, (attack, driver) in enumerate(drivers_for(place, plan, first=len(writer.evidence.cases) == 1), 1):
        writer.begin(f"{place.placed.title}: {attack.name} ({driver})")
        if _runs_away(writer.evidence) and any(trial.rule == attack.rule for trial in writer.evidence.trials):
            continue
        found = place.trial(attack, driver)
        if driver == "blocking" or count % 20 == 0:
            found.after = _after(place, driver)
        writer.evidence.trials.append(found)
    if suite == "errors":
        writer.evidence.trials.extend(documented_trials(place))


def _runs_away(evidence: AttackEvidence) -> bool:
    """Whether so many calls came to no end that each rule is tried once only."""
    return sum(trial.kind == "hung" for trial in evidence.trials) >= MOST_HUNG


def _after(place: Arena, driver: str) -> str:
    """What is wrong with a call after the attack is over."""
    from lollms_client.testing.attack_arena import limited
    from lollms_client.testing.attack_ends import same
    from lollms_client.testing.attack_service import RanAway

    try:
        with limited():
            value = place.call(driver, None)()
    except RanAway as away:
        return str(away)
    except Exception as error:  # noqa: BLE001 (what somebody else's code raises is what is looked at)
        return f"{type(error).__name__}: {error}"[:200]
    return "" if same(value, place.whole) else "it gives another result"


def _held() -> dict[str, float]:
    gc.collect()
    folder = Path("/proc/self/fd")
    files = len(list(folder.iterdir())) if folder.is_dir() else 0
    return {"threads": float(threading.active_count()), "open files": float(files)}


def _note_growth(before: dict[str, float], memory: float, evidence: AttackEvidence) -> None:
    """What stays when the servers' own connections and threads are gone: those of the binding."""
    after = _held()
    for name in before:
        evidence.grown[name] = max(evidence.grown.get(name, 0.0), after[name] - before[name])
    evidence.megabytes = max(evidence.megabytes, _memory() - memory)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4], sys.argv[5]))
