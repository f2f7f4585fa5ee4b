"""Lists of the store's discussions, and full-text search over their messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from lollms_client.discussion.state import DiscussionState
from lollms_client.discussion.store_engine import Database
from lollms_client.discussion.store_rows import Rows
from lollms_client.discussion.store_schema import discussions, messages
from lollms_client.errors import BadSetting

_SNIPPET = 80  # characters on each side of a match
_STEP = 1_000  # messages opened at once
_WORD = re.compile(r"\w+")
_FIELD_ALIASES = {"discussion_metadata": "metadata"}

_SQLITE_HITS = sa.text(
    "SELECT m.discussion_id, m.id,"
    " snippet(lollms_messages_search, 0, '', '', '…', 24) AS snippet"
    " FROM lollms_messages_search s JOIN lollms_messages m ON m.sequence = s.rowid"
    " WHERE lollms_messages_search MATCH :query ORDER BY s.rank, m.sequence LIMIT :limit OFFSET :offset"
)
_POSTGRES_HITS = sa.text(
    "SELECT m.discussion_id, m.id, ts_headline('simple', left(m.content, 200000), q.query,"
    ' \'StartSel="", StopSel="", MaxFragments=1, MaxWords=24, MinWords=8\') AS snippet'
    " FROM lollms_messages m, to_tsquery('simple', :query) AS q(query)"
    " WHERE m.content_words @@ q.query ORDER BY ts_rank(m.content_words, q.query) DESC, m.sequence"
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
        words = _words(query)
        if not words:
            return []
        if self._rows.is_sealed:
            return self._sealed_holders(words)[offset : offset + limit]
        inner = sa.text(_SQLITE_HOLDERS if self._database.is_sqlite else _POSTGRES_HOLDERS)
        titled = sa.and_(*[discussions.c.title.icontains(word, autoescape=True) for word in words])
        found = sa.or_(titled, discussions.c.id.in_(inner))
        statement = _selection().where(found).order_by(discussions.c.updated_at.desc(), discussions.c.id)
        with self._database.read() as connection:
            rows = connection.execute(statement.limit(limit).offset(offset), {"query": self._query(words)})
            return [self._facts(row) for row in rows]

    def with_fields(self, criteria: Mapping[str, Any], limit: int, offset: int) -> list[dict[str, Any]]:
        """The discussions whose fields hold those texts, the latest changed first. Raises BadSetting."""
        fields = {_FIELD_ALIASES.get(name, name): str(text).casefold() for name, text in criteria.items()}
        for name in fields:
            if name not in DiscussionState.__struct_fields__:
                raise BadSetting(f"discussions have no field {name!r}", setting=name)
        found: list[dict[str, Any]] = []
        with self._database.read() as connection:
            for row in connection.execute(_selection().order_by(discussions.c.updated_at.desc(), discussions.c.id)):
                state = self._rows.state(row.id, row.body)
                if all(text in str(getattr(state, name)).casefold() for name, text in fields.items()):
                    found.append(self._facts(row))
        return found[offset : offset + limit]

    def messages(self, query: str, limit: int, offset: int) -> list[dict[str, Any]]:
        """The messages in which all the words are, the best fitting first."""
        words = _words(query)
        if not words:
            return []
        if self._rows.is_sealed:
            return self._sealed_hits(words)[offset : offset + limit]
        statement = _SQLITE_HITS if self._database.is_sqlite else _POSTGRES_HITS
        values = {"query": self._query(words), "limit": limit, "offset": offset}
        with self._database.read() as connection:
            return [
                {"discussion_id": row.discussion_id, "message_id": row.id, "snippet": row.snippet}
                for row in connection.execute(statement, values)
            ]

    # --- inside -------------------------------------------------------------------------------------------------

    def _query(self, words: list[str]) -> str:
        if self._database.is_sqlite:
            quoted = ['"' + word.replace('"', '""') + '"' for word in words]
            return " ".join([*quoted[:-1], quoted[-1] + "*"])
        quoted = ["'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in words]
        return " & ".join([*quoted[:-1], quoted[-1] + ":*"])

    def _facts(self, row: Any) -> dict[str, Any]:
        state = self._rows.state(row.id, row.body)
        return {
            "id": row.id,
            "title": state.title,
            "metadata": state.metadata,
            "created_at": state.created_at,
            "updated_at": datetime.fromtimestamp(row.updated_at, UTC),
        }

    def _sealed_holders(self, words: list[str]) -> list[dict[str, Any]]:
        held = {hit["discussion_id"] for hit in self._sealed_hits(words)}
        everything = self.discussions(None, 0)
        return [facts for facts in everything if facts["id"] in held or _contains(facts["title"], words)]

    def _sealed_hits(self, words: list[str]) -> list[dict[str, Any]]:
        hits: list[dict[str, Any]] = []
        after = -1
        columns = (messages.c.sequence, messages.c.discussion_id, messages.c.id, messages.c.body)
        while True:
            statement = sa.select(*columns).where(messages.c.sequence > after).order_by(messages.c.sequence)
            with self._database.read() as connection:
                rows = connection.execute(statement.limit(_STEP)).all()
            for row in rows:
                text = self._rows.text(row.discussion_id, row.id, row.body)
                if _contains(text, words):
                    snippet = _around(text, words[0])
                    hits.append({"discussion_id": row.discussion_id, "message_id": row.id, "snippet": snippet})
            if len(rows) < _STEP:
                return hits
            after = rows[-1].sequence


def _selection() -> sa.Select[Any]:
    return sa.select(discussions.c.id, discussions.c.body, discussions.c.updated_at)


def _words(query: str) -> list[str]:
    return [word for word in _WORD.findall(query) if word]


def _contains(text: str, words: list[str]) -> bool:
    folded = text.casefold()
    return all(word.casefold() in folded for word in words)


def _around(text: str, word: str) -> str:
    place = max(0, text.casefold().find(word.casefold()))
    start, end = max(0, place - _SNIPPET), place + len(word) + _SNIPPET
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
