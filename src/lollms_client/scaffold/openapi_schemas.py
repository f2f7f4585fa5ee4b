"""Follows the references in an OpenAPI document, and joins what its schemas say into one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DEEPEST = 12
_KEPT = ("description", "default", "example", "examples", "title")


class Document:
    """An OpenAPI document."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root

    def mapping(self, value: Any) -> Mapping[str, Any]:
        """The mapping that a value is, or refers to; an empty one for anything else."""
        for _ in range(_DEEPEST):
            if not isinstance(value, Mapping):
                return {}
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            value = self._referred(reference)
        return {}

    def content(self, value: Any) -> dict[str, Any]:
        """What a request or a reply may consist of, by media type without parameters; any kind of JSON is JSON."""
        found: dict[str, Any] = {}
        for name, item in self.mapping(self.mapping(value).get("content")).items():
            plain = str(name).partition(";")[0].strip().lower()
            found.setdefault("application/json" if plain.endswith("+json") else plain, item)
        return found

    def _referred(self, reference: str) -> Any:
        found: Any = self.root
        if not reference.startswith("#/"):
            return None
        for word in reference[2:].split("/"):
            name = word.replace("~1", "/").replace("~0", "~").replace("%7B", "{").replace("%7D", "}")
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    def schema(self, value: Any, depth: int = 0) -> dict[str, Any]:
        """A schema with its references followed, `allOf` joined, and of alternatives the first that is not null."""
        if depth > _DEEPEST:
            return {}
        own = dict(value) if isinstance(value, Mapping) else {}
        found = dict(self.mapping(value))
        found |= {name: own[name] for name in _KEPT if name in own}
        for part in found.pop("allOf", None) or ():
            found = joined(found, self.schema(part, depth + 1))
        for name in ("anyOf", "oneOf"):
            choices = [self.schema(part, depth + 1) for part in found.pop(name, None) or ()]
            real = [item for item in choices if item.get("type") != "null"]
            if real:
                found = joined(found, _chosen(real))
        kind = found.get("type")
        if isinstance(kind, list):
            found["type"] = next((item for item in kind if item != "null"), "null")
        if isinstance(found.get("enum"), list):
            found["enum"] = [item for item in found["enum"] if item is not None]
        if "type" not in found:
            found["type"] = "object" if found.get("properties") else "array" if "items" in found else None
        return {key: item for key, item in found.items() if item is not None}


def _chosen(choices: list[dict[str, Any]]) -> dict[str, Any]:
    """Of alternatives: texts with and without options are any text; else the first, objects last."""
    texts = [item for item in choices if item.get("type") == "string"]
    if len(texts) == len(choices) and any("enum" not in item for item in texts):
        return {name: item for name, item in texts[0].items() if name != "enum"}
    return next((item for item in choices if item.get("type") != "object"), choices[0])


def joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Both schemas at once; where they differ, the first."""
    found = {**second, **first}
    for name in ("properties",):
        if name in first and name in second:
            found[name] = {**second[name], **first[name]}
    if "required" in first and "required" in second:
        found["required"] = [*dict.fromkeys([*second["required"], *first["required"]])]
    return found
