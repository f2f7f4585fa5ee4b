"""Usage out of a reply, whichever of the wires it came on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lollms_client.types.accounting import Usage


def usage_of(value: Any) -> Usage | None:
    """What the reply says about use and cost, None where it says nothing; unknown stays unknown."""
    if not isinstance(value, dict):
        return None
    asked = _mapping(value, "prompt_tokens_details", "input_tokens_details")
    answered = _mapping(value, "completion_tokens_details", "output_tokens_details")
    return Usage(
        input_tokens=_first(value, "prompt_tokens", "input_tokens"),
        output_tokens=_first(value, "completion_tokens", "output_tokens"),
        reasoning_tokens=_either(_first(answered, "reasoning_tokens"), _first(value, "reasoning_tokens")),
        cached_tokens=_either(
            _first(asked, "cached_tokens"), _first(value, "prompt_cache_hit_tokens", "cached_tokens")
        ),
        cache_write_tokens=_first(asked, "cache_write_tokens", "cache_creation_tokens"),
        cost=_cost(value),
    )


def _mapping(value: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    return next((value[name] for name in names if isinstance(value.get(name), dict)), {})


def _first(value: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        number = value.get(name)
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            return int(number)
    return None


def _either(first: int | None, second: int | None) -> int | None:
    return second if first is None else first


def _cost(value: Mapping[str, Any]) -> float | None:
    ticks = _first(value, "cost_in_usd_ticks")
    if ticks is not None:
        return ticks / 1e10
    cost = value.get("cost", value.get("estimated_cost"))
    if isinstance(cost, dict):
        cost = cost.get("total_cost")
    return float(cost) if isinstance(cost, (int, float)) and not isinstance(cost, bool) else None
