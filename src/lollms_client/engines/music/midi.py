"""Writes a score as a Standard MIDI File (format 1), General MIDI programs, drums on channel 10."""

from __future__ import annotations

import math
import struct

from lollms_client.engines.music.catalogue import instruments
from lollms_client.engines.music.score import Score, Track

TICKS = 480  # a quarter note
_CHANNELS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15)


def write_midi(score: Score, title: str) -> bytes:
    """The bytes of a .mid file: a conductor track with tempo, metre, key and section markers, then one a player."""
    end = round(score.timing.quarters * TICKS)
    chunks = [_conductor(score, title, end)]
    channels = iter(_CHANNELS)
    for track in score.tracks:
        chunks.append(_player(track, 9 if track.drums else next(channels), end))
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, len(chunks), TICKS)
    return header + b"".join(struct.pack(">4sI", b"MTrk", len(chunk)) + chunk for chunk in chunks)


def _number(value: int) -> bytes:
    """A variable-length quantity."""
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(value & 0x7F | 0x80)
    return bytes(reversed(parts))


def _meta(kind: int, data: bytes) -> bytes:
    return bytes((0xFF, kind)) + _number(len(data)) + data


def _text(kind: int, text: str) -> bytes:
    return _meta(kind, text.encode("ascii", "replace"))


def _chunk(events: list[tuple[int, int, bytes]], end: int) -> bytes:
    out = bytearray()
    now = 0
    for tick, _, data in sorted(events, key=lambda event: event[:2]):
        out += _number(tick - now) + data
        now = tick
    out += _number(max(0, end - now)) + _meta(0x2F, b"")
    return bytes(out)


def _conductor(score: Score, title: str, end: int) -> bytes:
    timing = score.timing
    power = int(math.log2(timing.denominator))
    clocks = round(24 * timing.beat)
    events = [
        (0, 0, _text(0x03, title)),
        (0, 1, _meta(0x51, round(60_000_000 / timing.quarter_bpm).to_bytes(3, "big"))),
        (0, 2, _meta(0x58, bytes((timing.numerator, power, clocks, 8)))),
        (0, 3, _meta(0x59, struct.pack(">bB", score.key.sharps, int(score.key.minor)))),
    ]
    for section in score.sections:
        events.append((round(section.start * timing.bar * TICKS), 4, _text(0x06, section.name)))
    return _chunk(events, end)


def _player(track: Track, channel: int, end: int) -> bytes:
    name = "drums" if track.drums else f"{track.role}: {track.instrument}"
    pan = min(127, max(0, round(64 + 63 * track.pan)))
    volume = min(127, round(100 * track.level))
    events = [(0, 0, _text(0x03, name))]
    if not track.drums:
        events.append((0, 1, bytes((0xC0 | channel, instruments()[track.instrument].program))))
    events.append((0, 2, bytes((0xB0 | channel, 7, volume))))
    events.append((0, 3, bytes((0xB0 | channel, 10, pan))))
    sounding: dict[int, int] = {}
    for note in track.notes:
        start = round(note.start * TICKS)
        stop = min(end, max(start + 1, round((note.start + note.length) * TICKS)))
        if sounding.get(note.pitch, -1) > start:  # the same key again while it sounds: lift it first
            events = [e for e in events if not (e[1] == 4 and e[0] == sounding[note.pitch] and e[2][1] == note.pitch)]
            events.append((start, 4, bytes((0x80 | channel, note.pitch, 0))))
        events.append((start, 5, bytes((0x90 | channel, note.pitch, note.velocity))))
        events.append((stop, 4, bytes((0x80 | channel, note.pitch, 0))))
        sounding[note.pitch] = stop
    return _chunk(events, end)
