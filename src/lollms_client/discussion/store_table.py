"""A discussion's messages in the store: the same contract as the table in memory, read as far as it is asked for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakValueDictionary

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from lollms_client.discussion.failures import BadConversation, UnknownDiscussion
from lollms_client.discussion.message import COPIED_FIELDS, LollmsMessage
from lollms_client.discussion.state import DiscussionState, merged
from lollms_client.discussion.store_engine import Database
from lollms_client.discussion.store_rows import Rows, batches
from lollms_client.discussion.store_schema import discussions, media, message_media, messages

_MANY = 1_000  # messages added at once that change what the database should know of its table
_FIRST_STEP, _LONGEST_STEP = 64, 2_048  # messages read at once while walking up

_WALK = sa.text(
    "WITH RECURSIVE up(id, parent_id, depth) AS ("
    " SELECT id, parent_id, 0 FROM lollms_messages WHERE discussion_id = :discussion AND id = :tip"
    " UNION ALL SELECT m.id, m.parent_id, up.depth + 1 FROM up JOIN lollms_messages m"
    " ON m.discussion_id = :discussion AND m.id = up.parent_id WHERE up.depth < :last)"
    " SELECT m.sequence, m.id, m.parent_id, m.body FROM up JOIN lollms_messages m"
    " ON m.discussion_id = :discussion AND m.id = up.id ORDER BY up.depth"
)
_LEAF = sa.text(
    "WITH RECURSIVE down(id, depth) AS ("
    " SELECT CAST(:start AS TEXT), 0"
    " UNION ALL SELECT (SELECT m.id FROM lollms_messages m WHERE m.discussion_id = :discussion"
    "  AND m.parent_id = down.id ORDER BY m.sequence DESC LIMIT 1), down.depth + 1"
    " FROM down WHERE down.id IS NOT NULL)"
    " SELECT id FROM down WHERE id IS NOT NULL ORDER BY depth DESC LIMIT 1"
)
_BELOW = sa.text(
    "WITH RECURSIVE down(id) AS ("
    " SELECT CAST(:start AS TEXT)"
    " UNION ALL SELECT m.id FROM down JOIN lollms_messages m ON m.discussion_id = :discussion"
    " AND m.parent_id = down.id) SELECT id FROM down"
)
_LEAVES = sa.text(
    "SELECT m.id FROM lollms_messages m WHERE m.discussion_id = :discussion AND NOT EXISTS ("
    " SELECT 1 FROM lollms_messages c WHERE c.discussion_id = :discussion AND c.parent_id = m.id) ORDER BY m.sequence"
)


class StoreTable:
    """Messages in a database. The same message is the same object as long as somebody holds it."""

    is_lasting = True

    def __init__(self, database: Database, rows: Rows, state: DiscussionState) -> None:
        self._database = database
        self._rows = rows
        self._id = state.id
        self._kept_state = msgspec.structs.asdict(msgspec.convert(msgspec.to_builtins(state), DiscussionState))
        self._alive: WeakValueDictionary[str, LollmsMessage] = WeakValueDictionary()
        self._changed: dict[str, LollmsMessage] = {}
        self._gone: set[str] = set()  # removed in the transaction that is under way

    # --- reading ------------------------------------------------------------------------------------------------

    def has(self, message_id: str) -> bool:
        """Whether there is a message of that id."""
        with self._database.read() as connection:
            statement = sa.select(messages.c.sequence).where(*self._is(message_id))
            return connection.execute(statement).first() is not None

    def get(self, message_id: str) -> LollmsMessage | None:
        """The message, None where there is none."""
        with self._database.read() as connection:
            rows = connection.execute(self._selection().where(*self._is(message_id))).all()
            found = self._messages(connection, rows)
        return found[0] if found else None

    def children(self, parent_id: str | None) -> list[str]:
        """The ids of a message's children, oldest first; of None: the roots."""
        parent = messages.c.parent_id.is_(None) if parent_id is None else messages.c.parent_id == parent_id
        statement = sa.select(messages.c.id).where(messages.c.discussion_id == self._id, parent)
        with self._database.read() as connection:
            return list(connection.execute(statement.order_by(messages.c.sequence)).scalars())

    def walk_up(self, tip_id: str) -> Iterator[LollmsMessage]:
        """The message, its parent, and so on to the root, read in growing steps as it is consumed."""
        step = _FIRST_STEP
        tip: str | None = tip_id
        while tip is not None:
            with self._database.read() as connection:
                rows = connection.execute(_WALK, {"discussion": self._id, "tip": tip, "last": step - 1}).all()
                found = self._messages(connection, rows)
            yield from found
            tip = found[-1].parent_id if len(found) == step else None
            step = min(step * 2, _LONGEST_STEP)

    def newest_leaf(self, message_id: str | None) -> str | None:
        """The leaf that is reached by following the newest children; of None: from the newest root, if any."""
        start = message_id
        if start is None:
            roots = self.children(None)
            if not roots:
                return None
            start = roots[-1]
        with self._database.read() as connection:
            leaf: str = connection.execute(_LEAF, {"discussion": self._id, "start": start}).scalar_one()
        return leaf

    def below(self, message_id: str) -> list[str]:
        """The ids of a message and of everything under it."""
        with self._database.read() as connection:
            return list(connection.execute(_BELOW, {"discussion": self._id, "start": message_id}).scalars())

    def everything(self) -> Iterator[LollmsMessage]:
        """All messages in the order in which they were added, read in steps."""
        after = -1
        while True:
            statement = self._selection().where(messages.c.discussion_id == self._id, messages.c.sequence > after)
            with self._database.read() as connection:
                rows = connection.execute(statement.order_by(messages.c.sequence).limit(_LONGEST_STEP)).all()
                found = self._messages(connection, rows)
            yield from found
            if len(rows) < _LONGEST_STEP:
                return
            after = rows[-1].sequence

    def leaves(self) -> list[str]:
        """The ids of the messages that have no children, oldest first."""
        with self._database.read() as connection:
            return list(connection.execute(_LEAVES, {"discussion": self._id}).scalars())

    def __len__(self) -> int:
        statement = sa.select(sa.func.count()).select_from(messages).where(messages.c.discussion_id == self._id)
        with self._database.read() as connection:
            return connection.execute(statement).scalar_one()

    # --- writing ------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Keep all that is changed inside, or after an exception nothing. Writers to one discussion take turns."""
        inside = self._database.is_writing
        with self._database.write() as connection:
            if inside:
                yield connection
                return
            turn = sa.select(discussions.c.id).where(discussions.c.id == self._id)
            if connection.execute(turn.with_for_update(key_share=True)).first() is None:
                raise self._deleted()
            self._gone = set()
            yield connection

    def insert(self, messages_to_add: Iterable[LollmsMessage]) -> None:
        """Add new messages at once, all or none."""
        plain: list[dict[str, Any]] = []
        batch = list(messages_to_add)
        with self.transaction() as connection:
            for message in batch:
                columns, found = self._rows.message_columns(self._id, message)
                self._alive[message.id] = message
                plain.append(columns)
                if found or len(plain) == _LONGEST_STEP:
                    self._insert_plain(connection, plain)
                    plain = []
                if found:
                    statement = sa.select(messages.c.sequence).where(*self._is(message.id))
                    self._rows.keep_media(connection, connection.execute(statement).scalar_one(), found)
            self._insert_plain(connection, plain)
            if len(batch) >= _MANY and connection.dialect.name == "postgresql":
                connection.exec_driver_sql("ANALYZE lollms_messages")  # old statistics make it choose slow plans

    @staticmethod
    def _insert_plain(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
        if rows:
            connection.execute(messages.insert(), rows)

    def update(self, message: LollmsMessage) -> None:
        """Keep what was changed in a message. Raises BadConversation where it was deleted meanwhile."""
        columns, found = self._rows.message_columns(self._id, message)
        changes = {name: columns[name] for name in ("content", "body")}
        with self.transaction() as connection:
            statement = sa.select(messages.c.sequence).where(*self._is(message.id))
            sequence = connection.execute(statement).scalar()
            if sequence is None:
                raise BadConversation(f"the message {message.id} was deleted meanwhile", message_id=message.id)
            connection.execute(messages.update().where(messages.c.sequence == sequence).values(**changes))
            links = message_media.c.message_sequence == sequence
            old = set(connection.execute(sa.select(message_media.c.hash).where(links)).scalars())
            gone = sorted(old - found.keys())
            self._rows.keep_media(connection, sequence, {key: item for key, item in found.items() if key not in old})
            if gone:
                connection.execute(message_media.delete().where(links, message_media.c.hash.in_(gone)))
                clear_media(connection, gone)
        self._changed.pop(message.id, None)

    def move(self, message_ids: Iterable[str], parent_id: str | None) -> None:
        """Hang messages below another parent."""
        ids = list(message_ids)
        with self.transaction() as connection:
            for batch in batches(ids):
                chosen = (messages.c.discussion_id == self._id, messages.c.id.in_(batch))
                connection.execute(messages.update().where(*chosen).values(parent_id=parent_id))
        for message_id in ids:
            if (message := self._alive.get(message_id)) is not None:
                object.__setattr__(message, "parent_id", parent_id)

    def remove(self, message_ids: Iterable[str]) -> None:
        """Forget messages, and media that nobody has any more."""
        ids = list(message_ids)
        with self.transaction() as connection:
            orphans: set[str] = set()
            for batch in batches(ids):
                chosen = (messages.c.discussion_id == self._id, messages.c.id.in_(batch))
                sequences = sa.select(messages.c.sequence).where(*chosen)
                held = sa.select(message_media.c.hash).where(message_media.c.message_sequence.in_(sequences))
                orphans.update(connection.execute(held).scalars())
                connection.execute(messages.delete().where(*chosen))
            clear_media(connection, sorted(orphans))
            self._gone.update(ids)
        for message_id in ids:
            self._changed.pop(message_id, None)
            if (message := self._alive.pop(message_id, None)) is not None:
                message.release()

    def save_state(self, state: DiscussionState) -> None:
        """Write what differs from what was last written here, into what others wrote meanwhile."""
        values = msgspec.structs.asdict(state)
        changed = {name for name, value in values.items() if value != self._kept_state[name]}
        with self.transaction() as connection:
            touched: dict[str, Any] = {"updated_at": time.time()}
            where = discussions.c.id == self._id
            if changed or self._gone:
                body = connection.execute(sa.select(discussions.c.body).where(where)).scalar_one()
                current = self._rows.state(self._id, body)
                for name in changed:
                    setattr(current, name, merged(self._kept_state[name], values[name], getattr(current, name)))
                touched |= self._rows.state_columns(self._without_gone(current, state.active_branch_id))
            connection.execute(discussions.update().where(where).values(**touched))
        copied = msgspec.convert(msgspec.to_builtins(state), DiscussionState)
        self._kept_state = msgspec.structs.asdict(copied)

    def _without_gone(self, state: DiscussionState, standing: str | None) -> DiscussionState:
        """What others pinned, named, or stood at goes with the messages that are removed here."""
        state.pins = [pinned for pinned in state.pins if pinned not in self._gone]
        state.branch_labels = {name: label for name, label in state.branch_labels.items() if name not in self._gone}
        if state.active_branch_id in self._gone:
            state.active_branch_id = standing
        return state

    def load_state(self) -> DiscussionState:
        """The state as the store has it now. Raises UnknownDiscussion."""
        with self._database.read() as connection:
            body = connection.execute(sa.select(discussions.c.body).where(discussions.c.id == self._id)).scalar()
        if body is None:
            raise self._deleted()
        state = self._rows.state(self._id, body)
        self._kept_state = msgspec.structs.asdict(self._rows.state(self._id, body))
        return state

    def note_change(self, message: LollmsMessage) -> None:
        """A field of a message was set: keep it at the next `flush`."""
        self._changed[message.id] = message

    def flush(self) -> None:
        """Keep the changes that were noted."""
        waiting = dict(self._changed)
        try:
            with self.transaction():
                for message in waiting.values():
                    self.update(message)
        except BadConversation:  # nothing was kept: what is still there waits for the next time
            self._changed = {message_id: item for message_id, item in waiting.items() if self.has(message_id)}
            raise
        except BaseException:
            self._changed = waiting
            raise

    # --- inside -------------------------------------------------------------------------------------------------

    def _deleted(self) -> UnknownDiscussion:
        return UnknownDiscussion(f"the discussion {self._id} was deleted meanwhile: create a new one")

    def _is(self, message_id: str) -> tuple[sa.ColumnElement[bool], ...]:
        return messages.c.discussion_id == self._id, messages.c.id == message_id

    @staticmethod
    def _selection() -> sa.Select[Any]:
        return sa.select(messages.c.sequence, messages.c.id, messages.c.parent_id, messages.c.body)

    def _messages(self, connection: sa.Connection, rows: Sequence[Any]) -> list[LollmsMessage]:
        found: list[LollmsMessage] = []
        for fresh in self._rows.messages(connection, self._id, rows):
            known = self._alive.get(fresh.id)
            if known is None:
                self._alive[fresh.id] = known = fresh
            else:
                object.__setattr__(known, "parent_id", fresh.parent_id)
                if fresh.id not in self._changed:
                    for name in COPIED_FIELDS:
                        object.__setattr__(known, name, getattr(fresh, name))
            found.append(known)
        return found


def clear_media(connection: sa.Connection, keys: Sequence[str]) -> None:
    """Delete those of the media that no message has any more; what another process is just taking up stays."""
    for batch in batches(keys):
        held = sa.select(message_media.c.hash).where(message_media.c.hash == media.c.hash)
        unused = sa.select(media.c.hash).where(media.c.hash.in_(batch), ~held.exists())
        free = list(connection.execute(unused.with_for_update(skip_locked=True)).scalars())
        try:
            with connection.begin_nested():
                connection.execute(media.delete().where(media.c.hash.in_(free)))
        except IntegrityError:  # it was taken up in between
            continue
