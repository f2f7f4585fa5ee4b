"""Places figures that stand or swim: in the order that the relations demand, in rows where they are many."""

from __future__ import annotations

import random
from collections.abc import Sequence

from lollms_client.engines.scene.backdrop import Backdrop
from lollms_client.engines.scene.description import Relation
from lollms_client.engines.scene.figures import Figure

_GAP = 0.025  # of the picture's width, between neighbours


def place_in_rows(
    figures: list[Figure],
    relations: Sequence[Relation],
    groups: Sequence[Sequence[Figure]],
    backdrop: Backdrop,
    picture: tuple[int, int],
    rng: random.Random,
    total: int,
) -> None:
    """Give x, foot, depth and final height to figures on the ground, on the water, or floating in their order."""
    if not figures:
        return
    ordered = in_order(figures, relations, groups, rng)
    width, height = picture
    rows = _rows(ordered, relations, width)
    _fit(ordered, rows, picture, total)
    for number, row in enumerate(rows):
        _spread(row, width, rng, relations)
        back = len(rows) - 1 - number
        for figure in row:
            _set_foot(figure, backdrop, height, back, len(rows), rng)
    for figure in ordered:
        _set_position(figure, picture)
        figure.placed = True


def in_order(
    figures: list[Figure], relations: Sequence[Relation], groups: Sequence[Sequence[Figure]], rng: random.Random
) -> list[Figure]:
    """The figures from left to right as the relations and positions demand, else as they were mentioned."""
    order = list(figures)
    sides = {"left": 0, "top left": 0, "bottom left": 0, "right": 2, "top right": 2, "bottom right": 2}
    order.sort(key=lambda one: sides.get(one.position or "", 1))
    here = {id(figure) for figure in figures}
    for _ in range(3):
        for relation in relations:
            subjects = [f for f in groups[relation.subject] if id(f) in here]
            references = [f for f in groups[relation.reference] if id(f) in here]
            seconds = [f for f in groups[relation.second] if id(f) in here] if relation.second is not None else []
            if subjects and references:
                _arrange(order, relation.kind, subjects, references, seconds)
    return order


def _arrange(
    order: list[Figure], kind: str, subjects: list[Figure], references: list[Figure], seconds: list[Figure]
) -> None:
    def index(figure: Figure) -> int:
        return next(i for i, one in enumerate(order) if one is figure)

    def move(moved: list[Figure], position: int) -> None:
        ids = {id(one) for one in moved}
        before = [one for one in order[:position] if id(one) not in ids]
        after = [one for one in order[position:] if id(one) not in ids]
        order[:] = [*before, *moved, *after]

    if kind == "left" and max(map(index, subjects)) > min(map(index, references)):
        move(subjects, min(map(index, references)))
    elif kind == "right" and min(map(index, subjects)) < max(map(index, references)):
        move(subjects, max(map(index, references)) + 1)
    elif kind == "between" and seconds:
        low, high = sorted((min(map(index, references)), min(map(index, seconds))))
        if not all(low < index(one) < high for one in subjects):
            move(seconds, index(references[-1]) + 1)
            move(subjects, index(references[-1]) + 1)
    elif kind == "between" and len(references) > 1:
        move(references, index(references[0]))
        move(subjects, index(references[(len(references) - 1) // 2]) + 1)
    elif kind in ("beside", "look", "chase", "across") and not _adjacent(order, subjects, references):
        move(subjects, index(references[-1]) + 1)


def _adjacent(order: list[Figure], subjects: list[Figure], references: list[Figure]) -> bool:
    positions = {id(one): place for place, one in enumerate(order)}
    return any(abs(positions[id(s)] - positions[id(r)]) == 1 for s in subjects for r in references)


def _rows(ordered: list[Figure], relations: Sequence[Relation], width: int) -> list[list[Figure]]:
    """One row where all fit side by side at three quarters of their size, else rows from far to near."""
    needed = sum(figure.width for figure in ordered) * 0.72
    tied = any(one.kind in ("left", "right", "between") for one in relations)
    count = 1 if tied or len(ordered) < 4 else min(4, max(1, round(needed / width + 0.2)), (len(ordered) + 1) // 2)
    if count == 1:
        return [ordered]
    high_first = sorted(ordered, key=lambda one: -one.art.size)
    size = -(-len(ordered) // count)
    far_to_near = [{id(one) for one in high_first[i : i + size]} for i in range(0, len(ordered), size)]
    return [[one for one in ordered if id(one) in ids] for ids in far_to_near]


def _fit(ordered: list[Figure], rows: list[list[Figure]], picture: tuple[int, int], total: int) -> None:
    """Scale all figures alike, so that the fullest row fills but does not burst the width."""
    width, height = picture
    room = width * 0.94
    needed = max(sum(one.width for one in row) + width * _GAP * (len(row) - 1) for row in rows)
    tallest = max(one.height for one in ordered)
    most = max(1.75 if total == 1 else 1.45 if total < 4 else 1.15, (0.4 if total == 1 else 0.3) * height / tallest)
    factor = room / needed if needed > room else min(room * (0.62 if tallest > height * 0.25 else 0.85) / needed, most)
    factor = max(factor, 1.0) if needed <= room else factor
    factor = min(factor, max(height * 0.66, tallest if needed <= room else 0) / tallest) if factor > 1 else factor
    smallest = min(width, height) * 0.06
    for figure in ordered:
        figure.height = max(figure.height * factor, min(smallest, room / len(ordered) / figure.art.aspect))


def _spread(row: list[Figure], width: int, rng: random.Random, relations: Sequence[Relation]) -> None:
    used = sum(one.width for one in row)
    spare = max(0.0, width * 0.96 - used)
    gap = min(spare / (len(row) + 1), width * 0.16)
    x = (width - used - gap * (len(row) - 1)) / 2
    if len(row) == 1 and not relations:
        x += rng.uniform(-0.06, 0.06) * width
    for figure in row:
        slot = figure.width
        figure.x = x + slot / 2 + rng.uniform(-0.15, 0.15) * gap
        x += slot + gap


def _set_foot(figure: Figure, backdrop: Backdrop, height: int, back: int, rows: int, rng: random.Random) -> None:
    far, near = backdrop.ground
    if figure.zone == "free":
        low, high = backdrop.sky
        middle = rng.uniform(low + 0.12, high - 0.05) if rows == 1 else low + (high - low) * (rows - back - 0.4) / rows
        figure.foot = min(height * 0.97, max(middle * height + figure.height / 2, figure.height + height * 0.03))
        figure.depth = 1 + middle
        return
    if figure.zone == "water" and backdrop.water is not None:
        line = backdrop.water * height
        figure.foot = (
            line + figure.height * (0.1 if figure.art.moves == "sail" else 0.16) + rng.uniform(0, 0.02) * height
        )
    else:
        nearness = 0.9 - 0.65 * min(1.0, figure.height / (height * 0.6)) + rng.uniform(-0.12, 0.12)
        if rows > 1:
            nearness = (rows - 1 - back + 0.5 * rng.random()) / (rows - 0.5)
        figure.foot = (far + (near - far) * max(0.0, min(1.0, nearness))) * height
    figure.depth = figure.foot / height
    if rows > 1 and back:
        figure.height *= 0.86**back


def _set_position(figure: Figure, picture: tuple[int, int]) -> None:
    """Obey `in the background`, `in the corner` and the like."""
    width, height = picture
    position = figure.position or ""
    if position == "far":
        figure.height *= 0.55
        figure.foot -= height * 0.07
        figure.depth -= 1
    elif position == "near":
        figure.height = min(figure.height * 1.35, height * 0.75)
        figure.foot = height * 0.98
        figure.depth += 1
    if "left" in position:
        figure.x = min(figure.x, figure.width / 2 + width * 0.06)
    elif "right" in position:
        figure.x = max(figure.x, width - figure.width / 2 - width * 0.06)
    elif position == "centre":
        figure.x = width / 2
    if "top" in position:
        figure.foot = figure.height + height * 0.05
        figure.zone = "sky"
