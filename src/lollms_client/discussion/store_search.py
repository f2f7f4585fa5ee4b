"""Lists of the store's discussions, and full-text search over their messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from lollms_client.discussion.search_words import around, folded, holds, phrases, searchable
from lollms_client.discussion.state import DiscussionState
from lollms_client.discussion.store_engine import Database
from lollms_client.discussion.store_rows import Rows
from lollms_client.discussion.store_schema import discussions, messages
from lollms_client.errors import BadSetting

_STEP = 1_000  # messages opened at once
_FIELD_ALIASES = {"discussion_metadata": "metadata"}

_SQLITE_HITS = sa.text(
    "SELECT m.discussion_id, m.id, m.body FROM lollms_messages_search s JOIN lollms_messages m ON m.sequence = s.rowid"
    " WHERE lollms_messages_search MATCH :query AND (:discussion IS NULL OR m.discussion_id = :discussion)"
    " ORDER BY s.rank, m.sequence LIMIT :limit OFFSET :offset"
)
_POSTGRES_HITS = sa.text(
    "SELECT m.discussion_id, m.id, m.body FROM lollms_messages m, to_tsquery('simple', :query) AS q(query)"
    " WHERE m.content_words @@ q.query AND (CAST(:discussion AS TEXT) IS NULL OR m.discussion_id = :discussion)"
    " ORDER BY ts_rank(m.content_words, q.query) DESC, m.sequence"
    " LIMIT :limit OFFSET :offset"
)
_SQLITE_HOLDERS = (
    "SELECT m.discussion_id FROM lollms_messages_search s JOIN lollms_messages m ON m.sequence = s.rowid"
    " WHERE lollms_messages_search MATCH :query"
)
_POSTGRES_HOLDERS = (
    "SELECT m.discussion_id FROM lollms_messages m WHERE m.content_words @@ to_tsquery('simple', :query)"
)


class Search:
    """Finds discussions and messages. An encrypted store has no index: there every message is opened and looked at."""

    def __init__(self, database: Database, rows: Rows) -> None:
        self._database = database
        self._rows = rows

    def discussions(self, limit: int | None, offset: int) -> list[dict[str, Any]]:
        """Facts about discussions, the latest changed first."""
        statement = _selection().order_by(discussions.c.updated_at.desc(), discussions.c.id)
        statement = statement.limit(limit).offset(offset) if limit is not None or offset else statement
        with self._database.read() as connection:
            return [self._facts(row) for row in connection.execute(statement)]

    def holders(self, query: str, limit: int, offset: int) -> list[dict[str, Any]]:
        """The discussions in whose title or messages all the words are, the latest changed first."""
        wanted = phrases(_text(query))
        if not wanted:
            return []
        if self._rows.is_sealed:
            return self._sealed_holders(wanted)[offset : offset + limit]
        inner = sa.text(_SQLITE_HOLDERS if self._database.is_sqlite else _POSTGRES_HOLDERS)
        title = sa.literal(" ") + discussions.c.title + " "
        ends = [" "] * (len(wanted) - 1) + [""]  # of the last word its beginning is enough
        titled = [title.contains(f" {' '.join(phrase)}{end}") for phrase, end in zip(wanted, ends, strict=True)]
        found = sa.or_(sa.and_(*titled), discussions.c.id.in_(inner))
        statement = _selection().where(found).order_by(discussions.c.updated_at.desc(), discussions.c.id)
        with self._database.read() as connection:
            rows = connection.execute(statement.limit(limit).offset(offset), {"query": self._query(wanted)})
            return [self._facts(row) for row in rows]

    def with_fields(self, criteria: Mapping[str, Any], limit: int, offset: int) -> list[dict[str, Any]]:
        """The discussions whose fields hold those texts, the latest changed first. Raises BadSetting."""
        fields = {_FIELD_ALIASES.get(name, name): folded(str(text)) for name, text in criteria.items()}
        for name in fields:
            if name not in DiscussionState.__struct_fields__:
                raise BadSetting(f"discussions have no field {name!r}", setting=name)
        found: list[dict[str, Any]] = []
        with self._database.read() as connection:
            for row in connection.execute(_selection().order_by(discussions.c.updated_at.desc(), discussions.c.id)):
                state = self._rows.state(row.id, row.body)
                if all(text in folded(str(getattr(state, name))) for name, text in fields.items()):
                    found.append(self._facts(row))
        return found[offset : offset + limit]

    def messages(self, query: str, limit: int, offset: int, discussion_id: str | None) -> list[dict[str, Any]]:
        """The messages (of one discussion) in which all the words are, the best fitting first."""
        wanted = phrases(_text(query))
        if not wanted:
            return []
        if self._rows.is_sealed:
            return self._sealed_hits(wanted, discussion_id)[offset : offset + limit]
        statement = _SQLITE_HITS if self._database.is_sqlite else _POSTGRES_HITS
        values = {"query": self._query(wanted), "limit": limit, "offset": offset, "discussion": discussion_id}
        with self._database.read() as connection:
            rows = connection.execute(statement, values).all()
        return [
            _hit(row.discussion_id, row.id, self._rows.text(row.discussion_id, row.id, row.body), wanted)
            for row in rows
        ]

    # --- inside -------------------------------------------------------------------------------------------------

    def _query(self, wanted: list[list[str]]) -> str:
        """The query in the database's language; the words have letters and digits alone, which need no escape."""
        if self._database.is_sqlite:
            return " ".join(f'"{" ".join(phrase)}"' for phrase in wanted) + "*"
        joined = [" <-> ".join(f"'{word}'" for word in phrase) for phrase in wanted]
        return " & ".join(f"({phrase})" for phrase in [*joined[:-1], f"{joined[-1]}:*"])

    def _hit(self, row: Any, wanted: list[list[str]]) -> dict[str, Any]:
        text = self._rows.text(row.discussion_id, row.id, row.body)
        return _hit(row.discussion_id, row.id, text, wanted)

    def _facts(self, row: Any) -> dict[str, Any]:
        state = self._rows.state(row.id, row.body)
        return {
            "id": row.id,
            "title": state.title,
            "metadata": state.metadata,
            "created_at": state.created_at,
            "updated_at": datetime.fromtimestamp(row.updated_at, UTC),
        }

    def _sealed_holders(self, wanted: list[list[str]]) -> list[dict[str, Any]]:
        held = {hit["discussion_id"] for hit in self._sealed_hits(wanted)}
        everything = self.discussions(None, 0)
        return [facts for facts in everything if facts["id"] in held or holds(searchable(facts["title"]), wanted)]

    def _sealed_hits(self, wanted: list[list[str]], discussion_id: str | None = None) -> list[dict[str, Any]]:
        hits: list[dict[str, Any]] = []
        after = -1
        columns = (messages.c.sequence, messages.c.discussion_id, messages.c.id, messages.c.body)
        while True:
            statement = sa.select(*columns).where(messages.c.sequence > after).order_by(messages.c.sequence)
            if discussion_id is not None:
                statement = statement.where(messages.c.discussion_id == discussion_id)
            with self._database.read() as connection:
                rows = connection.execute(statement.limit(_STEP)).all()
            for row in rows:
                text = self._rows.text(row.discussion_id, row.id, row.body)
                if holds(searchable(text), wanted):
                    hits.append(_hit(row.discussion_id, row.id, text, wanted))
            if len(rows) < _STEP:
                return hits
            after = rows[-1].sequence


def _selection() -> sa.Select[Any]:
    return sa.select(discussions.c.id, discussions.c.body, discussions.c.updated_at)


def _text(query: Any) -> str:
    if not isinstance(query, str):
        raise BadSetting(f"what is searched for must be text, not {type(query).__name__}", setting="query")
    return query


def _hit(discussion_id: str, message_id: str, text: str, wanted: list[list[str]]) -> dict[str, Any]:
    return {"discussion_id": discussion_id, "message_id": message_id, "snippet": around(text, wanted)}
