"""From the events of Anthropic's Messages stream to our stream parts.

Wire: https://platform.claude.com/docs/en/build-with-claude/streaming and the vendor's API document, as of August 2026.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lollms_client.families.events import ServerEvent
from lollms_client.types.accounting import Usage
from lollms_client.types.chat import Finish, Finished, ReasoningDelta, StreamPart, TextDelta, ToolCallDelta

STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_FINISH: dict[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


def usage_of(usage: Mapping[str, Any]) -> Usage:
    """Usage in our units: the service counts cached input apart, here it is part of the input."""
    fresh, read, written = (
        usage.get(name) for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    )
    details = usage.get("output_tokens_details") or {}
    return Usage(
        input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
        output_tokens=usage.get("output_tokens"),
        reasoning_tokens=details.get("thinking_tokens"),
        cached_tokens=read,
        cache_write_tokens=written,
    )


class MessageReader:
    """Reads one answer; `done` is True once its end marker has come, `error` holds an error event's body."""

    def __init__(self) -> None:
        self.done = False
        self.error: dict[str, Any] | None = None
        self._blocks: dict[int, dict[str, Any]] = {}
        self._facts: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._service_blocks: list[dict[str, Any]] = []
        self._citations: list[Any] = []

    def parts(self, event: ServerEvent) -> list[StreamPart]:
        """What an event adds; events of kinds that are not known add nothing."""
        if not event.data.strip():
            return []
        value = event.json()
        if not isinstance(value, dict):
            return []
        reading = _READINGS.get(str(value.get("type")))
        return reading(self, value) if reading is not None else []

    def _message_start(self, value: dict[str, Any]) -> list[StreamPart]:
        self._note(value.get("message") or {})
        return []

    def _note(self, message: Mapping[str, Any]) -> None:
        self._usage.update({name: item for name, item in (message.get("usage") or {}).items() if item is not None})
        for name in ("id", "model", "stop_reason", "stop_sequence", "stop_details", "container"):
            if message.get(name) is not None:
                self._facts[name] = message[name]

    def _block_start(self, value: dict[str, Any]) -> list[StreamPart]:
        position, block = int(value.get("index", 0)), dict(value.get("content_block") or {})
        self._blocks[position] = {"block": block, "json": [], "streamed": False}
        kind = block.get("type")
        if kind == "text":
            self._citations.extend(block.get("citations") or ())
            return [TextDelta(text=block["text"])] if block.get("text") else []
        if kind == "thinking":
            started = bool(block.get("thinking"))
            signed = block.get("signature") or None
            return [ReasoningDelta(text=block.get("thinking") or "", signature=signed)] if started or signed else []
        if kind == "redacted_thinking":
            return [ReasoningDelta(redacted=str(block.get("data", "")))]
        if kind == "tool_use":
            return [ToolCallDelta(position=position, id=block.get("id"), name=block.get("name"))]
        return []

    def _block_delta(self, value: dict[str, Any]) -> list[StreamPart]:
        position, delta = int(value.get("index", 0)), value.get("delta") or {}
        kind = delta.get("type")
        if kind == "text_delta":
            return [TextDelta(text=delta.get("text") or "")]
        if kind == "thinking_delta":
            return [ReasoningDelta(text=delta.get("thinking") or "")]
        if kind == "signature_delta":
            return [ReasoningDelta(signature=delta.get("signature") or "")]
        if kind == "citations_delta":
            self._citations.append(delta.get("citation"))
        if kind == "input_json_delta" and position in self._blocks:
            return self._arguments(position, delta.get("partial_json") or "")
        return []

    def _arguments(self, position: int, text: str) -> list[StreamPart]:
        state = self._blocks[position]
        state["streamed"] = state["streamed"] or bool(text)
        if state["block"].get("type") == "tool_use":
            return [ToolCallDelta(position=position, arguments=text)] if text else []
        state["json"].append(text)
        return []

    def _block_stop(self, value: dict[str, Any]) -> list[StreamPart]:
        position = int(value.get("index", 0))
        state = self._blocks.get(position)
        if state is None:
            return []
        block = state["block"]
        if block.get("type") == "tool_use":
            given = block.get("input")
            if given and not state["streamed"]:
                return [ToolCallDelta(position=position, arguments=json.dumps(given))]
        elif block.get("type") not in ("text", "thinking", "redacted_thinking"):
            self._service_blocks.append(_with_input(block, "".join(state["json"])))
        return []

    def _message_delta(self, value: dict[str, Any]) -> list[StreamPart]:
        self._note({**(value.get("delta") or {}), "usage": value.get("usage")})
        return []

    def _message_stop(self, value: dict[str, Any]) -> list[StreamPart]:
        self.done = True
        reason = str(self._facts.get("stop_reason") or "")
        extra = {name: item for name, item in self._facts.items() if name not in ("id", "model")}
        extra.update({name: self._usage[name] for name in ("service_tier", "server_tool_use") if name in self._usage})
        if self._service_blocks:
            extra["service_blocks"] = self._service_blocks
        if self._citations:
            extra["citations"] = self._citations
        return [
            Finished(
                finish=_FINISH.get(reason, "other"),
                usage=usage_of(self._usage),
                model=self._facts.get("model"),
                id=self._facts.get("id"),
                extra=extra,
            )
        ]

    def _error(self, value: dict[str, Any]) -> list[StreamPart]:
        self.error = value
        return []

    def _whole(self, value: dict[str, Any]) -> list[StreamPart]:
        """A message that came whole where a stream was asked for."""
        self._note(value)
        parts: list[StreamPart] = []
        for position, block in enumerate(value.get("content") or ()):
            parts.extend(self._block_start({"index": position, "content_block": block}))
            parts.extend(self._block_stop({"index": position}))
        return parts + self._message_stop({})


def _with_input(block: dict[str, Any], text: str) -> dict[str, Any]:
    if not text:
        return block
    try:
        return {**block, "input": json.loads(text)}
    except ValueError:
        return {**block, "input": text}


_READINGS = {
    "message_start": MessageReader._message_start,
    "content_block_start": MessageReader._block_start,
    "content_block_delta": MessageReader._block_delta,
    "content_block_stop": MessageReader._block_stop,
    "message_delta": MessageReader._message_delta,
    "message_stop": MessageReader._message_stop,
    "error": MessageReader._error,
    "message": MessageReader._whole,
}
