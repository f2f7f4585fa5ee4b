"""Backdrops of streets and cities: skylines, houses, a road."""

from __future__ import annotations

from lollms_client.engines.scene.backdrop import Stage, paints
from lollms_client.engines.scene.colours import mix, shade
from lollms_client.engines.scene.landscapes import far_hills


def _windows(stage: Stage, x: float, top: float, width: float, bottom: float, size: float, colour: str) -> str:
    lit = stage.light.dark or stage.light.time == "sunset"
    panes = []
    columns = max(2, int(width / size / 2))
    step = width / columns
    for column in range(columns):
        for row in range(int((bottom - top) / size / 2.4)):
            fill = (
                ("#ffe08a" if stage.rng.random() < 0.6 else shade(colour, -0.2)) if lit else mix(colour, "#e6f4ff", 0.6)
            )
            panes.append(
                stage.sketch.rect(
                    x + (column + 0.25) * step, top + size * (0.8 + row * 2.4), step * 0.5, size * 1.3, fill
                )
            )
    return "".join(panes)


def _skyline(stage: Stage, bottom: float, high: float, count: int, haze: float, colours: tuple[str, ...]) -> str:
    result, rng, x = [], stage.rng, -stage.u * 4
    average = (stage.width + 8 * stage.u) / count
    while x < stage.width:
        width = average * rng.uniform(0.7, 1.25)
        top = bottom - high * rng.uniform(0.45, 1.0)
        colour = mix(stage.light.on(rng.choice(colours)), stage.light.bottom, haze)
        result.append(stage.sketch.rect(x, top, width, bottom - top + 2, colour))
        result.append(stage.sketch.rect(x + width * 0.78, top, width * 0.22, bottom - top + 2, shade(colour, -0.1)))
        if haze < 0.4:
            result.append(_windows(stage, x, top, width, bottom, stage.u * 1.3, colour))
        x += width * rng.uniform(0.98, 1.1)
    return "".join(result)


@paints("city")
def city(stage: Stage) -> None:
    stage.sky(0.75, 3)
    colours = ("#7f92b0", "#9aa7bd", "#8a86a8", "#a58f8a", "#6f86a0")
    stage.add("far skyline", _skyline(stage, stage.y(0.74), stage.y(0.5), 14, 0.6, colours), 0.2)
    stage.add("skyline", _skyline(stage, stage.y(0.76), stage.y(0.46), 9, 0.15, colours), 0.4)
    _road(stage, 0.75)
    stage.falling_weather()


def _road(stage: Stage, kerb: float) -> None:
    sketch, light, u = stage.sketch, stage.light, stage.u
    pavement = light.on("#c9c5bd")
    stage.add(
        "pavement",
        sketch.rect(0, stage.y(kerb), stage.width, stage.y(1 - kerb) + 2, pavement)
        + sketch.rect(0, stage.y(kerb + 0.055), stage.width, u, shade(pavement, -0.25)),
        0.65,
    )
    asphalt = light.on("#5b5f69")
    dashes = "".join(
        sketch.rect(x, stage.y(0.895), u * 9, u * 1.2, light.on("#f5e9b8"))
        for x in (i * u * 16 - 4 * u for i in range(int(stage.width / u / 16) + 2))
    )
    stage.add(
        "road",
        sketch.vertical(stage.y(kerb + 0.065), stage.y(0.935 - kerb) + 2, [(0, asphalt), (1, shade(asphalt, -0.15))])
        + dashes,
        0.8,
    )
    stage.backdrop.ground = (kerb + 0.07, 0.96)


@paints("street")
def street(stage: Stage) -> None:
    sketch, light, rng, u = stage.sketch, stage.light, stage.rng, stage.u
    stage.sky(0.72, 4)
    far_hills(stage, 0.58, "#7fb56a", 1)
    houses, x = [], -u * 3
    while x < stage.width:
        w, h = u * rng.uniform(17, 24), u * rng.uniform(17, 27)
        base, foot = (
            mix(light.on(rng.choice(("#e8b98a", "#d98f7a", "#b9c9a0", "#a9bfd9", "#e6d49a"))), light.bottom, 0.12),
            stage.y(0.72),
        )
        roof = mix(light.on(rng.choice(("#9a4a3f", "#6f5a6a", "#7a5a45"))), light.bottom, 0.1)
        houses.append(
            sketch.rect(x, foot - h, w, h + 2, base)
            + sketch.polygon([(x - u, foot - h), (x + w / 2, foot - h - u * 9), (x + w + u, foot - h)], roof)
        )
        houses.append(
            _windows(stage, x, foot - h + u, w, foot - u * 6, u * 2.2, base)
            + sketch.rect(x + w * 0.42, foot - u * 7, u * 3.6, u * 7, shade(roof, -0.2))
        )
        x += w + u * rng.uniform(1.5, 6)
        houses.append(
            sketch.round_tree(
                x - u * 2, foot, u * rng.uniform(12, 18), stage.leaf_colour("#5aa550"), light.on("#6f4f33")
            )
            if rng.random() < 0.5
            else ""
        )
    stage.add("houses", "".join(houses), 0.45)
    _road(stage, 0.715)
    stage.falling_weather()
