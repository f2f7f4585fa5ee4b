"""A request (or the messages) of Anthropic's messages interface into nodes of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.import_openai import text_of
from lollms_client.discussion.message import LollmsMessage, role_of
from lollms_client.types.media import Media
from lollms_client.types.message import (
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)


def messages_from_anthropic(data: Any) -> list[LollmsMessage]:
    """The nodes in a row, the system text first. Raises BadConversation for an unknown shape."""
    messages: list[LollmsMessage] = []
    if isinstance(data, Mapping):
        if data.get("system"):
            parts = [_part(block) for block in _blocks(data["system"])]
            messages.append(LollmsMessage(sender="system", sender_type="system", parts=parts))
        data = data.get("messages")
    if not isinstance(data, list):
        raise BadConversation("Anthropic's messages are a list, or an object with `messages`")
    for item in data:
        messages.extend(_nodes(item))
    return messages


def _nodes(item: Any) -> Iterable[LollmsMessage]:
    if not isinstance(item, Mapping):
        raise BadConversation(f"a message must be an object, not {type(item).__name__}", where="messages")
    role = role_of(text_of(item.get("role"), "role"))
    blocks = _blocks(item.get("content"))
    own = [dict(block) for block in blocks if isinstance(block, Mapping) and _is_the_services(block.get("type"))]
    parts = [_part(block) for block in blocks if not isinstance(block, Mapping) or dict(block) not in own]
    results = [part for part in parts if isinstance(part, ToolResultPart)]
    others = [part for part in parts if not isinstance(part, ToolResultPart)]
    if results:
        yield LollmsMessage(sender="tool", sender_type="tool", parts=results)
    if others or not results:
        metadata = {"imported_blocks": own} if own else {}
        yield LollmsMessage(sender=role, sender_type=role, parts=others, metadata=metadata)


def _is_the_services(kind: Any) -> bool:
    """Whether a block tells of a tool that the service runs itself, with its result in the text around it."""
    return kind in ("server_tool_use", "mcp_tool_use") or (str(kind).endswith("_tool_result") and kind != "tool_result")


def _blocks(content: Any) -> list[Any]:
    if content is None:
        return []
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    if not isinstance(content, list):
        raise BadConversation(f"content must be text or a list, not {type(content).__name__}", where="content")
    return content


def _part(block: Any) -> Part:
    kind = block.get("type") if isinstance(block, Mapping) else None
    cache = isinstance(block, Mapping) and block.get("cache_control") is not None
    if kind == "text":
        return TextPart(text=text_of(block.get("text"), "content.text"), cache=cache)
    if kind == "image":
        media, url, _ = _source(block)
        return ImagePart(media=media, url=url, cache=cache)
    if kind == "document":
        media, url, file_id = _source(block)
        return FilePart(media=media, url=url, id=file_id, name=block.get("title"), cache=cache)
    if kind == "thinking":
        return ReasoningPart(text=str(block.get("thinking") or ""), signature=block.get("signature"))
    if kind == "redacted_thinking":
        return ReasoningPart(redacted=text_of(block.get("data"), "content.data"))
    if kind == "tool_use":
        return _tool_use(block)
    if kind == "tool_result":
        return _tool_result(block)
    raise BadConversation(f"a content block of an unknown kind: {kind!r}", where="content")


def _tool_use(block: Mapping[str, Any]) -> ToolCallPart:
    arguments = block.get("input")
    if not isinstance(arguments, Mapping):
        raise BadConversation("a tool_use block needs an object as `input`", where="content.input")
    identifier, name = text_of(block.get("id"), "content.id"), text_of(block.get("name"), "content.name")
    return ToolCallPart(id=identifier, name=name, arguments=dict(arguments))


def _tool_result(block: Mapping[str, Any]) -> ToolResultPart:
    content = block.get("content")
    call_id = text_of(block.get("tool_use_id"), "content.tool_use_id")
    is_error = bool(block.get("is_error"))
    if content is None or isinstance(content, str):
        return ToolResultPart(call_id=call_id, content=content or "", is_error=is_error)
    pieces = [_part(piece) for piece in _blocks(content)]
    kept = tuple(piece for piece in pieces if isinstance(piece, (TextPart, ImagePart)))
    if len(kept) != len(pieces):
        raise BadConversation("a tool result holds text and images alone", where="content.content")
    return ToolResultPart(call_id=call_id, content=kept, is_error=is_error)


def _source(block: Mapping[str, Any]) -> tuple[Media | None, str | None, str | None]:
    source = block.get("source")
    kind = source.get("type") if isinstance(source, Mapping) else None
    if not isinstance(source, Mapping) or kind not in ("base64", "url", "file", "text"):
        raise BadConversation(f"a source of an unknown kind: {kind!r}", where="content.source")
    if kind == "base64":
        data, mime_type = text_of(source.get("data"), "source.data"), source.get("media_type")
        return Media.of(f"data:{mime_type or ''};base64,{data}"), None, None
    if kind == "text":
        return Media(text_of(source.get("data"), "source.data").encode(), "text/plain"), None, None
    if kind == "url":
        return None, text_of(source.get("url"), "source.url"), None
    return None, None, text_of(source.get("file_id"), "source.file_id")
