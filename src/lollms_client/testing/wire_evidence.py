"""What a fresh process saw of a binding's wire cases: the process is started here, its findings are read as data."""

from __future__ import annotations

from pathlib import Path

import msgspec

from lollms_client.testing.evidence import in_fresh_process
from lollms_client.testing.wire_playing import CaseRun

LIMIT = 600.0  # seconds for all cases


class WireEvidence(msgspec.Struct, kw_only=True):
    """All findings of the cases of one binding."""

    finished: bool = False
    ended: str = ""  # how the process ended otherwise
    problem: str = ""  # why no case could be played
    speaks_flows: bool = False
    methods: list[str] = []  # documented methods that the class defines itself
    runs: list[CaseRun] = []
    connections: list[str] = []  # what else it tried to reach; each was refused
    processes: list[str] = []
    written: list[str] = []
    changed: list[str] = []  # names of what is global and was not as before after all cases
    folder: str = ""  # the process's own, which was removed


def collect_wire(folder: Path, name: str, binding_type: str) -> WireEvidence:
    """Play all cases of a binding in a fresh Python, which reaches nothing but the kit's own server."""
    words = [str(folder), name, binding_type]
    report, ended = in_fresh_process("lollms_client.testing.wire_probe", words, LIMIT)
    try:
        evidence = msgspec.json.decode(report, type=WireEvidence)
    except msgspec.MsgspecError:
        return WireEvidence(ended=ended or "it left no findings")
    evidence.ended = ended
    return evidence
