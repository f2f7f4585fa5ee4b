"""The discussions of a database that the public lollms_client kept (SQLite), with all their branches."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.reading import read_time
from lollms_client.discussion.state import DiscussionState

_TEXTS = ("system_prompt", "memory", "user_data_zone", "discussion_data_zone", "personality_data_zone")
_FACTS = ("scratchpad", "raw_content", "tokens", "generation_speed")


def discussions_from_lollms_client(path: Path) -> list[tuple[DiscussionState, list[LollmsMessage]]]:
    """Every discussion in the file, which is opened for reading alone.

    Raises BadConversation for a file of another kind, and for an encrypted one.
    """
    if not path.is_file():
        raise BadConversation(f"there is no file {path.name}")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return list(_discussions(connection))
    except sqlite3.Error as error:
        raise BadConversation(f"{path.name} is no database of the public lollms_client: {error}") from error


def _discussions(connection: sqlite3.Connection) -> Iterator[tuple[DiscussionState, list[LollmsMessage]]]:
    for row in connection.execute("SELECT * FROM discussions ORDER BY created_at, id"):
        values = dict(row)
        metadata = _decoded(values, "discussion_metadata", dict)
        if summary := _text(values, "pruning_summary"):
            metadata |= {"pruning_summary": summary, "pruning_point_id": values.get("pruning_point_id")}
        selected = connection.execute(
            "SELECT * FROM messages WHERE discussion_id = ? ORDER BY created_at, rowid", (values["id"],)
        )
        rows = [dict(item) for item in selected]
        known = {item["id"] for item in rows}
        state = DiscussionState(
            id=str(values["id"]),
            title=str(metadata.get("title") or ""),
            metadata=metadata,
            participants={str(k): dict(v or {}) for k, v in _decoded(values, "participants", dict).items()},
        )
        for name in _TEXTS:
            setattr(state, name, _text(values, name))
        if stamp := values.get("created_at"):
            state.created_at = read_time(str(stamp))
        messages = _parents_first([_message(item, known) for item in rows])
        current = values.get("active_branch_id")
        state.active_branch_id = current if current in known else messages[-1].id if messages else None
        yield state, messages


def _message(row: dict[str, Any], known: set[str]) -> LollmsMessage:
    active = _decoded(row, "active_images", list)
    images = [
        {
            "data": image.get("image", image.get("data")) if isinstance(image, dict) else image,
            "active": place not in off,
        }
        for off in [{place for place, flag in enumerate(active) if flag is False}]
        for place, image in enumerate(_decoded(row, "images", list))
    ]
    facts = {name: row[name] for name in _FACTS if row.get(name)}
    stamp = row.get("created_at")
    return LollmsMessage(
        id=str(row["id"]),
        parent_id=row["parent_id"] if row.get("parent_id") in known else None,
        sender=row.get("sender"),
        sender_type=_role(row.get("sender_type")),
        content=_text(row, "content"),
        thoughts=_text(row, "thoughts") or None,
        images=images,
        created_at=read_time(str(stamp)) if stamp else None,
        model_name=row.get("model_name"),
        binding_name=row.get("binding_name"),
        metadata={**_decoded(row, "message_metadata", dict), **facts},
    )


def _role(sender_type: Any) -> str:
    known = ("user", "assistant", "system", "tool")
    return str(sender_type) if sender_type in known else "assistant"


def _parents_first(messages: list[LollmsMessage]) -> list[LollmsMessage]:
    """The messages in their order, but none before the one that it answers. Raises BadConversation for a circle."""
    placed: set[str] = set()
    ordered: list[LollmsMessage] = []
    waiting = messages
    while waiting:
        ready = [message for message in waiting if message.parent_id is None or message.parent_id in placed]
        if not ready:
            raise BadConversation("messages answer one another in a circle", message_id=waiting[0].id)
        ordered.extend(ready)
        placed.update(message.id for message in ready)
        waiting = [message for message in waiting if message.id not in placed]
    return ordered


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if isinstance(value, bytes):
        raise BadConversation("this database is encrypted: let the public package export its discussions", where=name)
    return str(value or "")


def _decoded(row: dict[str, Any], name: str, kind: type) -> Any:
    text = row.get(name)
    value = json.loads(text) if isinstance(text, str) and text else None
    return value if isinstance(value, kind) else kind()
