"""The conversations of a ChatGPT data export: trees of nodes by id, with files beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.import_openai import text_of
from lollms_client.discussion.message import LollmsMessage, Status
from lollms_client.discussion.state import DiscussionState
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

FindFile = Callable[[str], Media | None]
_SPEAKERS = {"user": "user", "assistant": "assistant", "system": "system", "tool": "tool"}


def conversation_from_chatgpt(data: Any, find_file: FindFile) -> tuple[DiscussionState, list[LollmsMessage]]:
    """One conversation, all its branches. `find_file` gives the file of an asset's name, None where it is missing."""
    mapping = data.get("mapping") if isinstance(data, Mapping) else None
    if not isinstance(mapping, Mapping):
        raise BadConversation("a conversation of a ChatGPT export needs a `mapping` of nodes")
    reader = _Reader(mapping, find_file)
    messages = [message for node_id in _from_the_root(mapping) if (message := reader.message(node_id))]
    state = DiscussionState(title=str(data.get("title") or ""))
    identifier = data.get("conversation_id") or data.get("id")
    if isinstance(identifier, str):
        state.id = identifier
    if isinstance(data.get("create_time"), (int, float)):
        state.created_at = datetime.fromtimestamp(data["create_time"], UTC)
    state.active_branch_id = reader.kept_ancestor(data.get("current_node"))
    return state, messages


def _from_the_root(mapping: Mapping[str, Any]) -> list[str]:
    """The node ids, parents before children, in the order in which the children are listed."""
    roots = [key for key, node in mapping.items() if _parent(mapping, node) is None]
    ordered: list[str] = []
    waiting = roots[::-1]
    while waiting:
        current = waiting.pop()
        ordered.append(current)
        children = [child for child in mapping[current].get("children") or () if child in mapping]
        waiting.extend(reversed([child for child in children if mapping[child].get("parent") == current]))
        if len(ordered) > len(mapping):
            raise BadConversation("the nodes of the conversation go in circles", where="mapping")
    if len(ordered) != len(mapping):
        raise BadConversation("the nodes of the conversation do not hang together", where="mapping")
    return ordered


def _parent(mapping: Mapping[str, Any], node: Any) -> str | None:
    if not isinstance(node, Mapping):
        raise BadConversation(f"a node must be an object, not {type(node).__name__}", where="mapping")
    parent = node.get("parent")
    return parent if isinstance(parent, str) and parent in mapping else None


class _Reader:
    def __init__(self, mapping: Mapping[str, Any], find_file: FindFile) -> None:
        self._mapping = mapping
        self._find_file = find_file
        self._kept: dict[str, LollmsMessage] = {}

    def kept_ancestor(self, node_id: Any) -> str | None:
        """The node itself or the nearest above it that became a message."""
        while isinstance(node_id, str) and node_id in self._mapping:
            if node_id in self._kept:
                return node_id
            node_id = self._mapping[node_id].get("parent")
        return None

    def message(self, node_id: str) -> LollmsMessage | None:
        """The node's message, None where it says nothing."""
        node = self._mapping[node_id]
        values = node.get("message")
        if not isinstance(values, Mapping):
            return None
        author = values.get("author") or {}
        role = _SPEAKERS.get(str(author.get("role")), "user")
        parent_id = self.kept_ancestor(node.get("parent"))
        parts = self._parts(values.get("content") or {}, values.get("metadata") or {})
        recipient = values.get("recipient")
        if role == "assistant" and recipient not in (None, "all"):
            parts = _as_call(node_id, str(recipient), parts)
        elif role == "tool":
            parts = self._as_result(parent_id, author.get("name"), parts)
        if not parts:
            return None
        message = self._built(node_id, parent_id, role, parts, values)
        self._kept[node_id] = message
        return message

    def _built(
        self, node_id: str, parent_id: str | None, role: str, parts: list[Part], values: Mapping[str, Any]
    ) -> LollmsMessage:
        metadata = values.get("metadata") or {}
        status: Status = "complete"
        if values.get("status") in ("in_progress", "finished_partial_completion"):
            status = "partial"
        stamp = values.get("create_time")
        return LollmsMessage(
            id=node_id,
            parent_id=parent_id,
            sender=(values.get("author") or {}).get("name") or role,
            sender_type=role,
            parts=parts,
            status=status,
            created_at=datetime.fromtimestamp(stamp, UTC) if isinstance(stamp, (int, float)) else None,
            model_name=metadata.get("model_slug") if role == "assistant" else None,
            metadata={"imported": dict(metadata)} if metadata else {},
        )

    def _parts(self, content: Mapping[str, Any], metadata: Mapping[str, Any]) -> list[Part]:
        kind = content.get("content_type")
        parts: list[Part] = []
        if kind == "thoughts":
            texts = [f"{item.get('summary', '')}\n{item.get('content', '')}".strip() for item in content["thoughts"]]
            parts.append(ReasoningPart(text="\n\n".join(texts)))
        elif kind == "user_editable_context":
            texts = [str(content.get(name) or "") for name in ("user_profile", "user_instructions")]
            parts.append(TextPart(text="\n\n".join(text for text in texts if text)))
        elif isinstance(content.get("parts"), list):
            parts.extend(part for item in content["parts"] if (part := self._piece(item)) is not None)
        else:
            text = next(
                (content[name] for name in ("text", "content", "result", "model_set_context") if content.get(name)), ""
            )
            parts.append(TextPart(text=str(text)))
        parts.extend(self._attachments(metadata, parts))
        return [part for part in parts if not (isinstance(part, (TextPart, ReasoningPart)) and not part.text)]

    def _piece(self, item: Any) -> Part | None:
        if isinstance(item, str):
            return TextPart(text=item)
        if not isinstance(item, Mapping):
            raise BadConversation(f"a part must be text or an object, not {type(item).__name__}", where="parts")
        kind = item.get("content_type")
        if kind == "image_asset_pointer":
            pointer = text_of(item.get("asset_pointer"), "asset_pointer")
            media = self._find_file(_asset(pointer))
            return ImagePart(media=media) if media is not None else FilePart(name=pointer)
        if kind == "audio_transcription":
            return TextPart(text=str(item.get("text") or ""))
        if kind in ("audio_asset_pointer", "real_time_user_audio_video_asset_pointer"):
            inner = item.get("audio_asset_pointer")
            pointer = str((inner if isinstance(inner, Mapping) else item).get("asset_pointer") or "")
            media = self._find_file(_asset(pointer))
            return AudioPart(media=media) if media is not None else FilePart(name=pointer)
        return TextPart(text=str(item["text"])) if item.get("text") else None

    def _attachments(self, metadata: Mapping[str, Any], parts: list[Part]) -> list[Part]:
        shown = sum(isinstance(part, ImagePart) for part in parts)
        attached: list[Part] = []
        for item in metadata.get("attachments") or ():
            mime_type = str(item.get("mimeType") or item.get("mime_type") or "")
            if mime_type.startswith("image/") and shown:
                shown -= 1  # it is among the parts already
                continue
            media = self._find_file(str(item.get("id") or ""))
            attached.append(FilePart(media=media, name=item.get("name"), id=None if media else item.get("id")))
        return attached

    def _as_result(self, parent_id: str | None, name: Any, parts: list[Part]) -> list[Part]:
        parent = self._kept.get(parent_id) if parent_id is not None else None
        call = next(iter(parent.tool_calls), None) if parent is not None else None
        pieces = tuple(part for part in parts if isinstance(part, (TextPart, ImagePart)))
        if not pieces:
            return []
        words = "".join(part.text for part in pieces if isinstance(part, TextPart))
        only_words = all(isinstance(part, TextPart) for part in pieces)
        call_id = call.id if call is not None else ""
        return [ToolResultPart(call_id=call_id, name=name, content=words if only_words else pieces)]


def _as_call(node_id: str, recipient: str, parts: list[Part]) -> list[Part]:
    words = "".join(part.text for part in parts if isinstance(part, TextPart))
    arguments, raw = decode_arguments(words)
    others = [part for part in parts if not isinstance(part, TextPart)]
    return [*others, ToolCallPart(id=node_id, name=recipient, arguments=arguments, raw_arguments=raw)]


def _asset(pointer: str) -> str:
    return pointer.rpartition("://")[2].partition("#")[0]
