"""Makes values that fit a JSON Schema, the same for the same seed."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

from lollms_client.errors import BadSetting
from lollms_client.families.mock.text_patterns import matching_text
from lollms_client.families.mock.words import words

_FORMATS = {
    "date-time": "2026-01-31T12:30:00Z", "date": "2026-01-31", "time": "12:30:00Z", "duration": "PT1H30M",
    "email": "someone@example.com", "idn-email": "someone@example.com", "hostname": "example.com",
    "idn-hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "uri": "https://example.com/page",
    "uri-reference": "/page", "iri": "https://example.com/page", "iri-reference": "/page", "url": "https://example.com",
    "uuid": "6f1e0c6a-4b1f-4c54-9a55-0d8f2c1b7e21", "json-pointer": "/name", "regex": "[a-z]+", "byte": "AAAA",
    "uri-template": "https://example.com/{page}", "relative-json-pointer": "1/name",
}  # fmt: skip
_DEEPEST = 24


def value_for(schema: Mapping[str, Any], seed: int, text: str = "") -> Any:
    """A value that fits the schema; free texts are `text` where it is given and fits.

    Raises BadSetting where nothing fits, or where the schema asks for what is not understood here.
    """
    return _Maker(schema, random.Random(seed), text).make(schema, 0)


class _Maker:
    def __init__(self, root: Mapping[str, Any], chance: random.Random, text: str) -> None:
        self.root = root
        self.chance = chance
        self.text = text

    def make(self, schema: Any, depth: int) -> Any:
        if schema is True or schema == {}:
            return self._free_text()
        if not isinstance(schema, Mapping):
            raise _unfit(f"nothing fits {schema!r}")
        if depth > _DEEPEST:
            raise _Endless("the JSON Schema goes round in circles")
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self.chance.choice(list(schema["enum"]))
        for name in ("oneOf", "anyOf"):
            if schema.get(name):
                return self._one_of(schema, name, depth)
        return self._typed(schema, depth)

    def _one_of(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        rest = {key: value for key, value in schema.items() if key != name}
        failure: BadSetting | None = None
        for choice in schema[name]:
            try:
                return self.make(_joined(rest, self._resolved(choice)), depth + 1)
            except BadSetting as error:
                failure = error
        raise failure or _unfit("an empty list of choices")

    def _resolved(self, schema: Any) -> Any:
        seen = 0
        while isinstance(schema, Mapping) and ("$ref" in schema or "allOf" in schema):
            seen += 1
            if seen > _DEEPEST:
                raise _unfit("a $ref of the JSON Schema leads back to itself")
            rest = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
            found = [self._referred(schema["$ref"])] if "$ref" in schema else []
            for part in [*found, *schema.get("allOf", ())]:
                rest = _joined(rest, self._resolved(part))
            schema = rest
        return schema

    def _referred(self, reference: Any) -> Any:
        found: Any = self.root
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise _unfit(f"the $ref {reference!r} leads out of the JSON Schema")
        for word in filter(None, reference[1:].split("/")):
            name = word.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, Mapping) else None
        if found is None:
            raise _unfit(f"the $ref {reference!r} leads nowhere")
        return found

    def _typed(self, schema: Mapping[str, Any], depth: int) -> Any:
        kind = schema.get("type")
        kinds = kind if isinstance(kind, list) else [kind or _guessed(schema)]
        choice = next((item for item in kinds if item != "null"), "null")
        if choice == "object":
            return self._object(schema, depth)
        if choice == "array":
            return self._array(schema, depth)
        if choice in ("integer", "number"):
            return _number(schema, whole=choice == "integer", chance=self.chance)
        if choice == "string":
            return self._string(schema)
        if choice == "boolean":
            return self.chance.random() < 0.5
        if choice == "null":
            return None
        raise _unfit(f"{choice!r} is no type of a JSON Schema")

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties") or {}
        required = list(schema.get("required") or ())
        found: dict[str, Any] = {}
        for name in [*properties, *(name for name in required if name not in properties)]:
            inner = properties.get(name, schema.get("additionalProperties", {}))
            try:
                found[name] = self.make({} if inner is False else inner, depth + 1)
            except _Endless:
                if name in required or depth > 2:
                    raise
        for number in range(max(0, int(schema.get("minProperties", 0)) - len(found))):
            more = schema.get("additionalProperties", {})
            found[f"more_{number + 1}"] = self.make({} if more is False else more, depth + 1)
        return found

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        first = schema.get("prefixItems") or ()
        least, most = int(schema.get("minItems", 0)), schema.get("maxItems")
        if most is not None and least > int(most):
            raise _unfit(f"there is no list of at least {least} and at most {most} items")
        rest = schema.get("items", {})
        usual = len(first) if first else 2
        if "contains" in schema:
            rest, usual = _joined(rest if isinstance(rest, Mapping) else {}, schema["contains"]), max(1, usual)
        size = max(least, usual if most is None else min(usual, int(most)))
        if rest is False:
            size = min(size, len(first))
        found: list[Any] = []
        for number in range(size):
            try:
                found.append(self._item(first[number] if number < len(first) else rest, found, schema, depth))
            except _Endless:
                if number < least or depth > 2:
                    raise
                break
        return found

    def _item(self, inner: Any, found: list[Any], schema: Mapping[str, Any], depth: int) -> Any:
        for _ in range(200):
            value = self.make(inner, depth + 1)
            if not schema.get("uniqueItems") or value not in found:
                return value
            self.text = ""
        raise _unfit("there are not enough different items")

    def _string(self, schema: Mapping[str, Any]) -> str:
        least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
        if most is not None and least > int(most):
            raise _unfit(f"there is no text of at least {least} and at most {most} letters")
        if schema.get("pattern"):
            return matching_text(str(schema["pattern"]), self.chance, least, most)
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        text = self._free_text()
        while len(text) < least:
            text += " " + " ".join(words(8, self.chance.getrandbits(32)))
        return text if most is None else text[: int(most)]

    def _free_text(self) -> str:
        return self.text or " ".join(words(3, self.chance.getrandbits(32)))


class _Endless(BadSetting):
    """A schema that holds itself; where that part may be left out, it is."""


def _unfit(what: str) -> BadSetting:
    return BadSetting(f"no mock value can be made: {what}", setting="response_format")


def _guessed(schema: Mapping[str, Any]) -> str:
    signs = {
        "object": ("properties", "required", "additionalProperties", "minProperties"),
        "array": ("items", "prefixItems", "minItems", "maxItems", "contains"),
        "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
    return next((kind for kind, names in signs.items() if any(name in schema for name in names)), "string")


def _joined(first: Mapping[str, Any], second: Any) -> dict[str, Any]:
    """Both schemas at once."""
    if second is True:
        return dict(first)
    if not isinstance(second, Mapping):
        raise _unfit(f"nothing fits {second!r}")
    found = {**first, **second}
    if "properties" in first and "properties" in second:
        names = {**first["properties"], **second["properties"]}
        both = set(first["properties"]) & set(second["properties"])
        joined = {name: {"allOf": [first["properties"][name], second["properties"][name]]} for name in both}
        found["properties"] = {**names, **joined}
    if "required" in first and "required" in second:
        found["required"] = list(dict.fromkeys([*first["required"], *second["required"]]))
    for name, keep in (("minimum", max), ("minLength", max), ("minItems", max), ("maximum", min), ("maxLength", min)):
        if name in first and name in second:
            found[name] = keep(first[name], second[name])
    if "enum" in first and "enum" in second:
        found["enum"] = [item for item in first["enum"] if item in second["enum"]]
    return found


def _number(schema: Mapping[str, Any], *, whole: bool, chance: random.Random) -> float | int:
    step = schema.get("multipleOf") or (1 if whole else 0)
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    above, below = schema.get("exclusiveMinimum", -math.inf), schema.get("exclusiveMaximum", math.inf)
    least, most = max(low, above), min(high, below)
    if least == -math.inf:
        least = min(1, most - 10) if most != math.inf else 1
    if most == math.inf:
        most = least + 10 * max(1, step)
    if not step:
        return float(least if least == most and low >= least else least + (most - least) * chance.uniform(0.25, 0.75))
    first, last = math.ceil(least / step), math.floor(most / step)
    first += first * step <= above
    last -= last * step >= below
    if first > last:
        raise _unfit(f"there is no number from {least} to {most} in steps of {step}")
    value = chance.randint(first, last) * step
    return round(value) if whole or isinstance(value, int) else value
