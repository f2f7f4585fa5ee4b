"""Writes WAV sounds of any length without any library, out of tones; other formats where PyAV is installed."""

from __future__ import annotations

import math
import struct
import sys
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from lollms_client.errors import BadSetting, MissingDependency
from lollms_client.types.media import Media

_LONGEST = 6 * 3600.0  # seconds
FORMATS = ("wav", "pcm", "mp3", "flac", "opus", "ogg", "aac", "m4a", "webm")


class Tone(NamedTuple):
    """A tone with its time in seconds; `loudness` 0 to 1 falls to nothing at the end where `fading`."""

    start: float
    end: float
    frequency: float  # Hz
    loudness: float = 0.5
    fading: bool = False


def samples_of(tones: Sequence[Tone], seconds: float, rate: int) -> array[int]:
    """16-bit samples of one channel: tones that follow one another, silence between them.

    Raises BadSetting for a length that is not between 0 and six hours.
    """
    if not 0 < seconds <= _LONGEST:
        raise BadSetting(f"a mock sound lasts up to {_LONGEST:g} seconds, not {seconds:g}", setting="seconds")
    total = max(1, round(seconds * rate))
    found = array("h")
    for tone in tones:
        start, end = min(total, round(tone.start * rate)), min(total, round(tone.end * rate))
        if start < len(found) or end <= start:
            continue
        found.extend(array("h", bytes(2 * (start - len(found)))))
        found.extend(_tone(tone, end - start, rate))
    found.extend(array("h", bytes(2 * (total - len(found)))))
    return found


def _tone(tone: Tone, length: int, rate: int) -> array[int]:
    """Whole waves, the louder steps first where it fades; a rest of a wave is silent."""
    period = max(2, round(rate / tone.frequency))
    steps = 12 if tone.fading and length > 12 * period else 1
    found = array("h")
    for step in range(steps):
        loud = tone.loudness * 30000 * (1 - step / steps)
        wave = array("h", [round(loud * _shape(place / period)) for place in range(period)])
        wanted = length * (step + 1) // steps - len(found)
        found.extend(wave * (wanted // period))
    found.extend(array("h", bytes(2 * (length - len(found)))))
    return found


def _shape(phase: float) -> float:
    turn = 2 * math.pi * phase
    return (math.sin(turn) + 0.4 * math.sin(2 * turn) + 0.2 * math.sin(3 * turn)) / 1.4


def wav(samples: array[int], rate: int, text: str = "") -> bytes:
    """A WAV file of one channel; `text` is kept in it as a comment."""
    data = samples if sys.byteorder == "little" else array("h", samples)
    if sys.byteorder == "big":
        data.byteswap()
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    chunks = _chunk(b"fmt ", form) + (_comment(text) if text else b"") + _chunk(b"data", data.tobytes())
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _comment(text: str) -> bytes:
    return _chunk(b"LIST", b"INFO" + _chunk(b"ICMT", text.encode("utf-8", "replace") + b"\0"))


class WavFacts(NamedTuple):
    """What the header of a WAV file says: its length in seconds, and its comment."""

    seconds: float
    text: str


def wav_facts(data: bytes) -> WavFacts | None:
    """Length and comment of a WAV file; None for anything else."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    speed, length, text = 0, 0, ""
    place = 12
    while place + 8 <= len(data):
        kind, size = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        body = data[place + 8 : place + 8 + size]
        if kind == b"fmt " and len(body) >= 12:
            speed = int.from_bytes(body[8:12], "little")
        elif kind == b"data":
            length = len(body)
        elif kind == b"LIST" and body[:8] == b"INFOICMT":
            text = body[12:].rstrip(b"\0").decode("utf-8", "replace")
        place += 8 + size + size % 2
    return WavFacts(length / speed if speed else 0.0, text)


def sound_media(samples: array[int], rate: int, form: str, text: str = "") -> Media:
    """The samples as a file of a format. Raises BadSetting, or MissingDependency where PyAV is needed and missing."""
    if form == "wav":
        return Media(wav(samples, rate, text), "audio/wav")
    if form == "pcm":
        return Media(wav(samples, rate)[44:], "audio/pcm")
    if form not in FORMATS:
        raise BadSetting(f"no mock sound is written as {form!r}: {', '.join(FORMATS)}", setting="output_format")
    try:
        import numpy

        from lollms_client.engines.audio import encode
    except ImportError as error:
        raise MissingDependency(
            f"a mock sound as {form} needs the packages av and numpy; install them, or ask for wav",
            package=error.name,
        ) from error
    return encode(numpy.array(samples, numpy.int16), rate, form)
