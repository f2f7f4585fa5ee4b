"""From our messages to the Gemini API's `contents` and `systemInstruction`.

Wire: https://ai.google.dev/api/caching#Content and https://ai.google.dev/gemini-api/docs/thought-signatures, 2026-08.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from lollms_client import errors
from lollms_client.families.gemini.reply import MADE_UP
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

Body = dict[str, Any]
Warn = Callable[[str, str, str], None]
_FILES = "https://generativelanguage.googleapis.com/v1beta/"


def conversation(messages: Sequence[Message], warn: Warn) -> Body:
    """`contents` and `systemInstruction`; turns of the same role are joined. Raises BadSetting where none is left."""
    system: list[Body] = []
    contents: list[Body] = []
    for message in messages:
        if message.role == "system":
            if contents:
                warn("replaced", "messages", "a system message amid the conversation was moved to its start")
            system.extend({"text": part.text} for part in message.parts if isinstance(part, TextPart))
            continue
        role = "model" if message.role == "assistant" else "user"
        parts = [found for part in message.parts if (found := _part(part, messages, warn)) is not None]
        if not parts:
            continue
        if contents and contents[-1]["role"] == role:
            contents[-1]["parts"].extend(parts)
        else:
            contents.append({"role": role, "parts": parts})
    if not contents:
        raise errors.BadSetting("Gemini needs at least one message that is not a system one", setting="messages")
    return {"systemInstruction": {"parts": system}, "contents": contents} if system else {"contents": contents}


def _part(part: Part, messages: Sequence[Message], warn: Warn) -> Body | None:
    if isinstance(part, TextPart):
        return {"text": part.text} if part.text else None
    if isinstance(part, ReasoningPart):
        return _reasoning(part)
    if isinstance(part, (ImagePart, FilePart)):
        return _file(part)
    if isinstance(part, ToolCallPart):
        return _call(part, warn)
    if isinstance(part, ToolResultPart):
        return _result(part, messages)
    return _sound(part, warn)


def _reasoning(part: ReasoningPart) -> Body | None:
    signed: Body = {"thoughtSignature": part.signature} if part.signature else {}
    if part.text:
        return {"text": part.text, "thought": True, **signed}
    return {"text": "", **signed} if signed else None


def inline(media: Media) -> Body:
    """Media inside the request."""
    return {"inlineData": {"mimeType": media.mime_type, "data": media.base64()}}


def _file(part: ImagePart | FilePart) -> Body:
    if part.media is not None:
        return inline(part.media)
    identifier = part.id if isinstance(part, FilePart) else None
    if identifier:
        return {"fileData": {"fileUri": identifier if "://" in identifier else f"{_FILES}{identifier}"}}
    if not part.url:
        raise errors.BadMedia("an image or file part needs media, a url or an id", setting="messages")
    return inline(Media.of(part.url)) if part.url.startswith("data:") else {"fileData": {"fileUri": part.url}}


def _sound(part: AudioPart, warn: Warn) -> Body:
    if part.media is not None:
        return inline(part.media)
    if not part.transcript:
        raise errors.BadMedia("a sound needs its media or its words", setting="messages")
    warn("replaced", "messages", "a sound was replaced by its transcript")
    return {"text": part.transcript}


def _call(part: ToolCallPart, warn: Warn) -> Body:
    if part.raw_arguments is not None:
        warn("dropped", "messages", f"the arguments of the earlier call of {part.name} are no JSON object")
    call: Body = {"name": part.name, "args": part.arguments, **_identified(part.id)}
    return {"functionCall": call, "thoughtSignature": part.signature} if part.signature else {"functionCall": call}


def _identified(identifier: str) -> Body:
    return {} if not identifier or identifier.startswith(MADE_UP) else {"id": identifier}


def _result(part: ToolResultPart, messages: Sequence[Message]) -> Body:
    name = part.name or next(
        (call.name for message in reversed(messages) for call in message.tool_calls if call.id == part.call_id), None
    )
    if not name:
        raise errors.BadSetting(
            f"the result for the call {part.call_id!r} needs the name of its tool: Gemini matches them by name",
            setting="messages",
        )
    texts = part.content
    images: list[Body] = []
    if not isinstance(texts, str):
        images = [_file(item) for item in texts if isinstance(item, ImagePart)]
        texts = "".join(item.text for item in texts if isinstance(item, TextPart))
    response: Body = {"name": name, "response": _object(texts, part.is_error), **_identified(part.call_id)}
    return {"functionResponse": {**response, "parts": images} if images else response}


def _object(text: str, is_error: bool) -> Body:
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if isinstance(value, dict) and not is_error:
        return value
    return {"error" if is_error else "result": value}
