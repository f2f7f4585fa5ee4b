"""Messages in the shape of OpenAI's chat completions, and of responses, into nodes of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.message import LollmsMessage, image_part, role_of
from lollms_client.types.chat import decode_arguments
from lollms_client.types.media import Media
from lollms_client.types.message import (
    AudioPart,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)


def message_from_openai(values: Mapping[str, Any]) -> LollmsMessage:
    """One chat message. Raises BadConversation for a shape that is none."""
    role = role_of(text_of(values.get("role"), "role"))
    parts: list[Part] = []
    reasoning = values.get("reasoning_content") or values.get("reasoning") or values.get("thinking")
    if isinstance(reasoning, str):
        parts.append(ReasoningPart(text=reasoning))
    content = content_parts(values.get("content"))
    content.extend(image_part(image) for image in values.get("images") or ())
    if role == "tool":
        parts.append(_tool_result(values, content))
    else:
        parts.extend(content)
        if isinstance(values.get("refusal"), str):
            parts.append(TextPart(text=values["refusal"]))
        if isinstance(values.get("audio"), Mapping):
            parts.append(AudioPart(id=values["audio"].get("id"), transcript=values["audio"].get("transcript")))
        parts.extend(tool_call(call) for call in values.get("tool_calls") or ())
        if isinstance(values.get("function_call"), Mapping):  # what came before tools
            parts.append(tool_call({"function": values["function_call"]}))
    return LollmsMessage(sender=values.get("name") or role, sender_type=role, parts=parts)


def paired(messages: Iterable[LollmsMessage]) -> list[LollmsMessage]:
    """The messages; calls without an id get a numbered one, and results without one that of the call of their name."""
    row = list(messages)
    waiting: list[ToolCallPart] = []
    count = 0
    for message in row:
        parts: list[Part] = []
        for part in message.parts:
            if isinstance(part, ToolCallPart):
                count += 1
                part = msgspec.structs.replace(part, id=part.id or f"call_{count}")
                waiting.append(part)
            elif isinstance(part, ToolResultPart):
                part = _answer(part, waiting)
            parts.append(part)
        message.parts = tuple(parts)
    return row


def _answer(part: ToolResultPart, waiting: list[ToolCallPart]) -> ToolResultPart:
    if part.call_id:
        waiting[:] = [call for call in waiting if call.id != part.call_id]
        return part
    call = next((call for call in waiting if part.name in (None, call.name)), None)
    if call is None:
        return msgspec.structs.replace(part, call_id=part.name or "tool")
    waiting.remove(call)
    return msgspec.structs.replace(part, call_id=call.id, name=call.name)


def text_of(value: Any, what: str) -> str:
    """The value, which must be text."""
    if not isinstance(value, str):
        raise BadConversation(f"{what} must be text, not {type(value).__name__}", where=what)
    return value


def tool_call(values: Any) -> ToolCallPart:
    """A tool call as chat completions (or Ollama) write it."""
    if not isinstance(values, Mapping) or not isinstance(values.get("function"), Mapping):
        raise BadConversation("a tool call needs a `function` with a name and arguments", where="tool_calls")
    function = values["function"]
    name = text_of(function.get("name"), "tool_calls.function.name")
    arguments = function.get("arguments")
    identifier = str(values.get("id") or "")
    if isinstance(arguments, Mapping):
        return ToolCallPart(id=identifier, name=name, arguments=dict(arguments))
    decoded, raw = decode_arguments(str(arguments or ""))
    return ToolCallPart(id=identifier, name=name, arguments=decoded, raw_arguments=raw)


def _tool_result(values: Mapping[str, Any], content: list[Part]) -> ToolResultPart:
    pieces = tuple(part for part in content if isinstance(part, (TextPart, ImagePart)))
    words = "".join(part.text for part in pieces if isinstance(part, TextPart))
    only_words = all(isinstance(part, TextPart) for part in pieces)
    return ToolResultPart(
        call_id=str(values.get("tool_call_id") or ""),
        content=words if only_words else pieces,
        name=values.get("name") or values.get("tool_name"),
    )


def content_parts(content: Any) -> list[Part]:
    """The parts of a message's content: text, or a list of typed parts."""
    if content is None:
        return []
    if isinstance(content, str):
        return [TextPart(text=content)] if content else []
    if not isinstance(content, Iterable) or isinstance(content, Mapping):
        raise BadConversation(f"content must be text or a list of parts, not {type(content).__name__}", where="content")
    return [content_part(item) for item in content]


def content_part(item: Any) -> Part:
    """One typed part of a content list, of chat completions or of responses."""
    if isinstance(item, str):
        return TextPart(text=item)
    kind = item.get("type") if isinstance(item, Mapping) else None
    if kind in ("text", "input_text", "output_text"):
        return TextPart(text=text_of(item.get("text"), "content.text"))
    if kind == "refusal":
        return TextPart(text=text_of(item.get("refusal"), "content.refusal"))
    if kind in ("image_url", "input_image"):
        return _image(item)
    if kind == "input_audio":
        sound = item["input_audio"]
        return AudioPart(
            media=Media.of(sound["data"], {"mp3": "audio/mpeg"}.get(sound["format"], f"audio/{sound['format']}"))
        )
    if kind in ("file", "input_file"):
        return _file(item.get("file") if kind == "file" else item)
    raise BadConversation(f"a content part of an unknown kind: {kind!r}", where="content")


def _image(item: Mapping[str, Any]) -> ImagePart:
    target = item.get("image_url")
    detail = item.get("detail")
    if isinstance(target, Mapping):
        detail = target.get("detail")
        target = target.get("url")
    part = image_part(target)
    return ImagePart(media=part.media, url=part.url, detail=detail) if detail and detail != "auto" else part


def _file(values: Any) -> FilePart:
    if not isinstance(values, Mapping):
        raise BadConversation("a file part needs `file` with file_data or file_id", where="content.file")
    data = values.get("file_data")
    return FilePart(
        media=Media.of(data) if isinstance(data, str) else None,
        url=values.get("file_url"),
        name=values.get("filename"),
        id=values.get("file_id"),
    )


def messages_from_responses(data: Any) -> list[LollmsMessage]:
    """The items of a response's `input`, its instructions first; a run of the assistant's items is one message."""
    messages: list[LollmsMessage] = []
    if isinstance(data, Mapping):
        if data.get("instructions"):
            messages.append(LollmsMessage(sender_type="system", content=text_of(data["instructions"], "instructions")))
        data = data.get("input")
    if isinstance(data, str):
        data = [{"role": "user", "content": data}]
    if not isinstance(data, list):
        raise BadConversation("the input of a response is text, a list of items, or an object with `input`")
    for item in data:
        if not isinstance(item, Mapping):
            raise BadConversation(f"an item must be an object, not {type(item).__name__}", where="input")
        role, parts = _from_item(item)
        last = messages[-1] if messages else None
        if last is None or role != "assistant" or last.sender_type != "assistant":
            last = LollmsMessage(sender=role, sender_type=role)
            messages.append(last)
        last.parts = (*last.parts, *parts)
        if not parts and str(item.get("type")).endswith("_call"):  # what the service did itself
            last.metadata = {"imported_items": [*last.metadata.get("imported_items", []), dict(item)]}
    return messages


def _from_item(item: Mapping[str, Any]) -> tuple[str, list[Part]]:
    kind = item.get("type") or "message"
    if kind == "message":
        return role_of(text_of(item.get("role"), "role")), content_parts(item.get("content"))
    if kind == "function_call":
        arguments, raw = decode_arguments(str(item.get("arguments") or ""))
        call_id, name = text_of(item.get("call_id"), "call_id"), text_of(item.get("name"), "name")
        return "assistant", [ToolCallPart(id=call_id, name=name, arguments=arguments, raw_arguments=raw)]
    if kind in ("function_call_output", "custom_tool_call_output"):
        values = {"tool_call_id": text_of(item.get("call_id"), "call_id")}
        return "tool", [_tool_result(values, content_parts(item.get("output")))]
    if kind == "reasoning":
        summary = "\n\n".join(str(piece.get("text", "")) for piece in item.get("summary") or ())
        return "assistant", [ReasoningPart(text=summary, redacted=item.get("encrypted_content"))]
    if kind == "image_generation_call":
        return "assistant", [image_part(item["result"])] if item.get("result") else []
    if kind == "custom_tool_call":
        call_id, name = text_of(item.get("call_id"), "call_id"), text_of(item.get("name"), "name")
        return "assistant", [ToolCallPart(id=call_id, name=name, raw_arguments=str(item.get("input") or ""))]
    if isinstance(kind, str) and kind.endswith("_call"):
        return "assistant", []
    raise BadConversation(f"an item of an unknown kind: {kind!r}", where="input")
