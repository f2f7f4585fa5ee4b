"""Text as vector outlines: Pillow's built-in scalable font, traced once for each character."""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

_EM = 96  # pixels at which characters are traced
_MARGIN = 12
# Marching squares: which edges of a cell (top, right, bottom, left) the outline enters and leaves by, for each
# combination of corners inside (top left 8, top right 4, bottom right 2, bottom left 1); the inside is on the right.
_CASES: dict[int, tuple[tuple[str, str], ...]] = {
    1: (("L", "B"),), 2: (("B", "R"),), 3: (("L", "R"),), 4: (("R", "T"),), 5: (("L", "B"), ("R", "T")),
    6: (("B", "T"),), 7: (("L", "T"),), 8: (("T", "L"),), 9: (("T", "B"),), 10: (("T", "L"), ("B", "R")),
    11: (("T", "R"),), 12: (("R", "L"),), 13: (("R", "B"),), 14: (("B", "L"),),
}  # fmt: skip
_INSTEAD = {
    "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ł": "l", "Ł": "L", "đ": "d", "ı": "i",
    "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "€": "EUR", "•": "*", "×": "x", "«": '"',
    "»": '"', "¿": "", "¡": "", "\u00a0": " ",
}  # fmt: skip
_Key = tuple[str, int, int]


@dataclass(frozen=True)
class Line:
    """One line of text of a size in pixels; `width` is its advance."""

    text: str
    size: float
    width: float


@functools.cache
def _font() -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(_EM)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType")  # its wheels all have it
    return font


def text_width(text: str, size: float) -> float:
    """The advance of a line of text in pixels."""
    return float(_font().getlength(in_letters_of_the_font(text))) * size / _EM


def text_svg(text: str, x: float, y: float, size: float, fill: str, anchor: str = "middle", bold: float = 0.0) -> str:
    """One line of text with its baseline at y, as paths; `bold` thickens the strokes by that part of the size."""
    text = in_letters_of_the_font(text)
    width = text_width(text, size)
    left = x - (width / 2 if anchor == "middle" else width if anchor == "end" else 0)
    scale = size / _EM
    parts = []
    for index, character in enumerate(text):
        outline = _outline(character)
        if outline:
            at = left + text_width(text[:index], size)
            parts.append(f'<path transform="translate({at:.2f} {y:.2f}) scale({scale:.5f})" d="{outline}"/>')
    stroke = f' stroke="{fill}" stroke-width="{bold * _EM:.1f}" stroke-linejoin="round"' if bold else ""
    return f'<g fill="{fill}" fill-rule="evenodd"{stroke}>{"".join(parts)}</g>'


def in_letters_of_the_font(text: str) -> str:
    """The text with what the font has not said otherwise where it can be: é as e, ß as ss, a dash as a hyphen."""
    result = []
    for character in text:
        if can_write(character):
            result.append(character)
            continue
        plain = _INSTEAD.get(character) or "".join(
            one for one in unicodedata.normalize("NFKD", character) if not unicodedata.combining(one)
        )
        result.append(plain if plain and all(map(can_write, plain)) else character)
    return "".join(result)


@functools.lru_cache(maxsize=4096)
def can_write(character: str) -> bool:
    """Whether the font has a drawing of this character rather than an empty box."""
    if character.isspace():
        return True
    missing = numpy.asarray(_font().getmask("\U0010fffd"))
    own = numpy.asarray(_font().getmask(character))
    return own.shape != missing.shape or not bool((own == missing).all())


def wrap(text: str, width: float, height: float, largest: float) -> list[Line]:
    """Break text into lines of the greatest size (in pixels) at which it fits into width and height."""
    words = text.split() or [""]
    size = largest
    while size > 4:
        lines = _break(words, width, size)
        fits = all(text_width(line, size) <= width for line in lines)
        if fits and len(lines) * size * 1.15 <= height:
            break
        size *= 0.92
    return [Line(line, size, text_width(line, size)) for line in _break(words, width, size)]


def _break(words: list[str], width: float, size: float) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        if text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


@functools.lru_cache(maxsize=1024)
def _outline(character: str) -> str:
    """The outline of a character about its origin on the baseline, as path data in units of 1/96 em."""
    if character.isspace() or not character.isprintable():
        return ""
    font = _font()
    ascent, descent = font.getmetrics()
    width = int(font.getlength(character)) + 2 * _MARGIN + 4
    image = Image.new("L", (width, ascent + descent + 2 * _MARGIN), 0)
    ImageDraw.Draw(image).text((_MARGIN, _MARGIN), character, fill=255, font=font)
    values = numpy.pad(numpy.asarray(image, dtype=numpy.float64), 1)  # no outline runs into the edge
    rings = _rings(values)
    return "".join(_path(ring, -_MARGIN - 1, -_MARGIN - 1 - ascent) for ring in rings)


def _rings(values: NDArray[numpy.float64]) -> list[list[tuple[float, float]]]:
    inside = values > 127.5
    codes = inside[:-1, :-1] * 8 + inside[:-1, 1:] * 4 + inside[1:, 1:] * 2 + inside[1:, :-1] * 1
    links: dict[_Key, _Key] = {}
    for row, column in zip(*(part.tolist() for part in numpy.nonzero((codes > 0) & (codes < 15))), strict=True):
        edges: dict[str, _Key] = {
            "T": ("h", row, column), "B": ("h", row + 1, column), "L": ("v", row, column), "R": ("v", row, column + 1),
        }  # fmt: skip
        for start, end in _CASES[int(codes[row, column])]:
            links[edges[start]] = edges[end]
    rings = []
    while links:
        first, current = links.popitem()
        ring = [_point(first, values)]
        while current != first:
            ring.append(_point(current, values))
            current = links.pop(current)
        rings.append(ring)
    return rings


def _point(key: _Key, values: NDArray[numpy.float64]) -> tuple[float, float]:
    kind, row, column = key
    other = (row, column + 1) if kind == "h" else (row + 1, column)
    first, second = values[row, column], values[other]
    share = (127.5 - first) / (second - first)
    return (column + share, float(row)) if kind == "h" else (float(column), row + share)


def _path(ring: list[tuple[float, float]], dx: float, dy: float) -> str:
    kept: list[tuple[float, float]] = []
    for index, point in enumerate(ring):
        if kept and index + 1 < len(ring):
            (ax, ay), (bx, by), (cx, cy) = kept[-1], point, ring[index + 1]
            if abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) < 0.12 and abs(bx - ax) + abs(by - ay) < 24:
                continue
        kept.append(point)
    return "M" + "L".join(f"{x + dx + 0.5:.1f} {y + dy + 0.5:.1f}" for x, y in kept) + "Z"
