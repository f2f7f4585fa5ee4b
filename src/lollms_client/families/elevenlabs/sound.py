"""Sounds as ElevenLabs sends them: raw samples get a WAV head, times of letters become times of words."""

from __future__ import annotations

import io
import wave
from collections.abc import Mapping, Sequence
from typing import Any

from lollms_client.types.media import Media
from lollms_client.types.transcription import Word


def media_of(data: bytes, form: str | None, wav: bool) -> Media:
    """The reply's bytes as media; 16-bit mono samples (`pcm_24000`) as a WAV file where `wav` is wanted."""
    name = form or "mp3"
    if not name.startswith("pcm_"):
        kinds = {"mp3": "audio/mpeg", "opus": "audio/opus", "ulaw": "audio/basic", "alaw": "audio/x-alaw-basic"}
        return Media(data, kinds.get(name.partition("_")[0]))
    if not wav:
        return Media(data, "audio/pcm")
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(int(name.partition("_")[2]))
        file.writeframes(data)
    return Media(target.getvalue(), "audio/wav")


def words_of(alignment: Mapping[str, Any] | None) -> tuple[Word, ...]:
    """Words with their times, out of the times of single characters."""
    if not alignment:
        return ()
    letters: Sequence[str] = alignment.get("characters") or ()
    starts: Sequence[float] = alignment.get("character_start_times_seconds") or ()
    ends: Sequence[float] = alignment.get("character_end_times_seconds") or ()
    words: list[Word] = []
    text, begun, ended = "", 0.0, 0.0
    for letter, start, end in zip(letters, starts, ends, strict=False):
        if letter.isspace():
            if text:
                words.append(Word(text=text, start=begun, end=ended))
            text = ""
            continue
        if not text:
            begun = start
        text, ended = text + letter, end
    if text:
        words.append(Word(text=text, start=begun, end=ended))
    return tuple(words)
