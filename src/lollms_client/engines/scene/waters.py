"""Backdrops of water, air and space: sea, beach, lake, island, under water, open sky, outer space."""

from __future__ import annotations

from lollms_client.engines.scene.backdrop import Stage, paints
from lollms_client.engines.scene.colours import mix, shade
from lollms_client.engines.scene.sketch import trace

_SEA = "#2f86c9"


def _water_colour(stage: Stage, colour: str = _SEA) -> str:
    return mix(stage.light.on(colour), stage.light.middle, 0.18)


def _open_water(stage: Stage, top: float) -> str:
    sea = _water_colour(stage)
    stops = [(0.0, mix(sea, stage.light.bottom, 0.45)), (0.35, sea), (1.0, shade(sea, -0.35))]
    return stage.sketch.vertical(stage.y(top), stage.y(1 - top) + 2, stops)


@paints("sea")
def sea(stage: Stage) -> None:
    stage.sky(0.56)
    sketch, colour, u = stage.sketch, _water_colour(stage), stage.u
    stage.add("water", _open_water(stage, 0.55), 0.3)
    stage.add("ripples", sketch.ripples(stage.y(0.57), stage.y(0.74), 40, mix(colour, "#ffffff", 0.6)), 0.45, 0.01)
    swell = u * (2.6 if "storm" in stage.wish.weather else 1.3)
    stage.add("far wave", sketch.wave_band(stage.y(0.7), swell, u * 24, mix(colour, "#ffffff", 0.12), 0.9), 0.7, 0.03)
    stage.over(
        "near wave", sketch.wave_band(stage.y(0.78), swell * 1.3, u * 30, shade(colour, -0.08), 0.82), 1.0, -0.04
    )
    stage.over("front wave", sketch.wave_band(stage.y(0.9), swell * 1.6, u * 38, shade(colour, -0.22), 0.9), 1.1, 0.06)
    stage.backdrop.water, stage.backdrop.ground = 0.79, (0.76, 0.86)
    stage.backdrop.shadows = False
    stage.falling_weather()


@paints("lake")
def lake(stage: Stage) -> None:
    stage.sky(0.6)
    sketch, light, rng, u = stage.sketch, stage.light, stage.rng, stage.u
    for index, haze in enumerate((0.5, 0.25)):
        tone = mix(stage.ground_colour("#6fa85a"), light.bottom, haze)
        stage.add(
            "hills", sketch.hill(stage.y(0.58 + 0.02 * index), stage.y(0.15 - 0.06 * index), tone), 0.2 + 0.1 * index
        )
    trees = "".join(
        sketch.pine(
            stage.width * (i + rng.random()) / 15,
            stage.y(0.6),
            stage.y(rng.uniform(0.07, 0.13)),
            mix(light.on("#2f7048"), light.bottom, 0.2),
        )
        for i in range(15)
    )
    stage.add("trees", trees, 0.35)
    colour = _water_colour(stage, "#4a9fd0")
    stage.add(
        "water",
        sketch.vertical(stage.y(0.59), stage.y(0.42), [(0, mix(colour, "#ffffff", 0.35)), (1, shade(colour, -0.25))]),
        0.5,
    )
    stage.add("ripples", sketch.ripples(stage.y(0.62), stage.y(0.9), 46, mix(colour, "#ffffff", 0.65)), 0.6, 0.008)
    stage.screen("near water", sketch.wave_band(stage.y(0.8), u * 0.8, u * 26, shade(colour, -0.05), 0.72), 0.02)
    bank = stage.ground_colour("#6fb254")
    w, low = stage.width, stage.height + 2
    edge = trace("M", -2, low, "V", stage.y(0.865), "Q", w * 0.3, stage.y(0.86), w * 0.5, stage.y(0.885))
    near = sketch.path(edge + trace("T", w + 2, stage.y(0.875), "V", low, "Z"), bank)
    stage.screen("bank", near + sketch.tufts(stage.y(0.96), stage.height, 30, shade(bank, -0.2)))
    stage.backdrop.water, stage.backdrop.ground = 0.8, (0.91, 0.975)
    stage.falling_weather()


@paints("beach")
def beach(stage: Stage) -> None:
    stage.sky(0.54)
    sketch, light, u = stage.sketch, stage.light, stage.u
    colour = _water_colour(stage, "#35a5cf")
    stage.add(
        "water",
        sketch.vertical(
            stage.y(0.52),
            stage.y(0.25),
            [(0, mix(shade(colour, -0.15), light.bottom, 0.2)), (1, mix(colour, "#bff0ee", 0.5))],
        ),
        0.3,
    )
    stage.add("ripples", sketch.ripples(stage.y(0.54), stage.y(0.66), 26, mix(colour, "#ffffff", 0.7)), 0.4, 0.01)
    sand = light.on("#f2d9a0")
    y = stage.y(0.7)
    w, low = stage.width, stage.height + 2
    shore = trace(
        "M", -2, low, "V", y, "Q", w * 0.25, y - 3 * u, w * 0.5, y, "T", w + 2, y - u, "V", low, "Z"
    )  # fmt: skip
    stage.add(
        "foam",
        f'<g transform="translate(0 {-u * 1.6:.1f})">{sketch.path(shore, mix("#ffffff", light.bottom, 0.2))}</g>',
        0.6,
    )
    definition, fill = sketch.gradient([(0, sand), (1, shade(sand, -0.14))])
    stage.add("sand", definition + sketch.path(shore, fill), 0.7)
    places = [(stage.rng.uniform(0, w), stage.rng.uniform(stage.y(0.78), stage.height)) for _ in range(40)]
    stage.add("pebbles", "".join(sketch.ellipse(x, y, u * 0.5, u * 0.3, shade(sand, -0.22)) for x, y in places), 0.8)
    if stage.wish.bare("palm", "palm_tree"):
        x = stage.width * stage.rng.choice((0.07, 0.93))
        stage.add("palm", sketch.palm(x, stage.y(0.8), stage.y(0.46), light.on("#3f9a4f"), light.on("#9a6f42")), 0.75)
    stage.backdrop.ground, stage.backdrop.water = (0.77, 0.95), 0.63
    stage.falling_weather()


@paints("island")
def island(stage: Stage) -> None:
    stage.sky(0.56)
    sketch, light, u = stage.sketch, stage.light, stage.u
    colour = _water_colour(stage)
    stage.add("water", _open_water(stage, 0.55), 0.3)
    stage.add("ripples", sketch.ripples(stage.y(0.57), stage.y(0.8), 40, mix(colour, "#ffffff", 0.6)), 0.45, 0.01)
    sand = light.on("#f0d596")
    x, y = stage.width * 0.5, stage.y(0.84)
    stage.add("foam", sketch.ellipse(x, y + u, stage.width * 0.41, stage.y(0.125), mix(colour, "#ffffff", 0.55)), 0.7)
    stage.add(
        "sand",
        sketch.ellipse(x, y, stage.width * 0.38, stage.y(0.105), sand)
        + sketch.ellipse(x, y - u, stage.width * 0.3, stage.y(0.07), shade(sand, 0.25)),
        0.7,
    )
    if stage.wish.bare("palm", "palm_tree"):
        stage.add(
            "palm",
            sketch.palm(stage.width * 0.24, stage.y(0.8), stage.y(0.42), light.on("#3f9a4f"), light.on("#9a6f42")),
            0.72,
        )
    stage.over("near wave", sketch.wave_band(stage.y(0.95), u * 1.3, u * 30, shade(colour, -0.15), 0.85), 1.0, 0.04)
    stage.backdrop.ground, stage.backdrop.water = (0.8, 0.88), 0.68
    stage.falling_weather()


@paints("underwater")
def underwater(stage: Stage) -> None:
    sketch, light, rng, u, w, low = stage.sketch, stage.light, stage.rng, stage.u, stage.width, stage.height
    depths = [(0, light.on("#5cc8e8")), (0.5, light.on("#2286c4")), (1, light.on("#0f4a86"))]
    stage.add("water", sketch.vertical(0, low, depths))
    beams = [[(w * x, -2), (w * (x + 0.07), -2), (w * (x + 0.02), low), (w * (x - 0.2), low)] for x in _BEAMS]
    stage.add("rays", "".join(sketch.polygon(beam, "#ffffff", 'opacity="0.07"') for beam in beams), 0.1)
    stage.add("far rocks", sketch.hill(stage.y(0.86), stage.y(0.14), light.on("#1c6aa0")), 0.3)
    sand = light.on("#d8c48a")
    floor = sketch.hill(stage.y(0.9), stage.y(0.05), mix(sand, "#2f7fb0", 0.25), mix(sand, "#1f5f90", 0.45))
    stage.add("sand", floor, 0.7)
    stage.add("weeds", _weeds(stage), 0.75)
    bubbles = []
    for _ in range(30):
        x, y, r = rng.uniform(0, w), rng.uniform(0, low), u * rng.uniform(0.4, 1.3)
        rim = f'opacity="0.25" stroke="#ffffff" stroke-width="{u * 0.2:.1f}"'
        bubbles += [sketch.ellipse(x, y + shift, r, r, "#ffffff", rim) for shift in (0, -low)]
    stage.over("bubbles", "".join(bubbles), 1.0)
    stage.backdrop.floating, stage.backdrop.ground, stage.backdrop.sky = True, (0.88, 0.97), (0.08, 0.8)


_BEAMS = (0.15, 0.36, 0.55, 0.8, 1.02)


def _weeds(stage: Stage) -> str:
    sketch, light, rng, u = stage.sketch, stage.light, stage.rng, stage.u
    weeds = []
    for _ in range(12):
        x = stage.width * rng.choice((rng.uniform(0, 0.25), rng.uniform(0.75, 1.0)))
        h = u * rng.uniform(12, 30)
        stem = trace("M", x, stage.y(0.93), "q", u * 4, -h * 0.25, 0, -h * 0.5, "t", 0, -h * 0.5)
        weeds.append(sketch.lines(stem, light.on(rng.choice(("#2f9a6a", "#3fb57a", "#1f7a5a"))), u * 1.7))
    for _ in range(6):
        x, s = stage.width * rng.random(), u * rng.uniform(3, 6)
        tone = light.on(rng.choice(("#f26d7d", "#f59a4a", "#c774d9")))
        arms = [trace("M", x, stage.y(0.94), "l", dx * s, -s * k) for dx, k in ((-0.8, 1.4), (0, 2), (0.8, 1.5))]
        weeds += [sketch.lines(arm, tone, u * 1.3) for arm in arms]
    return "".join(weeds)


@paints("sky")
def sky(stage: Stage) -> None:
    stage.sky(1.0, 6)
    heaps = "".join(
        stage.sketch.cloud(
            stage.width * (i + 0.5) / 6,
            stage.y(stage.rng.uniform(0.9, 1.0)),
            stage.u * stage.rng.uniform(30, 44),
            mix("#ffffff", stage.light.middle, 0.25),
            0.95,
        )
        for i in range(6)
    )
    stage.add("low clouds", heaps, 0.5)
    stage.backdrop.floating, stage.backdrop.shadows, stage.backdrop.sky = True, False, (0.08, 0.82)
    stage.falling_weather()


@paints("space")
def space(stage: Stage) -> None:
    sketch, rng, u = stage.sketch, stage.rng, stage.u
    stage.add("sky", sketch.vertical(0, stage.height, [(0, "#070818"), (0.6, "#161a3f"), (1, "#2a1f4f")]))
    glows = "".join(
        sketch.glow(
            stage.width * rng.random(),
            stage.height * rng.random(),
            u * rng.uniform(30, 55),
            rng.choice(("#6b4bd6", "#2f7fd0", "#c0468f")),
            0.32,
        )
        for _ in range(4)
    )
    stage.add("nebula", glows, 0.05)
    stage.add("stars", stage.stars(stage.height, 150), 0.1)
    if stage.wish.bare("planet", "earth", "saturn", "moon", "sun", "mars"):
        x, y, r = stage.width * rng.choice((0.1, 0.9)), stage.y(rng.choice((0.14, 0.88))), u * 13
        tone = rng.choice(("#d98a5a", "#7a9be0", "#b58ad9"))
        bands = sketch.ellipse(x, y - r * 0.25, r * 0.93, r * 0.13, shade(tone, 0.2)) + sketch.ellipse(
            x, y + r * 0.3, r * 0.9, r * 0.1, shade(tone, -0.15)
        )
        ring = sketch.ellipse(
            x, y, r * 1.6, r * 0.35, "none", f'stroke="{shade(tone, 0.45)}" stroke-width="{u * 1.2:.1f}" opacity="0.75"'
        )
        stage.add("planet", sketch.ellipse(x, y, r, r, tone) + bands + ring, 0.2)
    stage.backdrop.floating, stage.backdrop.shadows = True, False
    stage.backdrop.ground, stage.backdrop.sky = (0.85, 0.95), (0.1, 0.88)
