"""A conversation for Ollama's chat interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lollms_client.discussion.turns import described, merge_runs, result_text, tool_names
from lollms_client.types.accounting import CallWarning
from lollms_client.types.message import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)


def to_ollama_chat(turns: Sequence[Message], notes: list[CallWarning]) -> list[dict[str, Any]]:
    """The `messages` of a chat; an image that is only known by its URL becomes words, because Ollama fetches none."""
    names = tool_names(turns)
    exported: list[dict[str, Any]] = []
    for turn in merge_runs(turns):
        if turn.role == "tool":
            exported.extend(_result(part, names) for part in turn.parts if isinstance(part, ToolResultPart))
            continue
        message: dict[str, Any] = {"role": turn.role, "content": _words(turn.parts, notes)}
        if images := [part.media.base64() for part in turn.images if part.media is not None]:
            message["images"] = images
        if turn.reasoning:
            message["thinking"] = turn.reasoning
        if turn.tool_calls:
            message["tool_calls"] = [
                {"function": {"name": call.name, "arguments": _arguments(call)}} for call in turn.tool_calls
            ]
        exported.append(message)
    return exported


def _arguments(call: ToolCallPart) -> dict[str, Any]:
    return call.arguments if call.raw_arguments is None else {"raw_arguments": call.raw_arguments}


def _words(parts: Sequence[Part], notes: list[CallWarning]) -> str:
    texts: list[str] = []
    for part in parts:
        if isinstance(part, TextPart):
            texts.append(part.text.strip())
        elif isinstance(part, (AudioPart, FilePart)) or (isinstance(part, ImagePart) and part.media is None):
            setting = "audio" if isinstance(part, AudioPart) else "file" if isinstance(part, FilePart) else "image"
            notes.append(
                CallWarning(kind="replaced", setting=setting, detail="Ollama takes images alone: words instead")
            )
            texts.append(described(part))
    return "\n\n".join(text for text in texts if text)


def _result(part: ToolResultPart, names: dict[str, str]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "tool", "content": result_text(part)}
    if name := part.name or names.get(part.call_id):
        message["tool_name"] = name
    if not isinstance(part.content, str):
        pictures = [piece.media for piece in part.content if isinstance(piece, ImagePart)]
        if images := [media.base64() for media in pictures if media is not None]:
            message["images"] = images
    return message
