"""Sounds as Deepgram sends them: formats and their sample rates, long texts in parts, parts joined."""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Sequence
from typing import NamedTuple

from lollms_client.errors import BadSetting
from lollms_client.types.accounting import CallWarning
from lollms_client.types.media import Media

MOST_CHARACTERS = 2000  # of a request; more are refused (developers.deepgram.com/docs/text-to-speech, November 2026)

RAW_RATE = 24000  # Hz of raw samples where no other rate is asked for


class AudioForm(NamedTuple):
    """A format in our name and in the service's terms. `sample_rate` (Hz) is None where it is not to be sent."""

    name: str
    encoding: str
    container: str | None
    mime_type: str
    rates: tuple[int, ...]
    joinable: bool
    sample_rate: int | None = None


_LINEAR = (8000, 16000, 24000, 32000, 48000)
_FORMS = {
    form.name: form
    for form in (
        AudioForm("mp3", "mp3", None, "audio/mpeg", (), True),
        AudioForm("wav", "linear16", "wav", "audio/wav", _LINEAR, True),
        AudioForm("pcm", "linear16", "none", "audio/pcm", _LINEAR, True),
        AudioForm("flac", "flac", None, "audio/flac", (8000, 16000, 22050, 32000, 48000), False),
        AudioForm("opus", "opus", "ogg", "audio/opus", (), False),
        AudioForm("aac", "aac", None, "audio/aac", (), True),
        AudioForm("ulaw", "mulaw", "none", "audio/basic", (8000, 16000), True),
        AudioForm("alaw", "alaw", "none", "audio/x-alaw-basic", (8000, 16000), True),
    )
}
_ALIASES = {"linear16": "pcm", "mulaw": "ulaw", "ogg": "opus"}


def audio_form(wanted: str, sample_rate: int | None) -> tuple[AudioForm, list[CallWarning]]:
    """The format of that name with the nearest sample rate that it allows. Raises BadSetting for an unknown one."""
    name = wanted.lower()
    form = _FORMS.get(_ALIASES.get(name, name))
    if form is None:
        raise BadSetting(f"Deepgram has no format {wanted}; choose {', '.join(_FORMS)}", setting="output_format")
    if sample_rate is None:
        return form, []
    if not form.rates:
        detail = f"the sample rate of {form.name} is fixed"
        return form, [CallWarning(kind="dropped", setting="sample_rate", detail=detail)]
    nearest = min(form.rates, key=lambda rate: abs(rate - sample_rate))
    chosen = form._replace(sample_rate=nearest)
    if nearest == sample_rate:
        return chosen, []
    return chosen, [CallWarning(kind="replaced", setting="sample_rate", detail=f"{nearest} Hz is the nearest offered")]


def parts_of(text: str, most: int = MOST_CHARACTERS) -> list[str]:
    """The text in parts that a request may hold, cut after sentences where that is possible, else after words."""
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > most:
        cuts = [match.end() for match in re.finditer(r"[.!?…。！？]+[\"'”’)]*\s*|\n+", rest[:most])]
        cut = cuts[-1] if cuts else rest.rfind(" ", 0, most)
        cut = cut if cut > 0 else most
        parts.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [part for part in (*parts, rest) if part]


def joined(sounds: Sequence[bytes], form: AudioForm, raw: bool) -> Media:
    """The parts as one sound; raw 16-bit samples get a WAV head where WAV was asked for."""
    data = b"".join(sounds)
    if form.name != "wav" or not raw:
        return Media(data, form.mime_type)
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(form.sample_rate or RAW_RATE)
        file.writeframes(data)
    return Media(target.getvalue(), "audio/wav")
