"""Messages and discussions as applications give them to the public package, in the terms of ours."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.message import LollmsMessage

# kept with the message's own facts
_FACTS = ("scratchpad", "tokens", "generation_speed")
_OTHERS = ("raw_content", "active_images", "message_metadata", "discussion_id")


def in_our_terms(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with those of the public package renamed, or put into `metadata`; others stay as they are."""
    if not any(name in fields for name in (*_FACTS, *_OTHERS)):
        return fields
    left = {name: value for name, value in fields.items() if name not in (*_FACTS, *_OTHERS)}
    left["content"] = left.get("content") or fields.get("raw_content") or ""
    facts = {name: fields[name] for name in _FACTS if fields.get(name) is not None}
    left["metadata"] = {**facts, **(fields.get("message_metadata") or {}), **(left.get("metadata") or {})}
    switched_off = [place for place, active in enumerate(fields.get("active_images") or ()) if not active]
    if switched_off:
        left["inactive_images"] = (*left.get("inactive_images", ()), *switched_off)
    return left


_OURS = ("id", "parent_id", "sender", "sender_type", "content", "thoughts", "images", "model_name", "binding_name")
_STATE = ("id", "system_prompt", "participants", "user_data_zone", "discussion_data_zone", "personality_data_zone")


def discussion_of(kind: Any, text: str, lollms_client: Any, db_manager: Any) -> Any:
    """The discussion in a JSON text of the public package's `export_to_json_str`, or of ours.

    Raises BadConversation for anything else.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise BadConversation(f"this is no JSON: {error}") from error
    if not isinstance(data, dict) or "discussion_metadata" not in data:
        return kind.from_export("json", text, lollms_client, db_manager)
    fields = {name: data[name] for name in (*_STATE, "memory") if data.get(name)}
    facts = {name: data[name] for name in ("pruning_summary", "pruning_point_id") if data.get(name)}
    images = {"discussion_images": data["images"]} if data.get("images") else {}
    metadata = {**(data.get("discussion_metadata") or {}), **facts, **images}
    title = str(metadata.get("title") or "")
    rows = data.get("messages")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadConversation("the messages are no list of messages")
    discussion = kind(lollms_client, db_manager=db_manager, metadata=metadata, title=title, **fields)
    discussion.attach_all(_row(row) for row in rows)
    if rows and data.get("active_branch_id") in discussion:
        discussion.active_branch_id = data["active_branch_id"]
    return discussion


def _row(row: dict[str, Any]) -> LollmsMessage:
    fields = {name: row[name] for name in _OURS if row.get(name) is not None}
    further = ("raw_content", "scratchpad", "tokens", "generation_speed", "message_metadata", "active_images")
    known = in_our_terms({**fields, **{name: row[name] for name in further if row.get(name) is not None}})
    created = row.get("created_at")
    try:
        known["created_at"] = datetime.fromisoformat(created) if created else None
        return LollmsMessage(**known)
    except (TypeError, ValueError) as error:
        raise BadConversation(f"the message {row.get('id')} cannot be read: {error}") from error
