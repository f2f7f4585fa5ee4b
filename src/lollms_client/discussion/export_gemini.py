"""A conversation for Google's Gemini interface."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from typing import Any

from lollms_client.discussion.turns import OPENING, described, result_text, split_system, tool_names
from lollms_client.types.accounting import CallWarning
from lollms_client.types.media import Media
from lollms_client.types.message import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)


def to_gemini(turns: Sequence[Message], notes: list[CallWarning]) -> dict[str, Any]:
    """`systemInstruction` (where there is one) and `contents` of a generateContent request."""
    system, spoken = split_system(turns)
    names = tool_names(spoken)
    contents: list[dict[str, Any]] = []
    for turn in spoken:
        role = "model" if turn.role == "assistant" else "user"
        pieces = [piece for part in turn.parts for piece in _pieces(part, names, notes)]
        if not pieces:
            continue
        if not contents and role == "model":
            contents.append({"role": "user", "parts": [{"text": OPENING}]})
        if contents and contents[-1]["role"] == role:
            contents[-1]["parts"].extend(pieces)
        else:
            contents.append({"role": role, "parts": pieces})
    return (
        {"systemInstruction": {"parts": [{"text": system}]}, "contents": contents} if system else {"contents": contents}
    )


def _pieces(part: Part, names: dict[str, str], notes: list[CallWarning]) -> list[dict[str, Any]]:
    if isinstance(part, TextPart):
        text = part.text.strip()
        return [{"text": text}] if text else []
    if isinstance(part, ReasoningPart):
        return [_signed({"text": part.text, "thought": True}, part.signature)]
    if isinstance(part, ToolCallPart):
        call = {"id": part.id, "name": part.name, "args": _arguments(part)}
        return [_signed({"functionCall": call}, part.signature)]
    if isinstance(part, ToolResultPart):
        return _result(part, names)
    return [_media(part, notes)]


def _signed(piece: dict[str, Any], signature: str | None) -> dict[str, Any]:
    return {**piece, "thoughtSignature": signature} if signature is not None else piece


def _arguments(part: ToolCallPart) -> dict[str, Any]:
    return part.arguments if part.raw_arguments is None else {"raw_arguments": part.raw_arguments}


def _media(part: ImagePart | AudioPart | FilePart, notes: list[CallWarning]) -> dict[str, Any]:
    if part.media is not None:
        return _inline(part.media)
    url = part.url if not isinstance(part, AudioPart) else None
    if url:
        mime_type = mimetypes.guess_type(url)[0]
        return {"fileData": {"fileUri": url, "mimeType": mime_type} if mime_type else {"fileUri": url}}
    notes.append(CallWarning(kind="replaced", setting="media", detail="its bytes are not known: words instead"))
    return {"text": described(part)}


def _inline(media: Media) -> dict[str, Any]:
    return {"inlineData": {"mimeType": media.mime_type, "data": media.base64()}}


def _result(part: ToolResultPart, names: dict[str, str]) -> list[dict[str, Any]]:
    name = part.name or names.get(part.call_id) or part.call_id
    response = {"error" if part.is_error else "output": result_text(part)}
    pieces: list[dict[str, Any]] = [{"functionResponse": {"id": part.call_id, "name": name, "response": response}}]
    if not isinstance(part.content, str):
        pictures = [piece.media for piece in part.content if isinstance(piece, ImagePart)]
        pieces.extend(_inline(media) for media in pictures if media is not None)
    return pieces
