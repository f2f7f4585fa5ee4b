"""What a fresh process saw of the same calls made in several ways: started here, its findings are read as data."""

from __future__ import annotations

from pathlib import Path

import msgspec

from lollms_client.testing.evidence import in_fresh_process

LIMIT = 300.0  # seconds
WAYS = ("again", "asyncio", "thread", "process")


class Compared(msgspec.Struct, kw_only=True):
    """One call made in several ways. `first` is how the blocking client ended; `differs` holds by way what differs."""

    title: str
    first: str
    fails: bool = False  # a call that has to end with an error
    differs: dict[str, str] = {}
    repeatable: bool = True  # the same call gave the same once more
    problems: dict[str, str] = {}  # ways that could not be gone


class EqualityEvidence(msgspec.Struct, kw_only=True):
    """All comparisons of one binding."""

    finished: bool = False
    ended: str = ""
    problem: str = ""  # why nothing could be compared
    calls: list[Compared] = []
    other_seed_differs: bool | None = None  # None: it takes no seed


def collect_equality(folder: Path, name: str, binding_type: str) -> EqualityEvidence:
    """Make the same calls in several ways from a fresh Python."""
    words = [str(folder), name, binding_type]
    report, ended = in_fresh_process("lollms_client.testing.equality_probe", words, LIMIT)
    try:
        evidence = msgspec.json.decode(report, type=EqualityEvidence)
    except msgspec.MsgspecError:
        return EqualityEvidence(ended=ended or "it left no findings")
    evidence.ended = ended
    return evidence
