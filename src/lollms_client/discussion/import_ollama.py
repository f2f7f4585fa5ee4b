"""The messages of Ollama's chat interface into nodes of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.import_openai import message_from_openai, paired
from lollms_client.discussion.message import LollmsMessage


def messages_from_ollama(data: Any) -> list[LollmsMessage]:
    """The nodes in a row. Ollama's tool calls have no ids: they get numbered ones, and results follow their names."""
    if isinstance(data, Mapping):
        data = data.get("messages")
    if not isinstance(data, list):
        raise BadConversation("Ollama's messages are a list, or an object with `messages`")
    for item in data:
        if not isinstance(item, Mapping):
            raise BadConversation(f"a message must be an object, not {type(item).__name__}", where="messages")
    return paired(message_from_openai(item) for item in data)
