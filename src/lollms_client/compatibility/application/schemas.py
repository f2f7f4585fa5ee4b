"""JSON Schemas out of what an application gives: a schema, a class, an instance, a template, a list."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lollms_client.compatibility.application.pydantic_models import is_model, json_schema
from lollms_client.errors import BadSetting

_JSON_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_NAMES = {
    "str": "string", "string": "string", "text": "string", "int": "integer", "integer": "integer", "float": "number",
    "number": "number", "double": "number", "bool": "boolean", "boolean": "boolean", "list": "array", "array": "array",
    "dict": "object", "object": "object", "none": "null", "null": "null",
}  # fmt: skip
_PYTHON = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
_KEYWORDS = frozenset(
    {
        "$schema", "$id", "$ref", "$defs", "$comment", "definitions", "title", "description", "default", "examples",
        "type", "enum", "const", "properties", "required", "additionalProperties", "patternProperties",
        "propertyNames", "minProperties", "maxProperties", "items", "prefixItems", "minItems", "maxItems",
        "uniqueItems", "contains", "anyOf", "oneOf", "allOf", "not", "if", "then", "else", "minimum", "maximum",
        "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "format",
        "nullable", "readOnly", "writeOnly", "deprecated",
    }
)  # fmt: skip
_TELLING = frozenset({"$ref", "properties", "anyOf", "oneOf", "allOf", "enum", "const", "items", "$defs"})


def schema_of(given: Any) -> dict[str, Any]:
    """The JSON Schema of what the answer must be.

    `given` is a JSON Schema (as dictionary or JSON text); a pydantic class or an instance of one; another class with
    fields; a template, which shows the answer with names of types, descriptions or examples in the place of values; a
    list of one such thing, for several of them, or of names of fields. Raises BadSetting.
    """
    if isinstance(given, str):
        given = _decoded(given)
    if isinstance(given, type) or isinstance(type(given).__dict__.get("model_config"), Mapping):
        return _of_class(given if isinstance(given, type) else type(given))
    if is_model(type(given)):
        return _of_class(type(given))
    if isinstance(given, Mapping):
        return dict(given) if is_schema(given) else template_schema(given)
    if isinstance(given, Sequence) and given:
        return _fields_or_list(list(given))
    raise BadSetting("schema must be a JSON Schema, a class with fields, a template or a list of one", setting="schema")


def is_schema(given: Mapping[str, Any]) -> bool:
    """Whether a dictionary is a JSON Schema, and not a template of an answer."""
    if not given or not all(name in _KEYWORDS for name in given):
        return False
    kind = given.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "type" in given:
        return all(isinstance(item, str) and item in _JSON_TYPES for item in kinds) and _is_deep(given)
    return any(isinstance(given.get(name), (Mapping, list)) for name in _TELLING) or "const" in given


def _is_deep(given: Mapping[str, Any]) -> bool:
    """A template may have fields called `type` and `description`: then its type says nothing more about itself."""
    if given["type"] == "object":
        return isinstance(given.get("properties"), Mapping) or len(given) == 1 or "additionalProperties" in given
    return not ({"title", "description", "format", "pattern"} >= given.keys() - {"type"} and len(given) > 2)


def template_schema(template: Any) -> dict[str, Any]:
    """The schema of a template: every field of it is required."""
    if isinstance(template, Mapping):
        if is_schema(template):
            return dict(template)
        properties = {str(name): template_schema(value) for name, value in template.items()}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    if isinstance(template, (list, tuple)):
        return _list_schema(list(template))
    if isinstance(template, type) or typing.get_origin(template) is not None:
        return type_schema(template)
    if isinstance(template, str):
        known = _NAMES.get(template.strip().lower())
        return {"type": known} if known else {"type": "string", **({"description": template} if template else {})}
    for kind in (bool, int, float):
        if isinstance(template, kind):
            return {"type": _PYTHON[kind]}
    return {}


def _list_schema(items: list[Any]) -> dict[str, Any]:
    if not items:
        return {"type": "array"}
    if len(items) > 1 and all(isinstance(item, str) for item in items):
        return {"type": "array", "items": {"type": "string"}}  # words that say what the list is of
    return {"type": "array", "items": template_schema(items[0])}


def _fields_or_list(items: list[Any]) -> dict[str, Any]:
    """What a list at the top stands for: several names are those of fields."""
    named = all(isinstance(item, str) and item.isidentifier() and item.lower() not in _NAMES for item in items)
    return template_schema(dict.fromkeys(items, "str")) if named and len(items) > 1 else _list_schema(items)


def type_schema(kind: Any) -> dict[str, Any]:
    """The schema of a type: its name (`str`, `list` …), a Python type, or a class with fields."""
    if isinstance(kind, str):
        name = kind.strip().lower()
        return {} if name == "any" else {"type": _NAMES.get(name, "string")}
    if kind in _PYTHON:
        return {"type": _PYTHON[kind]}
    if isinstance(kind, type) and typing.get_origin(kind) is None:
        return _of_class(kind)
    try:
        return msgspec.json.schema(kind)
    except (TypeError, ValueError) as error:
        raise BadSetting(f"no JSON Schema can be made of {kind}: {error}", setting="schema") from error


def _of_class(kind: type) -> dict[str, Any]:
    if kind in _PYTHON:
        return {"type": _PYTHON[kind]}
    if is_model(kind):
        return json_schema(kind)
    try:
        found = msgspec.json.schema(kind)
    except (TypeError, ValueError) as error:
        raise BadSetting(f"no JSON Schema can be made of {kind.__name__}: {error}", setting="schema") from error
    return resolved(found, found)


def resolved(schema: dict[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """The schema that a `$ref` at the top points to, with the definitions beside it."""
    reference = schema.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return schema
    found: Any = root
    for step in reference[2:].split("/"):
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        raise BadSetting(f"the schema points to {reference}, which is not in it", setting="schema")
    beside = {name: root[name] for name in ("$defs", "definitions") if name in root}
    return {**{name: value for name, value in schema.items() if name != "$ref"}, **found, **beside}


def _decoded(text: str) -> Any:
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        kind = _NAMES.get(text.strip().lower())
        if kind is None:
            raise BadSetting("schema is a text that is no JSON", setting="schema") from None
        return {"type": kind}
    if not isinstance(found, (Mapping, list)):
        raise BadSetting("schema must be a JSON object or a list", setting="schema")
    return found
