"""The JSON Schema of description.yaml itself, built from the rules, for editors that complete and check manifests.

It knows the canonical spelling. What it accepts loads without an error, except for the rules that no JSON Schema can
say (a name that stands twice, min above max, a default out of range); older spellings load, too, with a warning.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lollms_client.manifest.field_rules import REQUIREMENT
from lollms_client.manifest.json_schema import DRAFT, JSON_TYPES
from lollms_client.manifest.model import TYPE_TITLES
from lollms_client.manifest.parameter_rules import KEYS, NAME, QUIET_KEYS, VARIABLE
from lollms_client.manifest.reach import HOST
from lollms_client.manifest.reading import FIELDS, METHOD_SUFFIX, QUIET_FIELDS, SETTINGS_SECTIONS, TEXT_FIELDS

ADDRESS = "https://raw.githubusercontent.com/lollms/lollms_client/main/src/lollms_client/manifest/schema.json"
FILE = Path(__file__).with_name("schema.json")
_TEXT: dict[str, Any] = {"type": ["string", "number", "boolean", "null"]}
_FULL_TEXT: dict[str, Any] = {"type": ["string", "number", "boolean"], "minLength": 1, "pattern": r"\S"}
_FLAG: dict[str, Any] = {"type": ["boolean", "null"]}
_MAPPING: dict[str, Any] = {"type": ["object", "null"]}
_NUMBER: dict[str, Any] = {"type": ["number", "null"]}
_TEXTS: dict[str, Any] = {"anyOf": [{"type": "array", "items": _FULL_TEXT}, _TEXT]}

_FIELD_WORDS = {
    "title": "The name that people see.",
    "author": "Who wrote the binding.",
    "version": "The binding's own version.",
    "description": "What it is, what it is not, and its limits, for a person who chooses.",
    "license": "The licence of the adapter itself, as an SPDX expression.",
    "binding_type": "What it does; found from the class where it is missing.",
    "capabilities": "What it can do: chat, stream, tools, json_schema, generate, edit, inpaint, words, voices …",
    "requirements": "Packages that it needs, as pip takes them: package>=1.2.",
    "licenses": "Licences of engines, weights and services that it uses.",
    "assets": "Weights and data that are fetched once.",
    "links": "Addresses: home, documentation, prices, keys …",
    "verified": "How, when and with what it was tried.",
    "limits": "What it cannot do, said honestly.",
    "offline": "Whether it works without a network.",
    "reach": "What it may reach once it runs: hosts, paths, processes.",
    "service": "Facts of a service on a known wire: base_url, quirks …",
    "commands": "Methods that a user interface may offer as buttons.",
}
_KEY_WORDS = {
    "name": "The keyword under which the code receives the value.",
    "type": "The kind of value.",
    "description": "What it does, for a person who sets it.",
    "default": "The value where none is given.",
    "options": "The only valid values.",
    "is_secret": "Whether it is a key or password; held masked, never printed or saved in plain text.",
    "mandatory": "Whether it must be given.",
    "min": "The least number allowed.",
    "max": "The greatest number allowed.",
    "step": "The distance between two values of a slider.",
    "unit": "The unit of a number: seconds, pixels …",
    "env": "The environment variables that may hold it, the first one winning.",
}


def manifest_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a manifest. It lies beside this module as schema.json."""
    parameters = {"$ref": "#/$defs/parameters"}
    properties: dict[str, Any] = {key: {"description": _FIELD_WORDS[key], **_field(key)} for key in FIELDS}
    for key in SETTINGS_SECTIONS:
        words = "The settings of the binding, given to its constructor."
        properties[key] = {"description": words, **parameters}
        if key != SETTINGS_SECTIONS[0]:
            properties[key] |= {"deprecated": True, "description": f"{words} Write {SETTINGS_SECTIONS[0]} instead."}
    properties |= {key: True for key in QUIET_FIELDS if key not in properties}
    method = {"description": "The parameters of one method, as its keywords.", **parameters}
    return {
        "$schema": DRAFT,
        "$id": ADDRESS,
        "title": "Manifest of a lollms_client binding (description.yaml)",
        "type": "object",
        "properties": properties,
        "patternProperties": {f"^[A-Za-z_][A-Za-z0-9_]*{METHOD_SUFFIX}$": method, "^x-": True},
        "additionalProperties": False,
        "$defs": {"parameters": _parameters(), "parameter": _parameter()},
    }


def _field(key: str) -> dict[str, Any]:
    if key in TEXT_FIELDS:
        return _TEXT
    if key == "binding_type":
        choices = [{"const": kind, "title": title} for kind, title in TYPE_TITLES.items()]
        return {"anyOf": [*choices, {"enum": ["", None]}]}
    if key == "requirements":
        requirement = {"type": "string", "pattern": f"^({REQUIREMENT.pattern})$"}
        return {"anyOf": [{"type": "array", "items": requirement}, requirement, {"const": ""}, _MAPPING]}
    if key in ("licenses", "verified", "commands"):
        named: dict[str, Any] = {"type": "object"}
        if key == "commands":
            named |= {"required": ["name"], "properties": {"name": {"type": "string"}}}
        return {"type": ["array", "null"], "items": {"anyOf": [named, {"type": ["string", "number", "boolean"]}]}}
    if key == "links":
        return {"anyOf": [{"type": "object", "additionalProperties": _TEXT}, _TEXTS]}
    if key == "assets":
        return {"type": ["array", "null"]}
    if key == "offline":
        return _FLAG
    if key == "reach":
        return _reach()
    return _MAPPING if key == "service" else _TEXTS


def _reach() -> dict[str, Any]:
    hosts = {**_FULL_TEXT, "pattern": f"^\\s*({HOST.pattern})\\s*$"}
    one_host = {"type": ["string", "number", "boolean", "null"], "pattern": f"^\\s*({HOST.pattern})?\\s*$"}
    return {
        "type": ["object", "null"],
        "properties": {
            "hosts": {
                "description": "Names or addresses of hosts; * stands for anything, and a port may follow.",
                "anyOf": [{"type": "array", "items": hosts}, one_host],
            },
            "paths": {"description": "Files and folders that it reads or writes; ~ is the user's own.", **_TEXTS},
            "processes": {"description": "Programs that it starts, by name or path.", **_TEXTS},
        },
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
    }


def _parameters() -> dict[str, Any]:
    return {"type": ["array", "null"], "items": {"$ref": "#/$defs/parameter"}}


def _parameter() -> dict[str, Any]:
    properties = {key: {"description": _KEY_WORDS[key], **_key(key)} for key in KEYS}
    return {
        "type": "object",
        "required": ["name", "type"],
        "properties": {**properties, **dict.fromkeys(QUIET_KEYS, True)},
        "additionalProperties": False,
        "allOf": [
            *(_of_type(kind) for kind in JSON_TYPES),
            {"if": _has("is_secret", True), "then": {"properties": {"type": {"const": "str"}}}},
        ],
    }


def _key(key: str) -> dict[str, Any]:
    if key == "name":
        return {"type": "string", "pattern": f"^{NAME.pattern}$"}
    if key == "type":
        return {"enum": list(JSON_TYPES)}
    if key in ("is_secret", "mandatory"):
        return _FLAG
    if key in ("min", "max"):
        return _NUMBER
    if key == "step":
        return {**_NUMBER, "exclusiveMinimum": 0}
    if key == "options":
        return {"type": ["array", "null"]}
    if key == "env":
        name = {"type": "string", "pattern": f"^{VARIABLE.pattern}$"}
        return {"anyOf": [name, {"type": "array", "items": name}, {"type": "null"}]}
    return {} if key == "default" else _TEXT


def _of_type(kind: str) -> dict[str, Any]:
    """What the other keys may hold in a parameter of one type."""
    json_type = JSON_TYPES[kind]
    option = {"type": "string" if kind == "list" else json_type}
    then: dict[str, Any] = {
        "default": {"type": [json_type, "null"]},
        "options": {"type": ["array", "null"], "items": option},
    }
    if kind not in ("int", "float"):
        then |= {key: {"type": "null"} for key in ("min", "max", "step")}
    return {"if": _has("type", kind), "then": {"properties": then}}


def _has(key: str, value: Any) -> dict[str, Any]:
    return {"properties": {key: {"const": value}}, "required": [key]}


def schema_text() -> str:
    """The schema as it stands in schema.json."""
    return json.dumps(manifest_schema(), indent=2, ensure_ascii=False) + "\n"
