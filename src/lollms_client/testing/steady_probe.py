"""The process in which a binding's calls are answered well, again and again, and at once."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import msgspec

from lollms_client import errors
from lollms_client.registry import Registry
from lollms_client.testing import probe
from lollms_client.testing.attack_arena import arena
from lollms_client.testing.attack_clock import quick_clock
from lollms_client.testing.attack_plan import chosen
from lollms_client.testing.cases import PlacedCase
from lollms_client.testing.cases_reading import read_cases
from lollms_client.testing.loop_watch import LoopWatch
from lollms_client.testing.own_frames import OwnCode
from lollms_client.testing.printed import Printed
from lollms_client.testing.process_state import application_state
from lollms_client.testing.steady_calls import SteadyCase
from lollms_client.testing.steady_evidence import SteadyEvidence
from lollms_client.testing.steady_memory import remembered
from lollms_client.testing.steady_paid import paid_trials
from lollms_client.testing.steady_rounds import Rounds
from lollms_client.testing.steady_together import mixed
from lollms_client.testing.watching import Watch
from lollms_client.testing.wire_playing import Subject
from lollms_client.testing.wire_probe import subject_of

MOST_CASES = 4
Write = Callable[[str], None]


def main(report: Path, folder: Path, name: str, binding_type: str) -> int:
    """Play all chosen cases, and write the findings as JSON after each step."""
    probe.preload()
    os.environ["LOLLMS_HOME"] = str(Path.cwd() / "home")  # no saved settings of the user
    _own_temporary_folder()
    warnings.simplefilter("ignore", ResourceWarning)
    sys.stdout = sys.stderr = printed = Printed()
    registry = Registry(bindings_dirs=(folder,))
    entry = registry.find(name, binding_type)
    watch, evidence = Watch(), SteadyEvidence()
    own = printed.own = OwnCode(entry.folder)
    loop_watch = LoopWatch(own)

    def write(busy: str) -> None:
        evidence.busy = busy
        evidence.printed, evidence.blocking = printed.pieces, loop_watch.found
        report.write_bytes(msgspec.json.encode(evidence))

    with quick_clock(), loop_watch.ready():
        try:
            subject = subject_of(registry, entry, watch)
            gc.collect()
            gc.freeze()  # what is there now need not be looked through again and again
            evidence.is_flow = subject.speaks_flows
            _play(subject, evidence, watch, loop_watch, own, write)
        except errors.LollmsError as error:
            evidence.problem = str(error)
    evidence.finished = True
    write("")
    return 0


def _own_temporary_folder() -> None:
    """What the binding leaves among the temporary files is seen, and removed after the check."""
    folder = Path.cwd() / "temporary"
    folder.mkdir()
    tempfile.tempdir = str(folder)
    for variable in ("TMPDIR", "TEMP", "TMP"):
        os.environ[variable] = str(folder)


def _play(
    subject: Subject, evidence: SteadyEvidence, watch: Watch, loop_watch: LoopWatch, own: OwnCode, write: Write
) -> None:
    cases = read_cases(subject.folder, subject.binding_type, subject.manifest.capabilities)
    problems: list[str] = []
    before = application_state()
    for placed in chosen(cases.cases)[:MOST_CASES]:
        try:
            with arena(subject, placed, watch.connections) as place:
                case = SteadyCase(place)
                write(f"{placed.title}: calls one after another")
                evidence.remembered += _titled(placed, remembered(case))
                place.prepare()
                evidence.cases.append(placed.title)
                write(f"{placed.title}: the same call again and again")
                Rounds(case, evidence, watch, own, before).all_of_them(loop_watch)
                write(f"{placed.title}: calls at once")
                evidence.mixed += _titled(placed, mixed(case, own))
                write(f"{placed.title}: failures of what may cost")
                evidence.paid += paid_trials(place)
        except Exception as error:  # noqa: BLE001 (a case that cannot be played; the wire suite tells of it)
            problems.append(f"{placed.title}: {type(error).__name__}: {error}")
            if evidence.cases[-1:] == [placed.title]:
                evidence.failures.append(problems[-1])
        gc.collect()
    if not evidence.cases:
        evidence.problem = f"no wire case could be played: {'; '.join(problems)[:300] or 'none ends in a result'}"


def _titled(placed: PlacedCase, faults: list[str]) -> list[str]:
    return [f"{placed.title}: {fault}" for fault in faults]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))
