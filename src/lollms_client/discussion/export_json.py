"""A whole conversation as one JSON text that loses nothing, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from lollms_client.discussion.codec import content_hash, decode_message, encode_message, json_bytes
from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.state import DiscussionState
from lollms_client.types.media import Media

FORMAT = "lollms_discussion"
VERSION = 1


class _StoredMedia(msgspec.Struct):
    mime_type: str
    data: bytes  # base64 in JSON


class _Document(msgspec.Struct, kw_only=True):
    format: str
    version: int
    discussion: DiscussionState
    messages: list[dict[str, Any]]
    media: dict[str, _StoredMedia] = {}


def to_json(state: DiscussionState, messages: Iterable[LollmsMessage]) -> str:
    """The state, the messages, and each media once under the hash of its content."""
    media: dict[str, _StoredMedia] = {}

    def keep(item: Media) -> str:
        key = content_hash(item)
        if key not in media:
            media[key] = _StoredMedia(item.mime_type, bytes(item))
        return key

    encoded = [encode_message(message, keep) for message in messages]
    document = _Document(format=FORMAT, version=VERSION, discussion=state, messages=encoded, media=media)
    return msgspec.json.format(json_bytes(document), indent=1).decode()


def from_json(text: str | bytes) -> tuple[DiscussionState, list[LollmsMessage]]:
    """The state and the messages, parents before their children. Raises BadConversation."""
    try:
        document = msgspec.json.decode(text, type=_Document)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BadConversation(f"this is no exported discussion: {error}") from error
    if document.format != FORMAT or document.version != VERSION:
        found = f"{document.format!r} version {document.version}"
        raise BadConversation(f"an export of {FORMAT!r} version {VERSION} is needed, this is {found}")

    def find(key: str) -> Media:
        item = document.media.get(key)
        if item is None:
            raise BadConversation(f"the export lacks the media {key}")
        return Media(item.data, item.mime_type)

    return document.discussion, [decode_message(values, find) for values in document.messages]
