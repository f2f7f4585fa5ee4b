"""The messages of Ollama's chat interface into nodes of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.import_openai import message_from_openai
from lollms_client.discussion.message import LollmsMessage
from lollms_client.types.message import Part, ToolCallPart, ToolResultPart


def messages_from_ollama(data: Any) -> list[LollmsMessage]:
    """The nodes in a row. Ollama's tool calls have no ids: they get numbered ones, and results follow their names."""
    if isinstance(data, Mapping):
        data = data.get("messages")
    if not isinstance(data, list):
        raise BadConversation("Ollama's messages are a list, or an object with `messages`")
    messages: list[LollmsMessage] = []
    waiting: list[ToolCallPart] = []
    count = 0
    for item in data:
        if not isinstance(item, Mapping):
            raise BadConversation(f"a message must be an object, not {type(item).__name__}", where="messages")
        message = message_from_openai(item)
        parts: list[Part] = []
        for part in message.parts:
            if isinstance(part, ToolCallPart):
                count += 1
                part = msgspec.structs.replace(part, id=part.id or f"call_{count}")
                waiting.append(part)
            elif isinstance(part, ToolResultPart):
                part = _answer(part, waiting, item)
            parts.append(part)
        message.parts = tuple(parts)
        messages.append(message)
    return messages


def _answer(part: ToolResultPart, waiting: list[ToolCallPart], item: Mapping[str, Any]) -> ToolResultPart:
    call = next((call for call in waiting if part.call_id == call.id or part.name in (None, call.name)), None)
    if call is None:
        return msgspec.structs.replace(part, call_id=part.call_id or str(item.get("tool_name") or "tool"))
    waiting.remove(call)
    return msgspec.structs.replace(part, call_id=call.id, name=call.name)
