"""Rules of what calls leave behind: after many of them the process is as it was."""

from __future__ import annotations

from collections.abc import Iterator

from lollms_client.testing.leaking import KEPT, ROUNDS
from lollms_client.testing.rules import NotApplicable, Unproven, rule
from lollms_client.testing.steady_evidence import steady_of
from lollms_client.testing.subject import Subject

MEBIBYTES = 4.0
NATIVE_MEBIBYTES = 2.0


def _grown(subject: Subject, name: str) -> float:
    if not subject.evidence.called:
        raise Unproven(subject.evidence.not_called or "nothing was called")
    return subject.evidence.grown.get(name, 0.0)


def _left(subject: Subject, kind: str) -> list[str]:
    """What calls left behind that a service answered well; nothing where none could be played."""
    try:
        evidence = steady_of(subject)
    except NotApplicable:
        return []
    if evidence.failures and not evidence.left.get(kind):
        raise Unproven(f"not every case could be played many times: {evidence.failures[0][:300]}")
    return evidence.left.get(kind, [])


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
    yield from _left(subject, "threads")


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
    yield from _left(subject, "files or connections")


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
    yield from (f"{name[len(KEPT) :]} grew with every call" for name in subject.evidence.grown if name.startswith(KEPT))
    yield from _left(subject, "memory")


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
    yield from _left(subject, "processes")


@rule(
    "L106",
    "calls leave no files behind",
    reason="Disks run full, and what was said stays readable there.",
    cure="Use tempfile.TemporaryDirectory or NamedTemporaryFile in a `with` block; give back media as bytes.",
)
def _temporary(subject: Subject) -> Iterator[str]:
    grown = _grown(subject, "temporary files")
    if grown >= ROUNDS:
        yield f"{grown:.0f} files stayed in the folder for temporary files after {ROUNDS} rounds of calls"
    yield from _left(subject, "files on the disk")


@rule(
    "L107",
    "calls print nothing",
    reason="What an application writes to its standard output is read by other programs, and servers have no screen.",
    cure="Use ASCIIColors or logging, which the application can turn off, instead of print().",
)
def _printed(subject: Subject) -> Iterator[str]:
    if not subject.evidence.called:
        raise Unproven(subject.evidence.not_called or "nothing was called")
    yield from (f"a call printed {piece!r}" for piece in subject.evidence.printed)
    try:
        pieces = steady_of(subject).printed
    except NotApplicable:
        return
    known = subject.evidence.printed
    yield from (f"a call that was answered printed {piece!r}" for piece in pieces if piece not in known)


@rule(
    "L108",
    "calls leave no tasks behind",
    reason="A task that nobody waits for goes on after the call, fails unseen, and adds up in a server.",
    cure="Start no tasks in flows; await the verbs one after another.",
)
def _tasks(subject: Subject) -> Iterator[str]:
    evidence = steady_of(subject)
    if not evidence.is_flow:
        raise NotApplicable("its blocking code runs in a thread, where there are no tasks")
    yield from evidence.left.get("tasks", [])
