"""A conversation for Anthropic's messages interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lollms_client.discussion.turns import OPENING, described, media_to_user, split_system
from lollms_client.types.accounting import CallWarning
from lollms_client.types.message import (
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

_IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def to_anthropic(turns: Sequence[Message], notes: list[CallWarning]) -> dict[str, Any]:
    """`system` (where there is one) and `messages`, whose roles take turns and begin with the user."""
    system, spoken = split_system(turns)
    messages: list[dict[str, Any]] = []
    for turn in media_to_user(spoken, keep_in_results=True):
        role = "assistant" if turn.role == "assistant" else "user"
        blocks = [block for part in turn.parts for block in _blocks(part, notes)]
        if not blocks:
            continue
        if not messages and role == "assistant":
            messages.append({"role": "user", "content": [{"type": "text", "text": OPENING}]})
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"].extend(blocks)
        else:
            messages.append({"role": role, "content": blocks})
    return {"system": system, "messages": messages} if system else {"messages": messages}


def _blocks(part: Part, notes: list[CallWarning]) -> list[dict[str, Any]]:
    block = _block(part, notes)
    if block is not None and getattr(part, "cache", False):
        block["cache_control"] = {"type": "ephemeral"}
    return [block] if block is not None else []


def _block(part: Part, notes: list[CallWarning]) -> dict[str, Any] | None:
    if isinstance(part, TextPart):
        text = part.text.strip()
        return {"type": "text", "text": text} if text else None
    if isinstance(part, ImagePart):
        return _image(part, notes)
    if isinstance(part, FilePart):
        return _document(part, notes)
    if isinstance(part, ToolCallPart):
        return {"type": "tool_use", "id": part.id, "name": part.name, "input": _arguments(part)}
    if isinstance(part, ToolResultPart):
        return _result(part, notes)
    if isinstance(part, ReasoningPart):
        return _thinking(part, notes)
    return _in_words(part, "audio", notes)


def _in_words(part: Part, setting: str, notes: list[CallWarning]) -> dict[str, Any]:
    notes.append(CallWarning(kind="replaced", setting=setting, detail="Anthropic does not take this: words instead"))
    return {"type": "text", "text": described(part)}


def _image(part: ImagePart, notes: list[CallWarning]) -> dict[str, Any]:
    if part.media is None:
        return {"type": "image", "source": {"type": "url", "url": part.url}}
    if part.media.mime_type not in _IMAGE_TYPES:
        detail = f"Anthropic takes PNG, JPEG, GIF and WebP, not {part.media.mime_type}; it is sent as it is"
        notes.append(CallWarning(kind="unsupported", setting="image", detail=detail))
    source = {"type": "base64", "media_type": part.media.mime_type, "data": part.media.base64()}
    return {"type": "image", "source": source}


def _document(part: FilePart, notes: list[CallWarning]) -> dict[str, Any]:
    source: dict[str, Any]
    if part.id:
        source = {"type": "file", "file_id": part.id}
    elif part.url and part.media is None:
        source = {"type": "url", "url": part.url}
    elif part.media is not None and part.media.mime_type == "application/pdf":
        source = {"type": "base64", "media_type": "application/pdf", "data": part.media.base64()}
    elif part.media is not None and part.media.kind == "text":
        source = {"type": "text", "media_type": "text/plain", "data": part.media.decode("utf-8", "replace")}
    else:
        return _in_words(part, "file", notes)
    block: dict[str, Any] = {"type": "document", "source": source}
    if part.name:
        block["title"] = part.name
    return block


def _arguments(part: ToolCallPart) -> dict[str, Any]:
    return part.arguments if part.raw_arguments is None else {"raw_arguments": part.raw_arguments}


def _result(part: ToolResultPart, notes: list[CallWarning]) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "tool_result", "tool_use_id": part.call_id}
    if isinstance(part.content, str):
        block["content"] = part.content
    else:
        block["content"] = [item for piece in part.content for item in _blocks(piece, notes)]
    if part.is_error:
        block["is_error"] = True
    return block


def _thinking(part: ReasoningPart, notes: list[CallWarning]) -> dict[str, Any] | None:
    if part.redacted is not None:
        return {"type": "redacted_thinking", "data": part.redacted}
    if part.signature is not None:
        return {"type": "thinking", "thinking": part.text, "signature": part.signature}
    notes.append(CallWarning(kind="dropped", setting="reasoning", detail="Anthropic takes signed reasoning alone"))
    return None
