"""Where a conversation's messages lie: the contract of a table of messages, and the one in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from operator import itemgetter
from typing import Any, Protocol

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.state import DiscussionState


class MessageTable(Protocol):
    """Messages by id; children stand in the order in which they were added to the discussion, wherever they hang."""

    is_lasting: bool  # whether it outlives the process

    def has(self, message_id: str) -> bool:
        """Whether there is a message of that id."""

    def get(self, message_id: str) -> LollmsMessage | None:
        """The message, None where there is none."""

    def children(self, parent_id: str | None) -> list[str]:
        """The ids of a message's children, oldest first; of None: the roots."""

    def walk_up(self, tip_id: str) -> Iterator[LollmsMessage]:
        """The message, its parent, and so on to the root, read as far as it is consumed."""

    def newest_leaf(self, message_id: str | None) -> str | None:
        """The leaf that is reached by following the newest children; of None: from the newest root, if any."""

    def below(self, message_id: str) -> list[str]:
        """The ids of a message and of everything under it."""

    def everything(self) -> Iterator[LollmsMessage]:
        """All messages in the order in which they were added."""

    def insert(self, messages: Iterable[LollmsMessage]) -> None:
        """Add new messages at once, all or none; their parents are there or among them."""

    def update(self, message: LollmsMessage) -> None:
        """Keep what was changed in a message."""

    def move(self, message_ids: Iterable[str], parent_id: str | None) -> None:
        """Hang messages below another parent."""

    def remove(self, message_ids: Iterable[str]) -> None:
        """Forget messages; the caller has seen to their children."""

    def leaves(self) -> list[str]:
        """The ids of the messages that have no children, oldest first."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Keep all that is changed inside, or (after an exception, where the table can) nothing of it."""

    def save_state(self, state: DiscussionState) -> None:
        """Keep what was changed in the discussion's state."""

    def load_state(self) -> DiscussionState | None:
        """The state as others may have changed it, None where nobody else can."""

    def note_change(self, message: LollmsMessage) -> None:
        """A field of a message was set: keep it at the next `flush`."""

    def flush(self) -> None:
        """Keep the changes that were noted."""

    def __len__(self) -> int: ...


class MemoryTable:
    """Messages in dictionaries: every operation costs what it touches."""

    is_lasting = False

    def __init__(self) -> None:
        self._messages: dict[str, LollmsMessage] = {}
        self._children: dict[str | None, dict[str, int]] = {}  # by parent: the children and when they were added
        self._added = 0

    def get(self, message_id: str) -> LollmsMessage | None:
        """The message, None where there is none."""
        return self._messages.get(message_id)

    def has(self, message_id: str) -> bool:
        """Whether there is a message of that id."""
        return message_id in self._messages

    def children(self, parent_id: str | None) -> list[str]:
        """The ids of a message's children, oldest first; of None: the roots."""
        return list(self._children.get(parent_id, ()))

    def walk_up(self, tip_id: str) -> Iterator[LollmsMessage]:
        """The message, its parent, and so on to the root."""
        message = self._messages.get(tip_id)
        while message is not None:
            yield message
            message = self._messages.get(message.parent_id) if message.parent_id is not None else None

    def newest_leaf(self, message_id: str | None) -> str | None:
        """The leaf that is reached by following the newest children."""
        leaf = message_id
        while children := self._children.get(leaf):
            leaf = next(reversed(children))
        return leaf

    def below(self, message_id: str) -> list[str]:
        """The ids of a message and of everything under it."""
        found = [message_id]
        for current in found:  # grows while it is walked
            found.extend(self._children.get(current, ()))
        return found

    def everything(self) -> Iterator[LollmsMessage]:
        """All messages in the order in which they were added."""
        return iter(list(self._messages.values()))

    def insert(self, messages: Iterable[LollmsMessage]) -> None:
        """Add new messages at once, all or none."""
        batch = list(messages)
        fresh: set[str] = set()
        for message in batch:
            if message.id in self._messages or message.id in fresh:
                raise BadConversation(f"there is a message with the id {message.id} already")
            fresh.add(message.id)
        for message in batch:
            self._messages[message.id] = message
            self._added += 1
            self._children.setdefault(message.parent_id, {})[message.id] = self._added

    def update(self, message: LollmsMessage) -> None:
        """Nothing to do: the message is the one kept."""

    def move(self, message_ids: Iterable[str], parent_id: str | None) -> None:
        """Hang messages below another parent."""
        for message_id in message_ids:
            message = self._messages[message_id]
            added = self._unhang(message)
            object.__setattr__(message, "parent_id", parent_id)
            siblings = {**self._children.get(parent_id, {}), message_id: added}
            self._children[parent_id] = dict(sorted(siblings.items(), key=itemgetter(1)))

    def remove(self, message_ids: Iterable[str]) -> None:
        """Forget messages; the caller has seen to their children."""
        for message_id in message_ids:
            message = self._messages.pop(message_id)
            self._unhang(message)
            message.release()

    def leaves(self) -> list[str]:
        """The ids of the messages that have no children, oldest first."""
        return [message_id for message_id in self._messages if message_id not in self._children]

    def transaction(self) -> AbstractContextManager[None]:
        """Changes in memory happen at once; they were checked before."""
        return nullcontext()

    def save_state(self, state: DiscussionState) -> None:
        """Nothing to do: the state is the one kept."""

    def load_state(self) -> DiscussionState | None:
        """Nobody else can change it."""
        return None

    def note_change(self, message: LollmsMessage) -> None:
        """Nothing to do: the message is the one kept."""

    def flush(self) -> None:
        """Nothing to do."""

    def _unhang(self, message: LollmsMessage) -> int:
        siblings = self._children[message.parent_id]
        added = siblings.pop(message.id)
        if not siblings:
            del self._children[message.parent_id]
        return added

    def __len__(self) -> int:
        return len(self._messages)
