"""What the tests of Anthropic's requests share: a request, a tool, and bodies that fit the vendor's document."""

from __future__ import annotations

from typing import Any

from lollms_client.types.chat import ChatRequest, Tool
from lollms_client.types.media import Media
from lollms_client.types.message import (
    Message,
)
from tests.services.native_cases import check, native

PNG = Media(b"\x89PNG\r\n\x1a\n" + b"\0" * 16)
PDF = Media(b"%PDF-1.4 tiny")
WEATHER = Tool(
    name="weather",
    description="The weather of a town.",
    parameters={"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]},
)
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
CLOSED = {**SCHEMA, "additionalProperties": False}
OLD, NEW, MIDDLE = "claude-haiku-4-5", "claude-sonnet-5", "claude-opus-4-6"


def build(request: ChatRequest, **settings: Any) -> tuple[dict[str, Any], list[str]]:
    """The body and the settings warned about; the body fits the vendor's document."""
    builder = native("llm", "anthropic", **settings).builder(request)
    body = builder.body()
    check("anthropic.yml", "CreateMessageParams", body)
    return body, [f"{warning.kind} {warning.setting}" for warning in builder.warnings]


def ask(**fields: Any) -> ChatRequest:
    return ChatRequest(messages=(Message.user("Hello"),), **fields)


HELLO = {"role": "user", "content": [{"type": "text", "text": "Hello"}]}
TOOL = {"name": "weather", "description": "The weather of a town.", "input_schema": WEATHER.parameters}
