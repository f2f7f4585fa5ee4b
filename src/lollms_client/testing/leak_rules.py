"""Rules of what calls leave behind: after many of them the process is as it was."""

from __future__ import annotations

from collections.abc import Iterator

from lollms_client.testing.leaking import ROUNDS
from lollms_client.testing.rules import Unproven, rule
from lollms_client.testing.subject import Subject

MEBIBYTES = 4.0
NATIVE_MEBIBYTES = 2.0


def _grown(subject: Subject, name: str) -> float:
    if not subject.evidence.called:
        raise Unproven(subject.evidence.not_called or "nothing was called")
    return subject.evidence.grown.get(name, 0.0)


@rule(
    "L101",
    "calls leave no threads behind",
    reason="A server that runs for weeks runs out of them.",
    cure="Join the threads that a call starts, or use one pool.",
)
def _threads(subject: Subject) -> Iterator[str]:
    grown = _grown(subject, "threads")
    if grown >= ROUNDS:
        yield f"{grown:.0f} threads stayed after {ROUNDS} rounds of calls"


@rule(
    "L102",
    "calls leave no open files behind",
    reason="A process may hold only so many files and connections.",
    cure="Open files and connections in a `with` block.",
)
def _files(subject: Subject) -> Iterator[str]:
    grown = _grown(subject, "open files")
    if grown >= ROUNDS:
        yield f"{grown:.0f} files or connections stayed open after {ROUNDS} rounds of calls"


@rule(
    "L103",
    "calls leave no memory behind",
    reason="A server that runs for weeks runs out of it.",
    cure="Do not collect requests, replies or media on the object.",
)
def _memory(subject: Subject) -> Iterator[str]:
    grown = _grown(subject, "MiB")
    if grown >= MEBIBYTES:
        yield f"{grown:.1f} MiB stayed after {ROUNDS} rounds of calls"


@rule(
    "L104",
    "calls leave no memory of native code behind",
    reason="Libraries in C hold memory that Python does not see.",
    cure="Free what the library gives out: close contexts, samplers, decoders, images.",
)
def _native(subject: Subject) -> Iterator[str]:
    grown = _grown(subject, "MiB a round")
    if grown >= NATIVE_MEBIBYTES:
        yield f"the process grew by {grown:.1f} MiB or more in each round of calls"


@rule(
    "L105",
    "calls leave no processes behind",
    reason="They hold memory, ports and the graphics card.",
    cure="End and wait for every process that a call starts, or keep one and end it in close().",
)
def _processes(subject: Subject) -> Iterator[str]:
    grown = _grown(subject, "processes")
    if grown >= ROUNDS:
        yield f"{grown:.0f} processes stayed after {ROUNDS} rounds of calls"


@rule(
    "L106",
    "calls leave no temporary files behind",
    reason="Disks run full, and what was said stays readable there.",
    cure="Use tempfile.TemporaryDirectory or NamedTemporaryFile in a `with` block.",
)
def _temporary(subject: Subject) -> Iterator[str]:
    grown = _grown(subject, "temporary files")
    if grown >= ROUNDS:
        yield f"{grown:.0f} files stayed in the folder for temporary files after {ROUNDS} rounds of calls"
