"""Sealed reasoning beside the words of an answer, kept as it came so that it can go back to the service unchanged.

After OpenRouter's page "Reasoning tokens" (reasoning_details), November 2026; Vercel's gateway has the same field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lollms_client.types.message import Message, ReasoningPart

_JOINED = ("text", "summary", "data")


class ReasoningDetails:
    """Gathers the details of one answer; pieces of the same number and type are joined."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []

    def add(self, details: Any) -> None:
        """Take the details of one chunk, or of a whole message."""
        for detail in details if isinstance(details, list) else ():
            if isinstance(detail, Mapping):
                self._add(detail)

    def _add(self, detail: Mapping[str, Any]) -> None:
        last = self._rows[-1] if self._rows else None
        if last is None or last.get("type") != detail.get("type") or last.get("index") != detail.get("index"):
            self._rows.append(dict(detail))
            return
        for name, value in detail.items():
            if name in _JOINED and isinstance(value, str):
                last[name] = (last.get(name) or "") + value
            elif value is not None:
                last[name] = value

    def sealed(self) -> str | None:
        """The details as JSON, None where nothing in them is signed or encrypted."""
        if not any(row.get("signature") or row.get("data") for row in self._rows):
            return None
        return msgspec.json.encode(self._rows).decode("utf-8")


def details_of(messages: Iterable[Message]) -> list[Any]:
    """The details that earlier answers brought, for each message's parts in their order."""
    found: list[Any] = []
    for message in messages:
        for part in message.parts:
            if isinstance(part, ReasoningPart) and (part.redacted or "").startswith('[{"'):
                found.extend(msgspec.json.decode(part.redacted or "[]"))
    return found
