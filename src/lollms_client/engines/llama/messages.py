"""Messages of ours into the dictionaries that llama.cpp's chat templates read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from lollms_client.engines.llama.tool_calls import call_text
from lollms_client.errors import BadSetting, Unsupported
from lollms_client.types.accounting import CallWarning
from lollms_client.types.message import Message, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart

Entry = dict[str, Any]


def entries_of(messages: Sequence[Message], *, native_tools: bool) -> tuple[list[Entry], list[CallWarning]]:
    """The entries, and warnings about parts that the model cannot see.

    `native_tools`: the template has words for tool calls; else they are written as text. A message that holds nothing
    but images, sounds or files raises Unsupported.
    """
    if not messages:
        raise BadSetting("there is nothing to answer: give messages or a prompt", setting="messages")
    entries: list[Entry] = []
    warnings: list[CallWarning] = []
    for number, message in enumerate(messages):
        warnings.extend(_unseen(message, number))
        if message.role == "tool":
            entries.extend(_result_entry(part, native_tools) for part in message.parts if _is_result(part))
        else:
            entries.append(_entry(message, native_tools))
    return entries, warnings


def _is_result(part: Part) -> bool:
    return isinstance(part, ToolResultPart)


def _unseen(message: Message, number: int) -> list[CallWarning]:
    seen = (TextPart, ReasoningPart, ToolCallPart, ToolResultPart)
    blind = sorted({_kind(part) for part in message.parts if not isinstance(part, seen)})
    if blind and not any(isinstance(part, seen) for part in message.parts):
        raise Unsupported(f"message {number} holds nothing but {', '.join(blind)}, which this model cannot take")
    warnings = [
        CallWarning(
            kind="unsupported", setting="messages", detail=f"the model cannot see the {kind} in message {number}"
        )
        for kind in blind
    ]
    if message.name:
        warnings.append(
            CallWarning(kind="dropped", setting="messages", detail=f"the name {message.name!r} of a speaker")
        )
    return warnings


def _kind(part: Part) -> str:
    return type(part).__name__.removesuffix("Part").lower()


def _entry(message: Message, native_tools: bool) -> Entry:
    if not message.tool_calls:
        return {"role": message.role, "content": message.text}
    if native_tools:
        calls = [_call_entry(call) for call in message.tool_calls]
        return {"role": message.role, "content": message.text, "tool_calls": calls}
    texts = [call_text(call.name, call.arguments) for call in message.tool_calls]
    return {"role": message.role, "content": "\n".join([*([message.text] if message.text else []), *texts])}


def _call_entry(call: ToolCallPart) -> Entry:
    arguments = call.raw_arguments or msgspec.json.encode(call.arguments).decode()
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _result_entry(part: Part, native_tools: bool) -> Entry:
    assert isinstance(part, ToolResultPart)
    content = part.content
    text = content if isinstance(content, str) else "".join([p.text for p in content if isinstance(p, TextPart)])
    if part.is_error:
        text = f"error: {text}"
    if native_tools:
        return {"role": "tool", "tool_call_id": part.call_id, "content": text}
    return {"role": "user", "content": f"<tool_response>{text}</tool_response>"}


def with_instruction(entries: list[Entry], instruction: str) -> list[Entry]:
    """The entries with one more instruction in the system message."""
    if entries and entries[0]["role"] == "system":
        return [{**entries[0], "content": f"{entries[0]['content']}\n\n{instruction}"}, *entries[1:]]
    return [{"role": "system", "content": instruction}, *entries]
