"""Whatever an application calls a message, read as a node of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.import_openai import message_from_openai
from lollms_client.discussion.message import LollmsMessage
from lollms_client.errors import LollmsError
from lollms_client.types.message import Message

_PLAIN_FIELDS = (
    "id", "status", "error", "model_name", "binding_name", "metadata", "thoughts", "finish", "kind", "inactive_images",
)  # fmt: skip


@contextmanager
def clear_errors(what: str) -> Iterator[None]:
    """Turn what odd data makes the reading code stumble over into BadConversation."""
    try:
        yield
    except LollmsError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        raise BadConversation(f"{what} cannot be read: {error!r}") from error


def read_message(item: Any) -> LollmsMessage:
    """A node out of text, a dictionary (role/content or sender/content), an object with those fields, or a Message.

    Raises BadConversation for anything else.
    """
    if isinstance(item, LollmsMessage):
        return item.copy(id=item.id) if item.is_owned else item
    if isinstance(item, Message):
        return LollmsMessage.from_message(item)
    if isinstance(item, str):
        return LollmsMessage(sender="user", content=item)
    values = item if isinstance(item, Mapping) else getattr(item, "__dict__", None)
    if values is None:
        raise BadConversation(f"a message must be text, a dictionary or an object, not {type(item).__name__}")
    with clear_errors("this message"):
        return message_from_openai(values) if "role" in values else _from_sender(values)


def _from_sender(values: Mapping[str, Any]) -> LollmsMessage:
    if "sender" not in values and "sender_type" not in values:
        raise BadConversation("a message needs a `role`, a `sender` or a `sender_type`")
    fields = {name: values[name] for name in _PLAIN_FIELDS if values.get(name) is not None}
    stamp = values.get("created_at")
    if isinstance(stamp, str):
        stamp = read_time(stamp)
    return LollmsMessage(
        sender=values.get("sender"),
        sender_type=values.get("sender_type"),
        content=values.get("content") or values.get("text") or "",
        images=values.get("images"),
        created_at=stamp,
        **fields,
    )


def read_time(text: str) -> datetime:
    """A point in time out of ISO 8601; without a zone it counts as UTC."""
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadConversation(f"{text!r} is no point in time in ISO 8601", where="created_at") from error
    return stamp if stamp.tzinfo is not None else stamp.replace(tzinfo=UTC)


def in_a_row(messages: Iterable[LollmsMessage]) -> tuple[str, list[LollmsMessage]]:
    """The text of the leading system messages, and the others hung below one another."""
    system: list[str] = []
    row: list[LollmsMessage] = []
    parent_id: str | None = None
    for message in messages:
        if not row and message.sender_type == "system":
            system.append(message.content.strip())
            continue
        message.parent_id = parent_id
        parent_id = message.id
        row.append(message)
    return "\n\n".join(text for text in system if text), row
