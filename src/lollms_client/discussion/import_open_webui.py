"""The chats of an Open WebUI export of any version: trees of messages by id, or in the oldest one a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.import_open_webui_content import assistant_pieces
from lollms_client.discussion.import_openai import content_parts
from lollms_client.discussion.import_values import list_of, mapping_of, text_or_none, when
from lollms_client.discussion.message import LollmsMessage, Status, image_part, role_from_name
from lollms_client.discussion.state import DiscussionState
from lollms_client.types.accounting import Usage
from lollms_client.types.media import Media
from lollms_client.types.message import FilePart, Part, ToolResultPart

_KEPT_FACTS = ("sources", "citations", "annotation", "followUps", "statusHistory", "modelIdx", "code_executions")
_SHOWN_BY_URL = ("data:", "http://", "https://")


def chat_from_open_webui(data: Any) -> tuple[DiscussionState, list[LollmsMessage]]:
    """One chat, all its branches. Raises BadConversation."""
    outer = mapping_of(data)
    chat = mapping_of(outer.get("chat", outer))
    history = mapping_of(chat.get("history"))
    nodes = {str(key): node for key, node in mapping_of(history.get("messages")).items() if isinstance(node, Mapping)}
    if not nodes:
        nodes = _in_a_row(chat.get("messages"))
    if not nodes and "history" not in chat and "messages" not in chat:
        raise BadConversation("a chat of an Open WebUI export needs `chat.history.messages` or `chat.messages`")
    messages = [message for key, node in nodes.items() for message in _messages(key, node, nodes)]
    system = chat.get("system") or mapping_of(chat.get("params")).get("system")
    state = DiscussionState(title=str(chat.get("title") or outer.get("title") or ""), system_prompt=str(system or ""))
    state.id = text_or_none(outer.get("id")) or text_or_none(chat.get("id")) or state.id
    state.created_at = when(outer.get("created_at")) or when(chat.get("timestamp")) or state.created_at
    current = history.get("currentId") or history.get("current_id")
    state.active_branch_id = current if current in nodes else messages[-1].id if messages else None
    if tags := chat.get("tags") or mapping_of(outer.get("meta")).get("tags"):
        state.metadata = {"tags": tags}
    return state, messages


def _in_a_row(items: Any) -> dict[str, Mapping[str, Any]]:
    """The oldest form: a list of messages, each of which answers the one before it."""
    nodes: dict[str, Mapping[str, Any]] = {}
    before: str | None = None
    for place, item in enumerate(list_of(items)):
        if isinstance(item, Mapping):
            key = text_or_none(item.get("id")) or f"message-{place + 1}"
            nodes[key] = {"parentId": before, **item}
            before = key
    return nodes


def _messages(key: str, node: Mapping[str, Any], nodes: Mapping[str, Any]) -> list[LollmsMessage]:
    """What a node says, in as many messages as the calls of tools inside it make necessary; the last has its id."""
    parent_id, facts = _place(key, node, nodes)
    role = str(node.get("role") or ("assistant" if node.get("model") else "user"))
    role = role_from_name(role)
    error = node.get("error")
    status: Status = "failed" if error else "partial" if node.get("done") is False else "complete"
    speaker = str(node.get("modelName") or node.get("model") or role) if role == "assistant" else role
    model = text_or_none(node.get("model")) if role == "assistant" else None
    said = assistant_pieces(node.get("content")) if role == "assistant" else [content_parts(node.get("content"))]
    said[-1] = [*said[-1], *_files(node)]
    messages: list[LollmsMessage] = []
    for number, parts in enumerate(said):
        is_last = number == len(said) - 1
        is_result = any(isinstance(part, ToolResultPart) for part in parts)
        message = LollmsMessage(
            id=key if is_last else f"{key}-{number + 1}",
            parent_id=messages[-1].id if messages else parent_id,
            sender="tool" if is_result else speaker,
            sender_type="tool" if is_result else role,
            parts=parts,
            status=status if is_last else "complete",
            error=_error(error) if error and is_last else None,
            usage=_usage(node.get("usage") or node.get("info")) if is_last else None,
            model_name=None if is_result else model,
            created_at=when(node.get("timestamp")),
            metadata={"imported": facts} if facts and is_last else {},
        )
        messages.append(message)
    return messages


def _place(key: str, node: Mapping[str, Any], nodes: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """The parent of a node, and what else is kept of it; a parent that was deleted is named there."""
    facts = {name: node[name] for name in _KEPT_FACTS if node.get(name) is not None}
    parent_id = node.get("parentId") or None
    if parent_id is not None and parent_id not in nodes:
        return None, {**facts, "missing_parent": str(parent_id)}
    return parent_id, facts


def _files(node: Mapping[str, Any]) -> list[Part]:
    parts: list[Part] = [image_part(source) for source in list_of(node.get("images"))]
    for item in map(mapping_of, list_of(node.get("files"))):
        url = str(item.get("url") or "")
        if item.get("type") == "image" and url.startswith(_SHOWN_BY_URL):
            parts.append(image_part(url))
            continue
        stored = mapping_of(item.get("file"))
        words = text_or_none(mapping_of(stored.get("data")).get("content"))
        name = text_or_none(item.get("name")) or text_or_none(stored.get("filename"))
        media = Media(words.encode(), "text/plain") if words else None  # what was read out of the file
        identifier = text_or_none(item.get("id")) or text_or_none(stored.get("id"))
        if media or url or name or identifier:
            parts.append(FilePart(media=media, url=url or None, name=name, id=None if media else identifier))
    return parts


def _error(error: Any) -> dict[str, Any]:
    if isinstance(error, Mapping):
        return {"message": str(error.get("content") or error.get("message") or dict(error))}
    return {"message": "the answer failed" if error is True else str(error)}


def _usage(values: Any) -> Usage:
    known = mapping_of(values)

    def count(*names: str) -> int | None:
        return next((known[name] for name in names if type(known.get(name)) is int), None)

    return Usage(
        input_tokens=count("input_tokens", "prompt_tokens", "prompt_eval_count"),
        output_tokens=count("output_tokens", "completion_tokens", "eval_count"),
    )
