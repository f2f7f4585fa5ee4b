"""A conversation for OpenAI's two chat interfaces: chat completions, and responses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from lollms_client.discussion.turns import (
    OPENING,
    arguments_text,
    described,
    media_to_user,
    merge_runs,
    result_text,
    split_system,
)
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

_NOT_IN_NAMES = re.compile(r"[\s<|\\/>]+")
_SOUND_FORMATS = {"audio/wav": "wav", "audio/mpeg": "mp3"}


def to_openai_chat(turns: Sequence[Message], notes: list[CallWarning]) -> list[dict[str, Any]]:
    """The `messages` of a chat completion."""
    exported: list[dict[str, Any]] = []
    spoken = False
    for turn in merge_runs(media_to_user(_without_reasoning(turns, notes), keep_in_results=False)):
        if turn.role == "system":
            text = turn.text.strip()
            exported.append({"role": "system", "content": text if spoken else [{"type": "text", "text": text}]})
            continue
        if not spoken and turn.role == "assistant":
            exported.append({"role": "user", "content": OPENING})
        spoken = True
        if turn.role == "tool":
            exported.extend(_tool_messages(turn))
        elif turn.role == "assistant":
            exported.append(_assistant(turn))
        elif content := chat_content(turn.parts, notes):
            exported.append({"role": "user", "content": content, **_name_field(turn)})
    return exported


def _name_field(turn: Message) -> dict[str, str]:
    """The speaker's name with the letters that the interface takes, where the turn has one."""
    name = _NOT_IN_NAMES.sub("_", turn.name.strip())[:64] if turn.name else ""
    return {"name": name} if name else {}


def _without_reasoning(turns: Sequence[Message], notes: list[CallWarning]) -> list[Message]:
    spoken: list[Message] = []
    for turn in turns:
        parts = tuple([part for part in turn.parts if not isinstance(part, ReasoningPart)])
        if len(parts) != len(turn.parts):
            detail = "chat completions take no reasoning back"
            notes.append(CallWarning(kind="dropped", setting="reasoning", detail=detail))
        if parts:
            spoken.append(msgspec.structs.replace(turn, parts=parts))
    return spoken


def chat_content(parts: Sequence[Part], notes: list[CallWarning]) -> str | list[dict[str, Any]]:
    """A user's content: plain text where there is nothing else, else a list of content parts."""
    if all(isinstance(part, TextPart) for part in parts):
        return "".join(part.text for part in parts if isinstance(part, TextPart)).strip()
    items: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, TextPart):
            text = part.text.strip()
            if text:
                items.append({"type": "text", "text": text})
        elif isinstance(part, ImagePart):
            url = part.media.data_url() if part.media is not None else part.url
            items.append({"type": "image_url", "image_url": {"url": url, "detail": part.detail or "auto"}})
        elif isinstance(part, AudioPart):
            items.append(_sound(part, notes))
        elif isinstance(part, FilePart):
            items.append(_file(part, notes))
    return items


def _sound(part: AudioPart, notes: list[CallWarning]) -> dict[str, Any]:
    format_name = _SOUND_FORMATS.get(part.media.mime_type) if part.media is not None else None
    if part.media is None or format_name is None:
        notes.append(
            CallWarning(kind="replaced", setting="audio", detail="only WAV and MP3 can be sent: words instead")
        )
        return {"type": "text", "text": described(part)}
    return {"type": "input_audio", "input_audio": {"data": part.media.base64(), "format": format_name}}


def _file(part: FilePart, notes: list[CallWarning]) -> dict[str, Any]:
    if part.id:
        return {"type": "file", "file": {"file_id": part.id}}
    if part.media is None:
        notes.append(
            CallWarning(kind="replaced", setting="file", detail="a file by URL cannot be sent: its name instead")
        )
        return {"type": "text", "text": described(part)}
    return {
        "type": "file",
        "file": {"filename": part.name or file_name(part.media), "file_data": part.media.data_url()},
    }


def file_name(media: Media) -> str:
    """A name for a file that has none."""
    return f"file{media.extension}"


def _assistant(turn: Message) -> dict[str, Any]:
    text = turn.text.strip()
    message: dict[str, Any] = {"role": "assistant", "content": text or None}
    sound = next((part.id for part in turn.parts if isinstance(part, AudioPart) and part.id), None)
    if sound:
        message["audio"] = {"id": sound}
    if turn.tool_calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments_text(call)}}
            for call in turn.tool_calls
        ]
    return message


def _tool_messages(turn: Message) -> list[dict[str, Any]]:
    return [
        {"role": "tool", "tool_call_id": part.call_id, "content": result_text(part)}
        for part in turn.parts
        if isinstance(part, ToolResultPart)
    ]


def to_openai_responses(turns: Sequence[Message], notes: list[CallWarning]) -> dict[str, Any]:
    """`instructions` (where there are any) and `input` of a response."""
    system, spoken = split_system(turns)
    items: list[dict[str, Any]] = []
    for turn in media_to_user(spoken, keep_in_results=True):
        if turn.role == "user":
            content = [_input(part, notes) for part in turn.parts if not _is_blank(part)]
            if content:
                items.append({"type": "message", "role": "user", "content": content})
        else:
            for part in turn.parts:
                items.extend(_item(part, notes))
    return {"instructions": system, "input": items} if system else {"input": items}


def _is_blank(part: Part) -> bool:
    return isinstance(part, TextPart) and not part.text.strip()


def _input(part: Part, notes: list[CallWarning]) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "input_text", "text": part.text.strip()}
    if isinstance(part, ImagePart):
        url = part.media.data_url() if part.media is not None else part.url
        return {"type": "input_image", "image_url": url, "detail": part.detail or "auto"}
    if isinstance(part, FilePart):
        if part.id:
            return {"type": "input_file", "file_id": part.id}
        if part.media is not None:
            name = part.name or file_name(part.media)
            return {"type": "input_file", "filename": name, "file_data": part.media.data_url()}
        if part.url:
            return {"type": "input_file", "file_url": part.url}
    setting = "file" if isinstance(part, FilePart) else "audio"
    notes.append(CallWarning(kind="replaced", setting=setting, detail="responses cannot take this: words instead"))
    return {"type": "input_text", "text": described(part)}


def _item(part: Part, notes: list[CallWarning]) -> list[dict[str, Any]]:
    if isinstance(part, TextPart):
        text = part.text.strip()
        return [{"type": "message", "role": "assistant", "content": text}] if text else []
    if isinstance(part, ToolCallPart):
        return [{"type": "function_call", "call_id": part.id, "name": part.name, "arguments": arguments_text(part)}]
    if isinstance(part, ToolResultPart):
        output = part.content if isinstance(part.content, str) else [_input(piece, notes) for piece in part.content]
        return [{"type": "function_call_output", "call_id": part.call_id, "output": output}]
    if isinstance(part, ReasoningPart):
        notes.append(
            CallWarning(kind="dropped", setting="reasoning", detail="reasoning goes back by its item id alone")
        )
    return []
