"""Places figures in the sky or on the wall: apart from each other, and where the relations want them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from lollms_client.engines.scene.backdrop import Backdrop
from lollms_client.engines.scene.description import Relation
from lollms_client.engines.scene.figures import Figure

_WIDE = ("rainbow",)
_TRIES = 60


def place_freely(
    figures: list[Figure],
    relations: Sequence[Relation],
    groups: Sequence[Sequence[Figure]],
    backdrop: Backdrop,
    picture: tuple[int, int],
    rng: random.Random,
) -> None:
    """Give x, foot and depth to figures of the sky and the wall."""
    width, height = picture
    placed = [figure for group in groups for figure in group if figure.placed]
    limit = 1.0 if len(figures) < 5 else 0.8 if len(figures) < 9 else 0.6 if len(figures) < 16 else 0.42
    for index, figure in enumerate(figures):
        figure.height *= limit * (0.8 if figure.art.group == "vehicles" and placed else 1.0)
        if figure.art.id in _WIDE and figure.host is None:
            figure.height = min(width * 0.8 / figure.art.aspect, height * 0.6) * min(1.2, figure.scale)
            figure.x, figure.foot, figure.depth = width * 0.5, height * 0.66, -5 + index * 0.01
            figure.placed = True
            continue
        if not placed and len(figures) == 1:
            figure.height = min(figure.height * 1.4, height * 0.5)
        figure.height = min(figure.height, 0.55 * width / figure.art.aspect)
        if figure.art.id in ("sun", "moon") and figure.scale <= 1:
            figure.height = min(figure.height, 0.3 * min(width, height))
        left, right = _range(figure, relations, groups, width)
        best = min(
            (_candidate(figure, left, right, backdrop, picture, rng) for _ in range(_TRIES)),
            key=lambda place: _cost(figure, place, placed, height),
        )
        figure.x, figure.foot = best
        figure.depth = (
            0.3 + index * 0.001 if figure.zone == "wall" or figure.art.moves == "none" else 0.7 + index * 0.001
        )
        if figure.art.id in ("sun", "moon", "star", "cloud", "planet"):
            figure.depth = -3 + index * 0.001 + (1 if figure.art.id == "cloud" else 0)
        figure.placed = True
        placed.append(figure)


def _range(
    figure: Figure, relations: Sequence[Relation], groups: Sequence[Sequence[Figure]], width: int
) -> tuple[float, float]:
    """Where the centre may lie, in pixels, given what stands left and right of it and the position asked for."""
    left, right = figure.width * 0.5, width - figure.width * 0.5
    if figure.position and "left" in figure.position:
        right = width * 0.3
    if figure.position and "right" in figure.position:
        left = width * 0.7
    if figure.position == "centre":
        left, right = width * 0.42, width * 0.58
    for relation in relations:
        for mine, other, kind in (
            (relation.subject, relation.reference, relation.kind),
            (relation.reference, relation.subject, _opposite(relation.kind)),
        ):
            others = [one for one in groups[other] if one.placed]
            if any(one is figure for one in groups[mine]) and others:
                if kind == "left":
                    right = min(one.x for one in others) - figure.width * 0.3
                elif kind == "right":
                    left = max(one.x for one in others) + figure.width * 0.3
                elif kind in ("above", "under"):
                    left, right = others[0].x - figure.width * 0.3, others[0].x + figure.width * 0.3
    left, right = max(0.0, left), min(float(width), right)
    return (left, right) if left <= right else (min(left, width * 0.9), max(right, width * 0.1))


def _opposite(kind: str) -> str:
    return {"left": "right", "right": "left", "under": "above"}.get(kind, "")


def _candidate(
    figure: Figure, left: float, right: float, backdrop: Backdrop, picture: tuple[int, int], rng: random.Random
) -> tuple[float, float]:
    low, high = backdrop.sky
    if figure.art.id in ("sun", "moon"):
        high = low + (high - low) * 0.35
    height = picture[1]
    if "top" in (figure.position or ""):
        high = min(high, 0.3)
    top = rng.uniform(low, max(low, high - figure.height / height))
    if figure.zone == "wall":
        top = rng.uniform(0.1, max(0.12, 0.42 - figure.height / height))
    return rng.uniform(min(left, right), max(left, right)), top * height + figure.height


def _cost(figure: Figure, place: tuple[float, float], placed: Sequence[Figure], height: int) -> float:
    x, foot = place
    box = (x - figure.width / 2, foot - figure.height, x + figure.width / 2, foot)
    cost = 0.0
    for other in placed:
        a, b, c, d = other.box
        overlap = max(0.0, min(box[2], c) - max(box[0], a)) * max(0.0, min(box[3], d) - max(box[1], b))
        smaller = max(1.0, min(figure.width * figure.height, other.width * other.height))
        distance = ((x - other.x) ** 2 + ((foot - figure.height / 2) - (other.foot - other.height / 2)) ** 2) ** 0.5
        cost += 4 * overlap / smaller + 0.08 * height / (distance + 0.05 * height)
    return cost
