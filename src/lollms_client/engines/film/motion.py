"""How figures move through a film: for each motion, the place, turn and size of a figure at a time."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from lollms_client.engines.scene.figures import Figure

_SPEEDS = {"walk": 0.07, "run": 0.17, "drive": 0.2, "sail": 0.05, "swim": 0.06, "fly": 0.12, "roll": 0.12}
"""Widths of the picture a second."""

_CARRIES = ("ride", "drive", "sail", "fly", "swim")
_REACH = 0.26  # widths of the picture that a traveller goes to either side of its place at most
_ONE_WAY = 6.0  # seconds: in a shorter film a traveller does not turn round


@dataclass(frozen=True)
class Move:
    """The motion of a figure: `direction` is 1 to the right and -1 to the left, `phase` sets equals apart."""

    motion: str
    direction: int
    phase: float
    speed: float  # widths of the picture a second, 0 where it stays
    reach: float = 0.0  # widths of the picture that it goes to either side of its place


@dataclass(frozen=True)
class Pose:
    """Where a figure is at a time: shifts in pixels, degrees clockwise, scale; `turned` where it faces back."""

    dx: float = 0.0
    dy: float = 0.0
    angle: float = 0.0
    scale: float = 1.0
    stretch: float = 1.0
    turned: bool = False


def choose_moves(
    figures: Sequence[Figure],
    together: Sequence[tuple[int, int]],
    width: int,
    seconds: float,
    seed: int,
    reach: float = _REACH,
) -> dict[int, Move]:
    """A move for each figure that nothing carries, by its id(); pairs of things in `together` move alike. `width` is
    that of the picture in pixels."""
    rng = random.Random(seed * 53 + 11)
    moves: dict[int, Move] = {}
    for figure in figures:
        if figure.host is None:
            motion = _motion_of(figure, figures)
            direction = _direction(figure, rng)
            speed = _SPEEDS.get(motion, 0.0) * rng.uniform(0.92, 1.08)
            room = min(figure.x, width - figure.x) - figure.width * 0.25
            own_reach = max(0.05, min(reach, room / width))
            if seconds <= _ONE_WAY:
                speed = min(speed, 2 * own_reach / seconds)
            moves[id(figure)] = Move(motion, direction, rng.random(), speed, own_reach)
    for chaser, chased in together:
        first = next((f for f in figures if f.thing == chaser and id(f) in moves), None)
        for figure in figures:
            if first is not None and figure.thing == chased and id(figure) in moves:
                lead = moves[id(first)]
                moves[id(figure)] = Move(_like(lead.motion, figure), lead.direction, lead.phase, lead.speed, lead.reach)
    return moves


def _like(motion: str, figure: Figure) -> str:
    return {"fly": "fly", "swim": "swim", "roll": "roll", "drive": "drive"}.get(figure.art.moves, motion)


def _motion_of(figure: Figure, figures: Sequence[Figure]) -> str:
    for rider in figures:
        if rider.host is figure and rider.verb is not None and rider.verb.motion in _CARRIES:
            if rider.verb.motion != "ride":
                return rider.verb.motion
            return {"drive": "drive", "sail": "sail", "fly": "fly", "swim": "swim"}.get(figure.art.moves, "run")
    if figure.verb is not None:
        motion = figure.verb.motion
        if motion in ("walk", "run") and figure.art.moves in ("drive", "fly", "swim", "sail", "roll"):
            return figure.art.moves if figure.art.moves != "fly" or figure.zone in ("sky", "free") else motion
        return "float" if motion == "fly" and figure.art.moves == "float" else motion
    natural = figure.art.moves
    if natural == "walk" or natural == "hop":
        return "idle"
    if natural == "fly" and figure.zone not in ("sky", "free", "air"):
        return "idle"
    if natural == "swim" and figure.zone not in ("water", "free"):
        return "idle"
    return {"grow": "sway", "none": "still", "roll": "still", "spin": "still"}.get(natural, natural)


def _direction(figure: Figure, rng: random.Random) -> int:
    if figure.art.faces == "front":
        return rng.choice((-1, 1))
    return -1 if (figure.art.faces == "left") != figure.flip else 1


def pose_at(move: Move, figure: Figure, time: float, seconds: float, picture: tuple[int, int]) -> Pose:
    """Where a figure is at a time of a film of so many seconds."""
    width, height = picture
    swing = math.sin(math.tau * (time * 0.5 + move.phase))
    motion = move.motion
    if move.speed:
        return _travel(move, figure, time, seconds, picture)
    if motion == "hop":
        jump = abs(math.sin(math.pi * (time * 1.4 + move.phase)))
        return Pose(dy=-jump * figure.height * 0.32, stretch=0.94 + 0.08 * jump)
    if motion == "dance":
        beat = math.sin(math.tau * (time * 1.6 + move.phase))
        return Pose(dx=beat * figure.width * 0.08, dy=-abs(beat) * figure.height * 0.07, angle=6 * beat)
    if motion == "spin":
        return Pose(angle=move.direction * 180 * time)
    if motion == "fall":
        return _fall(move, figure, time, seconds, height)
    if motion == "rise":
        share = time / max(0.1, seconds)
        return Pose(dx=swing * width * 0.004, dy=-(share**1.8) * max(height * 0.1, figure.foot - figure.height * 0.6))
    if motion == "grow":
        share = min(1.0, time / max(0.1, seconds * 0.8))
        return Pose(scale=0.15 + 0.85 * (1 - (1 - share) ** 2))
    if motion == "float":
        drift = math.sin(math.tau * (time * 0.13 + move.phase))
        up = 0.08 * height * (time / max(0.1, seconds) - 0.5) if figure.zone in ("sky", "free") else 0.0
        return Pose(dx=drift * width * 0.05, dy=swing * height * 0.025 - up, angle=3 * swing)
    if motion == "glow":
        return Pose(scale=1 + 0.04 * swing)
    if motion == "breathe":
        return Pose(stretch=1 + 0.025 * swing)
    if motion == "sway":
        return Pose(angle=1.6 * swing)
    return Pose()


def _travel(move: Move, figure: Figure, time: float, seconds: float, picture: tuple[int, int]) -> Pose:
    """Forth, and in a long film back again: at half time the figure is where the picture had it."""
    width, _ = picture
    reach = move.reach
    spare = max(0.0, 2 * reach - move.speed * seconds) / 2
    lap = (spare + move.speed * time) % (4 * reach) if spare == 0 else spare + move.speed * time
    back = lap > 2 * reach + 1e-6
    along = (4 * reach - lap if back else lap) - reach
    bob = math.sin(math.tau * (time * _BOBS.get(move.motion, 0.6) + move.phase))
    rise = _RISES.get(move.motion, 0.0) * figure.height * (abs(bob) if move.motion in ("run", "walk") else bob)
    angle = (
        360 * along * width / (math.pi * max(1.0, figure.height))
        if move.motion == "roll"
        else _TILTS.get(move.motion, 0.0) * bob
    )
    if move.motion == "roll":
        angle *= move.direction
    return Pose(dx=move.direction * along * width, dy=-rise, angle=angle, turned=back)


_BOBS = {"walk": 1.5, "run": 2.4, "fly": 0.7, "swim": 0.5, "sail": 0.4, "drive": 2.2}
_RISES = {"walk": 0.02, "run": 0.06, "fly": 0.12, "swim": 0.04, "sail": 0.02, "drive": 0.006}
_TILTS = {"walk": 0.8, "run": 2.0, "fly": 2.5, "swim": 2.5, "sail": 2.2, "drive": 0.3}


def _fall(move: Move, figure: Figure, time: float, seconds: float, height: int) -> Pose:
    """From above the picture down to its place, where it bounces once."""
    span = max(0.5, min(2.2, seconds * 0.6))
    delay = move.phase * max(0.0, seconds - span) * 0.4
    share = max(0.0, (time - delay) / span)
    lower = min(height * 0.98 - figure.foot, (move.phase - 0.3) * height * 0.16)  # not all in one line
    if share < 1:
        sway = math.sin(math.tau * (time * 0.7 + move.phase))
        fallen = -(1 - share**2) * (figure.foot + figure.height * 0.1)
        return Pose(dx=sway * figure.width * 0.2, dy=fallen + lower * share, angle=20 * (1 - share) * sway)
    after = min(1.0, (share - 1) * 2)
    return Pose(dy=lower - math.sin(math.pi * after) * height * 0.03)
