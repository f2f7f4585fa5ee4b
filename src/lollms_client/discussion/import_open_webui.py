"""The chats of an Open WebUI export: trees of messages by id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Any

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.import_openai import content_parts
from lollms_client.discussion.message import LollmsMessage, Status, image_part, role_of
from lollms_client.discussion.state import DiscussionState
from lollms_client.types.accounting import Usage
from lollms_client.types.message import FilePart, Part, ReasoningPart, TextPart

_REASONING = re.compile(r'<details type="reasoning"[^>]*>\s*(?:<summary>.*?</summary>)?(.*?)</details>\s*', re.DOTALL)
_KEPT_FACTS = ("sources", "citations", "annotation", "followUps", "statusHistory", "modelIdx")


def chat_from_open_webui(data: Any) -> tuple[DiscussionState, list[LollmsMessage]]:
    """One chat, all its branches. Raises BadConversation."""
    chat = data.get("chat", data) if isinstance(data, Mapping) else None
    history = chat.get("history") if isinstance(chat, Mapping) else None
    nodes = history.get("messages") if isinstance(history, Mapping) else None
    if not isinstance(chat, Mapping) or not isinstance(history, Mapping) or not isinstance(nodes, Mapping):
        raise BadConversation("a chat of an Open WebUI export needs `chat.history.messages`")
    messages = [_message(str(key), node, nodes) for key, node in nodes.items()]
    parameters = chat.get("params")
    system = chat.get("system") or (parameters.get("system") if isinstance(parameters, Mapping) else None)
    state = DiscussionState(title=str(chat.get("title") or data.get("title") or ""), system_prompt=str(system or ""))
    identifier = data.get("id") or chat.get("id")
    if isinstance(identifier, str) and identifier:
        state.id = identifier
    if isinstance(data.get("created_at"), (int, float)):
        state.created_at = datetime.fromtimestamp(data["created_at"], UTC)
    current = history.get("currentId")
    state.active_branch_id = current if isinstance(current, str) and current in nodes else None
    if chat.get("tags"):
        state.metadata = {"tags": chat["tags"]}
    return state, messages


def _message(key: str, node: Any, nodes: Mapping[str, Any]) -> LollmsMessage:
    if not isinstance(node, Mapping):
        raise BadConversation(f"a message must be an object, not {type(node).__name__}", where="history.messages")
    role = role_of(str(node.get("role")))
    parent_id = node.get("parentId")
    if parent_id is not None and parent_id not in nodes:
        raise BadConversation(f"a parent is missing: {parent_id}", message_id=key)
    error = node.get("error")
    status: Status = "failed" if error else "partial" if node.get("done") is False else "complete"
    facts = {name: node[name] for name in _KEPT_FACTS if node.get(name) is not None}
    stamp = node.get("timestamp")
    return LollmsMessage(
        id=key,
        parent_id=parent_id,
        sender=str(node.get("modelName") or node.get("model") or role) if role == "assistant" else role,
        sender_type=role,
        parts=[*_parts(node.get("content")), *_files(node.get("files"))],
        status=status,
        error=_error(error) if error else None,
        usage=_usage(node.get("usage") or node.get("info")),
        model_name=node.get("model") if role == "assistant" else None,
        created_at=datetime.fromtimestamp(stamp, UTC) if isinstance(stamp, (int, float)) else None,
        metadata={"imported": facts} if facts else {},
    )


def _parts(content: Any) -> list[Part]:
    if not isinstance(content, str):
        return content_parts(content)
    parts: list[Part] = []
    position = 0
    for match in _REASONING.finditer(content):
        parts.extend(content_parts(content[position : match.start()]))
        lines = [line.removeprefix(">").removeprefix(" ") for line in unescape(match.group(1)).strip().splitlines()]
        parts.append(ReasoningPart(text="\n".join(lines)))
        position = match.end()
    parts.extend(content_parts(content[position:]))
    return [part for part in parts if not (isinstance(part, TextPart) and not part.text.strip())]


def _files(files: Any) -> list[Part]:
    parts: list[Part] = []
    for item in files or ():
        if not isinstance(item, Mapping):
            raise BadConversation(f"a file must be an object, not {type(item).__name__}", where="files")
        url = str(item.get("url") or "")
        if item.get("type") == "image" and url.startswith(("data:", "http://", "https://")):
            parts.append(image_part(url))
        else:
            parts.append(FilePart(url=url or None, name=item.get("name"), id=item.get("id")))
    return parts


def _error(error: Any) -> dict[str, Any]:
    if isinstance(error, Mapping):
        return {"message": str(error.get("content") or error.get("message") or error)}
    return {"message": str(error)}


def _usage(values: Any) -> Usage:
    if not isinstance(values, Mapping):
        return Usage()

    def count(*names: str) -> int | None:
        return next((values[name] for name in names if type(values.get(name)) is int), None)

    return Usage(
        input_tokens=count("input_tokens", "prompt_tokens", "prompt_eval_count"),
        output_tokens=count("output_tokens", "completion_tokens", "eval_count"),
    )
