"""How much a model is to reason, in the words that bindings of the public package ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_OFF = frozenset({"none", "off", "disabled", "false", "0", ""})
_STRENGTH = {
    "minimal": 0.15, "min": 0.15, "low": 0.3, "medium": 0.6, "med": 0.6, "default": 0.6, "high": 0.85, "on": 0.85,
    "true": 0.85, "xhigh": 0.95, "max": 1.0, "maximum": 1.0, "extreme": 1.0,
}  # fmt: skip


def normalize(think: bool | None, reasoning_effort: Any) -> str | None:
    """The effort (low, medium, high, max) where thinking is asked for; None where it is off."""
    if think is not True or reasoning_effort is None or reasoning_effort is False:
        return None
    effort = "high" if reasoning_effort is True else str(reasoning_effort).strip().lower()
    if effort in _OFF:
        return None
    return effort if effort in ("low", "medium", "high", "max") else _nearest(effort, ("low", "medium", "high", "max"))


def translate(
    reasoning_effort: Any = None, supported_efforts: Sequence[str] | None = None, think: bool | None = None
) -> str | None:
    """The effort nearest to the one asked for among those that the model knows; None where thinking is off."""
    if think is False or (reasoning_effort in (None, False) and think is not True):
        return None
    asked = "high" if reasoning_effort in (None, True, False) else str(reasoning_effort).strip().lower()
    known = [effort for effort in supported_efforts or () if effort]
    if not known:
        return normalize(think, asked)
    exact = next((effort for effort in known if effort.strip().lower() == asked), None)
    if exact is not None:
        return exact
    if asked in _OFF:
        return next((effort for effort in known if effort.strip().lower() in _OFF), None)
    return _nearest(asked, [effort for effort in known if effort.strip().lower() not in _OFF] or known)


def _nearest(asked: str, known: Sequence[str]) -> str:
    wanted = _STRENGTH.get(asked, 0.6)
    spread = max(1, len(known) - 1)

    def distance(place: int) -> float:
        return abs(_STRENGTH.get(known[place].strip().lower(), place / spread) - wanted)

    return known[min(range(len(known)), key=distance)]


def switched_off(model_name: str | None = None) -> dict[str, Any]:
    """What servers of open models want in a request so that the model does not reason."""
    thinking: Any = {"type": "disabled"} if "glm" in (model_name or "").lower() else False
    return {"thinking": thinking, "chat_template_kwargs": {"thinking": False, "enable_thinking": False}}
