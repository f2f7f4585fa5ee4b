"""What the tests of Gemini's chat share: a request, the binding, and a body that fits the discovery document."""

from __future__ import annotations

from typing import Any

from lollms_client.types.chat import ChatRequest, Tool
from lollms_client.types.media import Media
from lollms_client.types.message import (
    Message,
)
from tests.services.gemini.discovery import check_body
from tests.services.native_cases import (
    native,
)

PNG = Media(b"\x89PNG\r\n\x1a\n" + b"\0" * 16)
WAV = Media(b"RIFF\0\0\0\0WAVE")
TOWN = {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]}
WEATHER = Tool(name="weather", description="The weather of a town.", parameters=TOWN)
DECLARED = {"name": "weather", "description": "The weather of a town.", "parametersJsonSchema": TOWN}
TOOLS = [{"functionDeclarations": [DECLARED]}]
HELLO = [{"role": "user", "parts": [{"text": "Hello"}]}]
TOKEN = "canary-token-77aa10"


def ask(**fields: Any) -> ChatRequest:
    return ChatRequest(messages=(Message.user("Hello"),), **fields)


def gemini(**settings: Any) -> Any:
    return native("llm", "gemini", **settings)


def build(request: ChatRequest) -> tuple[dict[str, Any], list[str]]:
    """The body, which fits the discovery document, and what was warned of."""
    builder = gemini().builder(request)
    body = builder.body()
    check_body("GenerateContentRequest", body)
    return body, [f"{warning.kind} {warning.setting}" for warning in builder.warnings]


DONE = {"candidates": [{"content": {"parts": [{"text": "x"}], "role": "model"}, "finishReason": "STOP"}]}
OFF = [
    {"category": f"HARM_CATEGORY_{harm}", "threshold": "OFF"}
    for harm in ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
]
