"""Chooses the backdrop that fits the things of a scene where the prompt names none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from lollms_client.engines.scene.figures import Figure
from lollms_client.engines.scene.lexicon import facts

INDOORS = ("room", "bedroom", "kitchen", "stage", "cave", "tabletop")
_WEIGHTS = {
    "animals": 3.0, "people": 2.5, "vehicles": 3.0, "buildings": 2.5, "nature": 2.0, "fantasy": 2.0, "plants": 1.5,
    "household": 2.0,
}  # fmt: skip
_UNNAMED = {"animals": 0.6, "people": 1.2, "buildings": 1.5}
_BY_NATURE = {"water": "sea", "underwater": "underwater", "table": "tabletop", "wall": "room", "space": "space"}
_VAGUE = ("meadow", "park", "garden", "tabletop", "room")


def elect_place(figures: Sequence[Figure], carried: Collection[int], flying: bool) -> str:
    """The backdrop for figures; `carried` are the things on, in or held by others, `flying` says that one flies."""
    votes = _votes(figures, carried)
    if votes["sky"] and len(votes) > 1:
        del votes["sky"]
    _keep_on_land(votes, figures)
    if "sea" in votes or ("lake" in votes and "underwater" in votes):
        return "sea" if "sea" in votes else "lake"
    if not votes:
        return "meadow"
    place = max(votes, key=lambda name: (votes[name], name))
    specific = [name for name in votes if name not in (*_VAGUE, "street")]
    if place in ("meadow", "park", "garden") and specific:
        place = max(specific, key=lambda name: (votes[name], name))
    open_air = flying or any(figure.art.id in facts()["sky_things"] for figure in figures)
    if place in INDOORS and open_air and place != "cave":
        outside = [name for name in votes if name not in INDOORS]
        return max(outside, key=lambda name: (votes[name], name)) if outside else "meadow"
    return place


def _votes(figures: Sequence[Figure], carried: Collection[int]) -> Counter[str]:
    """What each thing (not each of its members) has to say; the first one has a little more."""
    habitats = facts()["habitats"]
    votes: Counter[str] = Counter()
    weighed: dict[str, float] = {}
    for figure in {one.thing: one for one in reversed(figures)}.values():
        named = habitats["ids"].get(figure.art.id)
        place = named or _by_nature(figure) or habitats["groups"].get(figure.art.group, "meadow")
        weight = _WEIGHTS.get(figure.art.group, 1.0) if named else _UNNAMED.get(figure.art.group, 1.0)
        weight *= (0.5 if figure.thing in carried else 1.0) * (1.1 if figure.thing == 0 else 1.0)
        weighed[place] = weighed.get(place, 0.0) + weight
    for place, weight in weighed.items():
        votes[place] = round(weight * 100)
    return votes


def _by_nature(figure: Figure) -> str | None:
    return _BY_NATURE.get(figure.art.place)


def _keep_on_land(votes: Counter[str], figures: Sequence[Figure]) -> None:
    """Where somebody walks or drives, it is neither on a table top nor under water nor in space."""
    land = ("people", "animals", "vehicles", "buildings")
    if any(figure.art.place in ("ground", "any") and figure.art.group in land for figure in figures):
        for place in ("tabletop", "underwater", "space"):
            if votes[place] and len(+votes) > 1:
                del votes[place]
