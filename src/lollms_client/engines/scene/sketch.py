"""Shapes from which backdrops are drawn, as SVG text in pixels of the picture."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence

from lollms_client.engines.scene.colours import mix, shade
from lollms_client.engines.scene.light import Light


def number(value: float) -> str:
    """A coordinate with one decimal place at most."""
    return f"{value:.1f}".rstrip("0").rstrip(".") if value == value else "0"


def trace(*steps: str | float) -> str:
    """Path data of command letters and coordinates."""
    return " ".join(step if isinstance(step, str) else number(step) for step in steps)


class Sketch:
    """A picture of `width` × `height` pixels being drawn in one light; `u` is a hundredth of its shorter side."""

    def __init__(self, width: int, height: int, rng: random.Random, light: Light) -> None:
        self.width = width
        self.height = height
        self.rng = rng
        self.light = light
        self.u = min(width, height) / 100
        self._ids = itertools.count(1)

    def gradient(self, stops: Sequence[tuple[float, str]], x2: float = 0.0, y2: float = 1.0) -> tuple[str, str]:
        """A linear gradient: its definition and the fill that refers to it."""
        name = f"g{next(self._ids)}"
        inner = "".join(f'<stop offset="{number(at)}" stop-color="{colour}"/>' for at, colour in stops)
        return (
            f'<defs><linearGradient id="{name}" x1="0" y1="0" x2="{x2}" y2="{y2}">{inner}</linearGradient></defs>',
            f"url(#{name})",
        )

    def glow(self, x: float, y: float, radius: float, colour: str, strength: float = 0.8) -> str:
        """A soft round light."""
        name = f"g{next(self._ids)}"
        return (
            f'<defs><radialGradient id="{name}"><stop offset="0" stop-color="{colour}" stop-opacity="{strength:.2f}"/>'
            f'<stop offset="1" stop-color="{colour}" stop-opacity="0"/></radialGradient></defs>'
            f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="url(#{name})"/>'
        )

    def rect(self, x: float, y: float, width: float, height: float, fill: str, extra: str = "") -> str:
        """A rectangle."""
        box = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
        return f'<rect {box} fill="{fill}" {extra}/>'

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: str, extra: str = "") -> str:
        """An ellipse about a centre."""
        return f'<ellipse cx="{number(x)}" cy="{number(y)}" rx="{number(rx)}" ry="{number(ry)}" fill="{fill}" {extra}/>'

    def path(self, data: str, fill: str, extra: str = "") -> str:
        """A filled path."""
        return f'<path d="{data}" fill="{fill}" {extra}/>'

    def polygon(self, points: Sequence[tuple[float, float]], fill: str, extra: str = "") -> str:
        """A filled polygon."""
        return f'<polygon points="{" ".join(f"{number(x)},{number(y)}" for x, y in points)}" fill="{fill}" {extra}/>'

    def lines(self, data: str, colour: str, width: float, extra: str = "") -> str:
        """A stroked path with round ends."""
        stroke = f'stroke="{colour}" stroke-width="{number(width)}" stroke-linecap="round"'
        return f'<path d="{data}" fill="none" {stroke} {extra}/>'

    def vertical(self, y: float, height: float, stops: Sequence[tuple[float, str]]) -> str:
        """A band over the whole width with a vertical gradient."""
        definition, fill = self.gradient(stops)
        return definition + self.rect(-1, y, self.width + 2, height + 1, fill)

    # --- land --------------------------------------------------------------------------------------------------------

    def outline(self, base: float, rise: float, waves: float) -> list[tuple[float, float]]:
        """Points of a soft line across the picture that repeats at its edges; heights in pixels."""
        phases = [self.rng.uniform(0, math.tau) for _ in range(3)]
        points = []
        for step in range(49):
            t = step / 48 * math.tau
            wave = sum(math.sin(t * k + phase) / k for k, phase in zip((1, 2, 3), phases, strict=True)) / 1.6
            points.append(
                (step / 48 * self.width, base - rise * (0.5 + 0.5 * wave) - waves * math.sin(t * 7 + phases[0]) * 0.2)
            )
        return points

    def hill(self, base: float, rise: float, colour: str, below: str | None = None) -> str:
        """Rolling land whose crest lies up to `rise` pixels above `base`, filled to the bottom."""
        points = self.outline(base, rise, rise * 0.3)
        data = f"M-2 {self.height + 2}L-2 {number(points[0][1])}" + "".join(
            f"L{number(x)} {number(y)}" for x, y in points
        )
        definition, fill = self.gradient([(0, colour), (1, below or shade(colour, -0.18))])
        return definition + self.path(data + f"L{self.width + 2} {number(points[-1][1])}V{self.height + 2}Z", fill)

    def peaks(self, base: float, rise: float, colour: str, snow: str | None, count: int = 5) -> str:
        """A range of mountains, each lit from the left, with snow caps where a colour is given."""
        result = []
        for index in sorted(range(count), key=lambda _: self.rng.random()):
            x = (index + self.rng.uniform(0.2, 0.8)) * self.width / count
            top = base - rise * self.rng.uniform(0.6, 1.0)
            half = (base - top) * self.rng.uniform(0.8, 1.15)
            result.append(self.polygon([(x - half, base), (x, top), (x + half, base)], colour))
            ridge = [(x, top), (x + half, base), (x + half * 0.1, base), (x + half * 0.18, top + (base - top) * 0.5)]
            result.append(self.polygon(ridge, shade(colour, -0.16)))
            if snow:
                cap = (base - top) * 0.3
                w = half * 0.3
                teeth = [(x, top), (x + w, top + cap), (x + w * 0.4, top + cap * 0.75), (x + w * 0.1, top + cap * 1.15),
                         (x - w * 0.3, top + cap * 0.8), (x - w, top + cap)]  # fmt: skip
                result.append(self.polygon(teeth, snow))
        return "".join(result)

    def cloud(self, x: float, y: float, size: float, colour: str, opacity: float = 0.9) -> str:
        """A cloud `size` pixels wide about a point."""
        rng = self.rng
        puffs = [(-0.3, 0.02, 0.18), (-0.1, -0.1, 0.24), (0.14, -0.06, 0.2), (0.32, 0.03, 0.15)]
        parts = [
            f'<circle cx="{number(x + size * dx)}" cy="{number(y + size * dy)}" '
            f'r="{number(size * r * rng.uniform(0.85, 1.15))}"/>'
            for dx, dy, r in puffs
        ]
        base = (
            f'<rect x="{number(x - size * 0.48)}" y="{number(y)}" width="{number(size * 0.96)}" '
            f'height="{number(size * 0.17)}" rx="{number(size * 0.085)}"/>'
        )
        return f'<g fill="{colour}" opacity="{opacity:.2f}">{"".join(parts)}{base}</g>'

    # --- plants ------------------------------------------------------------------------------------------------------

    def pine(self, x: float, foot: float, height: float, colour: str, snow: str | None = None) -> str:
        """A conifer with its foot at (x, foot)."""
        result = [
            self.rect(
                x - height * 0.035, foot - height * 0.16, height * 0.07, height * 0.16, mix(colour, "#4a2f1a", 0.7)
            )
        ]
        for top, low, half in ((0.45, 0.12, 0.24), (0.72, 0.36, 0.19), (1.0, 0.6, 0.14)):
            tri = [
                (x - height * half, foot - height * low),
                (x, foot - height * top),
                (x + height * half, foot - height * low),
            ]
            result.append(self.polygon(tri, colour))
            result.append(
                self.polygon([(x, foot - height * top), tri[2], (x, foot - height * low)], shade(colour, -0.12))
            )
            if snow:
                tip = [
                    (x - height * half * 0.5, foot - height * (top + low) / 2),
                    tri[1],
                    (x + height * half * 0.5, foot - height * (top + low) / 2),
                ]
                result.append(self.polygon(tip, snow))
        return "".join(result)

    def round_tree(self, x: float, foot: float, height: float, colour: str, trunk: str) -> str:
        """A leafy tree with its foot at (x, foot)."""
        r = height * 0.24
        crown = "".join(
            self.ellipse(x + dx * r, foot - height * 0.66 + dy * r, r * k, r * k * 0.95, fill)
            for dx, dy, k, fill in (
                (-0.65, 0.3, 0.8, shade(colour, -0.1)), (0.65, 0.3, 0.8, shade(colour, -0.14)),
                (0, -0.3, 1.05, colour), (-0.3, -0.55, 0.5, shade(colour, 0.13)),
            )
        )  # fmt: skip
        return self.rect(x - height * 0.04, foot - height * 0.5, height * 0.08, height * 0.5, trunk) + crown

    def palm(self, x: float, foot: float, height: float, colour: str, trunk: str) -> str:
        """A palm leaning a little."""
        lean = self.rng.choice((-1, 1)) * height * 0.15
        top_x, top = x + lean, foot - height
        bend = f"M{number(x)} {number(foot)}Q{number(x)} {number(foot - height * 0.6)} {number(top_x)} {number(top)}"
        leaves = []
        for angle in (-170, -140, -100, -60, -25, 10):
            a = math.radians(angle)
            dx, dy = math.cos(a) * height * 0.42, math.sin(a) * height * 0.22
            tip = (top_x + dx, top + dy + height * 0.16)
            over = trace("M", top_x, top, "Q", top_x + dx * 0.6, top + dy - height * 0.12, *tip)
            leaves.append(over + trace("Q", top_x + dx * 0.5, top + dy * 0.7, top_x, top, "Z"))
        return self.lines(bend, trunk, height * 0.06) + self.path("".join(leaves), colour)

    def tufts(self, low: float, high: float, count: int, colour: str) -> str:
        """Blades of grass scattered between two heights of the picture (pixels)."""
        blades = []
        for _ in range(count):
            x, y = self.rng.uniform(0, self.width), self.rng.uniform(low, high)
            s = self.u * (0.8 + 1.4 * (y - low) / max(1.0, high - low))
            blades.append(
                trace("M", x, y, "l", -s * 0.6, -s * 1.4, "M", x, y, "v", -s * 1.9, "M", x, y, "l", s * 0.6, -s * 1.4)
            )
        return self.lines("".join(blades), colour, self.u * 0.35)

    def blossoms(self, low: float, high: float, count: int, colours: Sequence[str]) -> str:
        """Little flowers scattered between two heights of the picture (pixels)."""
        result = []
        for _ in range(count):
            x, y = self.rng.uniform(0, self.width), self.rng.uniform(low, high)
            s = self.u * (0.5 + 0.6 * (y - low) / max(1.0, high - low))
            result.append(
                self.ellipse(x, y, s, s, self.rng.choice(colours)) + self.ellipse(x, y, s * 0.4, s * 0.4, "#f7d154")
            )
        return "".join(result)

    def ripples(self, top: float, bottom: float, count: int, colour: str, opacity: float = 0.5) -> str:
        """Short light strokes on water between two heights (pixels)."""
        strokes = []
        for _ in range(count):
            t = self.rng.random()
            y = top + (bottom - top) * t
            x, s = self.rng.uniform(0, self.width), self.u * (2 + 7 * t)
            strokes.append(
                f"M{number(x - s)} {number(y)}q{number(s * 0.5)} {number(-s * 0.16)} {number(s)} 0t{number(s)} 0"
            )
        return self.lines("".join(strokes), colour, self.u * 0.45, f'opacity="{opacity}"')

    def wave_band(self, y: float, swell: float, length: float, colour: str, opacity: float = 1.0) -> str:
        """Water from a wavy line at height y (pixels) down to the bottom; whole waves, so that it can be shifted."""
        count = max(2, round(self.width / length))
        step = self.width / count
        data = f"M{number(-step)} {self.height + 2}V{number(y)}"
        data += "".join(
            f"q{number(step / 4)} {number(-swell)} {number(step / 2)} 0t{number(step / 2)} 0" for _ in range(count + 2)
        )
        return self.path(data + f"V{self.height + 2}Z", colour, f'opacity="{opacity:.2f}"')
