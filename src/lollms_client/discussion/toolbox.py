"""The tools of a conversation: which of them can be run here, and running one with the arguments that a model wrote."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

import msgspec

from lollms_client.calls import tools_of
from lollms_client.errors import BadSetting
from lollms_client.types.chat import Tool
from lollms_client.types.media import Media
from lollms_client.types.message import ImagePart, TextPart, ToolCallPart, ToolResultPart

Approve = Callable[[ToolCallPart], Any]  # True, False, why not, or the call (or its arguments) as it may be run


class Toolbox:
    """Tools by name. A tool is a function, a Tool or dictionary that is only described, or a pair of both."""

    def __init__(self, tools: Iterable[Any] | None, approve: Approve | None, *, blocking: bool = False) -> None:
        self.tools: list[Tool] = []
        self._functions: dict[str, Callable[..., Any]] = {}
        self._approve = approve
        for given in tools or ():
            described, function = _split(given)
            (tool,) = tools_of([described])
            if any(tool.name == other.name for other in self.tools):
                raise BadSetting(f"two tools have the name {tool.name}: give each its own", setting="tools")
            self.tools.append(tool)
            if function is not None:
                self._functions[tool.name] = function
        if self._functions and approve is None:
            raise BadSetting(
                "tools that can be run need approve=, which is asked before each call: "
                "approve=lambda call: True lets the model run them all",
                setting="approve",
            )
        waited_for = [name for name, function in self._functions.items() if inspect.iscoroutinefunction(function)]
        if inspect.iscoroutinefunction(approve):
            waited_for.append("approve")
        if blocking and waited_for:
            raise BadSetting(f"asynchronous: {', '.join(waited_for)}: use `await discussion.achat(…)`", setting="tools")

    def can_run(self, calls: Iterable[ToolCallPart]) -> bool:
        """Whether all these calls can be answered here: none is for a tool that is only described."""
        described = {tool.name for tool in self.tools} - self._functions.keys()
        return bool(self.tools) and not any(call.name in described for call in calls)

    def readable(self, call: ToolCallPart) -> ToolCallPart | ToolResultPart:
        """A copy of the call to be shown to the application, or a result that says why it cannot be run."""
        if call.name not in self._functions:
            return _failed(call, f"There is no tool {call.name}. Tools: {', '.join(self._functions) or 'none'}.")
        if call.raw_arguments is not None:
            return _failed(call, "The arguments are no JSON object.")
        try:
            _fitted(self._functions[call.name], call.arguments)
        except (msgspec.ValidationError, TypeError) as error:
            return _failed(call, f"The arguments do not fit: {error}")
        return msgspec.structs.replace(call, arguments=deepcopy(call.arguments))

    def ask(self, call: ToolCallPart) -> Any:
        """What the application says to a call: a verdict, or the awaitable of one."""
        return self._approve(call) if self._approve is not None else False

    def judged(self, call: ToolCallPart, verdict: Any) -> ToolCallPart | ToolResultPart:
        """The call as it was allowed, its arguments changed perhaps, or a result that says that it was not."""
        if isinstance(verdict, ToolCallPart):
            return msgspec.structs.replace(call, arguments=verdict.arguments)
        if isinstance(verdict, Mapping):
            return msgspec.structs.replace(call, arguments=dict(verdict))
        if verdict is True:
            return call
        reason = f": {verdict}" if isinstance(verdict, str) and verdict else "."
        return _failed(call, f"The user did not allow this call{reason}")

    def run(self, call: ToolCallPart) -> Any:
        """The value (or awaitable) of the function that an allowed call names."""
        function = self._functions[call.name]
        try:
            arguments = _fitted(function, call.arguments)
        except (msgspec.ValidationError, TypeError) as error:
            raise BadSetting(
                f"approve gave arguments that do not fit {call.name}: {error}", setting="approve"
            ) from error
        try:
            return function(**arguments)
        except Exception as error:  # noqa: BLE001 (the edge to the application's own code: the model is told)
            return failed_with(call, error)


def _split(given: Any) -> tuple[Any, Callable[..., Any] | None]:
    if isinstance(given, tuple) and len(given) == 2:
        return given[0], given[1]
    if isinstance(given, Mapping) and callable(given.get("callable")):
        return {name: value for name, value in given.items() if name != "callable"}, given["callable"]
    return given, given if callable(given) else None


def _fitted(function: Callable[..., Any], arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments in the types that the function's parameters name."""
    hints = typing.get_type_hints(function)
    inspect.signature(function).bind(**arguments)
    return {
        name: msgspec.convert(value, hints[name], strict=False) if name in hints else value
        for name, value in arguments.items()
    }


def _failed(call: ToolCallPart, reason: str) -> ToolResultPart:
    return ToolResultPart(call_id=call.id, name=call.name, content=reason, is_error=True)


def failed_with(call: ToolCallPart, error: BaseException) -> ToolResultPart:
    """The result of a tool that raised."""
    return _failed(call, f"{type(error).__name__}: {error}")


def result_of(call: ToolCallPart, value: Any) -> ToolResultPart:
    """A tool's value as a result: text as it stands, images as images, other values as JSON."""
    if isinstance(value, ToolResultPart):
        return value
    pieces: list[TextPart | ImagePart] = []
    for item in value if isinstance(value, (list, tuple)) and any(isinstance(i, Media) for i in value) else [value]:
        if isinstance(item, Media) and item.kind == "image":
            pieces.append(ImagePart(media=item))
        else:
            pieces.append(TextPart(text=_as_text(item)))
    if len(pieces) == 1 and isinstance(pieces[0], TextPart):
        return ToolResultPart(call_id=call.id, name=call.name, content=pieces[0].text)
    return ToolResultPart(call_id=call.id, name=call.name, content=tuple(pieces))


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        return _readable(bytes(value), value.mime_type if isinstance(value, Media) else "bytes")
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, OverflowError):
        return str(value)


def _readable(data: bytes, kind: str) -> str:
    """The words that the bytes are, or what they are instead."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return f"[{kind}: {len(data)} bytes]"
    control = any(sign < " " and sign not in "\t\n\r\f" for sign in text)
    return f"[{kind}: {len(data)} bytes]" if control else text
