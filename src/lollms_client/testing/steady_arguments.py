"""Other arguments for the call of a case: with another text, or with everything that can be given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lollms_client.manifest import Manifest, Parameter
from lollms_client.testing.attack_documented import METHODS
from lollms_client.testing.engine_plan import allowed, parameters_of
from lollms_client.testing.wire_playing import Prepared

MARK = "kestrel4711"  # stands in no case, no manifest and no reply
_TEXTS = ("messages", "prompt", "text", "texts", "discussion")  # the arguments that a call is about
_FRACTION, _COUNT = 0.37, 7
# what calls of the client take, whatever the manifest names
_CHAT = {"temperature": _FRACTION, "top_p": 0.59, "max_tokens": _COUNT, "seed": 4711}
_USUAL: dict[str, dict[str, Any]] = {
    "chat": _CHAT, "stream_chat": _CHAT, "image": {"seed": 4711, "negative_prompt": MARK},
    "speech": {"voice": MARK}, "stream_speech": {"voice": MARK}, "transcribe": {"prompt": MARK, "language": "fr"},
    "video": {"seed": 4711, "seconds": 4}, "music": {"seed": 4711, "seconds": 12},
}  # fmt: skip


def with_text(prepared: Prepared, words: str) -> Prepared:
    """The same call about another text; the same one where it is about no text."""
    for name in _TEXTS:
        if name in prepared.arguments:
            other = _varied(prepared.arguments[name], words)
            return prepared._replace(arguments={**prepared.arguments, name: other})
    return prepared


def _varied(value: Any, words: str) -> Any:
    if isinstance(value, str):
        return f"{value} {words}"
    if isinstance(value, list) and value:
        return [*value[:-1], _varied(value[-1], words)]
    if isinstance(value, dict):
        name = "content" if "content" in value else "text"
        return {**value, name: _varied(value[name], words)} if name in value else value
    return value


def marked_calls(prepared: Prepared, manifest: Manifest) -> Iterator[Prepared]:
    """Calls before which nothing may be remembered: their texts bear the mark, their numbers are their own."""
    call = prepared.case.call
    plain = with_text(prepared, MARK)
    if call in ("chat", "stream_chat"):
        messages = [{"role": "system", "content": f"{MARK} system"}, {"role": "user", "content": f"{MARK} question"}]
        plain = prepared._replace(arguments={**prepared.arguments, "messages": messages})
    yield plain
    method = METHODS.get(call, (call,))[0]
    parameters = [item for item in parameters_of(manifest, method) if item.name not in prepared.arguments]
    numbers = {item.name: value for item in parameters if (value := _number(item)) is not None}
    if usual := {name: value for name, value in _USUAL.get(call, {}).items() if name not in plain.arguments}:
        yield plain._replace(arguments={**plain.arguments, **usual})
    yield plain._replace(arguments={**plain.arguments, **numbers})
    texts = {item.name: words for item in parameters if (words := _text(item)) is not None}
    yield plain._replace(arguments={**plain.arguments, **numbers, **texts})
    if method.startswith("generate_text"):
        yield plain._replace(arguments={**plain.arguments, "temperature": _FRACTION, "max_tokens": _COUNT})
        yield plain._replace(arguments={**plain.arguments, "system_prompt": f"{MARK} system"})


def own_values(prepared: Prepared, earlier: list[Prepared]) -> set[str]:
    """The numbers and texts that earlier calls were given and this one was not, as a request would show them."""
    mine = {str(value) for value in prepared.arguments.values()}
    theirs = {str(value) for call in earlier for value in call.arguments.values() if isinstance(value, str | float)}
    return {text for text in theirs - mine if len(text) > 2}


def _number(parameter: Parameter) -> int | float | None:
    if parameter.type not in ("int", "float") or parameter.is_secret:
        return None
    value = allowed(parameter, _COUNT if parameter.type == "int" else _FRACTION)
    return value if value != parameter.default else None


def _text(parameter: Parameter) -> str | None:
    if parameter.type != "str" or parameter.is_secret:
        return None
    others = [option for option in parameter.options if option != parameter.default]
    if parameter.options:
        return str(others[0]) if others else None
    return MARK
