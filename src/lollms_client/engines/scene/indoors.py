"""Backdrops under a roof: room, bedroom, kitchen, stage, cave, table top, and the plain ground of a single thing."""

from __future__ import annotations

from lollms_client.engines.scene.backdrop import Stage, paints
from lollms_client.engines.scene.colours import mix, shade
from lollms_client.engines.scene.sketch import trace


def _wall_and_floor(stage: Stage, wall: str, floor: str, edge: float = 0.68) -> None:
    sketch, u = stage.sketch, stage.u
    light = _lamp_light(stage)
    wall, floor = mix(wall, light, 0.25), mix(floor, light, 0.2)
    stage.add("wall", sketch.vertical(0, stage.y(edge), [(0, shade(wall, 0.12)), (1, wall)]), 0.3)
    stage.add(
        "floor", sketch.vertical(stage.y(edge), stage.y(1 - edge) + 2, [(0, shade(floor, -0.12)), (1, floor)]), 0.7
    )
    boards = "".join(
        trace(
            "M",
            stage.width * (0.5 + (i - 8) * 0.07),
            stage.y(edge),
            "L",
            stage.width * (0.5 + (i - 8) * 0.16),
            stage.height,
        )
        for i in range(17)
    )
    stage.add("boards", sketch.lines(boards, shade(floor, -0.18), u * 0.3, 'opacity="0.6"'), 0.7)
    stage.add("skirting", sketch.rect(0, stage.y(edge) - u * 2, stage.width, u * 2, shade(wall, 0.45)), 0.5)
    stage.backdrop.ground, stage.backdrop.sky = (edge + 0.07, 0.95), (0.08, 0.45)


def _lamp_light(stage: Stage) -> str:
    return {"night": "#7d6a8f", "sunset": "#f0b080", "dawn": "#f5d5b5"}.get(stage.light.time, "#fff6e6")


def _window(stage: Stage, x: float, y: float, width: float, height: float) -> None:
    sketch, light, u = stage.sketch, stage.light, stage.u
    definition, fill = sketch.gradient([(0, light.top), (1, light.bottom)])
    frame = sketch.rect(x - u, y - u, width + 2 * u, height + 2 * u, "#fbf7ef")
    sky = definition + sketch.rect(x, y, width, height, fill)
    if light.dark:
        sky += sketch.ellipse(x + width * 0.72, y + height * 0.28, u * 2, u * 2, "#f7f0cf")
    else:
        sky += sketch.path(
            trace(
                "M",
                x,
                y + height,
                "v",
                -height * 0.25,
                "q",
                width * 0.3,
                -height * 0.2,
                width * 0.55,
                0,
                "t",
                width * 0.45,
                -height * 0.05,
                "V",
                y + height,
                "Z",
            ),
            light.on("#7fbf6a"),
        )
    bars = sketch.rect(x + width / 2 - u * 0.4, y, u * 0.8, height, "#fbf7ef") + sketch.rect(
        x, y + height / 2 - u * 0.4, width, u * 0.8, "#fbf7ef"
    )
    sill = sketch.rect(x - u * 2.5, y + height + u, width + 5 * u, u * 1.6, "#e8e0d0")
    stage.add("window", frame + sky + bars + sill, 0.35)


def _picture(stage: Stage, x: float, y: float, size: float) -> None:
    sketch = stage.sketch
    art = sketch.rect(x, y, size * 1.2, size, "#8a6238") + sketch.rect(
        x + size * 0.08, y + size * 0.08, size * 1.04, size * 0.84, "#cfe5ee"
    )
    hills = sketch.polygon(
        [
            (x + size * 0.08, y + size * 0.92),
            (x + size * 0.45, y + size * 0.4),
            (x + size * 0.75, y + size * 0.75),
            (x + size * 0.95, y + size * 0.55),
            (x + size * 1.12, y + size * 0.92),
        ],
        "#6f9f76",
    )
    stage.add("picture", art + hills, 0.35)


@paints("room")
def room(stage: Stage) -> None:
    u = stage.u
    _wall_and_floor(stage, "#f0dcc0", "#b98252")
    if stage.wish.bare("window"):
        _window(stage, stage.width * 0.64, stage.y(0.14), stage.width * 0.2, stage.y(0.28))
    if stage.wish.bare("picture"):
        _picture(stage, stage.width * 0.16, stage.y(0.2), min(u * 15, stage.y(0.16)))
    rug = stage.sketch.ellipse(
        stage.width * 0.5, stage.y(0.86), stage.width * 0.36, stage.y(0.08), "#c96a5a"
    ) + stage.sketch.ellipse(stage.width * 0.5, stage.y(0.86), stage.width * 0.31, stage.y(0.065), "#e3a07f")
    stage.add("rug", rug, 0.75)


@paints("bedroom")
def bedroom(stage: Stage) -> None:
    _wall_and_floor(stage, "#c9d6ef", "#c79a6f")
    if stage.wish.bare("window"):
        _window(stage, stage.width * 0.62, stage.y(0.12), stage.width * 0.22, stage.y(0.3))
    if stage.wish.bare("bed"):
        sketch, w, y = stage.sketch, stage.width, stage.y
        bed = sketch.rect(0, y(0.44), w * 0.035, y(0.34), "#8a5f3c") + sketch.rect(
            w * 0.02, y(0.6), w * 0.36, y(0.12), "#f6f2ea"
        )
        bed += sketch.rect(
            w * 0.12, y(0.585), w * 0.27, y(0.15), "#7a93cf", f'rx="{stage.u * 2:.0f}"'
        ) + sketch.ellipse(w * 0.075, y(0.59), w * 0.045, y(0.03), "#ffffff")
        stage.add("bed", bed + sketch.rect(w * 0.37, y(0.6), w * 0.02, y(0.17), "#8a5f3c"), 0.6)


@paints("kitchen")
def kitchen(stage: Stage) -> None:
    sketch, u = stage.sketch, stage.u
    _wall_and_floor(stage, "#e6efe6", "#c9a888", 0.7)
    tiles = "".join(f"M0 {stage.y(at):.0f}H{stage.width}" for at in (0.36, 0.42, 0.48)) + "".join(
        f"M{i * u * 8:.0f} {stage.y(0.32):.0f}V{stage.y(0.52):.0f}" for i in range(int(stage.width / u / 8) + 1)
    )
    stage.add(
        "tiles",
        sketch.rect(0, stage.y(0.32), stage.width, stage.y(0.2), "#bfe0dc") + sketch.lines(tiles, "#ffffff", u * 0.4),
        0.35,
    )
    if stage.wish.bare("window"):
        _window(stage, stage.width * 0.4, stage.y(0.08), stage.width * 0.22, stage.y(0.2))
    cupboards = "".join(
        sketch.rect(x * stage.width, stage.y(0.06), stage.width * 0.15, stage.y(0.2), "#7fb0a5", f'rx="{u:.0f}"')
        + sketch.ellipse(x * stage.width + stage.width * 0.13, stage.y(0.22), u * 0.7, u * 0.7, "#f5e9c8")
        for x in (0.03, 0.2, 0.67, 0.84)
    )
    stage.add("cupboards", cupboards, 0.4)
    counter = sketch.rect(0, stage.y(0.52), stage.width, stage.y(0.025), "#8a6a4f") + sketch.rect(
        0, stage.y(0.545), stage.width, stage.y(0.155), "#8fbdb3"
    )
    doors = "".join(f"M{i * stage.width / 6:.0f} {stage.y(0.56):.0f}V{stage.y(0.69):.0f}" for i in range(1, 6))
    stage.add("counter", counter + sketch.lines(doors, "#6f9f95", u * 0.6), 0.55)


@paints("stage")
def stage_show(stage: Stage) -> None:
    sketch, u = stage.sketch, stage.u
    stage.add("dark", sketch.vertical(0, stage.y(0.72), [(0, "#2a1636"), (1, "#5b2a63")]), 0.2)
    stage.add("floor", sketch.vertical(stage.y(0.7), stage.y(0.3) + 2, [(0, "#8a5a3a"), (1, "#c98a52")]), 0.7)
    for x, tone in ((0.2, "#ffd86b"), (0.5, "#ff8fb0"), (0.8, "#7fd0ff")):
        cone = [
            (stage.width * x - u * 2, 0),
            (stage.width * x + u * 2, 0),
            (stage.width * (0.5 + (x - 0.5) * 0.5) + u * 17, stage.y(0.86)),
            (stage.width * (0.5 + (x - 0.5) * 0.5) - u * 17, stage.y(0.86)),
        ]
        stage.add(
            "spot",
            sketch.polygon(cone, tone, 'opacity="0.16"')
            + sketch.ellipse(
                stage.width * (0.5 + (x - 0.5) * 0.5), stage.y(0.86), u * 17, u * 4, tone, 'opacity="0.25"'
            ),
            0.6,
        )
    folds = []
    for side in (0, 1):
        for index in range(5):
            x = index * u * 3.2 if side == 0 else stage.width - (index + 1) * u * 3.2
            folds.append(sketch.rect(x, 0, u * 3.2, stage.y(0.78), "#b3263a" if index % 2 else "#951c30"))
    swags = "".join(
        sketch.ellipse(
            stage.width * (i + 0.5) / 6, 0, stage.width / 11, stage.y(0.1), "#a82036" if i % 2 else "#b3263a"
        )
        for i in range(6)
    )
    stage.add("curtain", "".join(folds) + swags, 0.8)
    stage.backdrop.ground = (0.78, 0.95)


@paints("cave")
def cave(stage: Stage) -> None:
    sketch, rng, u = stage.sketch, stage.rng, stage.u
    stage.add("wall", sketch.vertical(0, stage.height, [(0, "#2b2733"), (1, "#4d4557")]), 0.1)
    stage.add("opening", sketch.glow(stage.width * 0.5, stage.y(0.45), u * 45, "#e6b87a", 0.55), 0.15)
    stage.add("ground", sketch.hill(stage.y(0.72), stage.y(0.06), "#5f5563", "#3f3846"), 0.7)
    spikes = "".join(
        sketch.polygon(
            [(x - u * 4, -2), (x + u * rng.uniform(-1, 1), u * rng.uniform(12, 34)), (x + u * 4, -2)],
            rng.choice(("#3a3442", "#443c4d")),
        )
        for x in (stage.width * i / 11 for i in range(12))
    )
    sides = "".join(
        sketch.polygon(
            [(edge, 0), (edge + way * u * rng.uniform(8, 15), stage.y(at)), (edge, stage.y(at + 0.25))], "#332d3b"
        )
        for edge, way in ((0, 1), (stage.width, -1))
        for at in (0.15, 0.4, 0.65)
    )
    stage.add("rock", spikes + sides, 0.6)


@paints("tabletop")
def tabletop(stage: Stage) -> None:
    sketch, light = stage.sketch, _lamp_light(stage)
    wall, wood = mix("#dfe6d8", light, 0.3), mix("#b97f4c", light, 0.12)
    stage.add("wall", sketch.vertical(0, stage.y(0.66), [(0, shade(wall, 0.2)), (1, wall)]), 0.2)
    if stage.wish.bare("window"):
        _window(stage, stage.width * 0.62, stage.y(0.08), stage.width * 0.24, stage.y(0.34))
    stage.add("table", sketch.vertical(stage.y(0.64), stage.y(0.37), [(0, shade(wood, 0.14)), (1, wood)]), 0.6)
    grain = "".join(
        trace(
            "M", stage.rng.uniform(-0.1, 0.9) * stage.width, stage.y(at), "h", stage.width * stage.rng.uniform(0.1, 0.4)
        )
        for at in (0.68, 0.71, 0.75, 0.79, 0.83, 0.88, 0.92, 0.97)
    )
    stage.add("grain", sketch.lines(grain, shade(wood, -0.14), stage.u * 0.35, 'opacity="0.6"'), 0.65)
    stage.backdrop.ground, stage.backdrop.sky = (0.76, 0.93), (0.06, 0.5)
