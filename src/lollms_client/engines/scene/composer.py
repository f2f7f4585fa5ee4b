"""The scene composer: a prompt becomes a scene of backdrop and figures, and the scene becomes SVG."""

from __future__ import annotations

import random
import re
from collections.abc import Generator
from dataclasses import dataclass, replace

from lollms_client.engines.scene.art_library import ArtLibrary, shared_library
from lollms_client.engines.scene.backdrop import Backdrop, Wish, paint_backdrop
from lollms_client.engines.scene.description import Description
from lollms_client.engines.scene.figures import Figure, wrap_svg
from lollms_client.engines.scene.habitat import elect_place
from lollms_client.engines.scene.layout import as_meant, lay_out
from lollms_client.engines.scene.lexicon import Lexicon, facts
from lollms_client.engines.scene.light import Light, light_of
from lollms_client.engines.scene.meaning import NearestMeaning
from lollms_client.engines.scene.prompt_reader import read_prompt
from lollms_client.engines.scene.unknown_words import Nearest
from lollms_client.types.accounting import Progress

_ID = re.compile(r'\bid="([^"]+)"')
_INDOORS = ("room", "bedroom", "kitchen", "stage", "cave", "tabletop", "space", "moon")


@dataclass
class Scene:
    """A picture in parts: what is behind, the figures in drawing order, what is before."""

    width: int
    height: int
    place: str
    light: Light
    backdrop: Backdrop
    figures: list[Figure]
    description: Description

    def figure_svg(self, figure: Figure, prefix: str = "") -> str:
        """A figure at its place, lit by the scene."""
        scale = figure.height / figure.art.height
        flip = f"translate({figure.art.width:g} 0) scale(-1 1) " if figure.flip else ""
        turn = (
            f"rotate({figure.angle:g} {figure.x:.2f} {(figure.foot - figure.height / 2):.2f}) " if figure.angle else ""
        )
        place = f"{turn}translate({figure.x - figure.width / 2:.2f} {figure.top:.2f}) scale({scale:.5f}) {flip}".strip()
        drawing = _ID.sub(lambda match: f'id="{prefix}{match.group(1)}"', self.lit_drawing(figure))
        return f'<g transform="{place}">{drawing}</g>'

    def lit_drawing(self, figure: Figure) -> str:
        """The drawing of a figure in its own view box, in the light of the scene."""
        if figure.art.id in facts()["luminous"] or self.place in _INDOORS:
            return figure.art.drawing(figure.colours)
        return figure.art.drawing(figure.colours, self.light.tint, self.light.amount * 0.75)

    def shadow_svg(self, figure: Figure) -> str:
        """The contact shadow of a figure, or nothing."""
        if not figure.shadow:
            return ""
        lifted = figure.height * 0.25 if figure.zone == "air" else 0.0
        foot = figure.foot + lifted
        wide = figure.width * (0.46 if not lifted else 0.32)
        return (
            f'<ellipse cx="{figure.x:.1f}" cy="{foot:.1f}" rx="{wide:.1f}" '
            f'ry="{max(1.0, min(figure.height, figure.width) * 0.05):.1f}" '
            f'fill="#101828" opacity="{0.24 if not lifted else 0.15}"/>'
        )

    def svg(self) -> str:
        """The whole scene as an SVG document."""
        parts = [f"<g>{layer.svg}</g>" for layer in self.backdrop.layers]
        named = [(figure, f"f{index}-") for index, figure in enumerate(self.figures)]
        parts += [self.figure_svg(figure, name) for figure, name in named if in_water(figure)]
        parts += [f"<g>{layer.svg}</g>" for layer in self.backdrop.screens]
        parts += [self.shadow_svg(figure) for figure in self.figures]
        parts += [self.figure_svg(figure, name) for figure, name in named if not in_water(figure)]
        parts += [f"<g>{layer.svg}</g>" for layer in self.backdrop.overlays]
        return wrap_svg("".join(parts), self.width, self.height)


def in_water(figure: Figure) -> bool:
    """Whether a figure, or what carries it, is in the water: it is drawn behind the water's near parts."""
    return figure.root().zone == "water"


class SceneComposer:
    """Understands prompts and composes scenes; `nearest` finds the drawable thing nearest in meaning to a word."""

    def __init__(self, library: ArtLibrary | None = None, nearest: Nearest | None = None) -> None:
        self.library = library or shared_library()
        self.lexicon = Lexicon(self.library)
        self.nearest = nearest

    def prepare(self, prompt: str) -> Generator[Progress, None, None]:
        """Fetch what reading a prompt needs: the embedding model, where it has a word without a drawing."""
        if isinstance(self.nearest, NearestMeaning) and read_prompt(prompt, self.lexicon).unknown:
            yield from self.nearest.prepare()

    def read(self, prompt: str, negative_prompt: str | None = None) -> Description:
        """What a prompt asks for, less what the negative prompt names."""
        description = read_prompt(prompt, self.lexicon, self.nearest)
        if negative_prompt:
            unwanted = read_prompt(negative_prompt, self.lexicon)
            description.removed |= set(unwanted.ids()) | unwanted.removed
            description.removed_settings |= unwanted.weather
            if unwanted.place == description.place:
                description.place = None
        description.weather -= description.removed_settings
        return description

    def compose(self, description: Description, width: int, height: int, seed: int, headroom: float = 0.0) -> Scene:
        """A scene of a size in pixels; the same description, size and seed give the same scene. `headroom` is the part
        of the height, from the top, where nothing is to fly."""
        groups = [self._figures(description, index) for index in range(len(description.things))]
        description = replace(description, relations=[as_meant(one, groups) for one in description.relations])
        _dress(description, groups)
        present = {figure.art.id for group in groups for figure in group}
        place = self.place_for(description, [figure for group in groups for figure in group])
        weather = set(description.weather)
        if description.season == "winter" and not weather and place not in _INDOORS:
            weather = {"snow"} if place != "snow" else set()
        time = description.time or ("night" if _wants_night(present, place) or "fireworks" in weather else None)
        light = light_of(time, weather)
        wish = Wish(light, weather, description.season, present | description.removed, seed)
        backdrop = paint_backdrop(place, width, height, wish)
        low, high = backdrop.sky
        backdrop.sky = (max(low, headroom), max(high, headroom + 0.35 if headroom else high))
        self._vary(groups, random.Random(seed))
        if description.season == "autumn":
            _colour_leaves(groups, random.Random(seed + 1))
        figures = lay_out(description, groups, backdrop, (width, height), seed)
        return Scene(width, height, place, light, backdrop, figures, description)

    def _figures(self, description: Description, index: int) -> list[Figure]:
        thing = description.things[index]
        if thing.object_id in description.removed:
            return []
        art = self.library[thing.object_id]
        single = thing.count == 1
        kinds = [self.library[one] for one in facts()["people_kinds"].get(thing.said, ()) if one in self.library]
        result = []
        for number in range(thing.count):
            colours = (
                tuple(thing.colours[:2])
                if single
                else tuple(thing.colours[number % len(thing.colours) :][:1])
                if thing.colours
                else ()
            )
            result.append(
                Figure(
                    kinds[number % len(kinds)] if kinds else art, index, colours, thing.size, thing.verb, thing.position
                )
            )
        return result

    def _vary(self, groups: list[list[Figure]], rng: random.Random) -> None:
        for group in groups:
            for figure in group:
                turned = rng.random() < 0.4
                figure.scale *= rng.uniform(0.92, 1.08) if len(group) > 1 else 1.0
                figure.flip = turned and figure.art.faces != "front"

    def place_for(self, description: Description, figures: list[Figure]) -> str:
        """The backdrop: as named, else what the verbs and things suggest, else a meadow."""
        wet = any(f.position == "water" or (f.verb is not None and f.verb.pose == "water") for f in figures)
        named = description.place
        if named:
            return {"room": "lake"}.get(named, named) if wet and named in ("room",) else named
        if description.season == "winter" or "snow" in description.weather:
            return "snow" if not figures or figures[0].art.place != "water" else "lake"
        if wet and not any(f.art.place in ("water", "underwater") for f in figures):
            return "lake"
        flying = any(f.verb is not None and f.verb.pose == "sky" for f in figures)
        return elect_place(figures, _carried(description), flying)


def _dress(description: Description, groups: list[list[Figure]]) -> None:
    """People in a coloured garment wear that colour; the garment is not drawn once more."""
    for relation in description.relations:
        clothes, people = groups[relation.reference], groups[relation.subject]
        if relation.kind != "wear" or not clothes or not people or people[0].art.group != "people":
            continue
        if clothes[0].art.id in facts()["garments"] and clothes[0].colours:
            for index, person in enumerate(people):
                person.colours = clothes[index % len(clothes)].colours
            groups[relation.reference] = []


def _colour_leaves(groups: list[list[Figure]], rng: random.Random) -> None:
    for figure in (one for group in groups for one in group):
        if figure.art.id in facts()["seasonal"] and not figure.colours:
            figure.colours = (rng.choice(("#d9772b", "#c94f2b", "#e0a32e", "#b5482a")),)


def _carried(description: Description) -> set[int]:
    """Things that are on, in, held or worn by others: they say less of where the scene is."""
    return {
        one.reference if one.kind in ("hold", "wear") else one.subject
        for one in description.relations
        if one.kind in ("on", "inside", "under", "hold", "wear")
    }


def _wants_night(present: set[str], place: str) -> bool:
    return (
        bool(present & {"moon", "star", "owl", "ghost", "firework", "fireworks", "comet", "vampire", "bat"})
        and place not in _INDOORS
    )
