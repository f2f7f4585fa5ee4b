"""Places figures that depend on another: on it, in it, held or worn by it, under, behind, in front of or above it."""

from __future__ import annotations

import random
from collections.abc import Sequence

from lollms_client.engines.scene.figures import Figure, shape_of
from lollms_client.engines.scene.lexicon import facts

CARRIED = ("on", "inside", "hold", "wear", "climb")
"""Relations in which one figure is carried by the other and moves with it."""

STACKED = ("behind", "front", "under", "above", "kick", "eat")
"""Relations in which the subject shares the place of its reference."""


def is_listed(figure: Figure, name: str) -> bool:
    """Whether a figure belongs to one of the lists of the lexicon (shelters, enterable, headwear …)."""
    return figure.art.id in facts()[name]


def attach(kind: str, figures: Sequence[Figure], host: Figure, rng: random.Random) -> None:
    """Place figures that are carried by a host that has its place already."""
    for index, figure in enumerate(figures):
        share = (index + 0.5) / len(figures) - 0.5 if len(figures) > 1 else 0.0
        figure.host = host
        if kind in ("hold", "wear"):
            _give(figure, host, kind, rng, index)
            if host.verb is not None and host.verb.base == "juggle":
                _throw_up(figure, host, share)
        elif kind == "inside":
            _put_inside(figure, host, share, len(figures))
        elif kind == "climb":
            figure.height = min(figure.height, host.height * 0.5)
            figure.x, figure.foot, figure.depth = (
                host.x + share * host.width,
                host.top + host.height * 0.72,
                host.depth + 0.4,
            )
        else:
            _put_on(figure, host, share, len(figures))
        figure.placed = True


def _seat_x(host: Figure) -> float:
    x = shape_of(host.art).seat[0]
    return host.x + ((1 - x if host.flip else x) - 0.5) * host.width


def _put_on(figure: Figure, host: Figure, share: float, count: int) -> None:
    shape = shape_of(host.art)
    room = host.width * (shape.box[2] - shape.box[0]) * 0.86
    if count > 1:
        figure.height = min(figure.height, room / count / figure.art.aspect * 1.1)
    figure.x = _seat_x(host) + share * room
    figure.foot = host.top + shape.seat[1] * host.height + figure.height * 0.03
    figure.depth = host.depth + 0.4
    if figure.verb and figure.verb.base == "ride" and host.art.group == "animals":
        figure.flip = _faces_left(host) != (figure.art.faces != "right") if figure.art.faces != "front" else False
        figure.foot += figure.height * 0.16


def _put_inside(figure: Figure, host: Figure, share: float, count: int) -> None:
    figure.x = host.x + share * host.width * 0.7
    if is_listed(host, "seethrough"):
        figure.height = min(figure.height, host.height * 0.5, host.width * 0.6 / count / figure.art.aspect)
        figure.foot, figure.depth = host.top + host.height * 0.5 + figure.height / 2, host.depth + 0.4
    elif is_listed(host, "enterable"):
        figure.height = min(figure.height, host.height * 0.4)
        figure.foot, figure.depth = host.foot + host.height * 0.01, host.depth + 0.4
    else:
        limit = host.width * 0.8 / figure.art.aspect / (1 if count == 1 else count * 0.6)
        figure.height = min(figure.height, limit)
        known = facts()["seats"].get(host.art.id, 0.5)
        sunk = host.top + host.height * min(0.85, shape_of(host.art).box[1] + 0.1 + known * 0.5)
        figure.foot = max(sunk, host.top + figure.height * 0.3 + host.height * 0.1)
        if host.art.group == "vehicles" and host.art.id not in facts()["seats"]:  # half of it looks out at the top
            figure.height = min(figure.height, host.height * 0.7)
            figure.foot = host.top + shape_of(host.art).seat[1] * host.height + figure.height * 0.45
        figure.depth = host.depth - 0.4


def _faces_left(figure: Figure) -> bool:
    return (figure.art.faces == "left") != figure.flip


def _give(figure: Figure, host: Figure, kind: str, rng: random.Random, index: int) -> None:
    figure.depth = host.depth + 0.4 + index * 0.02
    left, top, right, bottom = _head(host)
    if kind == "wear" and is_listed(figure, "footwear"):
        figure.height = min(figure.height, host.height * 0.16)
        figure.x, figure.foot = host.x, host.foot + host.height * 0.01
    elif kind == "wear" and not is_listed(figure, "on_body"):
        figure.height = min((right - left) * 1.25 / figure.art.aspect, host.height * 0.5)
        figure.x = (left + right) / 2
        eyes = is_listed(figure, "eyewear")
        figure.foot = top + (bottom - top) * 0.62 if eyes else top + (bottom - top) * 0.24
    elif kind == "wear":
        neck = is_listed(figure, "neckwear")
        figure.height = min((right - left) * (0.8 if neck else 1.1) / figure.art.aspect, host.height * 0.4)
        figure.x, figure.foot = (left + right) / 2, bottom + figure.height * (0.6 if neck else 0.95)
    else:
        side = -1 if (_faces_left(host) if host.art.faces != "front" else rng.random() < 0.5) else 1
        side = side if index % 2 == 0 else -side
        hand_x, hand_y = host.x + side * host.width * 0.46, host.top + host.height * 0.6
        if is_listed(figure, "hung_high"):
            figure.height = max(host.height * 0.5, min(figure.height, host.height * 0.9))
            figure.x, figure.foot = hand_x + side * figure.width * 0.15, hand_y
            if figure.art.id == "kite":
                figure.x, figure.foot = hand_x + side * host.width * 0.45, host.top + host.height * 0.15
        else:
            figure.height = min(figure.height, host.height * 0.45)
            figure.x, figure.foot = hand_x + side * figure.width * 0.2, hand_y + figure.height * 0.45


def _throw_up(figure: Figure, host: Figure, share: float) -> None:
    """Juggled things fly in an arc over the head."""
    figure.height = min(figure.height, host.height * 0.2)
    figure.x = host.x + share * host.width * 1.7
    figure.foot = host.top + host.height * (0.9 * share * share - 0.04)


def _head(host: Figure) -> tuple[float, float, float, float]:
    shape = shape_of(host.art)
    left, top, right, bottom = shape.head or (shape.box[0] + 0.2, shape.box[1], shape.box[2] - 0.2, shape.box[1] + 0.35)
    if host.flip:
        left, right = 1 - right, 1 - left
    x, y = host.x - host.width / 2, host.top
    return x + left * host.width, y + top * host.height, x + right * host.width, y + bottom * host.height


def stack(kind: str, figures: Sequence[Figure], host: Figure, picture: tuple[int, int], rng: random.Random) -> None:
    """Place figures behind, before, under or above a host that has its place already."""
    width, height = picture
    side = -1 if host.x > width * 0.5 else 1
    for index, figure in enumerate(figures):
        share = (index + 0.5) / len(figures) - 0.5 if len(figures) > 1 else 0.0
        span = max(host.width * 0.8, figure.width * len(figures) * 0.9)
        figure.x = host.x + share * span
        if kind == "behind":
            _put_behind(figure, host, side, share, span, height)
        elif kind in ("front", "kick", "eat"):
            _put_before(figure, host, side, len(figures), height, kind)
        elif kind == "under":
            _put_under(figure, host, height, index)
        else:
            _put_above(figure, host, height, index)
        figure.placed = True


def _put_above(figure: Figure, host: Figure, height: int, index: int) -> None:
    gap = height * 0.03
    if figure.height > host.top - 2 * gap:  # both must give way
        figure.height = min(figure.height, height * 0.34)
        if host.zone == "ground" and host.host is None:
            host.height = max(height * 0.22, min(host.height, host.foot - figure.height - 2 * gap))
        figure.height = max(height * 0.08, min(figure.height, host.top - 2 * gap))
    figure.foot = max(figure.height + gap / 2, host.top - gap - (index % 2) * figure.height * 0.3)
    figure.zone, figure.depth = ("sky" if figure.zone == "sky" else "air"), host.depth + 0.5


def _put_behind(figure: Figure, host: Figure, side: int, share: float, span: float, height: int) -> None:
    if figure.height > host.height * 1.25:
        figure.x = host.x + side * host.width * 0.12 + share * span
    else:
        figure.x = host.x + side * (host.width * 0.5 + figure.width * 0.12) + share * span * 0.5
    figure.foot = host.foot - height * 0.05
    figure.depth = host.depth - 1


def _put_before(figure: Figure, host: Figure, side: int, count: int, height: int, kind: str) -> None:
    if kind in ("kick", "eat"):
        way = -1 if _faces_left(host) else 1
        figure.x = host.x + way * (host.width * 0.5 + figure.width * 0.5)
        figure.foot, figure.depth = host.foot, host.depth + 0.5
        figure.height = min(figure.height, host.height * (0.3 if kind == "kick" else 0.4))
        return
    if figure.height > host.height * 0.7 and count == 1:
        figure.x = host.x - side * host.width * 0.3
    figure.foot = min(height * 0.985, host.foot + height * 0.06)
    figure.depth = host.depth + 1


def _put_under(figure: Figure, host: Figure, height: int, index: int) -> None:
    figure.height = min(figure.height, host.height * 0.48)
    figure.foot = min(height * 0.98, host.foot + height * (0.015 + 0.02 * (index % 2)))
    figure.depth = host.depth + 0.5 + index * 0.01
