"""Rules of importing a binding: it is free. Nothing is reached, started, printed, written or changed by it."""

from __future__ import annotations

from collections.abc import Iterator

from lollms_client.testing.evidence import Changes
from lollms_client.testing.rules import NotApplicable, rule
from lollms_client.testing.subject import Subject

SECONDS = 3.0  # of processor time and sleep
MEGABYTES = 300.0


def _imported(subject: Subject) -> Changes:
    evidence = subject.evidence
    if evidence.missing:
        raise NotApplicable(evidence.missing)
    return evidence.imported


@rule("C101", "the class can be loaded", reason="Everything else needs it.", cure="Correct the line that is named.")
def _loads(subject: Subject) -> Iterator[str]:
    evidence = subject.evidence
    if evidence.missing or evidence.load_error:
        yield evidence.missing or evidence.load_error


@rule(
    "C102",
    "it comes to an end",
    reason="A binding that hangs or kills the process takes the application with it.",
    cure="Give every request a time limit; never call sys.exit.",
)
def _ends(subject: Subject) -> Iterator[str]:
    if subject.evidence.ended:
        yield subject.evidence.ended


@rule(
    "C103",
    "importing reaches nothing",
    reason="Listing and loading must work without a network, and tell nobody.",
    cure="Open connections in the methods, not while the module is imported.",
)
def _connections(subject: Subject) -> Iterator[str]:
    for address in sorted(set(_imported(subject).connections)):
        yield f"it tried to reach {address}"


@rule(
    "C104",
    "importing starts no process",
    reason="Installing packages or starting servers needs the user's consent.",
    cure="Declare packages in requirements; start servers on first use.",
)
def _processes(subject: Subject) -> Iterator[str]:
    for words in _imported(subject).processes:
        yield f"it started {words}"


@rule("C105", "importing prints nothing", reason="The output belongs to the application.", cure="Remove the print.")
def _output(subject: Subject) -> Iterator[str]:
    if _imported(subject).output.strip():
        yield f"it printed {_imported(subject).output.strip()[:200]!r}"


@rule(
    "C106",
    "importing writes no file",
    reason="A file that nobody asked for stays on the user's disk.",
    cure="Write in the methods, into the folder that a setting names.",
)
def _written(subject: Subject) -> Iterator[str]:
    for path in _imported(subject).written:
        if "__pycache__" not in path:
            yield f"it wrote {path}"


@rule(
    "C107",
    "importing changes nothing global",
    reason="Other bindings and the application live in the same process.",
    cure="Leave directories, variables, signals, locale, logging, random and sockets as they are.",
)
def _state(subject: Subject) -> Iterator[str]:
    for name in _imported(subject).state:
        yield f"it changed {name}"


@rule(
    "C108",
    "importing is quick",
    reason="An application imports many bindings before its first window.",
    cure="Import heavy packages inside the methods that need them.",
)
def _quick(subject: Subject) -> Iterator[str]:
    seconds = _imported(subject).seconds
    if seconds > SECONDS:
        yield f"it took {seconds:.1f} s of processor time and sleep; at most {SECONDS:g} s are allowed"


@rule(
    "C109",
    "importing takes little memory",
    reason="Bindings that are not used should cost nothing.",
    cure="Import heavy packages inside the methods that need them.",
)
def _small(subject: Subject) -> Iterator[str]:
    grown = _imported(subject).megabytes
    if grown > MEGABYTES:
        yield f"the process grew by {grown:.0f} MiB; at most {MEGABYTES:.0f} MiB are allowed"
