"""Checks bodies against Google's discovery document: every field is known, of its type and among its values."""

from __future__ import annotations

import base64
import re
from typing import Any

from tests.services.native_cases import document

_TYPES: dict[str, Any] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def check_body(schema: str, value: Any) -> None:
    """Fail with every point in which the value breaks the schema of that name."""
    found = list(_problems({"$ref": schema}, value, schema))
    assert not found, "\n".join(found)


def _problems(schema: dict[str, Any], value: Any, where: str) -> list[str]:
    if "$ref" in schema:
        return _problems(document("gemini-discovery.json")["schemas"][schema["$ref"]], value, where)
    kind = schema.get("type", "any")
    if kind == "any":
        return []
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return [f"{where}: {value!r} is no {kind}"]
    found: list[str] = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is none of {schema['enum']}")
    if schema.get("format") == "byte":
        base64.b64decode(value, validate=True)
    if kind == "array":
        for place, item in enumerate(value):
            found += _problems(schema["items"], item, f"{where}[{place}]")
    if kind == "object":
        properties = schema.get("properties", {})
        for name, item in value.items():
            inner = properties.get(name) or schema.get("additionalProperties")
            found += [f"{where}: unknown field {name}"] if inner is None else _problems(inner, item, f"{where}.{name}")
    return found


def camel(value: Any) -> Any:
    """With names as the API writes them: the SDK sends those inside of dictionaries as they were given."""
    if isinstance(value, dict):
        return {re.sub(r"_([a-z])", lambda found: found[1].upper(), name): camel(item) for name, item in value.items()}
    return [camel(item) for item in value] if isinstance(value, list) else value
