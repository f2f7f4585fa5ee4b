"""From our common fields to a model's own inputs, as its schema offers them; the rest becomes warnings."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lollms_client.types.accounting import CallWarning
from lollms_client.types.media import Media


@functools.cache
def names() -> dict[str, list[str]]:
    """What models call our fields."""
    table: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("names.yaml").read_text(encoding="utf-8"))
    return table


class Inputs:
    """The inputs for one prediction, filled field by field. `schema`: the model's OpenAPI document, None if unknown."""

    def __init__(self, schema: Mapping[str, Any] | None) -> None:
        components = (schema or {}).get("components") or {}
        self._schemas: Mapping[str, Any] = components.get("schemas") or {}
        found = (self._schemas.get("Input") or {}).get("properties")
        self.known: Mapping[str, Any] | None = found if isinstance(found, Mapping) else None
        self.values: dict[str, Any] = {}
        self.warnings: list[CallWarning] = []

    def offers(self, field: str) -> str | None:
        """The model's name for one of our fields, None where it has none."""
        for name in names()[field]:
            if self.known is None or (name in self.known and name not in self.values):
                return name
        return None

    def put(self, field: str, value: Any, *, quiet: bool = False) -> bool:
        """Give one of our fields. A field that the model does not have is dropped with a warning, unless `quiet`."""
        if value is None or value == ():
            return True
        name = self.offers(field)
        if name is None:
            if not quiet:
                self.warn("dropped", field, "the model has no such input")
            return False
        adapted = self._adapted(field, name, value)
        if adapted is None:
            return False
        self.values[name] = adapted
        return True

    def put_size(self, width: int | None, height: int | None) -> None:
        """Give a size in pixels: as width and height where the model takes these, else as the nearest aspect ratio."""
        if width is None and height is None:
            return
        if self.offers("width") and self.offers("height"):
            self.put("width", width)
            self.put("height", height)
            if self.known is not None and "custom" in self.choices_of("aspect_ratio"):
                self.values["aspect_ratio"] = "custom"
            return
        sent = [
            f"{name} {self.values[name]}"
            for name in (self._put_ratio(width, height), self._put_resolution(width, height))
            if name
        ]
        if sent:
            self.warn("replaced", "width, height", f"sent as {' and '.join(sent)}")
        else:
            self.warn("dropped", "width, height", "the model has no such input")

    def put_frames(self, seconds: float | None, fps: float | None) -> None:
        """Give a length as a number of frames, where the model counts these."""
        if seconds is None or self.put("seconds", seconds, quiet=True):
            return
        if self.known is None or "num_frames" not in self.known:
            self.warn("dropped", "seconds", "the model has no such input")
            return
        rate_name = self.offers("fps") or next((name for name in names()["fps"] if name in self.values), "")
        rate = fps or self.known.get(rate_name, {}).get("default") or 24
        frames = self._number("seconds", self._property("num_frames"), round(seconds * float(rate)))
        self.values["num_frames"] = frames

    def warn(self, kind: Any, setting: str, detail: str) -> None:
        """Remember a warning."""
        self.warnings.append(CallWarning(kind=kind, setting=setting, detail=detail))

    def choices(self, field: str) -> list[Any]:
        """What the model offers for one of our fields; empty where it takes anything, or has no such input."""
        name = self.offers(field)
        return self.choices_of(name) if name and self.known is not None else []

    # --- reading the schema ---

    def _property(self, name: str) -> dict[str, Any]:
        row = dict((self.known or {}).get(name) or {})
        for part in (*row.pop("allOf", ()), *row.pop("anyOf", ()), row):
            reference = part.get("$ref", "") if isinstance(part, Mapping) else ""
            if reference:
                row = {**self._schemas.get(reference.rpartition("/")[2], {}), **row}
            elif part is not row and isinstance(part, Mapping) and part.get("type") != "null":
                row = {**part, **row}
        return row

    def choices_of(self, name: str) -> list[Any]:
        """What the model offers for an input by its own name."""
        return _plain(self._property(name).get("enum"))

    def _adapted(self, field: str, name: str, value: Any) -> Any:
        """The value in the input's type; None, with a warning, where it does not fit."""
        row = self._property(name)
        kind, options = row.get("type"), _plain(row.get("enum"))
        if isinstance(value, (Media, tuple)):
            return self._media(field, kind, value)
        if isinstance(value, bool) or kind == "boolean":
            if kind in (None, "boolean"):
                return bool(value)
            self.warn("dropped", field, f"the model's input {name} takes no yes or no")
            return None
        if options:
            return self._option(field, options, value)
        if kind in ("integer", "number"):
            return self._number(field, row, value)
        return f"{value:g}" if kind == "string" and isinstance(value, float) else value

    def _media(self, field: str, kind: str | None, value: Any) -> Any:
        found = list(value) if isinstance(value, tuple) else [value]
        if kind == "array":
            return found
        if kind is None and len(found) > 1:
            return found
        if len(found) > 1:
            self.warn("clamped", field, "the model takes one; the first is sent")
        return found[0]

    def _option(self, field: str, options: list[Any], value: Any) -> Any:
        for option in options:
            if str(option).lower() == str(value).lower() or {str(option), str(value)} == {"jpg", "jpeg"}:
                return option
        numbers = [option for option in options if _as_number(option) is not None]
        wanted = _as_number(value)
        if numbers and wanted is not None:
            nearest = min(numbers, key=lambda option: abs((_as_number(option) or 0.0) - wanted))
            if _as_number(nearest) != wanted:
                self.warn("replaced", field, f"{nearest} is the nearest that the model offers")
            return nearest
        self.warn("dropped", field, f"the model offers {', '.join(map(str, options[:12]))}")
        return None

    def _number(self, field: str, row: Mapping[str, Any], value: Any) -> Any:
        number = _as_number(value)
        if number is None:
            self.warn("dropped", field, "the model takes a number")
            return None
        low, high = row.get("minimum", number), row.get("maximum", number)
        kept = min(max(number, low), high)
        if kept != number:
            self.warn("clamped", field, f"{kept:g} is sent")
        return round(kept) if row.get("type") == "integer" else kept

    def _put_ratio(self, width: int | None, height: int | None) -> str:
        shapes = {option: _ratio(option) for option in self.choices_of("aspect_ratio")}
        offered = {option: ratio for option, ratio in shapes.items() if ratio}
        if not offered or not width or not height:
            return ""
        wanted = width / height
        self.values["aspect_ratio"] = min(offered, key=lambda o: max(offered[o] / wanted, wanted / offered[o]))
        return "aspect_ratio"

    def _put_resolution(self, width: int | None, height: int | None) -> str:
        lines = {option: int(str(option)[:-1]) for option in self.choices_of("resolution") if _is_lines(option)}
        if not lines:
            return ""
        wanted = min(side for side in (width, height) if side)
        self.values["resolution"] = min(lines, key=lambda option: abs(lines[option] - wanted))
        return "resolution"


def _plain(options: Any) -> list[Any]:
    """The options that a schema names: texts and numbers; what else stands there can be neither shown nor sent."""
    return [option for option in options if isinstance(option, (str, int, float))] if isinstance(options, list) else []


def _as_number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _ratio(option: Any) -> float | None:
    across, mark, down = str(option).partition(":")
    first, second = _as_number(across), _as_number(down)
    return first / second if mark and first and second else None


def _is_lines(option: Any) -> bool:
    text = str(option)
    return text.endswith("p") and text[:-1].isdigit()
