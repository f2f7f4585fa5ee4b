"""The conversations of a ChatGPT data export: trees of nodes by id, with files beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.import_values import list_of, mapping_of, text_or_none, when
from lollms_client.discussion.message import LollmsMessage, Status
from lollms_client.discussion.state import DiscussionState
from lollms_client.discussion.turns import described
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
_INSTRUCTIONS = ("user_editable_context", "model_editable_context")  # what the service adds unseen
_TEXT_FIELDS = ("text", "content", "result", "model_set_context")
_SPEAKERS = {"user": "user", "assistant": "assistant", "system": "system", "tool": "tool"}


def conversation_from_chatgpt(data: Any, find_file: FindFile) -> tuple[DiscussionState, list[LollmsMessage]]:
    """One conversation, all its branches. `find_file` gives the file of an asset's name, None where it is missing."""
    mapping = data.get("mapping") if isinstance(data, Mapping) else None
    if not isinstance(mapping, Mapping):
        raise BadConversation("a conversation of a ChatGPT export needs a `mapping` of nodes")
    nodes = {str(key): node for key, node in mapping.items() if isinstance(node, Mapping)}
    reader = _Reader(nodes, find_file, text_or_none(data.get("default_model_slug")))
    messages = [message for node_id in _from_the_root(nodes) if (message := reader.message(node_id))]
    state = DiscussionState(title=str(data.get("title") or ""))
    state.id = text_or_none(data.get("conversation_id")) or text_or_none(data.get("id")) or state.id
    state.created_at = when(data.get("create_time")) or (messages[0].created_at if messages else state.created_at)
    state.active_branch_id = reader.kept_ancestor(data.get("current_node")) or _newest(messages)
    return state, messages


def _newest(messages: list[LollmsMessage]) -> str | None:
    return max(messages, key=lambda message: message.created_at).id if messages else None


def _from_the_root(nodes: Mapping[str, Any]) -> list[str]:
    """The node ids, parents before children, in the order in which the children are listed."""
    children: dict[str | None, list[str]] = {}
    for key, node in nodes.items():
        parent = node.get("parent")
        children.setdefault(parent if isinstance(parent, str) and parent in nodes else None, []).append(key)
    ordered: list[str] = []
    waiting = children.get(None, [])[::-1]
    while waiting:
        current = waiting.pop()
        ordered.append(current)
        listed = {child: place for place, child in enumerate(list_of(nodes[current].get("children")))}
        below = children.get(current, [])
        waiting.extend(sorted(below, key=lambda child: listed.get(child, len(listed)))[::-1])
    if len(ordered) != len(nodes):
        raise BadConversation("the nodes of the conversation do not hang together: some go in circles", where="mapping")
    return ordered


class _Reader:
    def __init__(self, nodes: Mapping[str, Any], find_file: FindFile, model: str | None) -> None:
        self._nodes = nodes
        self._find_file = find_file
        self._model = model
        self._kept: dict[str, LollmsMessage] = {}

    def kept_ancestor(self, node_id: Any) -> str | None:
        """The node itself or the nearest above it that became a message."""
        while isinstance(node_id, str) and node_id in self._nodes:
            if node_id in self._kept:
                return node_id
            node_id = self._nodes[node_id].get("parent")
        return None

    def message(self, node_id: str) -> LollmsMessage | None:
        """The node's message, None where it says nothing."""
        node = self._nodes[node_id]
        values = node.get("message")
        if not isinstance(values, Mapping):
            return None
        content, metadata = mapping_of(values.get("content")), mapping_of(values.get("metadata"))
        author = mapping_of(values.get("author"))
        role = _SPEAKERS.get(str(author.get("role")), "user")
        if content.get("content_type") in _INSTRUCTIONS:
            role = "system"
        parent_id = self.kept_ancestor(node.get("parent"))
        parts = self._parts(content, metadata)
        recipient = values.get("recipient")
        if role == "assistant" and recipient not in (None, "", "all"):
            parts = _as_call(node_id, str(recipient), parts)
        elif role == "tool":
            parts = self._as_result(parent_id, text_or_none(author.get("name")), parts)
        if not parts:
            return None
        message = self._built(node_id, parent_id, role, parts, values)
        self._kept[node_id] = message
        return message

    def _built(
        self, node_id: str, parent_id: str | None, role: str, parts: list[Part], values: Mapping[str, Any]
    ) -> LollmsMessage:
        metadata = mapping_of(values.get("metadata"))
        parent = self._kept.get(parent_id) if parent_id is not None else None
        status: Status = "complete"
        if values.get("status") in ("in_progress", "finished_partial_completion"):
            status = "partial"
        return LollmsMessage(
            id=node_id,
            parent_id=parent_id,
            sender=text_or_none(mapping_of(values.get("author")).get("name")) or role,
            sender_type=role,
            parts=parts,
            status=status,
            created_at=when(values.get("create_time")) or (parent.created_at if parent is not None else None),
            model_name=(text_or_none(metadata.get("model_slug")) or self._model) if role == "assistant" else None,
            metadata={"imported": dict(metadata)} if metadata else {},
        )

    def _parts(self, content: Mapping[str, Any], metadata: Mapping[str, Any]) -> list[Part]:
        kind = content.get("content_type")
        parts: list[Part] = []
        if kind == "thoughts":
            thoughts = [mapping_of(item) for item in list_of(content.get("thoughts"))]
            texts = [f"{item.get('summary') or ''}\n{item.get('content') or ''}".strip() for item in thoughts]
            parts.append(ReasoningPart(text="\n\n".join(text for text in texts if text)))
        elif kind == "reasoning_recap":
            parts.append(ReasoningPart(text=str(content.get("content") or "")))
        elif kind == "user_editable_context":
            texts = [str(content.get(name) or "") for name in ("user_profile", "user_instructions")]
            parts.append(TextPart(text="\n\n".join(text for text in texts if text)))
        elif isinstance(content.get("parts"), list):
            parts.extend(part for item in content["parts"] if (part := self._piece(item)) is not None)
        else:
            text = next((content[name] for name in _TEXT_FIELDS if content.get(name)), "")
            title = text_or_none(content.get("title")) if kind == "tether_quote" else None
            parts.append(TextPart(text=f"{title}\n{text}" if title else str(text)))
        parts.extend(self._attachments(metadata, parts))
        return [part for part in parts if not (isinstance(part, (TextPart, ReasoningPart)) and not part.text)]

    def _piece(self, item: Any) -> Part | None:
        if isinstance(item, str):
            return TextPart(text=item)
        if not isinstance(item, Mapping):
            return None  # null stands where a picture could not be made
        kind = item.get("content_type")
        if kind == "image_asset_pointer":
            return self._asset(text_or_none(item.get("asset_pointer")) or "", ImagePart)
        if kind == "audio_transcription":
            return TextPart(text=str(item.get("text") or ""))
        if kind in ("audio_asset_pointer", "real_time_user_audio_video_asset_pointer"):
            inner = item.get("audio_asset_pointer")
            pointer = mapping_of(inner if isinstance(inner, Mapping) else item).get("asset_pointer")
            return self._asset(text_or_none(pointer) or "", AudioPart)
        return TextPart(text=str(item["text"])) if item.get("text") else None

    def _asset(self, pointer: str, kind: type[ImagePart | AudioPart]) -> Part | None:
        if not pointer:
            return None
        media = self._find_file(_file_of(pointer))
        return kind(media=media) if media is not None else FilePart(name=pointer)

    def _attachments(self, metadata: Mapping[str, Any], parts: list[Part]) -> list[Part]:
        shown = sum(isinstance(part, ImagePart) for part in parts)
        named = {_file_of(part.name or "") for part in parts if isinstance(part, FilePart)}
        attached: list[Part] = []
        for item in map(mapping_of, list_of(metadata.get("attachments"))):
            mime_type = str(item.get("mimeType") or item.get("mime_type") or "")
            identifier, name = text_or_none(item.get("id")), text_or_none(item.get("name"))
            if identifier in named:
                continue
            if mime_type.startswith("image/") and shown:
                shown -= 1  # it is among the parts already
                continue
            media = self._find_file(identifier or "")
            if media is not None and media.kind == "image":
                attached.append(ImagePart(media=media))
            elif media is not None or identifier or name:
                attached.append(FilePart(media=media, name=name, id=None if media else identifier))
        return attached

    def _as_result(self, parent_id: str | None, name: str | None, parts: list[Part]) -> list[Part]:
        above = self._kept.get(parent_id) if parent_id is not None else None
        while above is not None and above.sender_type == "tool":  # one call may have several results
            above = self._kept.get(above.parent_id or "")
        call = next(iter(above.tool_calls), None) if above is not None else None
        told: list[Part] = [TextPart(text=described(part)) if _is_missing(part) else part for part in parts]
        pieces = tuple(part for part in told if isinstance(part, (TextPart, ImagePart)))
        others: list[Part] = [part for part in told if not isinstance(part, (TextPart, ImagePart))]
        if not pieces:
            return others
        words = "".join(part.text for part in pieces if isinstance(part, TextPart))
        only_words = all(isinstance(part, TextPart) for part in pieces)
        call_id = call.id if call is not None else ""
        return [ToolResultPart(call_id=call_id, name=name, content=words if only_words else pieces), *others]


def _is_missing(part: Part) -> bool:
    return isinstance(part, FilePart) and part.media is None


def _as_call(node_id: str, recipient: str, parts: list[Part]) -> list[Part]:
    words = "".join(part.text for part in parts if isinstance(part, TextPart))
    arguments, raw = decode_arguments(words)
    others = [part for part in parts if not isinstance(part, TextPart)]
    return [*others, ToolCallPart(id=node_id, name=recipient, arguments=arguments, raw_arguments=raw)]


def _file_of(pointer: str) -> str:
    return pointer.rpartition("://")[2].partition("#")[0].partition("?")[0]
