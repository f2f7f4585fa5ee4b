"""The result of a recorded call, in the form in which a case states it: what is worth comparing, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lollms_client.testing.wire_media import decode
from lollms_client.testing.wire_results import End

# what says the same again, or is of the moment
_LEFT_OUT = {"message", "alternatives", "extra", "warnings", "id", "total_tokens", "sha256", "created"}
MOST_ITEMS = 50  # of a list; longer ones are stated by their being there


def stated_end(end: End) -> dict[str, Any]:
    """`result`, `media` and `warnings` of a case."""
    found: dict[str, Any] = {}
    value = _pruned(end.value)
    if value not in (None, {}, []):
        found["result"] = value
    if end.media:
        found["media"] = _media(end)
    if not found:
        found["result"] = "${any}" if end.value is not None else None
    if end.warnings:
        found["warnings"] = list(end.warnings)
    return found


def _pruned(value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"type", "size", "sha256"}:
            return None  # media are stated by what they decode to
        pairs = ((name, _pruned(item)) for name, item in value.items() if name not in _LEFT_OUT)
        return {name: item for name, item in pairs if item not in (None, "", [], {})}
    if isinstance(value, list):
        if len(value) > MOST_ITEMS:
            return "${any}"
        items = [_pruned(item) for item in value]
        return [] if any(item is None for item in items) else items
    return value


def _media(end: End) -> dict[str, Any]:
    first = decode(end.media[0])
    stated: dict[str, Any] = {"type": first.type}
    same = all(decode(media)[:3] == first[:3] for media in end.media)
    if same and first.width is not None:
        stated.update(width=first.width, height=first.height)
    if len(end.media) == 1 and first.seconds is not None:
        stated["seconds"] = round(first.seconds, 2)
    if len(end.media) > 1:
        stated["count"] = len(end.media)
    return stated
