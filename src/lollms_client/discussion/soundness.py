"""What makes messages a tree: parents that are there, ids of their own, no circles, and pins of messages that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.state import DiscussionState
from lollms_client.discussion.table import MessageTable
from lollms_client.errors import BadSetting


def check_parents(messages: Iterable[LollmsMessage], table: MessageTable | None = None) -> None:
    """Raise BadConversation where messages have the same id, lack a parent, or go in circles."""
    by_id: dict[str, LollmsMessage] = {}
    for message in messages:
        if message.id in by_id:
            raise BadConversation(f"two messages have the id {message.id}", message_id=message.id)
        by_id[message.id] = message
    grounded: set[str] = set()
    for message in by_id.values():
        chain: list[str] = []
        current: LollmsMessage | None = message
        while current is not None and current.id not in grounded:
            chain.append(current.id)
            if len(chain) > len(by_id):
                raise BadConversation(f"the message {message.id} is its own ancestor", message_id=message.id)
            parent_id = current.parent_id
            current = by_id.get(parent_id) if parent_id is not None else None
            if parent_id is not None and current is None and (table is None or table.get(parent_id) is None):
                raise BadConversation(f"a parent is missing: {parent_id}", message_id=message.id)
        grounded.update(chain)


def check_state(state: DiscussionState, messages: Iterable[LollmsMessage]) -> None:
    """Raise BadConversation where a state that came from outside speaks of messages that are not there."""
    known = {message.id for message in messages}
    named = [*state.pins, *state.branch_labels, *([state.active_branch_id] if state.active_branch_id else [])]
    missing = next((name for name in named if name not in known), None)
    if missing is not None:
        raise BadConversation(f"the discussion speaks of a message that is not there: {missing}")


def sound_state(state: DiscussionState, messages: Iterable[LollmsMessage]) -> DiscussionState:
    """The state without what it says of messages that others deleted meanwhile."""
    known = {message.id for message in messages}
    return msgspec.structs.replace(
        state,
        pins=[pinned for pinned in state.pins if pinned in known],
        branch_labels={name: label for name, label in state.branch_labels.items() if name in known},
        active_branch_id=state.active_branch_id if state.active_branch_id in known else None,
    )


def through_summaries(
    children: Iterable[LollmsMessage], below: Callable[[str], list[LollmsMessage]]
) -> Iterator[LollmsMessage]:
    """The messages, those below a summary in the place of the summary."""
    waiting = list(children)[::-1]
    while waiting:
        message = waiting.pop()
        if message.kind == "summary":
            waiting.extend(reversed(below(message.id)))
        else:
            yield message


def check_paging(limit: int | None, offset: int = 0) -> None:
    """Raise BadSetting for a page that begins before the first, or has less than nothing on it."""
    for name, value in (("limit", limit), ("offset", offset)):
        if value is not None and value < 0:
            raise BadSetting(f"{name} is {value}: give 0 or more", setting=name)
