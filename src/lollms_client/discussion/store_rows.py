"""Messages and states to rows of the store and back, sealed where the store is encrypted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from lollms_client.discussion.codec import content_hash, decode_message, encode_message, json_bytes, media_keys
from lollms_client.discussion.failures import StoreFailed
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.search_words import searchable
from lollms_client.discussion.state import DiscussionState
from lollms_client.discussion.store_cipher import Cipher
from lollms_client.discussion.store_schema import media, message_media
from lollms_client.types.media import Media

_BATCH = 400  # values in one IN (…)


def batches(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """The values in pieces that fit into one statement."""
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]


def add_once(connection: sa.Connection, table: sa.Table, columns: dict[str, Any]) -> bool:
    """Insert a row unless one with its key is there, put there perhaps at this moment; whether it was inserted."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(**columns).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(statement).first() is not None


class Rows:
    """What of a message stands in which column."""

    def __init__(self, cipher: Cipher | None) -> None:
        self._cipher = cipher

    @property
    def is_sealed(self) -> bool:
        """Whether the store is encrypted."""
        return self._cipher is not None

    # --- states -------------------------------------------------------------------------------------------------

    def state_columns(self, state: DiscussionState) -> dict[str, Any]:
        """The columns of a discussion."""
        body = json_bytes(state)
        title = "" if self._cipher else searchable(state.title)
        return {"title": title, "body": self._seal(body, f"discussion:{state.id}")}

    def state(self, discussion_id: str, body: bytes) -> DiscussionState:
        """A discussion's state. Raises WrongKey, StoreFailed."""
        plain = self._open(body, f"discussion:{discussion_id}")
        try:
            return msgspec.json.decode(plain, type=DiscussionState)
        except msgspec.DecodeError as error:
            raise StoreFailed(f"the discussion {discussion_id} cannot be read: {error}") from error

    # --- messages -----------------------------------------------------------------------------------------------

    def message_columns(self, discussion_id: str, message: LollmsMessage) -> tuple[dict[str, Any], dict[str, Media]]:
        """The columns of a message, and its media by hash."""
        found: dict[str, Media] = {}

        def keep(item: Media) -> str:
            key = content_hash(item)
            key = self._cipher.hash(key) if self._cipher else key
            found[key] = item
            return key

        values = encode_message(message, keep)
        del values["id"]
        values.pop("parent_id", None)
        columns = {
            "discussion_id": discussion_id,
            "id": message.id,
            "parent_id": message.parent_id,
            "content": "" if self._cipher else searchable(message.content),
            "body": self._seal(json_bytes(values), f"message:{discussion_id}:{message.id}"),
        }
        return columns, found

    def messages(self, connection: sa.Connection, discussion_id: str, rows: Sequence[Any]) -> list[LollmsMessage]:
        """Messages of rows with `id`, `parent_id` and `body`, their media fetched together."""
        decoded: list[dict[str, Any]] = []
        wanted: set[str] = set()
        for row in rows:
            plain = self._open(row.body, f"message:{discussion_id}:{row.id}")
            values = msgspec.json.decode(plain)
            wanted.update(media_keys(values))
            decoded.append({**values, "id": row.id, "parent_id": row.parent_id})
        stored = self._fetch(connection, sorted(wanted))

        def find(key: str) -> Media:
            if key not in stored:
                raise StoreFailed(f"the store lacks the media {key}")
            return stored[key]

        return [decode_message(values, find) for values in decoded]

    def text(self, discussion_id: str, message_id: str, body: bytes) -> str:
        """The words of a message, without its media."""
        values = msgspec.json.decode(self._open(body, f"message:{discussion_id}:{message_id}"))
        return "".join(part["text"] for part in values.get("parts", ()) if part["type"] == "text")

    # --- media --------------------------------------------------------------------------------------------------

    def keep_media(self, connection: sa.Connection, sequence: int, found: dict[str, Media]) -> None:
        """Store each media once, and say that the message has it."""
        keys = sorted(found)
        stored: set[str] = set()
        for batch in batches(keys):
            known = sa.select(media.c.hash).where(media.c.hash.in_(batch))
            # the lock keeps others from clearing them away meanwhile
            stored.update(connection.execute(known.with_for_update(read=True, key_share=True)).scalars())
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        for key in keys:
            if key not in stored:
                mime_type, data = self._media_columns(key, found[key])
                statement = insert(media).values(hash=key, mime_type=mime_type, data=data)
                same = {"mime_type": statement.excluded.mime_type}
                connection.execute(statement.on_conflict_do_update(index_elements=["hash"], set_=same))
        if keys:
            links = [{"message_sequence": sequence, "hash": key} for key in keys]
            connection.execute(insert(message_media).on_conflict_do_nothing(), links)

    def _media_columns(self, key: str, item: Media) -> tuple[str, bytes]:
        if self._cipher is None:
            return item.mime_type, bytes(item)
        return "", self._cipher.seal(item.mime_type.encode() + b"\0" + bytes(item), f"media:{key}")

    def _fetch(self, connection: sa.Connection, keys: Sequence[str]) -> dict[str, Media]:
        stored: dict[str, Media] = {}
        for batch in batches(keys):
            for row in connection.execute(sa.select(media).where(media.c.hash.in_(batch))):
                if self._cipher:
                    kind, _, data = self._cipher.open(row.data, f"media:{row.hash}").partition(b"\0")
                    stored[row.hash] = Media(data, kind.decode())
                else:
                    stored[row.hash] = Media(row.data, row.mime_type)
        return stored

    def _seal(self, data: bytes, place: str) -> bytes:
        return self._cipher.seal(data, place) if self._cipher else data

    def _open(self, data: bytes, place: str) -> bytes:
        return self._cipher.open(data, place) if self._cipher else data
