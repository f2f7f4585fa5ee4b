"""What an application's streaming callback is told, whatever number of arguments it takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from lollms_client.lollms_types import MSG_TYPE
from lollms_client.types.chat import ReasoningDelta, StreamPart, TextDelta, WarningPart

Told = Callable[[str, MSG_TYPE, dict[str, Any]], bool]


def adapted(callback: Callable[..., Any] | None) -> Told:
    """A callback of text, kind and facts out of one that takes one, two or three of them.

    It says whether to go on: only an answer of False stops, nothing at all does not.
    """
    if callback is None:
        return lambda text, kind, facts: True
    wanted = _arguments(callback)

    def told(text: str, kind: MSG_TYPE, facts: dict[str, Any]) -> bool:
        return callback(*(text, kind, facts)[:wanted]) is not False

    return told


def _arguments(callback: Callable[..., Any]) -> int:
    try:
        parameters = inspect.signature(callback).parameters.values()
    except (TypeError, ValueError):
        return 2
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return 3
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return min(3, max(1, sum(parameter.kind in places for parameter in parameters)))


def tell_part(told: Told, part: StreamPart) -> bool:
    """Tell the words of a stream part; False where the application wants to stop."""
    if isinstance(part, TextDelta) and part.index == 0:
        return told(part.text, MSG_TYPE.MSG_TYPE_CHUNK, {})
    if isinstance(part, ReasoningDelta) and part.text and part.index == 0:
        return told(part.text, MSG_TYPE.MSG_TYPE_THOUGHT_CHUNK, {})
    if isinstance(part, WarningPart):
        return told(str(part.warning), MSG_TYPE.MSG_TYPE_WARNING, {"setting": part.warning.setting})
    return True
