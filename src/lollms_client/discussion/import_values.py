"""What exports of other programs have in common: points in time of several units, and values that may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_TOO_LATE = 100_000_000_000  # in seconds the year 5138: what is more is in milliseconds, or finer


def when(value: Any) -> datetime | None:
    """A point in time out of seconds (or parts of them) since 1970, or ISO 8601; None where it is none that can be."""
    try:
        if isinstance(value, str) and value.strip():
            stamp = datetime.fromisoformat(value.strip())
            return stamp if stamp.tzinfo is not None else stamp.replace(tzinfo=UTC)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
            finer = next((unit for unit in (1, 1_000, 1_000_000, 1_000_000_000) if value / unit < _TOO_LATE), 1)
            return datetime.fromtimestamp(value / finer, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def mapping_of(value: Any) -> Mapping[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def list_of(value: Any) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text_or_none(value: Any) -> str | None:
    """The value where it is a text that says something."""
    return value if isinstance(value, str) and value else None
