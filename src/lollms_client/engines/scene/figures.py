"""Figures: the single things of a scene with their place in the picture, and the measured shape of each drawing."""

from __future__ import annotations

import functools
import io
import math
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

import numpy
import resvg_py
from numpy.typing import NDArray
from PIL import Image

from lollms_client.engines.scene.art_library import ArtObject
from lollms_client.engines.scene.lexicon import Verb, facts

_MEASURED_HEIGHT = 96


@dataclass
class Figure:
    """One thing in the picture: `x` is the centre and `foot` the lowest point of its view box, in pixels."""

    art: ArtObject
    thing: int
    colours: tuple[str, ...] = ()
    scale: float = 1.0  # what the prompt says of its size
    verb: Verb | None = None
    position: str | None = None
    x: float = 0.0
    foot: float = 0.0
    height: float = 0.0
    flip: bool = False
    angle: float = 0.0  # degrees, clockwise
    depth: float = 0.0  # what is drawn later has the greater depth
    zone: str = "ground"  # ground water sky wall free
    host: Figure | None = None  # what it sits on, hangs on or is held by
    shadow: bool = False
    placed: bool = False

    @property
    def width(self) -> float:
        """Width of the view box in pixels."""
        return self.height * self.art.aspect

    @property
    def top(self) -> float:
        """Upper edge of the view box in pixels."""
        return self.foot - self.height

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in pixels."""
        return self.x - self.width / 2, self.top, self.x + self.width / 2, self.foot

    def root(self) -> Figure:
        """The figure that carries this one, itself where nothing does."""
        return self.host.root() if self.host else self


@dataclass(frozen=True)
class Shape:
    """What a drawing covers of its view box, all as fractions of it (x from the left, y from the top)."""

    box: tuple[float, float, float, float]
    seat: tuple[float, float]
    head: tuple[float, float, float, float] | None


@functools.lru_cache(maxsize=512)
def shape_of(art: ArtObject) -> Shape:
    """Measure a drawing by rendering it small."""
    alpha = _alpha(art, art.drawing())
    box = _bounds(alpha) or (0.0, 0.0, 1.0, 1.0)
    return Shape(box, _seat(art, alpha, box), part_box(art, "head"))


def part_box(art: ArtObject, part: str) -> tuple[float, float, float, float] | None:
    """What a part covers (left, top, right, bottom as fractions of the view box), None where it is not there."""
    fragment = part_of(art.drawing(), part)
    return _bounds(_alpha(art, fragment)) if fragment else None


def _alpha(art: ArtObject, fragment: str) -> NDArray[numpy.uint8]:
    svg = wrap_svg(fragment, art.width, art.height)
    image = Image.open(io.BytesIO(resvg_py.svg_to_bytes(svg_string=svg, height=_MEASURED_HEIGHT)))
    return numpy.asarray(image.convert("RGBA"))[:, :, 3]


def _bounds(alpha: NDArray[numpy.uint8]) -> tuple[float, float, float, float] | None:
    rows, columns = numpy.nonzero(alpha > 40)
    if not len(rows):
        return None
    height, width = alpha.shape
    return (
        float(columns.min() / width), float(rows.min() / height),
        float((columns.max() + 1) / width), float((rows.max() + 1) / height),
    )  # fmt: skip


def _seat(art: ArtObject, alpha: NDArray[numpy.uint8], box: tuple[float, float, float, float]) -> tuple[float, float]:
    centre = (box[0] + box[2]) / 2
    if art.faces != "front" and art.group in ("animals", "fantasy"):
        centre += 0.1 if art.faces == "left" else -0.1
    known = facts()["seats"].get(art.id)
    if known is not None:
        return centre, float(known)
    height, width = alpha.shape
    middle = alpha[:, max(0, int((centre - 0.08) * width)) : max(1, int((centre + 0.08) * width) + 1)] > 40
    rows = numpy.nonzero(middle.mean(axis=1) > 0.5)[0]
    return centre, float(rows.min() / height) if len(rows) else box[1]


def part_of(fragment: str, part: str) -> str | None:
    """The element with an id, as SVG text, or None."""
    root = ElementTree.fromstring(f"<svg>{fragment}</svg>")  # noqa: S314 - our own drawing
    for element in root.iter():
        if element.get("id") == part:
            return ElementTree.tostring(element, encoding="unicode")
    return None


def wrap_svg(inner: str, width: float, height: float) -> str:
    """A whole SVG document around a fragment."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}">{inner}</svg>'
    )


def natural_height(art: ArtObject) -> float:
    """How high a thing is drawn, as a fraction of the picture, before the layout scales it: compressed, so that a
    mouse is smaller than a house but can still be seen."""
    return max(0.1, min(0.66, 0.29 + 0.15 * math.log10(art.size)))
