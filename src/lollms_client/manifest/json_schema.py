"""JSON Schema (draft 2020-12) of a binding's settings and of its methods' parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lollms_client.manifest.model import Parameter

DRAFT = "https://json-schema.org/draft/2020-12/schema"
JSON_TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
}


def parameters_schema(parameters: Iterable[Parameter], *, title: str, closed: bool) -> dict[str, Any]:
    """One object schema with a property per parameter; `closed` forbids other properties."""
    parameters = tuple(parameters)
    schema: dict[str, Any] = {
        "$schema": DRAFT,
        "type": "object",
        "properties": {item.name: parameter_schema(item) for item in parameters},
        "additionalProperties": not closed,
    }
    if title:
        schema["title"] = title
    required = [item.name for item in parameters if item.mandatory and item.default is None]
    if required:
        schema["required"] = required
    return schema


def parameter_schema(parameter: Parameter) -> dict[str, Any]:
    """The schema of one parameter. A secret is write-only, and its default stays unsaid."""
    schema: dict[str, Any] = {"type": JSON_TYPES[parameter.type]}
    if parameter.description:
        schema["description"] = parameter.description
    if parameter.is_secret:
        schema |= {"writeOnly": True, "format": "password"}
    elif parameter.default is not None:
        schema["default"] = parameter.default
    if parameter.options:
        schema["enum"] = list(parameter.options)
    if parameter.min is not None:
        schema["minimum"] = parameter.min
    if parameter.max is not None:
        schema["maximum"] = parameter.max
    if parameter.step is not None:
        schema["x-step"] = parameter.step
    if parameter.unit:
        schema["x-unit"] = parameter.unit
    if parameter.env:
        schema["x-env"] = list(parameter.env)
    return schema
