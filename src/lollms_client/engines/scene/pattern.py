"""Patterns: the things of a prompt as motifs on a tile that repeats without a seam."""

from __future__ import annotations

import random
import re

from lollms_client.engines.scene.art_library import ArtLibrary
from lollms_client.engines.scene.colours import mix, shade
from lollms_client.engines.scene.description import Description
from lollms_client.engines.scene.figures import wrap_svg

_PATTERN = re.compile(
    r"\b(?:seamless(?:ly)?|tileable|tiling|repeating)\b|"
    r"\b(?:pattern|wallpaper|wrapping paper|textile|texture|fabric|tile)s?\b",
    re.I,
)
_GROUNDS = ("#fdf3e1", "#e8f4f2", "#fbe9ec", "#eaf0fb", "#f3efe6", "#e9f5e1", "#26324f", "#f7e3c8")


def wants_pattern(prompt: str) -> bool:
    """Whether the prompt asks for a pattern."""
    return bool(_PATTERN.search(prompt))


def without_pattern_words(prompt: str) -> str:
    """The prompt less the words that ask for a pattern."""
    return re.sub(r"^\s*(?:a|an|the)?\s*(?:of|with)\b", " ", _PATTERN.sub(" ", prompt))


def ground_colour(prompt: str, colours: dict[str, str]) -> tuple[str | None, str]:
    """The colour named for the ground (`on a blue background`), and the prompt without those words."""
    found = re.search(
        r"\b(?:on|with)\s+(?:an?\s+)?(?:light\s+|pale\s+|dark\s+)?(\w+)\s+(?:background|ground|backdrop)\b",
        prompt,
        re.I,
    )
    if found and found.group(1).lower() in colours:
        return colours[found.group(1).lower()], prompt[: found.start()] + prompt[found.end() :]
    return None, prompt


def pattern_svg(
    description: Description, library: ArtLibrary, width: int, height: int, seed: int, ground: str | None
) -> str:
    """The tile as an SVG document: what crosses one edge comes in again at the opposite one."""
    rng = random.Random(seed * 977 + 3)
    ground = ground or rng.choice(_GROUNDS)
    motifs = [
        (
            library[thing.object_id],
            tuple(thing.colours[i % len(thing.colours) :][:1]) if thing.colours else (),
            thing.size,
        )
        for thing in description.things
        if thing.object_id not in description.removed
        for i in range(min(thing.count, 6) if len(thing.colours) > 1 else 1)
    ]
    side = min(width, height)
    columns = max(2, 2 * round(width / side * 2))
    rows = max(2, 2 * round(height / side * 2))
    step_x, step_y = width / columns, height / rows
    parts = [f'<rect width="{width}" height="{height}" fill="{ground}"/>']
    for column in range(columns):
        for row in range(rows):
            x = (column + 0.5) * step_x
            y = (row + 0.5 + (0.5 if column % 2 else 0.0)) * step_y
            parts.append(_dot(x + step_x / 2, y, min(step_x, step_y) * 0.05, ground, width, height))
            if motifs:
                art, colours, size = motifs[(row * columns + column + row) % len(motifs)]
                reach = min(step_x, step_y) * 0.66 * min(1.3, max(0.6, size))
                scale = reach / max(art.height, art.width)
                turn = rng.uniform(-14, 14)
                flip = rng.random() < 0.5 and art.faces != "front"
                drawing = re.sub(r'\bid="[^"]+"', "", art.drawing(colours))
                across = -scale if flip else scale
                inner = f"scale({across:.5f} {scale:.5f}) translate({-art.width / 2:g} {-art.height / 2:g})"
                parts.append(_wrapped(drawing, x, y, turn, inner, reach * 0.75, width, height))
    return wrap_svg("".join(parts), width, height)


def _dot(x: float, y: float, radius: float, ground: str, width: int, height: int) -> str:
    colour = shade(ground, -0.12) if ground != "#26324f" else mix(ground, "#ffffff", 0.2)
    shape = f'<circle r="{radius:.2f}" fill="{colour}"/>'
    return _wrapped(shape, x, y, 0, "", radius, width, height)


def _wrapped(drawing: str, x: float, y: float, turn: float, inner: str, reach: float, width: int, height: int) -> str:
    """The drawing at its place and again wherever it crosses an edge."""
    result = []
    for dx in (-width, 0, width):
        for dy in (-height, 0, height):
            if -reach < x + dx < width + reach and -reach < y + dy < height + reach:
                place = f"translate({x + dx:.2f} {y + dy:.2f}) rotate({turn:.1f}) {inner}".strip()
                result.append(f'<g transform="{place}">{drawing}</g>')
    return "".join(result)
