"""Typed requests and results as plain values and back; what is done with the media in them is up to the caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from lollms_client.types.accounting import TokenCount
from lollms_client.types.media import Media


def plain(value: Any, keep: Callable[[Media], Any]) -> Any:
    """Dictionaries, lists and texts of a typed value. `keep` says what stands for a piece of media.

    Raises TypeError for a value that has no plain form.
    """

    def hook(item: Any) -> Any:
        if isinstance(item, Media):
            return keep(item)
        if isinstance(item, TokenCount):
            return {"count": int(item), "estimated": item.estimated}
        raise TypeError(f"a {type(item).__name__} has no plain form")

    return msgspec.to_builtins(value, enc_hook=hook, str_keys=True)


def typed(values: Any, kind: Any, find: Callable[[Any], Media]) -> Any:
    """The typed value out of plain ones; `find` gives media for what `keep` said. Raises msgspec.ValidationError."""

    def hook(wanted: type, item: Any) -> Any:
        if wanted is Media:
            return find(item)
        if wanted is TokenCount and isinstance(item, dict):
            return TokenCount(int(item.get("count", 0)), estimated=bool(item.get("estimated")))
        raise NotImplementedError

    return msgspec.convert(values, kind, dec_hook=hook)


def inline(media: Media) -> dict[str, str]:
    """A piece of media as plain values that hold its bytes."""
    return {"type": media.mime_type, "base64": media.base64()}


def from_inline(item: Any) -> Media:
    """The media back. Raises ValueError."""
    if not isinstance(item, dict) or not isinstance(item.get("base64"), str):
        raise ValueError("media must have base64")
    return Media.of(f"data:{item.get('type', '')};base64,{item['base64']}")
