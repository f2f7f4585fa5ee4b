"""Speech to text: the request, and a result with segments, words and subtitles."""

from __future__ import annotations

from typing import Any

import msgspec

from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.facts import Facts
from lollms_client.types.media import Media


class TranscriptionRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked of a speech recogniser. `audio` may be any sound or film with a sound track."""

    audio: Media
    language: str | None = None  # BCP 47 or ISO 639-1
    prompt: str | None = None  # words and names to expect
    words: bool | None = None  # ask for word times
    speakers: bool | None = None  # ask who speaks when
    translate: bool | None = None  # into English
    temperature: float | None = None
    model: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict)


class Word(Facts, frozen=True, kw_only=True, omit_defaults=True):
    """A word with its times in seconds from the start of the audio."""

    text: str
    start: float
    end: float
    confidence: float | None = None  # 0.0 to 1.0
    speaker: str | None = None


class Segment(Facts, frozen=True, kw_only=True, omit_defaults=True):
    """A phrase with its times in seconds from the start of the audio."""

    text: str
    start: float
    end: float
    confidence: float | None = None
    speaker: str | None = None


class TranscriptionResult(Facts, frozen=True, kw_only=True, omit_defaults=True):
    """The words spoken, and when, where the service told."""

    text: str
    language: str | None = None
    seconds: float | None = None  # length of the audio
    segments: tuple[Segment, ...] = ()
    words: tuple[Word, ...] = ()
    usage: Usage = Usage()
    warnings: tuple[CallWarning, ...] = ()
    model: str | None = None
    id: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict)

    def __str__(self) -> str:
        return self.text

    def srt(self) -> str:
        """The segments as SubRip subtitles."""
        blocks = [
            f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{_spoken(cue)}\n"
            for number, cue in enumerate(self._cues(), start=1)
        ]
        return "\n".join(blocks)

    def vtt(self) -> str:
        """The segments as WebVTT subtitles."""
        blocks = [f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{_spoken(cue)}\n" for cue in self._cues()]
        return "\n".join(["WEBVTT\n", *blocks])

    def _cues(self) -> tuple[Segment, ...]:
        if self.segments or not self.text:
            return self.segments
        return (Segment(text=self.text, start=0.0, end=self.seconds or 0.0),)


def _spoken(cue: Segment) -> str:
    text = " ".join(cue.text.split())
    return f"{cue.speaker}: {text}" if cue.speaker else text


def _clock(seconds: float, separator: str) -> str:
    milliseconds = max(0, round(seconds * 1000))
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{separator}{rest % 1000:03d}"
