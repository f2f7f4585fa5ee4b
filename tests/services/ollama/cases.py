"""What the tests of Ollama share: requests, the binding, canned lines, and bodies that fit the document."""

from __future__ import annotations

import json
from typing import Any

from lollms_client.drivers.scripted import CannedReply
from lollms_client.types.chat import ChatRequest, Tool
from lollms_client.types.media import Media
from lollms_client.types.message import (
    Message,
)
from tests.services.native_cases import answer, body_of, check, native

PNG = Media(b"\x89PNG\r\n\x1a\n" + b"\0" * 16)
TOWN = {"type": "object", "properties": {"town": {"type": "string"}}}
WEATHER = Tool(name="weather", description="The weather of a town.", parameters=TOWN)
WIRE_TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "The weather of a town.", "parameters": TOWN},
}
DONE = {"model": "m", "done": True, "done_reason": "stop", "prompt_eval_count": 5, "eval_count": 7, "total_duration": 9}


def lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)


def reply(*values: Any) -> CannedReply:
    return CannedReply(headers={"Content-Type": "application/x-ndjson"}, chunks=(lines(*values),))


def ask(**fields: Any) -> ChatRequest:
    return ChatRequest(messages=(Message.user("Hello"),), **fields)


def ollama(**settings: Any) -> Any:
    return native("llm", "ollama", **{"model_name": "m", **settings})


def sent(request: ChatRequest, schema: str = "ChatRequest") -> tuple[dict[str, Any], list[str]]:
    """The body that goes out, which fits the project's document, and what was warned of."""
    result, driver = answer(ollama(), request, reply(DONE))
    body: dict[str, Any] = body_of(driver.requests[0])
    check("ollama.yaml", schema, body)
    return body, [f"{warning.kind} {warning.setting}" for warning in result.warnings]
