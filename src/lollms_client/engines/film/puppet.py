"""Moves the parts of a drawing (legs, wings, wheels, tail …) and renders its poses as sprites."""

from __future__ import annotations

import functools
import math
import xml.etree.ElementTree as ElementTree

from PIL import Image

from lollms_client.engines.scene.art_library import ArtObject
from lollms_client.engines.scene.figures import part_box, wrap_svg
from lollms_client.engines.scene.rendering import rasterise

POSES = 12
"""Poses in one cycle of a movement."""

PADDING = 0.3
"""Room around the view box, as a fraction of its longer side, for parts that swing out of it."""

_SWINGS: dict[str, dict[str, float]] = {  # motion -> part kind -> degrees
    "walk": {"leg": 16, "arm": 14, "tail": 10, "head": 2, "wheel": 360, "trunk": 8, "flag": 4},
    "run": {"leg": 28, "arm": 26, "tail": 14, "head": 4, "wheel": 360, "trunk": 12},
    "fly": {"wing": 26, "tail": 4, "leg": 3, "flame": 1, "wheel": 2},
    "swim": {"tail": 16, "arm": 14, "leg": 12, "wing": 10, "head": 2},
    "drive": {"wheel": 360, "head": 1, "flag": 6, "flame": 1},
    "dance": {"leg": 10, "arm": 32, "head": 7, "tail": 18, "wing": 20},
    "hop": {"leg": 16, "arm": 22, "tail": 12, "wing": 18, "head": 3},
    "nod": {"head": 8, "tail": 6, "arm": 6},
    "idle": {"head": 2.5, "tail": 9, "leaf": 2, "flag": 6, "sail": 2, "flame": 1, "wing": 5, "arm": 3, "spout": 4},
}
_FASTER = {
    "walk": 1.5,
    "run": 2.4,
    "fly": 2.2,
    "swim": 1.1,
    "drive": 1.4,
    "dance": 1.6,
    "hop": 1.5,
    "nod": 1.0,
    "idle": 0.6,
}
_CYCLES = {
    "ride": "idle",
    "roll": "idle",
    "sail": "idle",
    "float": "idle",
    "sway": "idle",
    "breathe": "idle",
    "rise": "fly",
}


def cycle_of(motion: str) -> str:
    """The cycle of parts that goes with a motion."""
    name = _CYCLES.get(motion, motion)
    return name if name in _SWINGS else "idle"


def cycles_per_second(motion: str) -> float:
    """How often a second the parts go through their cycle."""
    return _FASTER[cycle_of(motion)]


@functools.lru_cache(maxsize=512)
def parts_of(art: ArtObject) -> dict[str, tuple[float, float]]:
    """The movable parts of a drawing, each with the point (in its view box) about which it turns."""
    root = ElementTree.fromstring(f"<svg>{art.drawing()}</svg>")  # noqa: S314 - our own drawing
    names = [name for element in root.iter() if (name := element.get("id"))]
    result = {}
    for name in names:
        box = part_box(art, name)
        if box is not None:
            result[name] = _pivot(name.rstrip("0123456789"), box, art)
    return result


def _pivot(kind: str, box: tuple[float, float, float, float], art: ArtObject) -> tuple[float, float]:
    left, top, right, bottom = box[0] * art.width, box[1] * art.height, box[2] * art.width, box[3] * art.height
    centre_x, centre_y = art.width / 2, art.height / 2
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    near_x = right if middle_x < centre_x else left
    near_y = bottom if middle_y < centre_y else top
    if kind == "leg":
        return middle_x, top + (bottom - top) * 0.1
    if kind == "arm":
        return (near_x * 0.7 + middle_x * 0.3), top + (bottom - top) * 0.12
    if kind == "head":
        return middle_x + (centre_x - middle_x) * 0.3, bottom - (bottom - top) * 0.12
    if kind == "tail":
        return near_x, bottom - (bottom - top) * 0.3 if middle_y < centre_y else middle_y
    if kind in ("wing", "flame", "sail", "flag", "leaf"):
        return (middle_x, near_y) if kind in ("flame", "leaf") else (near_x * 0.6 + middle_x * 0.4, near_y)
    return middle_x, middle_y


def _turn(name: str, kind: str, cycle: str, phase: float) -> float:
    """Degrees by which a part is turned at a phase (0 to 1) of a cycle."""
    amount = _SWINGS[cycle].get(kind, 0.0)
    if kind == "wheel":
        return -360.0 * phase if amount == 360 else 0.0
    number = int(name[len(kind) :] or 1)
    shift = 0.0
    if kind == "leg":
        shift = 0.5 if number in (2, 3) else 0.0
    elif kind in ("arm", "wing"):
        shift = 0.5 if number == 2 else 0.0
        if cycle in ("dance", "hop", "fly"):
            return amount * math.sin(math.tau * phase) * (-1 if number == 2 else 1)
    elif kind == "head":
        shift = 0.25
    return amount * math.sin(math.tau * (phase + shift))


def posed(art: ArtObject, drawing: str, motion: str, pose: int) -> str:
    """The drawing with its parts in a pose (0 to POSES - 1) of a motion."""
    cycle = cycle_of(motion)
    pivots = parts_of(art)
    root = ElementTree.fromstring(f"<g>{drawing}</g>")  # noqa: S314 - our own drawing
    for element in root.iter():
        name = element.get("id")
        if not name or name not in pivots:
            continue
        kind = name.rstrip("0123456789")
        if kind == "wing" and art.group == "vehicles":
            continue  # an aeroplane's are stiff
        x, y = pivots[name]
        if kind == "flame":
            stretch = 1 + 0.18 * math.sin(math.tau * pose / POSES * 2)
            change = f"translate(0 {y:.2f}) scale(1 {stretch:.3f}) translate(0 {-y:.2f})"
        else:
            change = f"rotate({_turn(name, kind, cycle, pose / POSES):.2f} {x:.2f} {y:.2f})"
        element.set("transform", f"{change} {element.get('transform', '')}".strip())
        del element.attrib["id"]
    return ElementTree.tostring(root, encoding="unicode")


def moves_parts(art: ArtObject, motion: str) -> bool:
    """Whether a drawing has parts that a motion moves."""
    swings = _SWINGS[cycle_of(motion)]
    return any(name.rstrip("0123456789") in swings for name in parts_of(art))


def sprite(art: ArtObject, drawing: str, motion: str, pose: int, height: float, flip: bool) -> Image.Image:
    """One pose as RGBA; `height` is that of the view box in pixels, around which lies the padding."""
    room = PADDING * max(art.width, art.height)
    wide, high = art.width + 2 * room, art.height + 2 * room
    scale = height / art.height
    inner = f'<g transform="translate({room:g} {room:g})">{posed(art, drawing, motion, pose)}</g>'
    image = rasterise(wrap_svg(inner, wide, high), max(1, round(wide * scale)), max(1, round(high * scale)))
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if flip else image
