"""Posters: quoted words set large over a scene, or over a decorated ground where no scene is named."""

from __future__ import annotations

import math
import random
import re

from lollms_client.engines.scene.colours import brightness, shade
from lollms_client.engines.scene.composer import Scene
from lollms_client.engines.scene.figures import wrap_svg
from lollms_client.engines.scene.lettering import Line, text_svg, wrap
from lollms_client.engines.scene.lexicon import facts
from lollms_client.engines.scene.light import light_of
from lollms_client.engines.scene.sketch import Sketch

_QUOTED = re.compile(r"[\"“”«»]([^\"“”«»]+)[\"“”«»]|(?<!\w)['‘]([^'’]+(?:['’]\w[^'’]*)*)['’](?!\w)")
_SAYING = re.compile(
    r"\b(?:saying|that says|which says|reads|reading|with the (?:words?|text|title|caption)|titled|the text|says)"
    r"\s*:?\s+(.+)",
    re.I,
)
_POSTER = re.compile(
    r"\b(?:an?\s+|the\s+)?(?:movie\s+|birthday\s+|greeting\s+|invitation\s+|party\s+|book\s+|title\s+)?"
    r"(?:poster|banner|sign|flyer|leaflet|placard|card|invitation|cover|billboard|logo|label|postcard|meme|title)s?\b(?:\s+(?:for|of|with|about|showing))?",
    re.I,
)
_LETTERS = re.compile(
    r"\bin\s+(?:big\s+|large\s+|bold\s+)*(\w+)\s+(?:letters|text|type|font|lettering|writing)\b", re.I
)
_PALETTES = (
    ("#20385e", "#f4b942", "#f7f3e8", "#e4572e"), ("#f7efe0", "#d1495b", "#2e4057", "#66a182"),
    ("#5b2a86", "#f9c80e", "#ffffff", "#ea3546"), ("#0f5e5a", "#f2a65a", "#fff7e6", "#eec170"),
    ("#ffd166", "#ef476f", "#22334a", "#06a77d"), ("#c8e4f4", "#2a6f97", "#14323f", "#f28482"),
)  # fmt: skip


def quoted_texts(prompt: str) -> list[str]:
    """The texts between quotation marks, in order."""
    return [" ".join((one or other).split()) for one, other in _QUOTED.findall(prompt) if (one or other).strip()]


def without_quotes(prompt: str) -> str:
    """The prompt less the texts between quotation marks."""
    return _QUOTED.sub(" ", prompt)


def wants_poster(prompt: str) -> bool:
    """Whether the prompt asks for words in the picture."""
    return bool(quoted_texts(prompt)) or (bool(_POSTER.search(prompt)) and bool(_SAYING.search(prompt)))


def split_prompt(prompt: str) -> tuple[list[str], str]:
    """The texts to set, and what remains of the prompt to be drawn."""
    texts = quoted_texts(prompt)
    rest = _QUOTED.sub(" ", prompt)
    if not texts and (said := _SAYING.search(rest)):
        texts = [" ".join(said.group(1).split())]
        rest = rest[: said.start()]
    rest = _LETTERS.sub(
        " ",
        _POSTER.sub(
            " ",
            re.sub(
                r"\b(?:saying|that says|says|reads|titled|with the (?:words?|text|title|caption)|"
                r"(?:the )?(?:text|words?))\b",
                " ",
                rest,
                flags=re.I,
            ),
        ),
    )
    return texts or [" ".join(_POSTER.sub(" ", prompt).split()) or prompt.strip() or "…"], rest


def letter_colour(prompt: str) -> str | None:
    """The colour asked for the letters, if any."""
    found = _LETTERS.search(prompt)
    return facts()["colours"].get(found.group(1).lower()) if found else None


def poster_svg(texts: list[str], scene: Scene | None, width: int, height: int, seed: int, colour: str | None) -> str:
    """The poster as an SVG document: over a scene where there is one, else over a ground of its own."""
    rng = random.Random(seed * 131 + 5)
    if scene is None:
        return _typographic(texts, width, height, rng, colour)
    dark = scene.light.dark or scene.place in ("space", "moon", "stage", "cave", "underwater")
    fill = colour or ("#fff6d8" if dark or scene.light.time == "sunset" else "#23304d")
    edge = "#141c33" if brightness(fill) > 0.5 else "#ffffff"
    words = _set(texts, width, height * 0.36, height * 0.06, fill, edge)
    return wrap_svg(scene.svg() + words, width, height)


def _set(texts: list[str], width: int, room: float, top: float, fill: str, edge: str | None) -> str:
    """The first text large and bold, the others smaller beneath it, from a height in pixels down."""
    title_room = room if len(texts) == 1 else room * 0.64
    lines: list[tuple[Line, float]] = [
        (line, 0.035) for line in wrap(texts[0], width * 0.88, title_room, min(room * 0.6, width * 0.22))
    ]
    rest_room = room - sum(line.size * 1.15 for line, _ in lines)
    for text in texts[1:]:
        lines += [
            (line, 0.008)
            for line in wrap(text, width * 0.84, max(8.0, rest_room / (len(texts) - 1)), lines[0][0].size * 0.5)
        ]
    result: list[str] = []
    y = float(top)
    for line, bold in lines:
        y += line.size * 0.95
        if edge:
            result.append(
                f'<g opacity="0.85">{text_svg(line.text, width / 2, y, line.size, edge, bold=bold + 0.1)}</g>'
            )
        result.append(text_svg(line.text, width / 2, y, line.size, fill, bold=bold))
        y += line.size * 0.2
    return "".join(result)


def _typographic(texts: list[str], width: int, height: int, rng: random.Random, colour: str | None) -> str:
    ground, first, ink, second = rng.choice(_PALETTES)
    sketch = Sketch(width, height, rng, light_of(None, ()))
    u = sketch.u
    parts = [sketch.vertical(0, height, [(0, shade(ground, 0.06)), (1, shade(ground, -0.12))])]
    kind = rng.choice(("rays", "rings", "confetti"))
    if kind == "rays":
        for index in range(0, 24, 2):
            a, b = (math.tau * k / 24 for k in (index, index + 1))
            far = width + height
            points = [
                (width / 2, height / 2),
                (width / 2 + far * math.cos(a), height / 2 + far * math.sin(a)),
                (width / 2 + far * math.cos(b), height / 2 + far * math.sin(b)),
            ]
            parts.append(sketch.polygon(points, first, 'opacity="0.22"'))
    elif kind == "rings":
        for x, y in ((0, 0), (width, height), (width, 0), (0, height)):
            parts += [
                sketch.ellipse(x, y, u * r, u * r, tone, 'opacity="0.55"')
                for r, tone in ((34, first), (25, ground), (17, second), (8, ground))
            ]
    else:
        for _ in range(70):
            px, py = rng.uniform(0, width), rng.uniform(0, height)
            if abs(py - height / 2) > height * 0.22:
                piece = sketch.rect(px, py, u * 2.6, u * 1.4, rng.choice((first, second, ink)))
                parts.append(f'<g transform="rotate({rng.uniform(0, 180):.0f} {px:.0f} {py:.0f})">{piece}</g>')
    frame = f'stroke="{first}" stroke-width="{u:.1f}"'
    parts.append(sketch.rect(u * 3.5, u * 3.5, width - 7 * u, height - 7 * u, "none", frame))
    room = height * 0.62
    inner = _set(texts, width, room, 0, colour or ink, None)
    used = _used_height(texts, width, room)
    parts.append(f'<g transform="translate(0 {(height - used) / 2:.1f})">{inner}</g>')
    return wrap_svg("".join(parts), width, height)


def _used_height(texts: list[str], width: int, room: float) -> float:
    title_room = room if len(texts) == 1 else room * 0.64
    lines = wrap(texts[0], width * 0.88, title_room, min(room * 0.6, width * 0.22))
    used = sum(line.size * 1.15 for line in lines)
    for text in texts[1:]:
        more = wrap(text, width * 0.84, max(8.0, (room - used) / (len(texts) - 1)), lines[0].size * 0.5)
        used += sum(line.size * 1.15 for line in more)
    return used
