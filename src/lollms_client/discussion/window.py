"""What of a branch a model is given: the newest messages that fit, the pinned ones, a summary of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lollms_client.discussion.context import FILE_TOKENS, Budget, Unit, is_opaque
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.tree import MessageTree
from lollms_client.errors import BadSetting, ContextTooLong
from lollms_client.types.accounting import CallWarning

STRATEGIES = ("drop_oldest", "keep_pinned", "summarise")


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What fits: the messages, oldest first, and the summary, under its heading, that stands for what is before."""

    messages: list[LollmsMessage]
    summary: str = ""


def fit(
    tree: MessageTree, branch_tip_id: str | None, system_text: str, budget: Budget, notes: list[CallWarning]
) -> Window:
    """Choose from a branch what fits into the budget beside the system text.

    Raises ContextTooLong where not even the newest message fits, BadSetting for an unknown strategy.
    """
    if budget.strategy not in STRATEGIES:
        raise BadSetting(f"no strategy {budget.strategy!r}: use one of {', '.join(STRATEGIES)}", setting="strategy")
    room = budget.tokens - (budget.turn(f"!@>system:\n{system_text}") if system_text else 0)  # its longest form
    if budget.strategy == "summarise":
        from lollms_client.discussion.summary import summarised

        window = summarised(tree, branch_tip_id, room, budget, notes)
    else:
        pins = set(tree.pins) if budget.strategy == "keep_pinned" else set()
        messages = (message for message in tree.walk_up(branch_tip_id) if message.kind != "summary")
        kept = newest(units(messages), pinned_units(tree, branch_tip_id, pins), room, budget, notes)
        window = Window(messages=kept)
    if any(is_opaque(part) for message in window.messages for part in message.parts):
        detail = f"sounds, and documents that are no plain text, are counted as {FILE_TOKENS} tokens each"
        notes.append(CallWarning(kind="approximate", setting="max_allowed_tokens", detail=detail))
    return window


def units(newest_first: Iterable[LollmsMessage]) -> Iterator[Unit]:
    """What goes together, newest first: an answer with the results of the tools that it calls; else single messages."""
    results: list[LollmsMessage] = []
    for message in newest_first:
        if message.sender_type == "tool":
            results.append(message)
            continue
        if results and not message.tool_calls:
            yield from ([result] for result in results)
            results = []
        yield [message, *reversed(results)]
        results = []
    yield from ([result] for result in results)


def pinned_units(tree: MessageTree, branch_tip_id: str | None, pins: set[str]) -> list[Unit]:
    """The units of the branch with a pinned message, newest first; walks only as far as there are pins left to find."""
    found: list[Unit] = []
    missing = set(pins)
    for unit in units(tree.walk_up(branch_tip_id)) if missing else ():
        ids = {message.id for message in unit}
        if ids & missing:
            found.append(unit)
            missing -= ids
            if not missing:
                break
    return found


def newest(
    branch: Iterable[Unit], pinned: list[Unit], room: int, budget: Budget, notes: list[CallWarning]
) -> list[LollmsMessage]:
    """The pinned units, and of the others the newest that fit beside them; the messages oldest first."""
    kept: list[Unit] = []
    wanted = {unit[0].id for unit in pinned}
    left = room - sum(map(budget.unit_cost, pinned))
    dropped: Unit | None = None
    lacking = 0
    for unit in branch:
        if unit[0].id in wanted:
            kept.append(unit)
            wanted.discard(unit[0].id)
            continue
        cost = budget.unit_cost(unit)
        if cost > left:
            dropped, lacking = unit, cost
            break
        left -= cost
        kept.append(unit)
    kept.extend(unit for unit in pinned if unit[0].id in wanted)
    fixed = {unit[0].id for unit in pinned}
    while left >= 0 and kept and _opening_cost(kept[-1], budget) > left:  # an answer that has to be introduced
        place = next((place for place in range(len(kept) - 1, 0, -1) if kept[place][0].id not in fixed), None)
        if place is None:
            break
        dropped = kept.pop(place)
        left += budget.unit_cost(dropped)
    if left < 0 or (dropped and not kept) or (kept and _opening_cost(kept[-1], budget) > left):
        raise _too_long(budget.tokens, budget.tokens - left + lacking)
    if dropped:
        detail = f"the messages up to {dropped[-1].id} do not fit into {budget.tokens} tokens"
        notes.append(CallWarning(kind="dropped", setting="messages", detail=detail))
    return [message for unit in reversed(kept) for message in unit]


def _opening_cost(oldest: Unit, budget: Budget) -> int:
    return budget.turn(budget.opening) if budget.opening and oldest[0].sender_type == "assistant" else 0


def _too_long(allowed: int, needed: int) -> ContextTooLong:
    return ContextTooLong(
        f"the newest message, the pinned ones and the system text take {needed} tokens of {allowed}: "
        "allow more tokens, shorten what is said or the system prompt, or unpin messages",
        max_tokens=allowed,
    )
