"""Charts: the numbers of a prompt as bars, a line or a pie."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from lollms_client.engines.scene.art_library import ArtLibrary
from lollms_client.engines.scene.figures import wrap_svg
from lollms_client.engines.scene.lettering import text_svg, text_width
from lollms_client.engines.scene.poster import quoted_texts

_CHART = re.compile(r"\b(bar|column|line|pie|donut)?\s*(?:chart|graph|diagram|plot)s?\b", re.I)
_NUMBER = r"[-+]?\d+(?:[.,]\d+)?"
_LABEL_FIRST = re.compile(rf"([^\W\d][\w'’ .&/-]*?)\s*(?:[:=]|\bis\b|\bat\b|\bwith\b)?\s*\(?({_NUMBER})\)?\s*%?", re.I)
_NUMBER_FIRST = re.compile(rf"({_NUMBER})\s*%?\s*(?:of\s+)?([^\W\d][\w'’ &/-]*)", re.I)
_YEARS = re.compile(rf"\b(\d{{4}})\s*[:=]\s*({_NUMBER})")
_COLOURS = (
    "#2f6fd6",
    "#f0862b",
    "#3f9e4a",
    "#d9302c",
    "#8442b5",
    "#1d9aa0",
    "#e3b23c",
    "#cf5f96",
    "#6f7f92",
    "#85552f",
)


@dataclass(frozen=True)
class Chart:
    """What is to be shown: bar, line or pie, a title, and labelled values."""

    kind: str
    title: str
    values: tuple[tuple[str, float], ...]


def read_chart(prompt: str) -> Chart | None:
    """The chart a prompt asks for, None where it asks for none or names no numbers."""
    asked = _CHART.search(prompt)
    if not asked:
        return None
    kind = {"column": "bar", "donut": "pie", None: "bar"}.get(asked.group(1) and asked.group(1).lower(), asked.group(1))
    titles = quoted_texts(prompt)
    body = prompt[asked.end() :]
    if len(re.findall(_NUMBER, body)) < len(re.findall(_NUMBER, prompt[: asked.start()])):
        body = prompt[: asked.start()]
    title = titles[0] if titles else ""
    for text in titles:
        body = body.replace(text, " ")
    head, colon, tail = body.partition(":")
    if (
        colon
        and not re.search(r"\d", head)
        and len(re.findall(_NUMBER, tail)) > 1
        and not re.match(r"\s*\d+\s*([,;]|$)", tail)
    ):
        title = title or re.sub(r"^\s*(?:of|for|about|showing|with)\s+", "", head).strip()
        body = tail
    values = _values(body)
    return Chart(str(kind).lower(), title, values) if values else None


def wants_chart(prompt: str) -> bool:
    """Whether the prompt asks for a chart and gives numbers for it."""
    return read_chart(prompt) is not None


def _values(body: str) -> tuple[tuple[str, float], ...]:
    body = re.sub(r"^\s*(?:of|for|about|showing|with|comparing)\b", " ", body, flags=re.I)
    years = _YEARS.findall(body)
    if len(years) > 1:
        return tuple((label, _parse(value)) for label, value in years[:24])
    pieces = [one for one in re.split(r"[,;\n](?!\d)|\band\b|\bversus\b|\bvs\b", body) if re.search(r"\d", one)]
    result = []
    for piece in pieces:
        found = _NUMBER_FIRST.match(piece.strip()) or _LABEL_FIRST.search(piece.strip())
        if found and found.re is _NUMBER_FIRST:
            result.append((_clean(found.group(2)), _parse(found.group(1))))
        elif found:
            result += [(_clean(label), _parse(value)) for label, value in _LABEL_FIRST.findall(piece)]
        else:
            result += [(str(len(result) + 1 + i), _parse(value)) for i, value in enumerate(re.findall(_NUMBER, piece))]
    return tuple(result[:24])


def _clean(label: str) -> str:
    return re.sub(r"^(?:of|the|a|an|for)\s+", "", label.strip(" .-'’"), flags=re.I)[:24] or "?"


def _parse(text: str) -> float:
    return max(-1e12, min(1e12, float(text.replace(",", "."))))


def chart_svg(chart: Chart, library: ArtLibrary, width: int, height: int) -> str:
    """The chart as an SVG document; labels are outlines, and a known thing's picture stands with its bar."""
    unit = min(width, height) / 100
    parts = [f'<rect width="{width}" height="{height}" fill="#fbf9f4"/>']
    title = chart.title[:60]
    if title:
        size = min(unit * 6, width * 0.9 / max(1.0, text_width(title, 1)))
        parts.append(text_svg(title, width / 2, unit * 9, size, "#2b3445", bold=0.03))
    top = unit * (15 if title else 8)
    area = (unit * 12, top, width - unit * 5, height - unit * 14)
    if chart.kind == "pie" and sum(max(0.0, v) for _, v in chart.values) > 0:
        parts.append(_pie(chart, (width, height), top, unit))
    else:
        parts.append(_axes(chart, area, unit))
        parts.append(_line(chart, area, unit) if chart.kind == "line" else _bars(chart, library, area, unit))
    return wrap_svg("".join(parts), width, height)


def _scale(chart: Chart) -> tuple[float, float, float]:
    """Lowest and highest value of the axis and its step: round numbers."""
    low, high = min(0.0, *(v for _, v in chart.values)), max(0.0, *(v for _, v in chart.values))
    span = (high - low) or 1.0
    power = 10.0 ** math.floor(math.log10(span / 4))
    step = next(power * k for k in (1, 2, 5, 10) if span / (power * k) <= 6)
    return math.floor(low / step) * step, math.ceil(high / step) * step or step, step


def _axes(chart: Chart, area: tuple[float, float, float, float], unit: float) -> str:
    left, top, right, bottom = area
    low, high, step = _scale(chart)
    parts = []
    for index in range(round((high - low) / step) + 1):
        value = low + index * step
        y = bottom - (value - low) / (high - low) * (bottom - top)
        colour = "#8b93a3" if abs(value) < step / 1000 else "#dfe2e8"
        parts.append(f'<path d="M{left:.1f} {y:.1f}H{right:.1f}" stroke="{colour}" stroke-width="{unit * 0.3:.2f}"/>')
        parts.append(text_svg(f"{value:g}", left - unit * 1.5, y + unit, unit * 3, "#5b6474", "end"))
    return "".join(parts)


def _label(text: str, x: float, y: float, room: float, unit: float) -> str:
    size = min(unit * 3.6, room * 0.94 / max(0.2, text_width(text, 1)))
    return text_svg(text, x, y, max(size, 3.0), "#2b3445")


def _icon(label: str, library: ArtLibrary, x: float, foot: float, size: float) -> str:
    found = library.words.get(label.lower())
    if not found:
        return ""
    art = library[found[0]]
    scale = size / max(art.width, art.height)
    drawing = re.sub(r'\bid="[^"]+"', "", art.drawing())
    left, top = x - art.width * scale / 2, foot - art.height * scale
    return f'<g transform="translate({left:.2f} {top:.2f}) scale({scale:.5f})">{drawing}</g>'


def _bars(chart: Chart, library: ArtLibrary, area: tuple[float, float, float, float], unit: float) -> str:
    left, top, right, bottom = area
    low, high, _ = _scale(chart)
    room = (right - left) / len(chart.values)
    zero = bottom + low / (high - low) * (bottom - top)
    parts = []
    for index, (label, value) in enumerate(chart.values):
        x = left + (index + 0.5) * room
        y = bottom - (value - low) / (high - low) * (bottom - top)
        parts.append(
            f'<rect x="{x - room * 0.33:.1f}" y="{min(y, zero):.1f}" width="{room * 0.66:.1f}" '
            f'height="{abs(zero - y):.1f}" '
            f'rx="{unit * 0.6:.1f}" fill="{_COLOURS[index % len(_COLOURS)]}"/>'
        )
        parts.append(_label(label, x, bottom + unit * 5, room, unit))
        parts.append(text_svg(f"{value:g}", x, min(y, zero) - unit * 1.2, unit * 3.2, "#2b3445"))
        if abs(zero - y) > unit * 14:
            parts.append(_icon(label, library, x, zero - unit, min(room * 0.5, unit * 12)))
    return "".join(parts)


def _line(chart: Chart, area: tuple[float, float, float, float], unit: float) -> str:
    left, top, right, bottom = area
    low, high, _ = _scale(chart)
    room = (right - left) / len(chart.values)
    points = [
        (left + (i + 0.5) * room, bottom - (v - low) / (high - low) * (bottom - top))
        for i, (_, v) in enumerate(chart.values)
    ]
    data = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    parts = [
        f'<path d="{data}" fill="none" stroke="{_COLOURS[0]}" stroke-width="{unit * 0.9:.2f}" stroke-linejoin="round"/>'
    ]
    for (label, value), (x, y) in zip(chart.values, points, strict=True):
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{unit * 1.3:.2f}" fill="#ffffff" '
            f'stroke="{_COLOURS[0]}" stroke-width="{unit * 0.7:.2f}"/>'
        )
        parts.append(_label(label, x, bottom + unit * 5, room, unit))
        parts.append(text_svg(f"{value:g}", x, y - unit * 2.4, unit * 3.2, "#2b3445"))
    return "".join(parts)


def _pie(chart: Chart, picture: tuple[int, int], top: float, unit: float) -> str:
    width, height = picture
    wide = width > height * 1.15
    radius = min((height - top) * 0.42, width * (0.28 if wide else 0.36))
    cx, cy = (width * 0.34, top + (height - top) / 2) if wide else (width / 2, top + radius + unit * 2)
    total = sum(max(0.0, value) for _, value in chart.values)
    parts, angle = [], -math.pi / 2
    for index, (_, value) in enumerate(chart.values):
        share = max(0.0, value) / total
        end = angle + min(share, 0.99999) * math.tau
        x1, y1 = cx + radius * math.cos(angle), cy + radius * math.sin(angle)
        x2, y2 = cx + radius * math.cos(end), cy + radius * math.sin(end)
        arc = f"{radius:.1f} {radius:.1f} 0 {int(share > 0.5)} 1 {x2:.2f} {y2:.2f}"
        parts.append(
            f'<path d="M{cx:.1f} {cy:.1f}L{x1:.2f} {y1:.2f}A{arc}Z" fill="{_COLOURS[index % len(_COLOURS)]}" '
            f'stroke="#fbf9f4" stroke-width="{unit * 0.5:.1f}"/>'
        )
        if share > 0.07:
            middle = (angle + end) / 2
            x, y = cx + radius * 0.62 * math.cos(middle), cy + radius * 0.62 * math.sin(middle) + unit * 1.5
            parts.append(text_svg(f"{share:.0%}", x, y, unit * 4, "#ffffff", bold=0.02))
        angle = end
    area = (width * 0.66, top + (height - top) * 0.1, width, height - (height - top) * 0.1)
    return "".join(parts) + _legend(
        chart, area if wide else (width * 0.12, cy + radius + unit * 3, width, height), unit
    )


def _legend(chart: Chart, area: tuple[float, float, float, float], unit: float) -> str:
    """The labels of a pie, in one column where the area is high, else in two."""
    left, top, right, bottom = area
    columns = 1 if bottom - top > right - left else 2
    rows = -(-len(chart.values) // columns)
    room = (bottom - top) / rows
    size = min(unit * 4, room * 0.6)
    parts = []
    for index, (label, value) in enumerate(chart.values):
        x = left + (index // rows) * (right - left) / columns
        y = top + (index % rows + 0.6) * room
        colour = _COLOURS[index % len(_COLOURS)]
        parts.append(
            f'<rect x="{x:.1f}" y="{y - size * 0.8:.1f}" width="{size:.1f}" height="{size:.1f}" fill="{colour}"/>'
        )
        parts.append(text_svg(f"{label} {value:g}", x + size * 1.5, y, size, "#2b3445", "start"))
    return "".join(parts)
