"""The light of a scene: sky colours and tint for a time of day, weather and season."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lollms_client.engines.scene.colours import mix, tinted


@dataclass(frozen=True)
class Light:
    """Sky gradient from top through middle to bottom, and the tint (multiplied, by amount) on all that is lit."""

    top: str
    middle: str
    bottom: str
    tint: str
    amount: float
    time: str = "day"

    def on(self, colour: str, haze: float = 0.0) -> str:
        """A colour as seen in this light, faded into the haze of the distance (0 near, 1 gone)."""
        return mix(tinted(colour, self.tint, self.amount), self.bottom, haze)

    @property
    def dark(self) -> bool:
        """Whether stars can be seen."""
        return self.time == "night"


_TIMES = {
    "day": Light("#5fb2ee", "#a5d8f7", "#e3f4fb", "#ffffff", 0.0, "day"),
    "dawn": Light("#7f9fe0", "#f5b8b0", "#ffe3b5", "#ffdccb", 0.45, "dawn"),
    "sunset": Light("#4b3f8c", "#e0607a", "#ffb35c", "#ffa880", 0.5, "sunset"),
    "night": Light("#0a1030", "#1b2a5e", "#34508c", "#5b6fc0", 0.6, "night"),
}
_GREYS = {"rain": ("#76869a", 0.6), "storm": ("#3c4557", 0.75), "clouds": ("#a9b8c6", 0.5), "snow": ("#b9c7d6", 0.6),
          "fog": ("#c9d0d6", 0.7)}  # fmt: skip


def light_of(time: str | None, weather: Collection[str]) -> Light:
    """The light at a time of day (day by default) under the weather named."""
    base = _TIMES[time or "day"]
    for name, (grey, amount) in _GREYS.items():
        if name in weather:
            grey = mix(grey, base.middle, 0.75) if base.dark else grey
            return Light(
                mix(base.top, grey, amount), mix(base.middle, grey, amount), mix(base.bottom, grey, amount * 0.85),
                mix(base.tint, "#9fb0c8" if name == "storm" else "#c3cedb", 0.5), max(base.amount, 0.45), base.time,
            )  # fmt: skip
    return base
