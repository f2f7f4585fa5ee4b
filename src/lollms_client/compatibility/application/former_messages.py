"""Fields of messages as applications give them to the public package's discussions, in the terms of ours."""

from __future__ import annotations

from typing import Any

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
