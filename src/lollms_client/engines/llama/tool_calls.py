"""Tools for models whose chat template has no words for them: explain them, force a call, read calls out of text."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from lollms_client.errors import BadSetting
from lollms_client.types.chat import Tool

_OPEN, _CLOSE = "<tool_call>", "</tool_call>"
_MOST_CALLS = 8  # in one forced answer with parallel calls


class FoundCall(msgspec.Struct, frozen=True, kw_only=True):
    """A tool call read out of text; `arguments` is JSON text."""

    name: str
    arguments: str
    id: str = msgspec.field(default_factory=lambda: f"call_{secrets.token_hex(12)}")


def call_text(name: str, arguments: dict[str, Any]) -> str:
    """A call as the model is taught to write it."""
    return f"{_OPEN}{_json({'name': name, 'arguments': arguments})}{_CLOSE}"


def explain(tools: Sequence[Tool], *, forced: bool) -> str:
    """The instruction that goes into the system message."""
    lines = [
        _json({"name": tool.name, "description": tool.description, "parameters": tool.parameters}) for tool in tools
    ]
    form = '{"name": "the tool\'s name", "arguments": {its arguments}}'
    how = (
        f"Choose the tool that serves the user and answer with the call alone, as JSON: {form}"
        if forced
        else f"Where a tool helps, answer with the call alone: {_OPEN}{form}{_CLOSE}\nOtherwise answer in plain words."
    )
    return "\n".join(["You can call these tools:", *lines, how])


def chosen_tools(tools: Sequence[Tool], choice: str | None) -> tuple[Tool, ...]:
    """The tools among which a forced call must choose: all for `required`, one for a tool's name, none otherwise."""
    if choice in (None, "auto", "none"):
        return ()
    if not tools:
        raise BadSetting(f"tool_choice is {choice!r} but no tools are given", setting="tool_choice")
    if choice == "required":
        return tuple(tools)
    named = tuple(tool for tool in tools if tool.name == choice)
    if not named:
        known = ", ".join(tool.name for tool in tools)
        raise BadSetting(f"tool_choice names {choice!r}; the tools are: {known}", setting="tool_choice")
    return named


def call_schema(tools: Iterable[Tool], *, parallel: bool) -> dict[str, Any]:
    """A JSON Schema that only a call of one of the tools fits, or a list of calls where `parallel`."""
    calls = [
        {
            "type": "object",
            "properties": {"name": {"const": tool.name}, "arguments": tool.parameters or {"type": "object"}},
            "required": ["name", "arguments"],
            "additionalProperties": False,
        }
        for tool in tools
    ]
    one: dict[str, Any] = {"anyOf": calls} if len(calls) > 1 else calls[0]
    return {"type": "array", "items": one, "minItems": 1, "maxItems": _MOST_CALLS} if parallel else one


class CallReader:
    """Splits the text of one answer, as it streams in, into words for the user and tool calls.

    A call stands between `<tool_call>` marks, or is the whole answer as JSON. What only looks like a call (unknown
    tool, broken JSON) is given out as the text it is. `forced`: the whole answer is known to be a call.
    """

    def __init__(self, tools: Iterable[Tool], *, forced: bool = False) -> None:
        self._names = {tool.name for tool in tools}
        self._held = ""
        self._inside = False  # after an opening mark
        self._whole: bool | None = True if forced else None  # None: not yet seen how the answer begins
        self.found = 0

    def feed(self, text: str) -> list[str | FoundCall]:
        """What is certain after these words."""
        self._held += text
        if self._whole is None:
            start = self._held.lstrip()
            if not start:
                return []
            self._whole = start[0] in "{["
        return [] if self._whole else self._split()

    def end(self) -> list[str | FoundCall]:
        """What is left when the answer has ended."""
        held, self._held = self._held, ""
        if not held:
            return []
        if self._whole or self._inside:
            calls = self._decode(held)
            if calls:
                return [*calls]
        return [f"{_OPEN}{held}" if self._inside else held]

    def _split(self) -> list[str | FoundCall]:
        out: list[str | FoundCall] = []
        while True:
            mark = _CLOSE if self._inside else _OPEN
            before, found, after = self._held.partition(mark)
            if not found:
                if not self._inside:
                    keep = _overlap(self._held, _OPEN)
                    words = self._held[: len(self._held) - keep].rstrip()  # white space before a call is dropped
                    self._held = self._held[len(words) :]
                    out.extend([words] if words else [])
                return out
            self._held = after
            if self._inside:
                out.extend(self._decode(before) or [f"{_OPEN}{before}{_CLOSE}"])
            elif before.rstrip():
                out.append(before.rstrip())
            self._inside = not self._inside

    def _decode(self, text: str) -> list[FoundCall]:
        """The calls in a JSON text, none where it is anything else."""
        try:
            value = msgspec.json.decode(text.strip())
        except msgspec.DecodeError:
            return []
        calls = [self._call(item) for item in (value if isinstance(value, list) else [value])]
        if not calls or None in calls:
            return []
        self.found += len(calls)
        return [call for call in calls if call is not None]

    def _call(self, item: Any) -> FoundCall | None:
        if not isinstance(item, dict) or item.get("name") not in self._names:
            return None
        arguments = item.get("arguments", item.get("parameters", {}))
        return FoundCall(name=item["name"], arguments=_json(arguments)) if isinstance(arguments, dict) else None


def _overlap(text: str, mark: str) -> int:
    """How many characters at the end of `text` may be the beginning of `mark`."""
    return next((size for size in range(min(len(text), len(mark) - 1), 0, -1) if mark.startswith(text[-size:])), 0)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
