"""Colours as #rrggbb text: mixing, lightening, and recolouring of whole SVG fragments."""

from __future__ import annotations

import re
from collections.abc import Callable

_HEX = re.compile(r"#[0-9a-fA-F]{6}\b")


def to_rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255 each, of `#rrggbb`."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def to_hex(red: float, green: float, blue: float) -> str:
    """`#rrggbb` of three values that are clipped to 0 to 255."""
    return "#" + "".join(f"{max(0, min(255, round(value))):02x}" for value in (red, green, blue))


def mix(first: str, second: str, amount: float) -> str:
    """The colour `amount` (0 to 1) of the way from the first to the second."""
    pairs = zip(to_rgb(first), to_rgb(second), strict=True)
    return to_hex(*(a + (b - a) * amount for a, b in pairs))


def shade(colour: str, amount: float) -> str:
    """Lighter for a positive amount (1.0 is white), darker for a negative one (-1.0 is black)."""
    return mix(colour, "#ffffff" if amount > 0 else "#000000", abs(amount))


def brightness(colour: str) -> float:
    """Perceived brightness, 0 to 1."""
    red, green, blue = to_rgb(colour)
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def recolour(fragment: str, change: Callable[[str], str]) -> str:
    """Apply `change` to every #rrggbb of an SVG fragment."""
    return _HEX.sub(lambda match: change(match.group(0)), fragment)


def tinted(fragment: str, tint: str, amount: float) -> str:
    """The fragment as seen in coloured light: every colour multiplied by the tint, by the amount."""
    if amount <= 0:
        return fragment
    light = to_rgb(tint)

    def lit(colour: str) -> str:
        own = to_rgb(colour)
        return to_hex(*(c * (1 - amount) + c * t / 255 * amount for c, t in zip(own, light, strict=True)))

    return recolour(fragment, lit)
