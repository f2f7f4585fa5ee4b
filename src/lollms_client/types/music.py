"""Text to music."""

from __future__ import annotations

from typing import Any

import msgspec

from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.facts import Facts
from lollms_client.types.media import Media


class MusicRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked of a music maker. None means: read it from the prompt, or the service's default holds."""

    prompt: str
    negative_prompt: str | None = None
    lyrics: str | None = None
    seconds: float | None = None
    genre: str | None = None
    mood: str | None = None
    tempo: float | None = None  # beats a minute
    key: str | None = None  # such as "A minor"
    instruments: tuple[str, ...] = ()
    instrumental: bool | None = None  # no singing
    seed: int | None = None
    audio: Media | None = None  # to go on from or to change
    output_format: str | None = None  # wav, mp3, flac, midi …
    model: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict)


class MusicResult(Facts, frozen=True, kw_only=True, omit_defaults=True):
    """The music, and what was really made."""

    audio: Media
    seconds: float | None = None
    text: str = ""  # what the composer says about the piece, or the lyrics sung
    seed: int | None = None
    usage: Usage = Usage()
    warnings: tuple[CallWarning, ...] = ()
    model: str | None = None
    id: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
