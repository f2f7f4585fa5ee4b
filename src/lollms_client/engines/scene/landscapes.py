"""Backdrops on land: meadow, forest, mountains, desert, snow, city, street, farm and the like."""

from __future__ import annotations

from lollms_client.engines.scene.backdrop import Stage, paints
from lollms_client.engines.scene.colours import mix, shade
from lollms_client.engines.scene.sketch import trace

_SNOW = "#f4f8fc"


def far_hills(stage: Stage, horizon: float, colour: str, count: int = 2) -> None:
    """Hills that fade into the haze; the horizon is a fraction of the height."""
    for index in range(count):
        haze = 0.6 - 0.28 * index
        base = stage.y(horizon + 0.02 + 0.03 * index)
        tone = mix(stage.ground_colour(colour), stage.light.bottom, haze)
        stage.add("hills", stage.sketch.hill(base, stage.y(0.13 - 0.03 * index), tone), 0.25 + 0.15 * index)


def _lawn(stage: Stage, horizon: float, colour: str, tufts: int = 60, flowers: int = 0) -> None:
    sketch, light = stage.sketch, stage.light
    base = stage.ground_colour(colour)
    stage.add("ground", sketch.hill(stage.y(horizon + 0.03), stage.y(0.04), base, shade(base, -0.15)), 0.7)
    snowy = stage.wish.season == "winter" or "snow" in stage.wish.weather
    if tufts and not snowy:
        stage.add("grass", sketch.tufts(stage.y(horizon + 0.08), stage.height, tufts, shade(base, -0.2)), 0.8)
    if flowers and not snowy:
        colours = [light.on(c) for c in ("#f25f7a", "#ffffff", "#f7c948", "#b884e0", "#f58f5c")]
        stage.add("flowers", sketch.blossoms(stage.y(horizon + 0.1), stage.height, flowers, colours), 0.85)


@paints("meadow")
def meadow(stage: Stage) -> None:
    stage.sky(0.72)
    far_hills(stage, 0.6, "#79b65c")
    _lawn(stage, 0.64, "#7cc25a", 70, 18)
    stage.falling_weather()


@paints("garden")
def garden(stage: Stage) -> None:
    stage.sky(0.7)
    sketch, light, u = stage.sketch, stage.light, stage.u
    far_hills(stage, 0.56, "#6fae5a", 1)
    hedge = stage.leaf_colour("#4e9a48")
    bushes = "".join(
        sketch.ellipse(
            x * u * 9, stage.y(0.64), u * 8, u * stage.rng.uniform(6, 9), shade(hedge, stage.rng.uniform(-0.12, 0.08))
        )
        for x in range(int(stage.width / u / 9) + 2)
    )
    stage.add("hedge", bushes, 0.5)
    fence, step = [], u * 5
    for index in range(int(stage.width / step) + 2):
        x, top = index * step, stage.y(0.6)
        fence.append(
            sketch.polygon(
                [
                    (x, stage.y(0.72)),
                    (x, top),
                    (x + step * 0.3, top - u * 2),
                    (x + step * 0.6, top),
                    (x + step * 0.6, stage.y(0.72)),
                ],
                light.on("#ffffff"),
            )
        )
    rail = sketch.rect(0, stage.y(0.63), stage.width, u * 1.2, light.on("#eeeeee")) + sketch.rect(
        0, stage.y(0.68), stage.width, u * 1.2, light.on("#eeeeee")
    )
    stage.add("fence", rail + "".join(fence), 0.6)
    _lawn(stage, 0.67, "#7fc85c", 50, 60)
    stage.falling_weather()


@paints("park")
def park(stage: Stage) -> None:
    stage.sky(0.7)
    sketch, light = stage.sketch, stage.light
    far_hills(stage, 0.58, "#7ab865", 1)
    trees = "".join(
        sketch.round_tree(
            stage.width * (x + stage.rng.uniform(-0.04, 0.04)),
            stage.y(0.68),
            stage.y(stage.rng.uniform(0.22, 0.32)),
            mix(stage.leaf_colour("#58a84f"), light.bottom, 0.2),
            light.on("#7a5535"),
        )
        for x in (0.02, 0.2, 0.42, 0.63, 0.82, 0.98)
    )
    stage.add("trees", trees, 0.45)
    _lawn(stage, 0.64, "#86cb63", 40, 10)
    w, y = stage.width, stage.y
    path = trace(
        "M", w * 0.42, y(0.66), "Q", w * 0.7, y(0.76), w * 0.25, stage.height + 2, "H", w * 0.8,
        "Q", w * 0.86, y(0.78), w * 0.47, y(0.66), "Z",
    )  # fmt: skip
    stage.add("path", sketch.path(path, light.on("#ecd9ae")), 0.72)
    stage.falling_weather()


@paints("forest")
def forest(stage: Stage) -> None:
    sketch, light, rng = stage.sketch, stage.light, stage.rng
    stage.sky(0.72, 2)
    winter = stage.wish.season == "winter" or "snow" in stage.wish.weather
    for row, (foot, haze, count, high) in enumerate(
        ((0.64, 0.55, 14, 0.34), (0.68, 0.3, 11, 0.46), (0.73, 0.08, 7, 0.62))
    ):
        trees = []
        for index in range(count):
            x = stage.width * (index + rng.uniform(0.15, 0.85)) / count
            if row == 2 and 0.28 < x / stage.width < 0.72:
                continue
            height = stage.y(high * rng.uniform(0.8, 1.15))
            if rng.random() < 0.6 or winter:
                green = mix(light.on(mix("#2f7a4a", "#1f5f3f", rng.random())), light.bottom, haze)
                trees.append(
                    sketch.pine(
                        x,
                        stage.y(foot),
                        height,
                        green,
                        mix(light.on(_SNOW), light.bottom, haze * 0.5) if winter else None,
                    )
                )
            else:
                leaves = mix(stage.leaf_colour("#3f8f45"), light.bottom, haze)
                trees.append(
                    sketch.round_tree(x, stage.y(foot), height, leaves, mix(light.on("#5f4128"), light.bottom, haze))
                )
        stage.add("trees", "".join(trees), 0.3 + 0.17 * row)
        if row == 0:
            stage.add(
                "undergrowth",
                sketch.hill(stage.y(0.68), stage.y(0.03), mix(stage.ground_colour("#3f7f45"), light.bottom, 0.25)),
                0.4,
            )
    _lawn(stage, 0.68, "#5f9f4c", 90, 8)
    stage.falling_weather()


@paints("jungle")
def jungle(stage: Stage) -> None:
    sketch, light, rng, u = stage.sketch, stage.light, stage.rng, stage.u
    stage.add(
        "sky",
        sketch.vertical(0, stage.height, [(0, mix(light.top, "#3f8f5f", 0.5)), (1, mix(light.bottom, "#cfe8a0", 0.5))]),
    )
    for row, (foot, haze) in enumerate(((0.66, 0.5), (0.7, 0.25))):
        trees = "".join(
            sketch.palm(
                stage.width * (i + rng.random()) / 7,
                stage.y(foot),
                stage.y(rng.uniform(0.4, 0.62)),
                mix(light.on(rng.choice(("#2f8a45", "#3fa050", "#1f7040"))), light.bottom, haze),
                mix(light.on("#6b4a2b"), light.bottom, haze),
            )
            for i in range(7)
        )
        stage.add("trees", trees, 0.35 + 0.2 * row)
    _lawn(stage, 0.66, "#3f8a3f", 60, 10)
    canopy = "".join(
        sketch.ellipse(
            stage.width * i / 9,
            rng.uniform(-2, 5) * u,
            u * rng.uniform(9, 14),
            u * rng.uniform(6, 11),
            light.on(rng.choice(("#1f6b38", "#2a7d42", "#17572d"))),
        )
        for i in range(10)
    )
    vines = "".join(
        f"M{x:.0f} 0q{u * 3:.0f} {u * 12:.0f} 0 {u * rng.uniform(16, 34):.0f}"
        for x in (stage.width * rng.random() for _ in range(7))
    )
    stage.add("canopy", sketch.lines(vines, light.on("#2f7a3a"), u * 0.8) + canopy, 0.6)
    stage.falling_weather()


@paints("savanna")
def savanna(stage: Stage) -> None:
    sketch, light, rng = stage.sketch, stage.light, stage.rng
    stage.sky(0.66, 2)
    stage.add("hills", sketch.hill(stage.y(0.62), stage.y(0.06), mix(light.on("#b99a5a"), light.bottom, 0.5)), 0.25)
    trees = []
    for x in (0.1, 0.34, 0.88):
        px, foot, h = stage.width * (x + rng.uniform(-0.04, 0.04)), stage.y(0.65), stage.y(rng.uniform(0.16, 0.26))
        bark, leaf = light.on("#6a4a2c"), mix(light.on("#7f9440"), light.bottom, 0.1)
        fork, low, high = foot - h * 0.5, px - h * 0.4, foot - h * 0.85
        data = trace("M", px, foot, "L", px, fork, "L", low, high, "M", px, fork, "L", px + h * 0.4, high)
        trees.append(
            sketch.lines(data, bark, h * 0.07)
            + sketch.ellipse(px, foot - h * 0.95, h * 0.85, h * 0.17, leaf)
            + sketch.ellipse(px - h * 0.2, foot - h * 1.05, h * 0.5, h * 0.12, shade(leaf, 0.1))
        )
    stage.add("trees", "".join(trees), 0.4)
    base = light.on("#d9b45c")
    stage.add("ground", sketch.hill(stage.y(0.66), stage.y(0.02), base), 0.7)
    stage.add("grass", sketch.tufts(stage.y(0.7), stage.height, 90, shade(base, -0.22)), 0.8)
    stage.falling_weather()


@paints("mountains")
def mountains(stage: Stage) -> None:
    sketch, light = stage.sketch, stage.light
    stage.sky(0.72, 3)
    stage.add(
        "far peaks",
        sketch.peaks(
            stage.y(0.66),
            stage.y(0.42),
            mix(light.on("#8496b5"), light.bottom, 0.45),
            mix(light.on(_SNOW), light.bottom, 0.25),
            6,
        ),
        0.2,
    )
    stage.add(
        "peaks",
        sketch.peaks(stage.y(0.68), stage.y(0.5), mix(light.on("#6d7f9e"), light.bottom, 0.12), light.on(_SNOW), 4),
        0.35,
    )
    row = "".join(
        sketch.pine(
            stage.width * (i + stage.rng.random()) / 16,
            stage.y(0.7),
            stage.y(stage.rng.uniform(0.07, 0.13)),
            mix(light.on("#2f6b4a"), light.bottom, 0.15),
        )
        for i in range(16)
    )
    stage.add("trees", row, 0.5)
    _lawn(stage, 0.67, "#77b05c", 50, 8)
    stage.falling_weather()


@paints("desert")
def desert(stage: Stage) -> None:
    sketch, light = stage.sketch, stage.light
    stage.sky(0.7, 1)
    for base, rise, haze, depth in ((0.62, 0.12, 0.4, 0.25), (0.68, 0.1, 0.15, 0.45), (0.74, 0.07, 0.0, 0.7)):
        tone = mix(light.on("#e8b96a"), light.bottom, haze)
        stage.add("dunes", sketch.hill(stage.y(base), stage.y(rise), tone, shade(tone, -0.16)), depth)
    if stage.wish.bare("cactus"):
        for x, h in ((0.08, 0.2), (0.92, 0.15)):
            px, foot, s = stage.width * x, stage.y(0.72), stage.y(h)
            arms = trace(
                "M", px, foot, "v", -s, "M", px, foot - s * 0.4, "h", -s * 0.25, "v", -s * 0.3,
                "M", px, foot - s * 0.55, "h", s * 0.25, "v", -s * 0.25,
            )  # fmt: skip
            stage.add("cactus", sketch.lines(arms, light.on("#4c8f4f"), s * 0.13, 'stroke-linejoin="round"'), 0.75)
    marks = "".join(
        trace(
            "M",
            stage.rng.uniform(0, stage.width),
            stage.rng.uniform(stage.y(0.78), stage.height),
            "q",
            stage.u * 5,
            -stage.u * 1.2,
            stage.u * 10,
            0,
        )
        for _ in range(14)
    )
    stage.add("ripples", sketch.lines(marks, light.on("#d09a4a"), stage.u * 0.4, 'opacity="0.6"'), 0.8)
    stage.falling_weather()


@paints("snow")
def snow(stage: Stage) -> None:
    sketch, light, rng = stage.sketch, stage.light, stage.rng
    stage.sky(0.72, 3)
    stage.add(
        "peaks",
        sketch.peaks(stage.y(0.64), stage.y(0.26), mix(light.on("#a9bfd8"), light.bottom, 0.35), light.on(_SNOW), 5),
        0.25,
    )
    trees = "".join(
        sketch.pine(
            stage.width * (i + rng.random()) / 9,
            stage.y(0.67),
            stage.y(rng.uniform(0.12, 0.24)),
            mix(light.on("#4f8577"), light.bottom, 0.25),
            light.on(_SNOW),
        )
        for i in range(9)
    )
    stage.add("trees", trees, 0.45)
    stage.add("ground", sketch.hill(stage.y(0.68), stage.y(0.05), light.on("#f3f8fd"), light.on("#c9dcef")), 0.7)
    drifts = "".join(
        sketch.ellipse(
            rng.uniform(0, stage.width),
            stage.y(rng.uniform(0.78, 0.98)),
            stage.u * rng.uniform(8, 18),
            stage.u * 1.2,
            light.on("#d3e3f2"),
        )
        for _ in range(7)
    )
    stage.add("drifts", drifts, 0.8)
    if stage.wish.bare("snowflake"):
        stage.falling_weather()


@paints("farm")
def farm(stage: Stage) -> None:
    sketch, light, u = stage.sketch, stage.light, stage.u
    stage.sky(0.7)
    far_hills(stage, 0.58, "#8abf5f", 2)
    rows, top = [], stage.y(0.6)
    for index in range(9):
        x = stage.width * (0.5 + (index - 4) * 0.05)
        rows.append(f"M{x:.0f} {top:.0f}L{stage.width * (0.5 + (index - 4) * 0.26):.0f} {stage.y(0.72):.0f}")
    stage.add(
        "field",
        sketch.hill(stage.y(0.63), stage.y(0.03), mix(stage.ground_colour("#dcb94f"), light.bottom, 0.15))
        + sketch.lines("".join(rows), light.on("#bf9a3a"), u * 0.6, 'opacity="0.6"'),
        0.4,
    )
    if stage.wish.bare("barn", "house"):
        x, foot, w, h = stage.width * stage.rng.choice((0.1, 0.74)), stage.y(0.68), u * 24, u * 15
        red, white = mix(light.on("#b8402f"), light.bottom, 0.1), light.on("#fff5ea")
        barn = sketch.rect(x, foot - h, w, h, red) + sketch.polygon(
            [
                (x - u, foot - h),
                (x + w * 0.2, foot - h - u * 7),
                (x + w * 0.5, foot - h - u * 11),
                (x + w * 0.8, foot - h - u * 7),
                (x + w + u, foot - h),
            ],
            shade(red, -0.25),
        )
        door = sketch.rect(x + w * 0.36, foot - u * 9, w * 0.28, u * 9, white) + sketch.rect(
            x + w * 0.39, foot - u * 8, w * 0.22, u * 8, shade(red, -0.15)
        )
        stage.add("barn", barn + door, 0.5)
    _lawn(stage, 0.665, "#86c45c", 60, 6)
    posts = "".join(
        sketch.rect(i * u * 11, stage.y(0.665), u * 1.3, u * 7.5, light.on("#a07a4f"))
        for i in range(int(stage.width / u / 11) + 2)
    )
    rails = "".join(sketch.rect(0, stage.y(0.665) + u * at, stage.width, u, light.on("#b58b5c")) for at in (1.3, 4))
    stage.add("fence", posts + rails, 0.7)
    stage.falling_weather()


@paints("moon")
def moon_surface(stage: Stage) -> None:
    sketch, rng, u = stage.sketch, stage.rng, stage.u
    stage.add("sky", sketch.vertical(0, stage.height, [(0, "#05060f"), (1, "#1b2038")]))
    stage.add("stars", stage.stars(stage.y(0.7), 110))
    if stage.wish.bare("earth", "planet"):
        x, y, r = stage.width * 0.8, stage.y(0.2), u * 9
        land = sketch.ellipse(x - r * 0.3, y - r * 0.2, r * 0.4, r * 0.3, "#58a55c") + sketch.ellipse(
            x + r * 0.35, y + r * 0.3, r * 0.3, r * 0.35, "#58a55c"
        )
        stage.add(
            "earth", sketch.glow(x, y, r * 1.7, "#8fc7ff", 0.4) + sketch.ellipse(x, y, r, r, "#3f83d6") + land, 0.05
        )
    stage.add("hills", sketch.hill(stage.y(0.66), stage.y(0.1), "#7d8290"), 0.35)
    stage.add("ground", sketch.hill(stage.y(0.7), stage.y(0.03), "#b3b6c0", "#8b8f9b"), 0.7)
    for _ in range(9):
        t = rng.random()
        x, y, r = rng.uniform(0, stage.width), stage.y(0.74 + 0.24 * t), u * (2.5 + 5 * t)
        stage.add(
            "crater",
            sketch.ellipse(x, y, r, r * 0.35, "#8f93a0")
            + sketch.ellipse(x + r * 0.06, y + r * 0.07, r * 0.8, r * 0.24, "#9fa3b0"),
            0.8,
        )
