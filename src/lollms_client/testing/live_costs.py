"""What calls of a real service may cost at most, and what they did cost, at the prices that the user gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lollms_client.errors import BadSetting
from lollms_client.testing.engine_plan import Planned, spoken
from lollms_client.types.accounting import Usage

# units of prices, with how many of them a price is for
UNITS = {
    "input_tokens": 1_000_000, "output_tokens": 1_000_000, "characters": 1_000_000, "images": 1, "seconds": 1,
    "credits": 1, "calls": 1,
}  # fmt: skip
FREE = ("models", "voices", "count_tokens")
_LONGEST_ANSWER = 2000  # tokens, where a call cannot bound them
_LONGEST = {"video": 10.0, "music": 60.0}  # seconds, where a call names none
_LEAST_BILLED = 15.0  # seconds of sound that services bill at least


class Terms(msgspec.Struct, kw_only=True):
    """On what terms a real service may be called. Money is in US dollars."""

    limit: float = 0.05
    prices: dict[str, float] = {}  # by unit
    unknown_ok: bool = False  # calls of unknown cost may be made
    settings: dict[str, Any] = {}  # besides those that are saved or in the environment


def read_prices(words: Sequence[str]) -> dict[str, float]:
    """Prices given as `images=0.04`. Raises BadSetting for an unknown unit or a value that is no price."""
    found: dict[str, float] = {}
    for word in words:
        unit, _, value = word.partition("=")
        if unit not in UNITS:
            known = ", ".join(f"{name}{' (a million)' if many > 1 else ''}" for name, many in UNITS.items())
            raise BadSetting(f"{word!r} is no price: write UNIT=DOLLARS with a unit of {known}", setting="price")
        try:
            found[unit] = float(value)
        except ValueError:
            found[unit] = -1.0
        if not 0 <= found[unit] < 1e6:
            raise BadSetting(f"{value!r} is no price in dollars", setting="price")
    return found


def most_units(planned: Planned) -> dict[str, float]:
    """How much a call may use at most, by unit."""
    words = len(planned.content[0]) if planned.content and isinstance(planned.content[0], str) else 200
    answer = float(planned.options.get("max_tokens") or planned.options.get("n_predict") or _LONGEST_ANSWER)
    count = float(planned.options.get("count") or planned.options.get("n") or 1)
    tokens = {"input_tokens": words + 200.0, "output_tokens": answer, "calls": 1.0}
    length = planned.options.get("seconds") or planned.options.get("duration") or _LONGEST.get(planned.call, 30.0)
    heard = max(_LEAST_BILLED, len(spoken()) / 32_000)
    by_call: dict[str, dict[str, float]] = {
        "chat": tokens, "embed": {"input_tokens": 200.0, "calls": 1.0},
        "image": {**tokens, "images": count, "output_tokens": 10_000 * count},
        "edit_image": {**tokens, "images": count, "input_tokens": 5_000.0, "output_tokens": 10_000 * count},
        "transcribe": {**tokens, "seconds": heard, "input_tokens": 1_000.0},
        "speech": {**tokens, "characters": float(words), "seconds": 5.0},
        "video": {"seconds": float(length), "calls": 1.0}, "music": {"seconds": float(length), "calls": 1.0},
    }  # fmt: skip
    return by_call.get(planned.call, {"calls": 1.0})


def most_cost(planned: Planned, prices: Mapping[str, float]) -> float | None:
    """What a call may cost at most; None where no price says it."""
    return 0.0 if planned.call in FREE else _sum(most_units(planned), prices)


def real_cost(planned: Planned, usage: Usage | None, prices: Mapping[str, float]) -> float | None:
    """What a call did cost: as the service says, else by its usage; what it does not say counts as its most."""
    if planned.call in FREE:
        return 0.0
    if usage is not None and usage.cost is not None:
        return usage.cost
    units = most_units(planned)
    for name in UNITS:
        said = getattr(usage, name, None)
        if said is not None:
            units[name] = float(said)
    return _sum(units, prices)


def _sum(units: Mapping[str, float], prices: Mapping[str, float]) -> float | None:
    """The sum over all units that have a price. Tokens are priced as a pair: one of two prices is not enough."""
    known = [unit for unit in units if unit in prices]
    pair = {"input_tokens", "output_tokens"} & set(units)
    if not known or (set(known) <= pair and set(known) != pair):
        return None
    return sum(units[unit] * prices[unit] / UNITS[unit] for unit in known)
