"""The place where conversations last: SQLite or PostgreSQL, encrypted where a key is given."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.soundness import check_paging
from lollms_client.discussion.state import DiscussionState
from lollms_client.discussion.table import MessageTable
from lollms_client.errors import BadSetting, MissingDependency

try:
    import sqlalchemy as sa

    from lollms_client.discussion.store_cipher import Cipher, known_cipher, new_key_facts, read_key_facts
    from lollms_client.discussion.store_engine import Database
    from lollms_client.discussion.store_rows import Rows, add_once
    from lollms_client.discussion.store_schema import discussions, facts, message_media, messages
    from lollms_client.discussion.store_search import Search
    from lollms_client.discussion.store_table import StoreTable, clear_media
except ImportError as error:
    raise MissingDependency(
        "keeping conversations needs SQLAlchemy and Alembic: pip install 'lollms_client[store]'", package="sqlalchemy"
    ) from error

if TYPE_CHECKING:
    from lollms_client.lollms_discussion import LollmsDiscussion

from lollms_client.discussion.failures import BadConversation, WrongKey

_KEY_FACTS = "encryption"


class LollmsDataManager:
    """A store of discussions.

    `db_url` (or `db_path`, its older name) is `sqlite:///path.db`, the Path of a file, or
    `postgresql://user:password@host/name`. With `encryption_key` (a passphrase, as text or bytes) everything but ids,
    times and the shape of the trees is encrypted; only who has the key can read it. Several processes may use one store
    at once.

    Raises StoreFailed where the database cannot be reached, WrongKey, MissingDependency.
    """

    def __init__(
        self,
        db_url: str | Path = "",
        discussion_mixin: Any = None,
        message_mixin: Any = None,
        encryption_key: str | bytes | None = None,
        *,
        db_path: str | Path = "",
    ) -> None:
        if not (db_url or db_path):
            raise BadSetting(
                "where are the discussions kept? give db_url, sqlite:///path.db for instance", setting="db_url"
            )
        if discussion_mixin is not None or message_mixin is not None:
            raise BadSetting("columns of your own are not supported: use `metadata`", setting="discussion_mixin")
        self._database = Database(db_url or db_path)
        try:
            self._cipher = self._opened_with(encryption_key)
            self._rows = Rows(self._cipher)
        except BaseException:
            self.close()
            raise
        self._search = Search(self._database, self._rows)

    def _opened_with(self, key: str | bytes | None) -> Cipher | None:
        with self._database.write() as connection:
            written = connection.execute(sa.select(facts.c.value).where(facts.c.name == _KEY_FACTS)).scalar()
            if written is not None:
                if key is None:
                    raise WrongKey("this store is encrypted: give its encryption_key", setting="encryption_key")
                return known_cipher(key, written)
            if key is None:
                return None
            if connection.execute(sa.select(discussions.c.id).limit(1)).first() is not None:
                raise WrongKey("this store is not encrypted and holds discussions already", setting="encryption_key")
            add_once(connection, facts, {"name": _KEY_FACTS, "value": new_key_facts(key)})
            kept = connection.execute(sa.select(facts.c.value).where(facts.c.name == _KEY_FACTS)).scalar_one()
            return known_cipher(key, kept)

    def change_encryption_key(self, encryption_key: str | bytes) -> None:
        """Let another passphrase open the store from now on; the data stays as it is, and so do openings of it.

        A copy of the store from before still opens with the old passphrase. Raises BadSetting where the store is not
        encrypted.
        """
        if self._cipher is None:
            raise BadSetting(
                "the store is not encrypted: export its discussions to json, and import them into a store with a key",
                setting="encryption_key",
            )
        with self._database.write() as connection:
            written = connection.execute(sa.select(facts.c.value).where(facts.c.name == _KEY_FACTS)).scalar_one()
            value = self._cipher.rewrapped(encryption_key, read_key_facts(written))
            connection.execute(facts.update().where(facts.c.name == _KEY_FACTS).values(value=value))

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    # --- discussions --------------------------------------------------------------------------------------------

    def open_discussion(
        self, discussion_id: str | None, fields: dict[str, Any]
    ) -> tuple[DiscussionState, MessageTable]:
        """The state and the messages of a discussion, made where there is none of that id; `fields` are set on it."""
        with self._database.write() as connection:
            state = self._load(connection, discussion_id) if discussion_id is not None else None
            given = {name: value for name, value in fields.items() if value is not None}
            if state is None:
                state = self._create(connection, {**given, "id": discussion_id or given.get("id")}, discussion_id)
            table = StoreTable(self._database, self._rows, state)
            changed = msgspec.structs.replace(state, **given)
            if changed != state:
                table.save_state(changed)
            return changed, table

    def _load(self, connection: sa.Connection, discussion_id: str) -> DiscussionState | None:
        statement = sa.select(discussions.c.body).where(discussions.c.id == discussion_id)
        body = connection.execute(statement).scalar()
        return self._rows.state(discussion_id, body) if body is not None else None

    def _create(self, connection: sa.Connection, fields: dict[str, Any], discussion_id: str | None) -> DiscussionState:
        state = DiscussionState(**{name: value for name, value in fields.items() if value is not None})
        created, now = state.created_at.timestamp(), time.time()
        columns = {"id": state.id, "created_at": created, "updated_at": now, **self._rows.state_columns(state)}
        if add_once(connection, discussions, columns):
            return state
        found = self._load(connection, state.id) if discussion_id is not None else None  # another process was faster
        if found is None:
            raise BadConversation(f"the store has a discussion {state.id} already", discussion_id=state.id)
        return found

    def get_discussion(
        self, lollms_client: Any = None, discussion_id: str | None = None, **settings: Any
    ) -> LollmsDiscussion | None:
        """The discussion of that id, None where there is none; `settings` go to LollmsDiscussion."""
        from lollms_client.lollms_discussion import LollmsDiscussion

        if discussion_id is None:
            raise BadSetting("which discussion? give discussion_id", setting="discussion_id")
        if not self.discussion_exists(discussion_id):
            return None
        return LollmsDiscussion(lollms_client, db_manager=self, discussion_id=discussion_id, **settings)

    def list_discussions(self, limit: int | None = None, offset: int = 0) -> list[dict[str, Any]]:
        """Id, title, metadata and times of the discussions, the latest changed first."""
        check_paging(limit, offset)
        return self._search.discussions(limit, offset)

    def search_discussions(
        self, query: str | None = None, limit: int = 50, offset: int = 0, **criteria: Any
    ) -> list[dict[str, Any]]:
        """The same of the discussions in whose title or messages all the words of `query` are.

        Without a query `criteria` name fields (`title`, `system_prompt`, `metadata` …) and texts that are in them.
        Raises BadSetting for both, neither, and unknown fields.
        """
        check_paging(limit, offset)
        if (query is None) == (not criteria):
            raise BadSetting("what is searched for? give words, or fields with texts that are in them", setting="query")
        if query is not None:
            return self._search.holders(query, limit, offset)
        return self._search.with_fields(criteria, limit, offset)

    def search_messages(
        self, query: str, limit: int = 50, offset: int = 0, discussion_id: str | None = None
    ) -> list[dict[str, Any]]:
        """`discussion_id`, `message_id` and a `snippet` of each message with all the words, the best fitting first.

        With `discussion_id` only the messages of that discussion.
        """
        check_paging(limit, offset)
        return self._search.messages(query, limit, offset, discussion_id)

    def discussion_exists(self, discussion_id: str) -> bool:
        """Whether the store has a discussion of that id."""
        with self._database.read() as connection:
            statement = sa.select(discussions.c.id).where(discussions.c.id == discussion_id)
            return connection.execute(statement).first() is not None

    def create_and_migrate_tables(self) -> None:
        """Nothing is left to do: opening the store has made its tables, and brought older ones up to date."""

    def delete_discussion(self, discussion_id: str) -> bool:
        """Delete a discussion with all its messages, and media that nobody else has; False where there was none."""
        with self._database.write() as connection:
            own = sa.select(messages.c.sequence).where(messages.c.discussion_id == discussion_id)
            held = sa.select(message_media.c.hash).where(message_media.c.message_sequence.in_(own)).distinct()
            orphans = list(connection.execute(held).scalars())
            connection.execute(messages.delete().where(messages.c.discussion_id == discussion_id))
            gone = connection.execute(discussions.delete().where(discussions.c.id == discussion_id)).rowcount
            clear_media(connection, orphans)
        return bool(gone)

    @staticmethod
    def new_message(**fields: Any) -> LollmsMessage:
        """A message that belongs to no discussion yet; the fields of LollmsMessage."""
        return LollmsMessage(**fields)
