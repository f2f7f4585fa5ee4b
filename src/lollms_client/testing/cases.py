"""Wire cases: what a binding must send for a call, what it gets, and what must come of it; the data alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

UNSET = msgspec.UNSET
Unset = msgspec.UnsetType

# client methods by modality; `models` is of all
CLIENT_CALLS = {
    "llm": ("chat", "stream_chat", "embed", "count_tokens"), "tti": ("image", "edit_image"), "stt": ("transcribe",),
    "tts": ("speech", "stream_speech", "voices"), "ttv": ("video",), "ttm": ("music",),
}  # fmt: skip


class CaseRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the binding must send. Only what is stated is compared; with `exact` nothing else may be sent."""

    method: str
    path: str
    host: str = ""
    query: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    json: Any | Unset = UNSET
    text: str | None = None
    form: dict[str, Any] | None = None
    base64: str | None = None
    file: str | None = None  # whose bytes are the body
    absent: list[str] = []  # dotted paths in the JSON, or names of form fields
    exact: bool = False


class CaseReply(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the service answers: one of json, text, events (SSE), lines (NDJSON), media, base64, file, or nothing."""

    status: int = 200
    headers: dict[str, Any] = {}
    json: Any | Unset = UNSET
    text: str | None = None
    events: list[Any] | None = None
    lines: list[Any] | None = None
    media: dict[str, Any] | None = None
    base64: str | None = None
    file: str | None = None


class Exchange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One request and its reply."""

    request: CaseRequest
    reply: CaseReply = msgspec.field(default_factory=CaseReply)


class Case(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One call of the binding, the exchanges that it takes, and its result, its error or its media."""

    name: str
    call: str
    arguments: dict[str, Any] = msgspec.field(default={}, name="with")
    settings: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    needs: list[str] = []  # capabilities without which the case says nothing about a binding
    exchanges: list[Exchange] = []
    result: Any | Unset = UNSET
    error: dict[str, Any] | None = None
    media: dict[str, Any] | None = None
    warnings: list[str] | Literal["any"] = []


class CaseFile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A file of cases as it stands on the disk."""

    uses: list[str] = []
    without: dict[str, str] = {}
    settings: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    recorded: dict[str, str] | None = None  # date, host
    cases: list[Case] = []


class PlacedCase(NamedTuple):
    """A case with where it stands, and the settings and variables of its file already put in."""

    case: Case
    source: str  # file name, or the pack's name
    line: int
    folder: Path  # where the files beside it are
    settings: Mapping[str, Any]
    variables: Mapping[str, Any]

    @property
    def of_pack(self) -> bool:
        """Whether it comes out of a pack, which does not know what settings a binding has."""
        return not self.source.endswith(".yaml")

    @property
    def title(self) -> str:
        """How findings name it."""
        return f"{self.source}: {self.case.name}"


class CaseSet(NamedTuple):
    """All cases of a binding, those of its packs included."""

    cases: tuple[PlacedCase, ...]
    left_out: Mapping[str, str]  # names of the packs' cases that are not for it, with reasons
    recorded: tuple[Mapping[str, str], ...]  # date and host of each file that was recorded

    def words(self) -> str:
        """How many there are, which of the packs' are left out and why, and when they were recorded."""
        text = f"wire cases: {len(self.cases)}"
        if self.recorded:
            text += f", recorded {' and '.join(str(item.get('date', 'once')) for item in self.recorded)}"
        if self.left_out:
            reasons = "; ".join(f"{title} ({reason})" for title, reason in self.left_out.items())
            text += f"; {len(self.left_out)} of packs left out: {reasons}"
        return text


__all__ = [
    "CLIENT_CALLS", "UNSET", "Case", "CaseFile", "CaseReply", "CaseRequest", "CaseSet", "Exchange", "PlacedCase",
]  # fmt: skip
