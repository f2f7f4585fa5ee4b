"""Looks at sounds: whether they decode, how long they are, whether anything can be heard."""

from __future__ import annotations

import array
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lollms_client.testing.media_facts import MediaFacts

_SILENCE = 1e-3  # the peak, where 1 is the loudest
_LIMIT = 0.9999


def read(data: bytes, facts: MediaFacts) -> None:
    """Fill in what a sound is."""
    if facts.sniffed == "audio/midi":
        _read_midi(data, facts)
    elif not facts.sniffed and facts.declared in ("audio/pcm", "audio/l16", "audio/basic", "audio/mulaw"):
        _read_raw(data, facts)
    elif facts.sniffed == "audio/wav" and _wrong_wav(data):
        facts.problem = _wrong_wav(data)
    elif facts.sniffed == "audio/wav" and _format_of(data)[:1] == (1,) and _format_of(data)[5] == 16:
        _read_wav(data, facts)
    else:
        _read_by_av(data, facts)


def heard(samples: array.array[int], facts: MediaFacts) -> None:
    """Fill in how loud 16-bit samples are."""
    highest, lowest = (max(samples), min(samples)) if samples else (0, 0)
    facts.silent = max(highest, -lowest) < _SILENCE * 32768
    if max(highest, -lowest) >= 32767 and samples:
        facts.clipped = (samples.count(32767) + samples.count(-32768)) / len(samples)


def _chunks(data: bytes) -> dict[bytes, tuple[int, int]]:
    """The parts of a RIFF file: where each begins, and the length that its head states."""
    found: dict[bytes, tuple[int, int]] = {}
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack("<4sI", data[at : at + 8])
        found.setdefault(kind, (at + 8, size))
        at += 8 + size + size % 2
    return found


def _format_of(data: bytes) -> tuple[int, ...]:
    start, size = _chunks(data)[b"fmt "]
    return struct.unpack("<HHIIHH", data[start : start + 16]) if size >= 16 else ()


def _wrong_wav(data: bytes) -> str:
    parts = _chunks(data)
    if b"fmt " not in parts or len(_format_of(data)) != 6:
        return "the WAV file does not say how its samples are written"
    if b"data" not in parts:
        return "the WAV file holds no samples"
    start, size = parts[b"data"]
    if start + size > len(data) and size < 0x7FFFF000:  # streams write the largest number there
        return f"the WAV file states {size} bytes of samples and holds {len(data) - start}"
    if len(data) == start or not _format_of(data)[1] or not _format_of(data)[2]:
        return "the WAV file holds no samples"
    return ""


def _read_wav(data: bytes, facts: MediaFacts) -> None:
    _, channels, rate, _, _, _ = _format_of(data)
    start, size = _chunks(data)[b"data"]
    _fill(data[start : start + size], rate, channels, facts)


def _fill(body: bytes, rate: int, channels: int, facts: MediaFacts) -> None:
    samples = array.array("h")
    samples.frombytes(body[: len(body) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    facts.sample_rate, facts.channels = rate, channels
    facts.seconds = len(samples) / channels / rate
    heard(samples, facts)


def _read_raw(data: bytes, facts: MediaFacts) -> None:
    """Bare samples tell no rate: only whether there is anything in them."""
    facts.silent = len(set(data)) < 3
    if facts.declared in ("audio/pcm", "audio/l16") and len(data) % 2:
        facts.problem = f"{len(data)} bytes are no whole number of 16-bit samples"


def _read_midi(data: bytes, facts: MediaFacts) -> None:
    at, tracks, notes = 14, 0, 0
    while at + 8 <= len(data):
        kind, size = struct.unpack(">4sI", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        if len(body) != size:
            facts.problem = "a track of the MIDI file ends too early"
            return
        tracks += kind == b"MTrk"
        notes += sum(byte & 0xF0 == 0x90 for byte in body)
        at += 8 + size
    if not tracks:
        facts.problem = "the MIDI file has no track"
    facts.notes = notes
    facts.silent = not notes


def _read_by_av(data: bytes, facts: MediaFacts) -> None:
    try:
        import av  # noqa: F401
        import numpy

        from lollms_client.engines.audio import decode
    except ImportError:
        facts.unproven = f"decoding {facts.sniffed or facts.declared} needs the packages av and numpy"
        return
    from lollms_client.errors import BadMedia

    try:
        samples, rate = decode(data, mono=False)
    except BadMedia as error:
        facts.problem = f"it does not decode: {error}"
        return
    facts.sample_rate, facts.channels, facts.seconds = rate, samples.shape[1], len(samples) / rate
    peak = float(numpy.abs(samples).max()) if samples.size else 0.0
    facts.silent = peak < _SILENCE
    facts.clipped = float((numpy.abs(samples) >= _LIMIT).mean()) if peak >= _LIMIT else 0.0
