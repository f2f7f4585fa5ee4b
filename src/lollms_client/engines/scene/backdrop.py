"""A backdrop: the layers behind and before the things of a scene, and where in it things can stand, float or fly."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from lollms_client.engines.scene.colours import mix
from lollms_client.engines.scene.light import Light
from lollms_client.engines.scene.sketch import Sketch


@dataclass
class Layer:
    """A part of the backdrop: `depth` 0 is infinitely far and 1 as near as the things; `drift` is how fast it moves
    sideways, in widths a second; a drifting layer repeats at its edges."""

    name: str
    svg: str
    depth: float = 0.0
    drift: float = 0.0


@dataclass
class Backdrop:
    """Layers from back to front; `screens` hide the lower parts of what is in the water but nothing else, `overlays`
    lie before all things. Heights are fractions of the picture's height.

    `ground` is where feet can stand (farthest, nearest), `water` where floating things meet the surface, `sky` the
    band for flying things. `floating` scenes (space, the deep sea) have things at any height.
    """

    layers: list[Layer] = field(default_factory=list)
    screens: list[Layer] = field(default_factory=list)
    overlays: list[Layer] = field(default_factory=list)
    ground: tuple[float, float] = (0.72, 0.94)
    sky: tuple[float, float] = (0.06, 0.5)
    water: float | None = None
    floating: bool = False
    shadows: bool = True


@dataclass(frozen=True)
class Wish:
    """What a backdrop has to consider besides its place."""

    light: Light
    weather: Collection[str]
    season: str | None
    present: Collection[str]  # ids of the things in the scene
    seed: int

    def bare(self, *ids: str) -> bool:
        """Whether none of these things stands in the scene, so that the backdrop may show its own."""
        return not set(ids) & set(self.present)


class Stage:
    """A backdrop in the making."""

    def __init__(self, width: int, height: int, wish: Wish) -> None:
        self.wish = wish
        self.light = wish.light
        self.rng = random.Random(wish.seed * 7919 + 13)
        self.sketch = Sketch(width, height, self.rng, wish.light)
        self.width = width
        self.height = height
        self.u = self.sketch.u
        self.backdrop = Backdrop()

    def add(self, name: str, svg: str, depth: float = 0.0, drift: float = 0.0) -> None:
        """Add a layer behind the things."""
        self.backdrop.layers.append(Layer(name, svg, depth, drift))

    def over(self, name: str, svg: str, depth: float = 1.0, drift: float = 0.0) -> None:
        """Add a layer before the things."""
        self.backdrop.overlays.append(Layer(name, svg, depth, drift))

    def screen(self, name: str, svg: str, drift: float = 0.0) -> None:
        """Add a layer before what is in the water, behind what stands on land."""
        self.backdrop.screens.append(Layer(name, svg, 1.0, drift))

    def y(self, fraction: float) -> float:
        """A height in pixels."""
        return fraction * self.height

    def ground_colour(self, summer: str) -> str:
        """The colour of grass in the season."""
        season = self.wish.season
        if season == "winter" or "snow" in self.wish.weather:
            return self.light.on("#eef4fa")
        return self.light.on(
            {"autumn": mix(summer, "#c9953a", 0.55), "spring": mix(summer, "#a5dc5a", 0.35)}.get(season or "", summer)
        )

    def leaf_colour(self, summer: str) -> str:
        """The colour of leaves in the season, varied from tree to tree."""
        season = self.wish.season
        if season == "autumn":
            return self.light.on(self.rng.choice(("#d9772b", "#c94f2b", "#e0a32e")))
        if season == "spring":
            return self.light.on(self.rng.choice((summer, "#f3b6cf", "#9ccf5a")))
        if season == "winter" or "snow" in self.wish.weather:
            return self.light.on("#dfe9f2")
        return self.light.on(mix(summer, self.rng.choice(("#2f7d3a", "#8bbf4a")), self.rng.uniform(0, 0.3)))

    # --- the sky -----------------------------------------------------------------------------------------------------

    def sky(self, down_to: float = 1.0, clouds: int = 4) -> None:
        """The sky with sun or moon, stars and clouds as time and weather have it."""
        light, sketch = self.light, self.sketch
        bottom = self.y(down_to)
        self.add("sky", sketch.vertical(0, bottom, [(0, light.top), (0.6, light.middle), (1, light.bottom)]))
        state = self.rng.getstate()  # the land below looks the same whatever the sky shows
        covered = {"rain", "storm", "snow", "clouds", "fog"} & set(self.wish.weather)
        if light.dark and not covered & {"rain", "storm", "clouds", "fog"}:
            self.add("stars", self.stars(bottom * 0.85, 70))
        if not covered and self.wish.bare("sun", "moon"):
            self.add("sun", self._sun_or_moon(bottom, down_to), 0.04)
        if covered & {"rain", "storm", "clouds"}:
            clouds = 9
        if "clear" in self.wish.weather or (light.dark and not covered):
            clouds = min(clouds, 2)
        if not self.wish.bare("cloud"):
            clouds = 0
        self.rng.setstate(state)
        self.add("clouds", self.clouds(clouds, bottom), 0.1, 0.012)
        self.rng.setstate(state)

    def stars(self, bottom: float, count: int) -> str:
        """Stars scattered from the top of the picture to a height in pixels."""
        rng, sketch = self.rng, self.sketch
        result = []
        for _ in range(count):
            r = self.u * rng.choice((0.16, 0.2, 0.28, 0.42))
            result.append(
                sketch.ellipse(
                    rng.uniform(0, self.width),
                    rng.uniform(0, bottom),
                    r,
                    r,
                    "#fffbe6",
                    f'opacity="{rng.uniform(0.5, 1):.2f}"',
                )
            )
        return "".join(result)

    def _sun_or_moon(self, bottom: float, down_to: float) -> str:
        sketch, u = self.sketch, self.u
        time = self.light.time
        x = self.width * self.rng.choice((0.16, 0.2, 0.82, 0.86))
        if time == "night":
            y, r = bottom * 0.2, u * 6
            hollow = sketch.ellipse(x - r * 0.3, y + r * 0.2, r * 0.22, r * 0.2, "#e3dcb8") + sketch.ellipse(
                x + r * 0.35, y - r * 0.25, r * 0.16, r * 0.15, "#e3dcb8"
            )
            return sketch.glow(x, y, r * 3, "#dfe6ff", 0.45) + sketch.ellipse(x, y, r, r, "#f7f0cf") + hollow
        if time == "day":
            y, r = bottom * 0.2, u * 6.5
            return sketch.glow(x, y, r * 2.6, "#fff3b0", 0.75) + sketch.ellipse(x, y, r, r, "#ffd84d")
        x = self.width * self.rng.uniform(0.3, 0.7)
        r = u * 10
        y = bottom * (0.97 if down_to < 0.6 else 0.86) - r * (0.35 if time == "sunset" else 0.1)
        return sketch.glow(x, y, r * 3.2, "#fff0b8", 0.85) + sketch.ellipse(
            x, y, r, r, "#ffdf7a" if time == "sunset" else "#fff0c0"
        )

    def clouds(self, count: int, bottom: float) -> str:
        """Clouds that wrap around at the picture's edges."""
        light, rng = self.light, self.rng
        heavy = bool({"rain", "storm"} & set(self.wish.weather))
        colour = mix("#ffffff", light.middle, 0.35) if light.time != "day" else "#ffffff"
        colour = mix(light.top, "#ffffff", 0.2 if light.dark else 0.3) if heavy or light.dark else colour
        result = []
        for index in range(count):
            x = (index + rng.uniform(0.1, 0.9)) * self.width / max(1, count)
            y = bottom * rng.uniform(0.06, 0.4 if not heavy else 0.3)
            size = self.u * rng.uniform(16, 30) * (1.5 if heavy else 1)
            state = rng.getstate()
            for shift in (-self.width, 0, self.width):
                if -size < x + shift < self.width + size:
                    rng.setstate(state)
                    result.append(self.sketch.cloud(x + shift, y, size, colour, 0.92 if heavy else 0.85))
        return "".join(result)

    # --- weather in front --------------------------------------------------------------------------------------------

    def falling_weather(self) -> None:
        """Rain, snow, fog and lightning before the things."""
        weather, sketch, rng, u = self.wish.weather, self.sketch, self.rng, self.u
        if "storm" in weather:
            x, y = self.width * rng.uniform(0.2, 0.8), self.y(0.08)
            bolt = [(0, 0), (-5, 18), (1, 17), (-4, 36), (8, 13), (2, 14), (6, 0)]
            self.add(
                "lightning",
                sketch.glow(x, y + 15 * u, 26 * u, "#fff6c8", 0.5)
                + sketch.polygon([(x + a * u, y + b * u) for a, b in bolt], "#ffe66d"),
            )
        if "fireworks" in weather:
            for tone in _SPARKS:
                self.add("firework", _firework(self, tone))
        if {"rain", "storm"} & set(weather):
            self.over("rain", rain_strokes(self, 150))
        if "snow" in weather:
            self.over("snowfall", snow_flakes(self, 120))
        if "fog" in weather:
            for at, opacity in ((0.45, 0.35), (0.62, 0.4), (0.8, 0.3)):
                name, fill = sketch.gradient([(0, "#eef2f4"), (1, "#eef2f4")])
                band = "".join(
                    sketch.ellipse(x * self.width, self.y(at), self.width * 0.45, self.y(0.09), fill)
                    for x in (-1 / 3, 0, 1 / 3, 2 / 3, 1, 4 / 3)
                )
                self.over("fog", f'{name}<g opacity="{opacity}">{band}</g>', 1.0, 0.015)
            self.over("haze", sketch.rect(0, 0, self.width, self.height, "#e8edf0", 'opacity="0.28"'))


_SPARKS = ("#ff6b6b", "#ffd93d", "#6bd5ff", "#b388ff", "#7ee787")


def _firework(stage: Stage, colour: str) -> str:
    x, y = stage.width * stage.rng.uniform(0.08, 0.92), stage.y(stage.rng.uniform(0.1, 0.38))
    size = stage.u * stage.rng.uniform(8, 14)
    rays = []
    for index in range(16):
        a = math.tau * index / 16
        dx, dy = math.cos(a) * size, math.sin(a) * size
        rays.append(f"M{x + dx * 0.3:.1f} {y + dy * 0.3:.1f}L{x + dx:.1f} {y + dy:.1f}")
    return stage.sketch.glow(x, y, size * 1.3, colour, 0.35) + stage.sketch.lines("".join(rays), colour, stage.u * 0.7)


def rain_strokes(stage: Stage, count: int) -> str:
    """Slanting rain that repeats vertically."""
    data = []
    for _ in range(count):
        x, y = stage.rng.uniform(0, stage.width * 1.1), stage.rng.uniform(0, stage.height)
        s = stage.u * stage.rng.uniform(2.5, 5)
        data.append("".join(f"M{x:.1f} {y + shift:.1f}l{-s * 0.25:.1f} {s:.1f}" for shift in (0, -stage.height)))
    return stage.sketch.lines("".join(data), "#dfeaf5", stage.u * 0.3, 'opacity="0.6"')


def snow_flakes(stage: Stage, count: int) -> str:
    """Snow flakes that repeat vertically."""
    result = []
    for _ in range(count):
        x, y, r = (
            stage.rng.uniform(0, stage.width),
            stage.rng.uniform(0, stage.height),
            stage.u * stage.rng.choice((0.4, 0.55, 0.8, 1.1)),
        )
        result += [
            stage.sketch.ellipse(x, y + shift, r, r, "#ffffff") for shift in (0, -stage.height) if y + shift > -r
        ]
    return f'<g opacity="0.92">{"".join(result)}</g>'


Painter = Callable[[Stage], None]
PAINTERS: dict[str, Painter] = {}


def paints(*places: str) -> Callable[[Painter], Painter]:
    """Register the function that paints a place."""

    def register(painter: Painter) -> Painter:
        for place in places:
            PAINTERS[place] = painter
        return painter

    return register


def paint_backdrop(place: str, width: int, height: int, wish: Wish) -> Backdrop:
    """The backdrop of a place. Raises KeyError for a place that nobody paints."""
    from lollms_client.engines.scene import indoors, landscapes, towns, waters  # they register their painters

    assert all((indoors, landscapes, towns, waters))
    stage = Stage(width, height, wish)
    PAINTERS[place](stage)
    return stage.backdrop
