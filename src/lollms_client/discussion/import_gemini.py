"""A request (or the contents) of Google's Gemini interface into nodes of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.import_openai import text_of
from lollms_client.discussion.message import LollmsMessage, role_of
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


def messages_from_gemini(data: Any) -> list[LollmsMessage]:
    """The nodes in a row, the system text first; both spellings of field names are read. Raises BadConversation."""
    messages: list[LollmsMessage] = []
    reader = _Reader()
    if isinstance(data, Mapping):
        system = _either(data, "systemInstruction", "system_instruction")
        if system:
            parts = reader.parts({"parts": [{"text": system}]} if isinstance(system, str) else system)
            messages.append(LollmsMessage(sender="system", sender_type="system", parts=parts))
        data = data.get("contents")
    if not isinstance(data, list):
        raise BadConversation("Gemini's contents are a list, or an object with `contents`")
    for item in data:
        messages.extend(reader.nodes(item))
    return messages


def _either(values: Mapping[str, Any], camel: str, snake: str) -> Any:
    return values.get(camel) if values.get(camel) is not None else values.get(snake)


class _Reader:
    """Reads contents in order, so that results without an id find the call they answer."""

    def __init__(self) -> None:
        self._open: list[tuple[str, str]] = []  # (name, id) of calls without a result
        self._calls = 0

    def nodes(self, item: Any) -> Iterable[LollmsMessage]:
        if not isinstance(item, Mapping):
            raise BadConversation(f"a content must be an object, not {type(item).__name__}", where="contents")
        role = role_of(text_of(item.get("role") or "user", "role"))
        parts = self.parts(item)
        results = [part for part in parts if isinstance(part, ToolResultPart)]
        others = [part for part in parts if not isinstance(part, ToolResultPart)]
        if results:
            yield LollmsMessage(sender="tool", sender_type="tool", parts=results)
        if others or not results:
            role = "user" if role == "tool" else role
            yield LollmsMessage(sender=role, sender_type=role, parts=others)

    def parts(self, item: Mapping[str, Any]) -> list[Part]:
        pieces = item.get("parts")
        if not isinstance(pieces, list):
            raise BadConversation("a content needs a list of `parts`", where="contents.parts")
        return [self._part(piece) for piece in pieces]

    def _part(self, piece: Any) -> Part:
        if not isinstance(piece, Mapping):
            raise BadConversation(f"a part must be an object, not {type(piece).__name__}", where="contents.parts")
        signature = _either(piece, "thoughtSignature", "thought_signature")
        if isinstance(piece.get("text"), str):
            if piece.get("thought"):
                return ReasoningPart(text=piece["text"], signature=signature)
            return TextPart(text=piece["text"])
        if isinstance(inline := _either(piece, "inlineData", "inline_data"), Mapping):
            return _media_part(_inline(inline), None)
        if isinstance(stored := _either(piece, "fileData", "file_data"), Mapping):
            url = text_of(_either(stored, "fileUri", "file_uri"), "fileData.fileUri")
            mime_type = str(_either(stored, "mimeType", "mime_type") or "")
            return ImagePart(url=url) if mime_type.startswith("image/") else FilePart(url=url)
        if isinstance(call := _either(piece, "functionCall", "function_call"), Mapping):
            return self._call(call, signature)
        if isinstance(response := _either(piece, "functionResponse", "function_response"), Mapping):
            return self._response(response)
        if isinstance(code := _either(piece, "executableCode", "executable_code"), Mapping):
            return TextPart(text=f"\n```{str(code.get('language') or '').lower()}\n{code.get('code') or ''}\n```\n")
        if isinstance(run := _either(piece, "codeExecutionResult", "code_execution_result"), Mapping):
            return TextPart(text=f"\n```\n{run.get('output') or run.get('outcome') or ''}\n```\n")
        raise BadConversation(f"a part of an unknown kind: {sorted(piece)}", where="contents.parts")

    def _call(self, call: Mapping[str, Any], signature: str | None) -> ToolCallPart:
        self._calls += 1
        name = text_of(call.get("name"), "functionCall.name")
        identifier = str(call.get("id") or f"call_{self._calls}")
        self._open.append((name, identifier))
        return ToolCallPart(id=identifier, name=name, arguments=dict(call.get("args") or {}), signature=signature)

    def _response(self, response: Mapping[str, Any]) -> ToolResultPart:
        name = text_of(response.get("name"), "functionResponse.name")
        waiting = next((entry for entry in self._open if entry[0] == name), None)
        identifier = str(response.get("id") or (waiting[1] if waiting else name))
        self._open = [entry for entry in self._open if entry[1] != identifier]
        values = response.get("response")
        values = dict(values) if isinstance(values, Mapping) else {}
        is_error = set(values) == {"error"}
        plain = next(iter(values.values())) if set(values) in ({"output"}, {"error"}, {"result"}) else values
        return ToolResultPart(call_id=identifier, name=name, content=_as_text(plain), is_error=is_error)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    import msgspec

    return msgspec.json.encode(value).decode()


def _inline(values: Mapping[str, Any]) -> Media:
    data = values.get("data")
    mime_type = str(_either(values, "mimeType", "mime_type") or "")
    if isinstance(data, bytes):
        return Media(data, mime_type)
    return Media.of(f"data:{mime_type};base64,{text_of(data, 'inlineData.data')}")


def _media_part(media: Media, name: str | None) -> Part:
    if media.kind == "image":
        return ImagePart(media=media)
    if media.kind == "audio":
        return AudioPart(media=media)
    return FilePart(media=media, name=name)
