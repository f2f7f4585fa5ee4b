"""Tools made of Python functions: the name, the docstring's first paragraph, the schema of the annotated parameters."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any

import msgspec

from lollms_client.errors import BadSetting
from lollms_client.types.chat import Tool


def tool_of_function(function: Callable[..., Any]) -> Tool:
    """The tool that describes `function`. Raises BadSetting where a parameter has no annotation that JSON can carry."""
    name = getattr(function, "__name__", "")
    if not name or name == "<lambda>":
        raise BadSetting("a tool function needs a name", setting="tools")
    hints = typing.get_type_hints(function)
    properties: dict[str, Any] = {}
    required: list[str] = []
    definitions: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        properties[parameter.name] = _schema(name, parameter, hints, definitions)
        if parameter.default is parameter.empty:
            required.append(parameter.name)
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": required}
    if definitions:
        schema["$defs"] = definitions
    return Tool(name=name, description=_first_paragraph(function), parameters=schema)


def _schema(name: str, parameter: inspect.Parameter, hints: dict[str, Any], definitions: dict[str, Any]) -> Any:
    if parameter.name not in hints:
        raise BadSetting(f"the parameter {parameter.name} of the tool {name} needs a type annotation", setting="tools")
    try:
        (schema,), found = msgspec.json.schema_components([hints[parameter.name]], ref_template="#/$defs/{name}")
    except TypeError as error:
        raise BadSetting(f"the parameter {parameter.name} of the tool {name}: {error}", setting="tools") from error
    definitions.update(found)
    if parameter.default is not parameter.empty and isinstance(parameter.default, (str, int, float, bool)):
        schema = {**schema, "default": parameter.default}
    return schema


def _first_paragraph(function: Callable[..., Any]) -> str:
    text = inspect.getdoc(function) or ""
    return " ".join(text.partition("\n\n")[0].split())
