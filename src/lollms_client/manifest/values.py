"""Values of the six parameter types: what fits, what can be made to fit without loss, and what is in bounds."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lollms_client.manifest.model import Parameter

TRUE_WORDS = ("true", "yes", "on", "1")
FALSE_WORDS = ("false", "no", "off", "0")
TYPE_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "dict": "a mapping",
}
_WHOLE = re.compile(r"[+-]?\d{1,400}")
_LONGEST_SHOWN = 60


def fit(kind: str, value: Any) -> Any:
    """`value` as one of the types; ValueError (whose text goes on after a name) where that would lose something."""
    return _FITTERS[kind](value)


def _wrong(kind: str, value: Any) -> ValueError:
    return ValueError(f"must be {TYPE_WORDS[kind]}, not {shown(value)}")


def shown(value: Any) -> str:
    """A value for a message, cut to a line."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def _fit_str(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, os.PathLike):
        path = os.fspath(value)
        if isinstance(path, str):
            return path
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise _wrong("str", value)


def _fit_int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    raise _wrong("int", value)


def _fit_float(value: Any) -> float:
    number: float | None = None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = None
    if number is None or not math.isfinite(number) or (isinstance(value, str) and "_" in value):
        raise _wrong("float", value)
    return number


def _fit_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        if word in TRUE_WORDS:
            return True
        if word in FALSE_WORDS:
            return False
    raise _wrong("bool", value)


def _fit_list(value: Any) -> list[Any]:
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            items: list[Any] = _from_json(text, list, "list")
            return items
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return list(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    raise _wrong("list", value)


def _fit_dict(value: Any) -> dict[str, Any]:
    if isinstance(value, str) and value.strip().startswith("{"):
        entries: dict[str, Any] = _from_json(value, dict, "dict")
        return entries
    if isinstance(value, Mapping):
        return dict(value)
    raise _wrong("dict", value)


def _from_json(text: str, kind: type, name: str) -> Any:
    import json

    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"must be {TYPE_WORDS[name]} as JSON; this is not: {shown(text)}") from error
    if not isinstance(found, kind):
        raise _wrong(name, found)
    return found


_FITTERS = {
    "str": _fit_str,
    "int": _fit_int,
    "float": _fit_float,
    "bool": _fit_bool,
    "list": _fit_list,
    "dict": _fit_dict,
}


def check_bounds(parameter: Parameter, value: Any) -> None:
    """ValueError (whose text goes on after the name) if a value that fits the type breaks options or range."""
    if parameter.options and not is_option(parameter, value):
        near = near_names(str(value), map(str, parameter.options), limit=1) if isinstance(value, str) else []
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        what = "" if parameter.is_secret else f", not {shown(value)}"
        raise ValueError(f"must be one of {_list(parameter.options)}{what}{hint}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = parameter.min, parameter.max
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueError(f"must be {range_words(parameter)}, not {shown(value)}")


def is_option(parameter: Parameter, value: Any) -> bool:
    """Whether the value is one of the options; for a list, whether each of its items is."""
    items = value if parameter.type == "list" and value not in parameter.options else [value]
    return all(any(item == option and type(item) is type(option) for option in parameter.options) for item in items)


def range_words(parameter: Parameter) -> str:
    """The range in words: `between 0 and 1`, `at least 1`, `at most 8`, with the unit."""
    unit = f" {parameter.unit}" if parameter.unit else ""
    low = None if parameter.min is None else f"{parameter.min:.12g}"
    high = None if parameter.max is None else f"{parameter.max:.12g}"
    if low is not None and high is not None:
        return f"between {low} and {high}{unit}"
    return f"at least {low}{unit}" if low is not None else f"at most {high}{unit}"


def _list(values: Iterable[Any]) -> str:
    texts = [repr(value) for value in values]
    return ", ".join(texts[:20]) + (f" … ({len(texts)} in all)" if len(texts) > 20 else "")


def near_names(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """The known names nearest to a mistyped one, best first."""
    import difflib

    by_shape = {_shape(item): item for item in known}
    near = difflib.get_close_matches(_shape(name), list(by_shape), n=limit, cutoff=0.6)
    return [by_shape[item] for item in near]


def _shape(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")
