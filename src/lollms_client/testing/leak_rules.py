"""Rules of what calls leave behind: after many of them the process is as it was."""

from __future__ import annotations

from collections.abc import Iterator

from lollms_client.testing.leaking import ROUNDS
from lollms_client.testing.rules import Unproven, rule
from lollms_client.testing.subject import Subject

MEBIBYTES = 4.0


def _grown(subject: Subject, name: str) -> float:
    if not subject.evidence.called:
        raise Unproven("nothing was called")
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
