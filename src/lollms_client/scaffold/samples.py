"""Values for the wire cases and the defaults of a new binding: of a schema's own, else ones that fit it."""

from __future__ import annotations

from typing import Any

from lollms_client.errors import BadSetting
from lollms_client.families.mock.schema_values import value_for
from lollms_client.scaffold.operation import Field

_TEXTS = {
    "text": "Good evening.", "prompt": "A red kite over the sea", "negative_prompt": "clouds", "voice": "anna",
    "language": "en", "model": "a-model", "instructions": "Calmly.", "lyrics": "La la la", "genre": "folk",
    "mood": "calm", "key": "D minor", "style": "plain", "quality": "high", "output_format": "wav", "stop": "END",
    "size": "1024x1024",
}  # fmt: skip
_NUMBERS = {
    "width": 256, "height": 256, "seconds": 3.0, "milliseconds": 3000, "seed": 7, "steps": 20, "fps": 12, "speed": 1.25,
    "temperature": 0.5, "top_p": 0.9, "max_tokens": 50, "sample_rate": 16000, "guidance": 5.0, "tempo": 90.0,
}  # fmt: skip


def sample(field: Field) -> Any:
    """A value for a field, of a list the first item; None where none is found."""
    found = _sample(field)
    return found[: max(1, int(field.schema.get("minItems") or 1))] if isinstance(found, list) else found


def _sample(field: Field) -> Any:
    facts = field.schema
    examples = facts.get("examples")
    listed = examples if isinstance(examples, list) else []
    options = [item for item in facts.get("enum") or () if item is not None]
    for value in (facts.get("default"), facts.get("example"), *listed, *options[:1]):
        if value is not None and fits(value, field):
            return value
    usual = _NUMBERS.get(field.ours, _TEXTS.get(field.ours))
    if usual is not None and fits(usual, field):
        return int(usual) if facts.get("type") == "integer" else usual
    try:
        made = value_for(dict(facts), 1)
    except (BadSetting, TypeError, ValueError):
        return None
    return round(made, 2) if isinstance(made, float) else made


def fits(value: Any, field: Field) -> bool:
    """Whether a value is of the field's type, among its options and in its range."""
    facts, kind = field.schema, field.schema.get("type")
    options = facts.get("enum")
    types: dict[str, tuple[type, ...]] = {
        "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
        "object": (dict,),
    }  # fmt: skip
    if kind in types and not isinstance(value, types[kind]):
        return isinstance(value, float) and kind == "integer" and value == int(value) and _in_range(value, facts)
    if isinstance(value, bool) and kind in ("integer", "number"):
        return False
    if options and value not in options:
        return False
    return _in_range(value, facts) if isinstance(value, (int, float)) else True


def _in_range(value: float, facts: Any) -> bool:
    low, high = facts.get("minimum"), facts.get("maximum")
    above, below = facts.get("exclusiveMinimum"), facts.get("exclusiveMaximum")
    if (low is not None and value < low) or (high is not None and value > high):
        return False
    if (_number(above) and value <= above) or (_number(below) and value >= below):
        return False
    step = facts.get("multipleOf")
    return not step or value % step == 0


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)  # in OpenAPI 3.0 these are flags
