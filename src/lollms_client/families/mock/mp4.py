"""Writes an MP4 file around the frames of one H.264 track, its index before the frames."""

from __future__ import annotations

import struct
from typing import NamedTuple

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


class Track(NamedTuple):
    """A film's frames, each one unit without its length, and the numbers of those that stand for themselves."""

    width: int
    height: int
    fps: float
    settings: tuple[bytes, bytes]  # the units of sequence and picture parameters
    frames: tuple[bytes, ...]
    keys: tuple[int, ...]


def write(track: Track) -> bytes:
    """The whole file."""
    kind = _box("ftyp", b"isom" + struct.pack(">I", 512) + b"isomiso2avc1mp41")
    data = b"".join(struct.pack(">I", len(frame)) + frame for frame in track.frames)
    size = len(_movie(track, 0))
    return kind + _movie(track, len(kind) + size + 8) + _box("mdat", data)


def _box(name: str, *contents: bytes) -> bytes:
    body = b"".join(contents)
    return struct.pack(">I", 8 + len(body)) + name.encode() + body


def _full(name: str, flags: int, *contents: bytes) -> bytes:
    return _box(name, struct.pack(">I", flags), *contents)


def _movie(track: Track, offset: int) -> bytes:
    scale, step = round(track.fps * 1000), 1000
    length = step * len(track.frames)
    head = struct.pack(">4I", 0, 0, scale, length) + struct.pack(">IH10x", 0x10000, 0x100) + _MATRIX
    about = struct.pack(">5I", 0, 0, 1, 0, length) + struct.pack(">8xHHHH", 0, 0, 0, 0) + _MATRIX
    about += struct.pack(">II", track.width << 16, track.height << 16)
    media = _box(
        "mdia",
        _full("mdhd", 0, struct.pack(">4IHH", 0, 0, scale, length, 0x55C4, 0)),
        _full("hdlr", 0, struct.pack(">I4s12x", 0, b"vide"), b"VideoHandler\0"),
        _box("minf", _full("vmhd", 1, bytes(8)), _box("dinf", _full("dref", 0, _ONE, _full("url ", 1))),
             _table(track, step, offset)),
    )  # fmt: skip
    last = struct.pack(">24xI", 2)
    return _box("moov", _full("mvhd", 0, head, last), _box("trak", _full("tkhd", 3, about), media))


_ONE = struct.pack(">I", 1)


def _table(track: Track, step: int, offset: int) -> bytes:
    count = len(track.frames)
    sizes = struct.pack(f">{count}I", *(len(frame) + 4 for frame in track.frames))
    keys = struct.pack(f">{len(track.keys)}I", *(number + 1 for number in track.keys))
    return _box(
        "stbl",
        _full("stsd", 0, _ONE, _sample(track)),
        _full("stts", 0, struct.pack(">3I", 1, count, step)),
        _full("stss", 0, struct.pack(">I", len(track.keys)), keys),
        _full("stsc", 0, struct.pack(">4I", 1, 1, count, 1)),
        _full("stsz", 0, struct.pack(">II", 0, count), sizes),
        _full("stco", 0, struct.pack(">II", 1, offset)),
    )


def _sample(track: Track) -> bytes:
    sequence, pictures = track.settings
    config = bytes((1, sequence[1], sequence[2], sequence[3], 0xFF, 0xE1))
    config += struct.pack(">H", len(sequence)) + sequence + b"\1" + struct.pack(">H", len(pictures)) + pictures
    fixed = struct.pack(">6xH16xHHII4xH32xHh", 1, track.width, track.height, 0x480000, 0x480000, 1, 24, -1)
    return _box("avc1", fixed, _box("avcC", config))
