"""Looks at pictures: whether they decode, how large they are, whether anything is on them."""

from __future__ import annotations

import io
import re
import struct
import warnings
import zlib
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from lollms_client.testing.media_facts import MediaFacts

_DRAWN = {"rect", "circle", "ellipse", "line", "polyline", "polygon", "path", "text", "image", "use"}
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by PNG colour type
_BLACK = 4  # of 255
_MOST_PIXELS = 100_000_000


def read(data: bytes, facts: MediaFacts) -> None:
    """Fill in what a picture is."""
    if facts.sniffed == "image/svg+xml" or (not facts.sniffed and facts.declared == "image/svg+xml"):
        _read_svg(data, facts)
        return
    try:
        from PIL import Image  # noqa: F401
    except ImportError:
        if facts.sniffed == "image/png":
            _read_png(data, facts)
        else:
            facts.unproven = f"decoding {facts.sniffed or facts.declared} needs the package pillow"
        return
    _read_by_pillow(data, facts)


def _read_by_pillow(data: bytes, facts: MediaFacts) -> None:
    from PIL import Image, UnidentifiedImageError

    try:
        if facts.sniffed == "image/png":
            _png_chunks(data)  # pillow takes a file that ends too early
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data))
            facts.width, facts.height = image.size
            if facts.width * facts.height > _MOST_PIXELS:
                facts.unproven = f"a picture of {facts.width} x {facts.height} pixels is too large to look at"
                return
            image.load()
            extrema = image.convert("RGBA").getextrema()
    except UnidentifiedImageError:
        facts.problem = "it is no picture that can be read"
        return
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError) as error:
        facts.problem = f"it does not decode: {error}"
        return
    facts.one_colour = all(low == high for low, high in extrema)  # type: ignore[misc]
    highest = [high for _, high in extrema]  # type: ignore[misc]
    facts.black = facts.one_colour and (max(highest[:3]) < _BLACK or highest[3] == 0)
    facts.frames = getattr(image, "n_frames", 1)


def _read_png(data: bytes, facts: MediaFacts) -> None:
    try:
        head, body = _png_chunks(data)
        facts.width, facts.height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", head)
        if facts.width * facts.height > _MOST_PIXELS:
            facts.unproven = f"a picture of {facts.width} x {facts.height} pixels is too large to look at"
            return
        rows = zlib.decompress(body)
        row = (facts.width * _SAMPLES[kind] * depth + 7) // 8 + 1
    except (ValueError, KeyError, struct.error, zlib.error) as error:
        facts.problem = f"it does not decode: {error}"
        return
    if not interlaced and len(rows) != row * facts.height:
        facts.problem = f"it holds {len(rows)} bytes of rows, not {row * facts.height}"
        return
    facts.frames = 1
    facts.one_colour = not interlaced and depth == 8 and _is_flat(rows, row, _SAMPLES[kind])
    colour = rows[1 : 1 + _SAMPLES[kind]]
    seen = colour[:-1] if kind in (4, 6) else colour
    facts.black = facts.one_colour and kind != 3 and (max(seen) < _BLACK or (kind in (4, 6) and colour[-1] == 0))


def _png_chunks(data: bytes) -> tuple[bytes, bytes]:
    at, head, body = 8, b"", b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        content, check = data[at + 8 : at + 8 + size], data[at + 8 + size : at + 12 + size]
        if len(content) != size or check != struct.pack(">I", zlib.crc32(kind + content)):
            raise ValueError(f"its part {kind.decode('latin-1')} is damaged")
        if kind == b"IHDR":
            head = content
        elif kind == b"IDAT":
            body += content
        elif kind == b"IEND":
            return head, body
        at += 12 + size
    raise ValueError("it ends too early")


def _is_flat(rows: bytes, row: int, samples: int) -> bool:
    """Whether all pixels of a PNG with 8 bits a sample are the same, by undoing its filters."""
    last = bytes(row - 1)
    first: bytes | None = None
    for start in range(0, len(rows), row):
        line = bytearray(rows[start + 1 : start + row])
        kind = rows[start]
        for at in range(len(line)):
            left = line[at - samples] if at >= samples else 0
            above = last[at]
            corner = last[at - samples] if at >= samples else 0
            line[at] = (line[at] + _predicted(kind, left, above, corner)) & 255
        first = bytes(line[:samples]) if first is None else first
        if bytes(line) != first * (len(line) // samples):
            return False
        last = bytes(line)
    return True


def _predicted(kind: int, left: int, above: int, corner: int) -> int:
    if kind < 4:
        return (0, left, above, (left + above) // 2)[kind]
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def _read_svg(data: bytes, facts: MediaFacts) -> None:
    if b"<!ENTITY" in data:
        facts.problem = "its XML declares entities, which viewers refuse"
        return
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 (entities are refused above)
    except ElementTree.ParseError as error:
        facts.problem = f"it is no XML: {error}"
        return
    if root.tag.rpartition("}")[2] != "svg":
        facts.problem = f"its root is {root.tag!r}, not svg"
        return
    box = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", root.get("viewBox", ""))]
    facts.width, facts.height = _pixels(root.get("width"), box, 2), _pixels(root.get("height"), box, 3)
    facts.frames = 1
    drawn = sum(item.tag.rpartition("}")[2] in _DRAWN for item in root.iter())
    facts.one_colour, facts.black = drawn < 2, not drawn


def _pixels(text: str | None, box: list[float], at: int) -> int | None:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:px)?\s*", text or "")
    if found:
        return round(float(found[1]))
    return round(box[at]) if len(box) == 4 else None
