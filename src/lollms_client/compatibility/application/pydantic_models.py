"""Models of pydantic, of its second version and of its first (`pydantic.v1`), as forms of an answer."""

from __future__ import annotations

import json
from typing import Any


def is_model(kind: type) -> bool:
    """Whether a class is a pydantic model of either version."""
    return callable(getattr(kind, "model_json_schema", None)) or _is_first(kind)


def json_schema(model: type) -> dict[str, Any]:
    """The model's JSON Schema."""
    method: Any = model.schema if _is_first(model) else model.model_json_schema  # type: ignore[attr-defined]
    schema: dict[str, Any] = method()
    return schema


def instance_of(model: type, value: Any) -> Any:
    """A validated instance. Raises ValueError (pydantic's own kind of it) with what is wrong."""
    validate: Any = model.parse_obj if _is_first(model) else model.model_validate  # type: ignore[attr-defined]
    return validate(value)


def plain_value(instance: Any) -> Any:
    """What JSON can hold of an instance."""
    return json.loads(instance.json()) if _is_first(type(instance)) else instance.model_dump(mode="json")


def _is_first(kind: type) -> bool:
    if hasattr(kind, "model_json_schema"):
        return False
    return all(callable(getattr(kind, name, None)) for name in ("schema", "parse_obj")) and hasattr(kind, "__fields__")
