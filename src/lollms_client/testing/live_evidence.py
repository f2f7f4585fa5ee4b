"""What a fresh process saw of the real service: the process is started here, its findings are read as data."""

from __future__ import annotations

from pathlib import Path

import msgspec

from lollms_client.testing.evidence import Outcome, in_fresh_process
from lollms_client.testing.live_costs import Terms
from lollms_client.testing.media_facts import Observation

LIMIT = 1800.0  # seconds for all calls: films take their time


class LiveEvidence(msgspec.Struct, kw_only=True):
    """All findings about one binding and its service."""

    finished: bool = False
    ended: str = ""  # how the process ended otherwise
    problem: str = ""  # why nothing could be called
    calls: dict[str, Outcome] = {}
    left_out: dict[str, str] = {}  # calls that were not made, with the reason
    unknown: list[str] = []  # calls whose cost nobody knows
    spent: float = 0.0  # US dollars, at most
    wrong_key: Outcome | None = None
    observations: list[Observation] = []

    def words(self) -> str:
        """What was spent, for the report."""
        text = f"live: {len(self.calls)} calls, at most ${self.spent:.4f} spent"
        if self.unknown:
            text += f", besides {len(self.unknown)} calls of unknown cost ({', '.join(self.unknown)})"
        return text


def collect_live(folder: Path, name: str, binding_type: str, terms: Terms) -> LiveEvidence:
    """Call the real service from a fresh Python. The terms, with their settings, go there through a pipe."""
    words = [str(folder), name, binding_type]
    given = msgspec.json.encode(terms)
    report, ended = in_fresh_process("lollms_client.testing.live_probe", words, LIMIT, given=given)
    try:
        evidence = msgspec.json.decode(report, type=LiveEvidence)
    except msgspec.MsgspecError:
        return LiveEvidence(ended=ended or "it left no findings")
    evidence.ended = ended
    return evidence
