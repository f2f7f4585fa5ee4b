"""Whether a value fits a JSON Schema: what is wrong with it, in words that a model can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lollms_client.compatibility.application.schemas import resolved

_DEPTH = 60  # of values and references that are followed
_MOST = 20  # problems that are told
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def problems(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """What of the value does not fit, each with its place; empty where it fits."""
    found: list[str] = []
    for problem in _check(value, schema, schema, "the answer", 0):
        found.append(problem)
        if len(found) >= _MOST:
            break
    return found


def is_type(value: Any, name: str) -> bool:
    """Whether a value is of that JSON type; whole floats count as integers, booleans never as numbers."""
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(name, (object,)))


def _check(value: Any, schema: Any, root: Mapping[str, Any], place: str, depth: int) -> Iterator[str]:
    if schema is True or depth > _DEPTH:
        return
    if schema is False:
        yield f"{place} must not be there"
        return
    schema = resolved(dict(schema), root)
    kinds = schema.get("type")
    if kinds is not None:
        names = kinds if isinstance(kinds, list) else [kinds]
        nullable = schema.get("nullable") is True and value is None
        if not nullable and not any(is_type(value, name) for name in names):
            yield f"{place} must be of type {' or '.join(names)}, not {_named(value)}"
            return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place} must be one of {schema['enum']!r}, not {value!r}"
    if "const" in schema and value != schema["const"]:
        yield f"{place} must be {schema['const']!r}"
    yield from _combined(value, schema, root, place, depth)
    if isinstance(value, dict):
        yield from _object(value, schema, root, place, depth)
    elif isinstance(value, list):
        yield from _array(value, schema, root, place, depth)
    elif isinstance(value, str):
        yield from _string(value, schema, place)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _number(value, schema, place)


def _combined(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], place: str, depth: int) -> Iterator[str]:
    for part in schema.get("allOf", ()):
        yield from _check(value, part, root, place, depth + 1)
    for name in ("anyOf", "oneOf"):
        parts = schema.get(name)
        if parts:
            tried = [list(_check(value, part, root, place, depth + 1)) for part in parts]
            if all(tried):
                yield min(tried, key=len)[0]
            elif name == "oneOf" and sum(not item for item in tried) > 1:
                yield f"{place} fits more than one of the forms of which it must fit one"


def _object(
    value: dict[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any], place: str, depth: int
) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{place} lacks {name!r}"
    others = schema.get("additionalProperties", True)
    for name, item in value.items():
        inner = f"{place}.{name}"
        if name in properties:
            yield from _check(item, properties[name], root, inner, depth + 1)
        elif others is False and "patternProperties" not in schema:
            yield f"{place} must not have {name!r}"
        elif isinstance(others, Mapping):
            yield from _check(item, others, root, inner, depth + 1)


def _array(
    value: list[Any], schema: Mapping[str, Any], root: Mapping[str, Any], place: str, depth: int
) -> Iterator[str]:
    if len(value) < schema.get("minItems", 0):
        yield f"{place} must have at least {schema['minItems']} items"
    if len(value) > schema.get("maxItems", len(value)):
        yield f"{place} must have at most {schema['maxItems']} items"
    if schema.get("uniqueItems") and any(item in value[:index] for index, item in enumerate(value)):
        yield f"{place} must not have an item twice"
    first = schema.get("prefixItems", ())
    for index, item in enumerate(value):
        inner = first[index] if index < len(first) else schema.get("items", True)
        yield from _check(item, inner, root, f"{place}[{index}]", depth + 1)


def _string(value: str, schema: Mapping[str, Any], place: str) -> Iterator[str]:
    if len(value) < schema.get("minLength", 0):
        yield f"{place} must have at least {schema['minLength']} characters"
    if len(value) > schema.get("maxLength", len(value)):
        yield f"{place} must have at most {schema['maxLength']} characters"
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        try:
            fits = re.search(pattern, value) is not None
        except re.error:
            return
        if not fits:
            yield f"{place} must match {pattern}"


def _number(value: float, schema: Mapping[str, Any], place: str) -> Iterator[str]:
    if value < schema.get("minimum", value):
        yield f"{place} must be at least {schema['minimum']}"
    if value > schema.get("maximum", value):
        yield f"{place} must be at most {schema['maximum']}"
    if "exclusiveMinimum" in schema and not value > schema["exclusiveMinimum"]:
        yield f"{place} must be more than {schema['exclusiveMinimum']}"
    if "exclusiveMaximum" in schema and not value < schema["exclusiveMaximum"]:
        yield f"{place} must be less than {schema['exclusiveMaximum']}"
    step = schema.get("multipleOf")
    if step and abs(value / step - round(value / step)) > 1e-9:
        yield f"{place} must be a multiple of {step}"


def _named(value: Any) -> str:
    return next((name for name in _TYPES if name != "number" and is_type(value, name)), type(value).__name__)
