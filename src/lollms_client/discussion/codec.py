"""Messages to plain JSON values and back, with media replaced by the hash of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.mending import mended
from lollms_client.discussion.message import Kind, LollmsMessage, Status
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.media import Media
from lollms_client.types.message import Part, Role

_EMPTY_USAGE = Usage()


class MessageRecord(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is written down of a message."""

    id: str
    parent_id: str | None = None
    sender: str
    sender_type: Role
    created_at: datetime
    parts: tuple[Part, ...] = ()
    status: Status = "complete"
    error: dict[str, Any] | None = None
    usage: Usage = _EMPTY_USAGE
    model_name: str | None = None
    binding_name: str | None = None
    finish: str | None = None
    warnings: tuple[CallWarning, ...] = ()
    metadata: dict[str, Any] = {}
    inactive_images: tuple[int, ...] = ()
    kind: Kind = "message"


_FIELDS = tuple(name for name in MessageRecord.__struct_fields__ if name != "inactive_images")


def encode_message(message: LollmsMessage, keep_media: Callable[[Media], str]) -> dict[str, Any]:
    """Plain values of a message; `keep_media` takes each media and says under which key it lies."""
    fields = {name: getattr(message, name) for name in _FIELDS}
    record = MessageRecord(**fields, inactive_images=tuple(sorted(message.inactive_images)))

    def hook(value: Any) -> str:
        if isinstance(value, Media):
            return keep_media(value)
        raise BadConversation(f"the message {message.id} holds a {type(value).__name__}, which JSON has no form for")

    encoded: dict[str, Any] = msgspec.to_builtins(record, enc_hook=hook)
    return encoded


def json_bytes(value: Any) -> bytes:
    """The value as JSON. Raises BadConversation where it holds what JSON has no form for."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_mended(msgspec.to_builtins(value)))
    except (TypeError, ValueError, OverflowError) as error:
        raise BadConversation(
            f"this cannot be written as JSON: {error}; keep plain values in metadata and participants"
        ) from error


def _mended(value: Any) -> Any:
    """Plain values whose texts can be written down: what a store keeps of an answer may end in half a sign."""
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return [_mended(item) for item in value] if isinstance(value, (list, tuple)) else value


def decode_message(values: Any, find_media: Callable[[str], Media]) -> LollmsMessage:
    """The message back. Raises BadConversation where the values are none of a message."""

    def hook(kind: type, value: Any) -> Media:
        if kind is Media and isinstance(value, str):
            return find_media(value)
        raise BadConversation(f"a key of media must be text, not {type(value).__name__}")

    try:
        record = msgspec.convert(values, MessageRecord, dec_hook=hook)
    except msgspec.ValidationError as error:
        raise BadConversation(f"a message cannot be read: {error}") from error
    return LollmsMessage(**{name: getattr(record, name) for name in MessageRecord.__struct_fields__})


def content_hash(media: Media) -> str:
    """SHA-256 of the type and the bytes, in hexadecimal."""
    digest = hashlib.sha256(media.mime_type.encode() + b"\0")
    digest.update(media)
    return digest.hexdigest()


def media_keys(values: dict[str, Any]) -> list[str]:
    """The keys of the media in an encoded message."""
    keys: list[str] = []
    for part in values.get("parts", ()):
        content = part.get("content")
        pieces = [part, *content] if isinstance(content, list) else [part]
        keys.extend(key for piece in pieces if isinstance(key := piece.get("media"), str))
    return keys
