"""Gives every figure of a scene its size and place: order, relations, perspective, no bad overlaps."""

from __future__ import annotations

import random
from collections.abc import Sequence

from lollms_client.engines.scene.attachments import CARRIED, STACKED, attach, is_listed, stack
from lollms_client.engines.scene.backdrop import Backdrop
from lollms_client.engines.scene.description import Description, Relation
from lollms_client.engines.scene.figures import Figure, natural_height
from lollms_client.engines.scene.free_places import place_freely
from lollms_client.engines.scene.rows import place_in_rows

_LIVING = ("people", "animals", "fantasy")


def lay_out(
    description: Description,
    groups: Sequence[Sequence[Figure]],
    backdrop: Backdrop,
    picture: tuple[int, int],
    seed: int,
) -> list[Figure]:
    """Place all figures (one group for each thing of the description) and return them in drawing order."""
    rng = random.Random(seed * 31 + 7)
    figures = [figure for group in groups for figure in group]
    relations = description.relations
    base = min(picture[1], picture[0] * 0.85)
    for figure in figures:
        figure.height = max(0.075, natural_height(figure.art) * figure.scale) * base
    _lift_hosts(relations, groups)
    for figure in figures:
        figure.zone = _zone(figure, backdrop)
    dependent = _dependents(relations, groups)
    free = [figure for figure in figures if id(figure) not in dependent]
    grounded = [figure for figure in free if figure.zone in ("ground", "water", "free")]
    _enlarge_hosts(relations, groups, base)
    place_in_rows(grounded, relations, groups, backdrop, picture, rng, len(figures))
    place_freely([f for f in free if f.zone in ("sky", "wall")], relations, groups, backdrop, picture, rng)
    _place_dependents(relations, groups, picture, rng)
    for figure in figures:
        _finish(figure, backdrop, picture)
    _keep_inside(figures, picture)
    _turn_to_each_other(relations, groups)
    return sorted(figures, key=lambda one: one.depth)


def as_meant(relation: Relation, groups: Sequence[Sequence[Figure]]) -> Relation:
    """A relation that fits the kinds of things: a girl *with* a hat wears it, a bird *on* the sun is above it."""
    subject, reference = groups[relation.subject][:1], groups[relation.reference][:1]
    if not subject or not reference:
        return relation
    kind = relation.kind
    if kind == "with" and is_listed(subject[0], "containers") and reference[0].art.group in ("plants", "food"):
        return Relation("inside", relation.reference, relation.subject)
    if kind == "inside" and reference[0].art.group == "clothing" and reference[0].art.id != "bag":
        kind = "wear"
    if kind in ("with", "on") and subject[0].art.group in _LIVING:
        if any(is_listed(reference[0], name) for name in ("headwear", "on_body", "footwear")):
            kind = "wear"
        elif kind == "with" and _fits_a_hand(reference[0], subject[0]):
            kind = "hold"
    if kind == "with":
        kind = "beside"
    if kind == "play":
        kind = (
            "hold" if reference[0].art.group in ("music", "instruments") and reference[0].art.size < 1.2 else "beside"
        )
    if kind == "under" and not is_listed(reference[0], "shelters") and reference[0].art.place not in ("sky", "space"):
        return Relation("above", relation.reference, relation.subject)
    if kind == "inside" and relation.subject == relation.reference:
        kind = "beside"
    return Relation(kind, relation.subject, relation.reference, relation.second)


def _fits_a_hand(figure: Figure, holder: Figure) -> bool:
    small = figure.art.size <= 1.0 and figure.art.group in (
        "tools",
        "leisure",
        "food",
        "household",
        "clothing",
        "fantasy",
    )
    return is_listed(figure, "hung_high") or (small and holder.art.group == "people")


def _zone(figure: Figure, backdrop: Backdrop) -> str:
    pose = figure.verb.pose if figure.verb else None
    place = figure.art.place
    if figure.position == "sky" or pose == "sky":
        return "free" if backdrop.floating else "sky"
    if backdrop.floating:
        heavy = place in ("ground", "table", "any") and backdrop.shadows and figure.art.moves not in ("float", "swim")
        return "ground" if heavy and pose not in ("water", "float") else "free"
    if figure.position == "water" or pose == "water" or place in ("water", "underwater"):
        return "water" if backdrop.water is not None else "ground"
    if place == "any" and figure.art.moves == "fly" and not is_listed(figure, "perching") and pose is None:
        return "sky"
    if place == "sky" and pose in ("sit", "lie", "upright") and figure.art.moves == "fly":
        return "ground"
    return {"sky": "sky", "space": "sky", "wall": "wall"}.get(place, "ground")


def _lift_hosts(relations: Sequence[Relation], groups: Sequence[Sequence[Figure]]) -> None:
    """What somebody flies on is in the sky as well."""
    for relation in relations:
        riders = groups[relation.subject]
        flies = any(one.verb is not None and one.verb.pose == "sky" for one in riders)
        if relation.kind in ("on", "inside") and flies:
            for figure in groups[relation.reference]:
                figure.position = figure.position or "sky"


def _sides(relation: Relation) -> tuple[int, int]:
    """Which thing depends and which one carries it."""
    if relation.kind in ("hold", "wear", "kick", "eat"):
        return relation.reference, relation.subject
    return relation.subject, relation.reference


def _dependents(relations: Sequence[Relation], groups: Sequence[Sequence[Figure]]) -> set[int]:
    found: set[int] = set()
    hosts: dict[int, int] = {}
    for relation in relations:
        dependent, host = _sides(relation)
        stacked = relation.kind in CARRIED or relation.kind in STACKED
        if stacked and not _would_circle(dependent, host, hosts) and dependent not in hosts:
            sky_host = groups[host] and groups[host][0].zone == "sky" and relation.kind == "under"
            if not sky_host:
                hosts[dependent] = host
                found.update(id(figure) for figure in groups[dependent])
    return found


def _would_circle(dependent: int, host: int, hosts: dict[int, int]) -> bool:
    seen = {dependent}
    while host in hosts:
        if host in seen:
            return True
        seen.add(host)
        host = hosts[host]
    return host in seen


def _enlarge_hosts(relations: Sequence[Relation], groups: Sequence[Sequence[Figure]], base: float) -> None:
    """What shelters or holds something must be the larger of the two."""
    for relation in relations:
        dependent, host = _sides(relation)
        if relation.kind == "above":
            for figure in groups[host]:
                figure.height = min(figure.height, base * 0.46)
            for figure in groups[dependent]:
                figure.height = min(figure.height, base * 0.36)
        if relation.kind in ("under", "inside", "behind", "front") and groups[dependent] and groups[host]:
            small = max(figure.height for figure in groups[dependent])
            factor = {"under": 2.0, "inside": 1.0}.get(relation.kind, 0.0)
            if relation.kind == "inside" and is_listed(groups[host][0], "enterable"):
                factor = 2.2
            for figure in groups[host] if groups[host][0].zone != "sky" else ():
                figure.height = max(figure.height, min(small * factor, base * 0.72))


def _place_dependents(
    relations: Sequence[Relation], groups: Sequence[Sequence[Figure]], picture: tuple[int, int], rng: random.Random
) -> None:
    """Place what depends on something placed, again and again until nothing more can be placed."""
    for _ in range(len(relations) + 1):
        for relation in relations:
            kind, (dependent, host) = relation.kind, _sides(relation)
            alike = [dependent, *(_sides(one)[0] for one in relations if one.kind == kind and _sides(one)[1] == host)]
            waiting = [f for thing in dict.fromkeys(alike) for f in groups[thing] if not f.placed and thing != host]
            hosts = [figure for figure in groups[host] if figure.placed][: len(waiting)]
            if kind not in CARRIED and kind not in STACKED:
                continue
            for index, carrier in enumerate(hosts):
                if kind in CARRIED:
                    attach(kind, waiting[index :: len(hosts)], carrier, rng)
                else:
                    stack(kind, waiting[index :: len(hosts)], carrier, picture, rng)
    for group in groups:
        for figure in group:
            if not figure.placed:
                figure.x, figure.foot = picture[0] * rng.uniform(0.2, 0.8), picture[1] * 0.9
                figure.placed = True


def _finish(figure: Figure, backdrop: Backdrop, picture: tuple[int, int]) -> None:
    width, height = picture
    if figure.host is None:
        half = min(figure.width / 2, width * 0.48)
        figure.x = max(half + width * 0.01, min(width - half - width * 0.01, figure.x))
        if figure.top < -0.02 * height:
            figure.height = max(figure.height * 0.4, figure.foot + 0.02 * height)
    pose = figure.verb.pose if figure.verb else None
    if pose == "air" and figure.host is None and figure.zone == "ground":
        figure.foot -= height * 0.09
        figure.zone = "air"
    if pose == "tilt":
        figure.angle = 8
    figure.shadow = backdrop.shadows and figure.host is None and figure.zone in ("ground", "air")


def _keep_inside(figures: Sequence[Figure], picture: tuple[int, int]) -> None:
    """Move whatever carries something so that all of it can be seen."""
    for root in (figure for figure in figures if figure.host is None):
        members = [figure for figure in figures if figure.root() is root]
        if len(members) < 2:
            continue
        left, top, right, bottom = (
            pick(figure.box[i] for figure in members) for i, pick in enumerate((min, min, max, max))
        )
        down = max(0.0, min(0.02 * picture[1] - top, 0.98 * picture[1] - bottom))
        across = max(0.0, -left) if left < 0 else min(0.0, picture[0] - right)
        for figure in members:
            figure.foot += down
            figure.x += across


def _turn_to_each_other(relations: Sequence[Relation], groups: Sequence[Sequence[Figure]]) -> None:
    """Who looks at, chases, eats or kicks something faces it; a rider faces where the animal goes."""
    for relation in relations:
        if relation.kind not in ("look", "chase", "front", "beside", "kick", "eat") or not groups[relation.reference]:
            continue
        target = groups[relation.reference][0]
        for figure in groups[relation.subject]:
            if figure.art.faces != "front" and abs(target.x - figure.x) > 1 and figure.host is None:
                figure.flip = (target.x < figure.x) == (figure.art.faces == "right")
        if relation.kind == "chase":
            for figure in groups[relation.reference]:
                chaser = groups[relation.subject][0]
                figure.flip = (figure.x < chaser.x) == (figure.art.faces == "right")
