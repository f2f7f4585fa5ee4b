"""The route that a new binding begins with where no document describes the service's own."""

from __future__ import annotations

from typing import Any

from lollms_client.scaffold.operation import Field, Job, Operation, Reply

_TEXT: dict[str, Any] = {"type": "string"}
_SIDE: dict[str, Any] = {"type": "integer", "minimum": 64, "maximum": 4096, "default": 1024}
_SECONDS: dict[str, Any] = {"type": "number", "minimum": 1, "maximum": 120}
_MODEL = Field("model", "model", _TEXT)
_PROMPT = Field("prompt", "prompt", _TEXT, required=True)

_ROUTES: dict[str, Operation] = {
    "llm": Operation(
        "chat",
        (
            Field("messages", "messages", {"type": "array"}, required=True),
            _MODEL,
            Field("max_tokens", "max_tokens", {"type": "integer", "minimum": 1}),
            Field("temperature", "temperature", {"type": "number", "minimum": 0, "maximum": 2}),
        ),
        Reply("text", "text"),
    ),
    "tti": Operation(
        "images",
        (
            _PROMPT,
            _MODEL,
            Field("negative_prompt", "negative_prompt", _TEXT),
            Field("width", "width", _SIDE),
            Field("height", "height", _SIDE),
        ),
        Reply("media"),
    ),
    "stt": Operation(
        "transcriptions",
        (Field("file", "audio", _TEXT, required=True), _MODEL, Field("language", "language", _TEXT)),
        Reply("text", "text"),
        encoding="form",
    ),
    "tts": Operation("speech", (Field("text", "text", _TEXT, required=True), _MODEL, Field("voice", "voice", _TEXT)),
                     Reply("media")),
    "ttv": Operation("videos", (_PROMPT, _MODEL, Field("seconds", "seconds", _SECONDS)), Reply("media")),
    "ttm": Operation("music", (_PROMPT, _MODEL, Field("seconds", "seconds", _SECONDS)), Reply("media")),
}  # fmt: skip


def usual_operation(binding_type: str, kind: str) -> Operation:
    """A route as many services have it: for the kind job with steps, of which the last gives the result's address."""
    route = _ROUTES[binding_type]
    if kind != "job":
        return route
    reply = Reply("text", "result.text") if route.reply.kind == "text" else Reply("url", "result.url")
    return route._replace(path="jobs", reply=reply, job=Job())
