"""What a fresh process saw of a binding whose calls are answered well, again and again: findings read as data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lollms_client.testing.attack_ends import Trial
from lollms_client.testing.evidence import in_fresh_process
from lollms_client.testing.rules import NotApplicable

if TYPE_CHECKING:
    from lollms_client.testing.subject import Subject

LIMIT = 300.0  # seconds for the whole process


class SteadyEvidence(msgspec.Struct, kw_only=True):
    """All findings, in words; each list is empty where all is well."""

    finished: bool = False
    ended: str = ""  # how the process ended otherwise
    problem: str = ""  # why nothing could be tried
    failures: list[str] = []  # of the kit, or of calls that it could not look after
    busy: str = ""  # what was going on when this was written
    is_flow: bool = False
    cases: list[str] = []  # that were played
    left: dict[str, list[str]] = {}  # what calls left behind, by kind
    remembered: list[str] = []  # requests that depend on the calls before them
    mixed: list[str] = []  # calls at once that took something from each other
    changed: list[str] = []  # global things that calls changed
    blocking: list[str] = []  # what held up the event loop
    printed: list[str] = []  # pieces of what calls wrote to the standard streams
    paid: list[Trial] = []  # requests that may cost, under failures that leave open whether they arrived


def collect_steady(folder: Path, name: str, binding_type: str) -> SteadyEvidence:
    """Play a binding's good cases many times in a fresh Python, which reaches nothing but the kit's own server."""
    report, ended = in_fresh_process("lollms_client.testing.steady_probe", [str(folder), name, binding_type], LIMIT)
    try:
        evidence = msgspec.json.decode(report, type=SteadyEvidence)
    except msgspec.MsgspecError:
        return SteadyEvidence(ended=ended or "it left no findings")
    evidence.ended = ended
    return evidence


def steady_of(subject: Subject) -> SteadyEvidence:
    """What was seen of a binding. Raises NotApplicable where no service could be played for it."""
    from lollms_client.testing.cases_reading import has_cases

    if subject.problem is not None or not subject.binding_type:
        raise NotApplicable("the class cannot be loaded")
    if subject.manifest.offline:
        raise NotApplicable("it works on this machine, without a service")
    if not has_cases(subject.folder):
        raise NotApplicable("it has no wire cases, so nothing answers its calls")
    evidence = subject.steady
    if evidence.problem:
        raise NotApplicable(evidence.problem)
    return evidence
