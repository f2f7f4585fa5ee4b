"""What one step of the demo made, or why it made nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lollms_client.errors import LollmsError


@dataclass(kw_only=True)
class Outcome:
    """One modality's part of the demo."""

    name: str  # text, picture, speech, transcript, film, music
    title: str
    binding_type: str
    binding: str
    model: str = ""
    prompt: str = ""  # what was asked
    elapsed: float = 0.0  # seconds
    files: list[Path] = field(default_factory=list)
    summary: str = ""  # a few words on the result, for a table
    facts: dict[str, Any] = field(default_factory=dict)  # plain values on the result
    notes: list[str] = field(default_factory=list)  # settings not honoured, and what else one should know
    error: LollmsError | None = None

    @property
    def text(self) -> str:
        """The words of a text, a transcript or a composer's remark."""
        return str(self.facts.get("text", ""))
