"""Writes PNG pictures of any size without any library: a mosaic with a disc, the same for the same seed."""

from __future__ import annotations

import random
import struct
import zlib

from lollms_client.errors import BadMedia
from lollms_client.types.media import Media

Colour = tuple[int, int, int]
_CELLS = 32  # of the longer side


def png(width: int, height: int, seed: int, text: str = "") -> bytes:
    """An RGB picture of that size in pixels; `text` is kept in its description."""
    cell = max(1, -(-max(width, height) // _CELLS))
    rows = mosaic(-(-width // cell), -(-height // cell), seed)
    pixels: list[bytes] = []
    for number, row in enumerate(rows):
        line = b"\0" + b"".join(bytes(colour) * cell for colour in row)[: width * 3]
        pixels.append(line * min(cell, height - number * cell))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    described = b"Description\0\0\0\0\0" + text.encode("utf-8", "replace")
    chunks = [_chunk(b"IHDR", header)]
    if text:
        chunks.append(_chunk(b"iTXt", described))
    chunks += [_chunk(b"IDAT", zlib.compress(b"".join(pixels), 6)), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def mosaic(columns: int, rows: int, seed: int) -> list[list[Colour]]:
    """Rows of colours: a gradient between four colours, with a disc of a fifth in it."""
    chance = random.Random(seed)
    corners = [_colour(chance) for _ in range(4)]
    disc = _colour(chance)
    middle = (chance.uniform(0.3, 0.7) * columns, chance.uniform(0.3, 0.7) * rows)
    reach = (min(columns, rows) * chance.uniform(0.15, 0.35)) ** 2
    found: list[list[Colour]] = []
    for y in range(rows):
        down = y / max(1, rows - 1)
        line: list[Colour] = []
        for x in range(columns):
            if (x + 0.5 - middle[0]) ** 2 + (y + 0.5 - middle[1]) ** 2 < reach:
                line.append(disc)
                continue
            across = x / max(1, columns - 1)
            upper, lower = _between(corners[0], corners[1], across), _between(corners[2], corners[3], across)
            line.append(_between(upper, lower, down))
        found.append(line)
    return found


def _colour(chance: random.Random) -> Colour:
    return (chance.randint(40, 230), chance.randint(40, 230), chance.randint(40, 230))


def _between(first: Colour, second: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
    return (red, green, blue)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels out of the header of a PNG, GIF, BMP or JPEG; None for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
    elif data[:4] == b"GIF8" and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
    elif data[:2] == b"BM" and len(data) >= 26:
        width, height = struct.unpack("<ii", data[18:26])
        height = abs(height)
    else:
        return _jpeg_size(data)
    return (width, height) if width > 0 and height > 0 else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    place = 2
    while data[:2] == b"\xff\xd8" and place + 9 <= len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return (width, height)
        place += 2 + length
    return None


def check_picture(data: Media) -> None:
    """Raise BadMedia for what is no picture, or is cut off, as far as its first and last bytes tell."""
    if data.kind != "image":
        raise BadMedia(f"{len(data)} bytes of {data.mime_type} are no picture", setting="images")
    ends = {"image/png": b"IEND\xaeB`\x82", "image/jpeg": b"\xff\xd9", "image/gif": b";"}.get(data.mime_type, b"")
    known = bool(ends) or data[:2] == b"BM"
    if not data.rstrip(b"\0").endswith(ends) or (known and picture_size(data) is None):
        raise BadMedia(f"the picture ({data.mime_type}, {len(data)} bytes) is cut off", setting="images")
