"""Width and height as a service wants them: a WxH text out of a list, two numbers, or an aspect ratio."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from lollms_client.errors import BadSetting

_SIZE = re.compile(r"(\d{1,5})\s*[xX×*]\s*(\d{1,5})")


def parse_size(text: str) -> tuple[int, int] | None:
    """Width and height out of `1024x768`; None for anything else, such as `auto`."""
    found = _SIZE.fullmatch(text.strip())
    return (int(found[1]), int(found[2])) if found else None


def wanted_size(width: int | None, height: int | None) -> tuple[int, int] | None:
    """Both sides in pixels; a side that is not given is as long as the other. None where neither is given.

    Raises BadSetting for a side that is not at least one pixel long.
    """
    if width is None and height is None:
        return None
    pair = (width or height or 0, height or width or 0)
    if min(pair) < 1 or 0 in (width, height):
        raise BadSetting(f"width and height must be at least 1 pixel, not {width} x {height}", setting="width")
    return pair


def nearest_size(wanted: tuple[int, int], offered: Iterable[Any]) -> str | None:
    """The offered size of the most similar shape, then area; None where none is a size in pixels."""
    best: tuple[float, str] | None = None
    for text in offered:
        size = parse_size(str(text))
        if size is None:
            continue
        shape = abs(math.log(wanted[0] / wanted[1]) - math.log(size[0] / size[1]))
        area = abs(math.log(wanted[0] * wanted[1]) - math.log(size[0] * size[1]))
        distance = shape * 4 + area
        if best is None or distance < best[0]:
            best = (distance, str(text))
    return best[1] if best else None


def nearest_ratio(wanted: tuple[int, int], offered: Iterable[Any]) -> str | None:
    """The offered ratio such as `16:9` of the most similar shape; None where none is a ratio."""
    best: tuple[float, str] | None = None
    for text in offered:
        width, _, height = str(text).partition(":")
        try:
            ratio = float(width) / float(height)
        except (ValueError, ZeroDivisionError):
            continue
        distance = abs(math.log(wanted[0] / wanted[1]) - math.log(ratio))
        if best is None or distance < best[0]:
            best = (distance, str(text))
    return best[1] if best else None


def ratio_of(size: tuple[int, int]) -> str:
    """The exact ratio of a size in lowest terms."""
    common = math.gcd(*size)
    return f"{size[0] // common}:{size[1] // common}"
