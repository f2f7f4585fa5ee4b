"""Text to speech."""

from __future__ import annotations

from typing import Any

import msgspec

from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.facts import Facts
from lollms_client.types.media import Media
from lollms_client.types.transcription import Word


class SpeechRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked of a speech synthesiser. None means that the service's default holds."""

    text: str
    voice: str | None = None
    language: str | None = None  # BCP 47
    instructions: str | None = None  # how to speak, in words
    speed: float | None = None  # 1.0 is the voice's own pace
    pitch: float | None = None  # 1.0 is the voice's own pitch
    volume: float | None = None  # 1.0 is the engine's own loudness
    ssml: bool | None = None  # `text` is SSML
    timings: bool | None = None  # ask for the words' times
    output_format: str | None = None  # wav, mp3, flac, opus …
    sample_rate: int | None = None  # Hz
    seed: int | None = None
    model: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict)


class SpeechResult(Facts, frozen=True, kw_only=True, omit_defaults=True):
    """The sound, and what was really spoken."""

    audio: Media
    seconds: float | None = None
    words: tuple[Word, ...] = ()
    usage: Usage = Usage()
    warnings: tuple[CallWarning, ...] = ()
    model: str | None = None
    voice: str | None = None
    id: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
