"""Writes films of any size and length without any library: H.264 out of plain blocks, in an MP4 file.

Each picture is a mosaic of 16 x 16 pixels; a light runs through its middle and a bar grows along its foot. Key frames
hold their blocks uncoded (I_PCM), the frames between them change a few blocks and skip the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from lollms_client.errors import BadSetting
from lollms_client.families.mock import mp4
from lollms_client.families.mock.picture import Colour, mosaic

LARGEST = 8192  # pixels
_LONGEST = 3600.0  # seconds
_KEY_EVERY = 240  # frames
_MOST_BYTES = 1 << 30
_LEVELS = ((1620, 30), (3600, 31), (8192, 40), (22080, 50), (36864, 51))  # largest number of blocks, level
_LIGHT = (235, 235, 235)
_BAR = (225, 150, 40)
_EMULATION = re.compile(rb"\0\0(?=[\0-\3])")
_KEY_BLOCK = b"\x0d\x00"  # I_PCM in a key frame, and the bits up to the next byte


class Film(NamedTuple):
    """A film and its true measures."""

    data: bytes
    seconds: float
    fps: float


def film(width: int, height: int, seconds: float, fps: float, seed: int) -> Film:
    """A film; width and height in pixels must be even. Raises BadSetting for what cannot be made."""
    if not (2 <= width <= LARGEST and 2 <= height <= LARGEST) or width % 2 or height % 2:
        raise BadSetting(f"a mock film is 2 to {LARGEST} pixels wide and high, in even numbers", setting="width")
    if not (0 < seconds <= _LONGEST and 0 < fps <= 240):
        raise BadSetting(
            f"a mock film lasts up to {_LONGEST:g} seconds at up to 240 frames a second", setting="seconds"
        )
    columns, rows, count = -(-width // 16), -(-height // 16), max(1, round(seconds * fps))
    if columns * rows * 386 * (1 + (count - 1) // _KEY_EVERY) > _MOST_BYTES:
        raise BadSetting("a mock film of this size and length would be larger than 1 GiB", setting="seconds")
    scene = [[_block(colour) for colour in line] for line in mosaic(columns, rows, seed)]
    frames = list(_frames(scene, count))
    settings = (_sequence(width, height, columns, rows), _PICTURES)
    track = mp4.Track(width, height, fps, settings, tuple(frames), tuple(range(0, count, _KEY_EVERY)))
    return Film(mp4.write(track), count / fps, fps)


def _block(colour: Colour) -> bytes:
    """256 samples of brightness and twice 64 of colour, none of them below 16."""
    red, green, blue = colour
    light = 16 + (66 * red + 129 * green + 25 * blue) // 256
    first = 128 + (-38 * red - 74 * green + 112 * blue) // 256
    second = 128 + (112 * red - 94 * green - 18 * blue) // 256
    return bytes((light,)) * 256 + bytes((max(16, first),)) * 64 + bytes((max(16, second),)) * 64


def _frames(scene: list[list[bytes]], count: int) -> Iterator[bytes]:
    before: dict[int, bytes] = {}
    for number in range(count):
        now = _marks(scene, number, count)
        if number % _KEY_EVERY == 0:
            yield _key_frame(scene, now, number // _KEY_EVERY)
        else:
            changed = {place: now.get(place, _at(scene, place)) for place in {*now, *before}}
            same = {place for place in changed if before.get(place, _at(scene, place)) == changed[place]}
            size = len(scene) * len(scene[0])
            yield _next_frame({p: b for p, b in changed.items() if p not in same}, size, number % _KEY_EVERY)
        before = now


def _at(scene: list[list[bytes]], place: int) -> bytes:
    row, column = divmod(place, len(scene[0]))
    return scene[row][column]


def _marks(scene: list[list[bytes]], number: int, count: int) -> dict[int, bytes]:
    """The blocks that are not the scene's: the bar at the foot and the running light."""
    columns, rows = len(scene[0]), len(scene)
    grown = max(1, round(columns * (number + 1) / count))
    bar = {(rows - 1) * columns + column: _block(_BAR) for column in range(grown)}
    light = _block(_LIGHT) if number % 2 else _block((200, 60, 60))
    return {**bar, rows // 2 * columns + number % columns: light}


# --- bits ------------------------------------------------------------------------------------------------------------


def _ue(value: int) -> str:
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits


def _bytes(bits: str) -> bytes:
    """Whole bytes, filled up with zeros."""
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""


def _unit(head: int, payload: bytes) -> bytes:
    return bytes((head,)) + _EMULATION.sub(b"\0\0\3", payload)


def _sequence(width: int, height: int, columns: int, rows: int) -> bytes:
    """The sequence parameters: constrained baseline, one reference, output in the order of decoding."""
    level = next((level for most, level in _LEVELS if columns * rows <= most), 62)
    bits = _ue(0) + _ue(4) + _ue(2) + _ue(1) + "0" + _ue(columns - 1) + _ue(rows - 1) + "1" + "1"
    right, foot = (columns * 16 - width) // 2, (rows * 16 - height) // 2
    bits += "1" + _ue(0) + _ue(right) + _ue(0) + _ue(foot) if right or foot else "0"
    return _unit(0x67, bytes((66, 0xC0, level)) + _bytes(bits + "0" + "1"))


# no arithmetic coding, one slice group, deblocking said in each slice
_PICTURES = _unit(0x68, _bytes(_ue(0) * 2 + "00" + _ue(0) * 3 + "000" + _ue(0) * 3 + "100" + "1"))


def _key_frame(scene: list[list[bytes]], marks: dict[int, bytes], number: int) -> bytes:
    """All blocks as they are."""
    head = _ue(0) + _ue(7) + _ue(0) + f"{0:08b}" + _ue(number % 2) + "00" + _ue(0) + _ue(1)
    columns = len(scene[0])
    blocks = [marks.get(place, _at(scene, place)) for place in range(len(scene) * columns)]
    data = _bytes(head + _ue(25)) + _KEY_BLOCK.join(blocks) + b"\x80"
    return _unit(0x65, data)


def _next_frame(changed: dict[int, bytes], size: int, number: int) -> bytes:
    """The blocks that differ from the frame before; the others are skipped."""
    bits = _ue(0) + _ue(5) + _ue(0) + f"{number % 256:08b}" + "0" + "0" + "0" + _ue(0) + _ue(1)
    pieces: list[bytes] = []
    last = -1
    for place in sorted(changed):
        pieces += [_bytes(bits + _ue(place - last - 1) + _ue(30)), changed[place]]
        bits, last = "", place
    if size - last - 1:
        bits += _ue(size - last - 1)
    pieces.append(_bytes(bits + "1"))
    return _unit(0x41, b"".join(pieces))
