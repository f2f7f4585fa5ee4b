"""The tree of messages: adding, walking, switching, editing, forking, deleting, merging and comparing branches."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from lollms_client.discussion.failures import BadConversation, UnknownMessage
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.soundness import check_paging, check_parents, through_summaries
from lollms_client.discussion.state import DiscussionState
from lollms_client.discussion.table import MemoryTable, MessageTable
from lollms_client.extensions import message_fields


class BranchDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Two branches compared: what they share from the root on, and what only one of them has."""

    common: list[LollmsMessage]
    only_first: list[LollmsMessage]
    only_second: list[LollmsMessage]

    @property
    def fork_id(self) -> str | None:
        """The last message that both have, None where they share none."""
        return self.common[-1].id if self.common else None


class MessageTree:
    """Messages hanging below one another. The branch of a message is the way from the root to it.

    Operations cost what they touch: a new message is O(1), a branch is O(its length). Threads that change a tree take
    turns, one operation at a time.
    """

    def __init__(self, state: DiscussionState | None = None, table: MessageTable | None = None) -> None:
        self._state = state or DiscussionState()
        self._table: MessageTable = table if table is not None else MemoryTable()
        self._turn = threading.RLock()  # one thread at a time changes messages and state

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_turn"}

    def __setstate__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values, _turn=threading.RLock())

    # --- reading ------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._table)

    def __bool__(self) -> bool:
        return True

    def __contains__(self, message_id: object) -> bool:
        return isinstance(message_id, str) and self._table.has(message_id)

    @property
    def messages(self) -> list[LollmsMessage]:
        """All messages of all branches, in the order in which they were added."""
        return [self._adopt(message) for message in self._table.everything()]

    @property
    def active_branch_id(self) -> str | None:
        """The message at which the conversation stands; a new message goes below it. None: nothing is there yet.

        Where another process has deleted it, it is the newest that is left once messages are read or added.
        """
        return self._state.active_branch_id

    @active_branch_id.setter
    def active_branch_id(self, message_id: str | None) -> None:
        if message_id is not None:
            self._check_known(message_id)
        with self._changing():
            self._state.active_branch_id = message_id

    def get_message(self, message_id: str) -> LollmsMessage:
        """One message. Raises UnknownMessage (a KeyError)."""
        message = self._table.get(message_id)
        if message is None:
            raise _unknown(message_id)
        return self._adopt(message)

    def walk_up(self, branch_tip_id: str | None = None) -> Iterator[LollmsMessage]:
        """From a message (default: the active one) to the root, newest first, read as far as it is consumed."""
        if branch_tip_id is not None:
            self._check_known(branch_tip_id)
        tip = branch_tip_id if branch_tip_id is not None else self._standing()
        if tip is None:
            return
        for message in self._table.walk_up(tip):
            yield self._adopt(message)

    def get_messages(self, branch_tip_id: str | None = None, limit: int | None = None) -> list[LollmsMessage]:
        """The branch that ends in a message (default: the active one), root first; with `limit` its newest only."""
        check_paging(limit)
        branch: list[LollmsMessage] = []
        for message in self.walk_up(branch_tip_id):
            if limit is not None and len(branch) >= limit:
                break
            branch.append(message)
        branch.reverse()
        return branch

    def get_branch(self, leaf_id: str | None) -> list[LollmsMessage]:
        """The way from the root to a message; empty for None. Raises UnknownMessage."""
        return self.get_messages(leaf_id) if leaf_id is not None else []

    def get_children(self, message_id: str | None) -> list[LollmsMessage]:
        """The messages directly below, oldest first; of None: the roots."""
        if message_id is not None:
            self._check_known(message_id)
        return [self.get_message(child) for child in self._table.children(message_id)]

    def get_siblings(self, message_id: str) -> list[LollmsMessage]:
        """The other versions: messages with the same parent, this one left out; summaries in between do not count."""
        parent_id = self.get_message(message_id).parent_id
        while parent_id is not None and (parent := self.get_message(parent_id)).kind == "summary":
            parent_id = parent.parent_id
        versions = through_summaries(self.get_children(parent_id), self.get_children)
        return [message for message in versions if message.id != message_id]

    def list_branches(self) -> list[LollmsMessage]:
        """The leaves, one for each branch, oldest first."""
        return [self.get_message(leaf) for leaf in self._table.leaves()]

    def get_tree(self) -> list[dict[str, Any]]:
        """The whole tree as nested dictionaries: id, sender, sender_type, content, children."""
        nodes: dict[str, dict[str, Any]] = {}
        parents: list[tuple[str | None, dict[str, Any]]] = []
        for message in self._table.everything():
            node: dict[str, Any] = {
                "id": message.id,
                "sender": message.sender,
                "sender_type": message.sender_type,
                "content": message.content,
                "children": [],
            }
            nodes[message.id] = node
            parents.append((message.parent_id, node))
        roots: list[dict[str, Any]] = []
        for parent_id, node in parents:
            (roots if parent_id is None else nodes[parent_id]["children"]).append(node)
        return roots

    # --- adding -------------------------------------------------------------------------------------------------

    def add_message(
        self,
        sender: str | None = None,
        sender_type: str | None = None,
        content: str = "",
        images: Iterable[Any] | None = None,
        parent_id: str | None = None,
        attachments: Iterable[Any] = (),
        **fields: Any,
    ) -> LollmsMessage:
        """Add a message below `parent_id` (default: where the conversation stands) and go on from there.

        `images` are base64 texts, Media, bytes, URLs or paths; `attachments` may also be sounds and files; `fields` are
        further fields of LollmsMessage. Raises UnknownMessage for a parent that is not there, BadMedia.
        """
        given = message_fields({"content": content, **fields}) if fields else {"content": content}
        message = LollmsMessage(sender=sender, sender_type=sender_type, images=images, **given)
        message.add_media(attachments)
        return self.attach(message, parent_id if parent_id is not None else self._standing())

    def attach(self, message: LollmsMessage, parent_id: str | None) -> LollmsMessage:
        """Hang a message that belongs to no discussion yet below a parent (None: a new root), and go on from it."""
        if message.is_owned:
            raise BadConversation(f"the message {message.id} belongs to a discussion: add message.copy()")
        if parent_id is not None:
            self._check_known(parent_id)
        message.parent_id = parent_id
        with self._changing():
            self._table.insert([message])
            self._state.active_branch_id = message.id
        return self._adopt(message)

    def answer_below(self, message: LollmsMessage, parent_id: str) -> LollmsMessage:
        """Hang an answer below what it answers; the conversation goes on from it only where it still stands there."""
        with self._turn:
            standing = self._state.active_branch_id
            added = self.attach(message, parent_id)
            if standing not in (None, parent_id) and self._table.has(str(standing)):
                self.active_branch_id = standing
        return added

    def attach_all(self, messages: Iterable[LollmsMessage], stand_at: str | None = None) -> None:
        """Add many new messages that name their parents (there, or anywhere among them), and stand at one or the last.

        All or none is added. Raises BadConversation where a parent is missing, an id is taken, or they go in circles.
        """
        batch = list(messages)
        check_parents(batch, self._table)
        if not batch:
            return
        with self._changing():
            self._table.insert(batch)
            self._state.active_branch_id = stand_at or batch[-1].id

    def edit_message(self, message_id: str, content: str | None = None, **changes: Any) -> LollmsMessage:
        """Say it differently: a new version beside the old one, which stays with all that follows it.

        `content` replaces the text parts; `changes` replace other fields (`parts=`, `images=`, …).
        """
        original = self.get_message(message_id)
        pictures = changes.pop("images", None)
        fresh = {"status": "complete", "error": None, "created_at": datetime.now(UTC)}
        edited = original.copy(**{**fresh, **changes})
        if content is not None:
            edited.content = content
        if pictures is not None:
            edited.images = pictures
        return self.attach(edited, original.parent_id)

    @property
    def is_lasting(self) -> bool:
        """Whether the messages outlive this process."""
        return self._table.is_lasting

    def keep_message(self, message: LollmsMessage) -> None:
        """Keep the changed fields of one message now."""
        self._table.update(message)

    # --- standing -----------------------------------------------------------------------------------------------

    def switch_to_branch(self, message_id: str) -> LollmsMessage:
        """Go to the newest leaf below a message (or to the message where it is a leaf); returns the leaf."""
        self._check_known(message_id)
        leaf = self._table.newest_leaf(message_id)
        self.active_branch_id = leaf
        return self.get_message(leaf or message_id)

    def fork_from(self, message_id: str) -> LollmsMessage:
        """Stand at a message, so that the next one begins a new branch below it; returns the message."""
        message = self.get_message(message_id)
        self.active_branch_id = message_id
        return message

    def set_branch_label(self, message_id: str, label: str) -> None:
        """Name the branch that ends in or runs through a message; an empty label takes the name away."""
        self._check_known(message_id)
        labels = {name: text for name, text in self._state.branch_labels.items() if name != message_id}
        with self._changing():
            self._state.branch_labels = {**labels, message_id: label} if label else labels

    @property
    def pins(self) -> tuple[str, ...]:
        """The ids of the pinned messages."""
        return tuple(self._state.pins)

    def pin(self, message_id: str) -> None:
        """Keep a message in the context whatever else has to go."""
        self._check_known(message_id)
        if message_id not in self._state.pins:
            with self._changing():
                self._state.pins = [*self._state.pins, message_id]

    def unpin(self, message_id: str) -> None:
        """Take a pin away; nothing happens where there is none."""
        with self._changing():
            self._state.pins = [pinned for pinned in self._state.pins if pinned != message_id]

    # --- taking away and putting together -----------------------------------------------------------------------

    def delete_branch(self, message_id: str) -> int:
        """Delete a message and everything below it; returns how many messages went."""
        top = self.get_message(message_id)
        with self._changing():
            doomed = self._table.below(message_id)
            self._forget(doomed, top.parent_id)
        return len(doomed)

    def delete_message(self, message_id: str) -> None:
        """Delete one message alone: what hangs below it moves up to its parent."""
        message = self.get_message(message_id)
        with self._changing():
            self._table.move(self._table.children(message_id), message.parent_id)
            self._forget([message_id], message.parent_id)

    def merge_branches(self, source_tip_id: str, target_tip_id: str | None = None) -> list[LollmsMessage]:
        """Copy what only the source branch has to the end of the target branch (default: the active one).

        Both branches stay; the copies, which are returned, name their origin in `metadata["merged_from"]`.
        """
        target = target_tip_id if target_tip_id is not None else self._standing()
        if target is None:
            raise BadConversation("there is no branch to merge into: add a message first, the discussion is empty")
        difference = self.branch_diff(source_tip_id, target)
        copies: list[LollmsMessage] = []
        parent_id = target
        for message in difference.only_first:
            copy = message.copy(parent_id=parent_id, metadata={**message.metadata, "merged_from": message.id})
            copies.append(copy)
            parent_id = copy.id
        with self._changing():
            self._table.insert(copies)
            self._state.active_branch_id = parent_id
        return [self._adopt(copy) for copy in copies]

    def branch_diff(self, first_tip_id: str, second_tip_id: str) -> BranchDifference:
        """Compare two branches."""
        first, second = self.get_messages(first_tip_id), self.get_messages(second_tip_id)
        shared = 0
        for one, other in zip(first, second, strict=False):
            if one.id != other.id:
                break
            shared += 1
        return BranchDifference(common=first[:shared], only_first=first[shared:], only_second=second[shared:])

    def insert_between(self, message: LollmsMessage, child_id: str) -> LollmsMessage:
        """Put a new message between a message and its parent; the other children of the parent stay where they are."""
        child = self.get_message(child_id)
        if message.is_owned:
            raise BadConversation(f"the message {message.id} belongs to a discussion: add message.copy()")
        message.parent_id = child.parent_id
        with self._changing():
            self._table.insert([message])
            self._table.move([child_id], message.id)
        return self._adopt(message)

    # --- inside -------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Take over what other processes changed in the discussion itself; messages are always read anew."""
        state = self._table.load_state()
        if state is not None:
            for name, value in msgspec.structs.asdict(state).items():
                setattr(self._state, name, value)

    def _standing(self) -> str | None:
        """Where the next message goes; another process may have deleted where this one stood."""
        active = self._state.active_branch_id
        if active is not None and not self._table.has(active):
            self.refresh()
            active = self._state.active_branch_id
            if active is not None and not self._table.has(active):
                active = self._state.active_branch_id = self._table.newest_leaf(None)
        return active

    def _check_known(self, message_id: str) -> None:
        if not self._table.has(message_id):
            raise _unknown(message_id)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Change messages and state together: all is kept, or after an exception nothing."""
        with self._turn:
            before = msgspec.structs.asdict(self._state)
            try:
                with self._table.transaction():
                    yield
                    self._table.save_state(self._state)
            except BaseException:
                for name, value in before.items():
                    setattr(self._state, name, value)
                raise

    def _forget(self, doomed: list[str], parent_id: str | None) -> None:
        gone = set(doomed)
        self._table.remove(doomed)
        state = self._state
        state.pins = [pinned for pinned in state.pins if pinned not in gone]
        state.branch_labels = {name: label for name, label in state.branch_labels.items() if name not in gone}
        if state.active_branch_id in gone:
            state.active_branch_id = self._table.newest_leaf(parent_id)

    def _adopt(self, message: LollmsMessage) -> LollmsMessage:
        message.belong_to(self._message_changed)
        return message

    def _message_changed(self, message: LollmsMessage) -> None:
        self._table.note_change(message)


def _unknown(message_id: str) -> UnknownMessage:
    reason = "it was deleted, or belongs to another discussion"
    return UnknownMessage(f"the discussion has no message {message_id!r}: {reason}", message_id=message_id)
