"""What a fresh process saw of a binding under attack: started here, its findings are read as data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lollms_client.testing.attack_ends import Trial
from lollms_client.testing.evidence import in_fresh_process
from lollms_client.testing.rules import NotApplicable, Unproven

if TYPE_CHECKING:
    from lollms_client.testing.subject import Subject

LIMIT = 900.0  # seconds for one suite


class AttackEvidence(msgspec.Struct, kw_only=True):
    """All trials of one suite on one binding."""

    finished: bool = False
    ended: str = ""  # how the process ended otherwise
    problem: str = ""  # why nothing could be tried
    busy: str = ""  # the trial that was going on when this was written
    is_flow: bool = False
    cases: list[str] = []  # that were attacked
    trials: list[Trial] = []
    grown: dict[str, float] = {}  # what the trials left behind: threads, open files, tasks
    megabytes: float = 0.0  # by which the process grew


def collect_attacks(suite: str, folder: Path, name: str, binding_type: str) -> AttackEvidence:
    """Attack a binding in a fresh Python, which reaches nothing but the kit's own servers."""
    words = [suite, str(folder), name, binding_type]
    report, ended = in_fresh_process("lollms_client.testing.attack_probe", words, LIMIT)
    try:
        evidence = msgspec.json.decode(report, type=AttackEvidence)
    except msgspec.MsgspecError:
        return AttackEvidence(ended=ended or "it left no findings")
    evidence.ended = ended
    return evidence


_known: dict[tuple[int, str], tuple[Subject, AttackEvidence]] = {}


def evidence_of(subject: Subject, suite: str) -> AttackEvidence:
    """What a suite (errors, cancellation, adversaries) saw of a binding; collected once.

    Raises NotApplicable for local engines and Unproven where there are no wire cases, or none that can be played.
    """
    key = (id(subject), suite)
    if key not in _known:
        _check(subject)
        if len(_known) >= 6:
            _known.clear()
        found = collect_attacks(suite, subject.folder, subject.name, subject.binding_type)
        _known[key] = (subject, found)
    evidence = _known[key][1]
    if evidence.problem:
        raise Unproven(evidence.problem)
    return evidence


def _check(subject: Subject) -> None:
    from lollms_client.testing.cases_reading import has_cases

    local = subject.evidence
    if local.missing or local.load_error:
        raise Unproven("the class cannot be loaded")
    if subject.manifest.offline or local.is_engine:
        raise NotApplicable("it is a local engine, which talks to no service")
    if not has_cases(subject.folder):
        raise Unproven("there are no wire cases to be attacked; write wire_cases.yaml")
