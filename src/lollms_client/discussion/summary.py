"""Summaries: what no longer fits is summed up by a model, in a node of the tree that stands for it from then on."""

from __future__ import annotations

from collections.abc import Iterator

from lollms_client.discussion.context import Budget
from lollms_client.discussion.export_text import lollms_turn
from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.tree import MessageTree
from lollms_client.discussion.window import Window, newest, pinned_units, units
from lollms_client.errors import BadSetting
from lollms_client.types.accounting import CallWarning

SUMMARY_REQUEST = (
    "Summarise this conversation so that it can go on from your summary alone. Keep every fact, name, number, decision "
    "and open question; leave out greetings and repetition. Write at most {words} words, nothing but the summary.\n\n"
    "{text}"
)


def summarised(
    tree: MessageTree, branch_tip_id: str | None, room: int, budget: Budget, notes: list[CallWarning]
) -> Window:
    """The messages since the newest summary and that summary; where they do not fit, a new one is written first."""
    recent, summary = _since_summary(tree, branch_tip_id)
    pinned = pinned_units(tree, branch_tip_id, set(tree.pins))
    seen = {message.id for message in recent}
    older = sum(budget.unit_cost(unit) for unit in pinned if unit[0].id not in seen)
    total = sum(map(budget.unit_cost, units(recent))) + older
    total += budget.turn(_headed(summary.content)) if summary is not None else 0
    if total > room and len(list(units(recent))) > 1:
        summary = _write_summary(tree, recent, summary, room, budget)
        recent, summary = _since_summary(tree, branch_tip_id)
    heading = _fitting(summary.content, recent, older, room, budget, notes) if summary is not None else ""
    left = room - (budget.turn(heading) if heading else 0)
    return Window(messages=newest(units(recent), pinned, left, budget, notes), summary=heading)


def _since_summary(tree: MessageTree, branch_tip_id: str | None) -> tuple[list[LollmsMessage], LollmsMessage | None]:
    """The messages after the branch's newest summary, newest first, and the summary."""
    recent: list[LollmsMessage] = []
    for message in tree.walk_up(branch_tip_id):
        if message.kind == "summary":
            return recent, message
        recent.append(message)
    return recent, None


def _headed(text: str) -> str:
    return f"-- Summary of the conversation so far --\n{text}"


def _fitting(
    text: str, recent: list[LollmsMessage], older: int, room: int, budget: Budget, notes: list[CallWarning]
) -> str:
    """The summary under its heading, cut where a model wrote more than fits beside the newest message."""
    newest_cost = next((budget.unit_cost(unit) for unit in units(recent)), 0)
    most = room - older - newest_cost
    if budget.turn(_headed(text)) <= min(most, max(most // 2, room // 2)):
        return _headed(text)
    most = min(most, room // 2)
    short, long = 0, len(text)
    while short < long:
        middle = (short + long + 1) // 2
        if budget.turn(_headed(text[:middle])) <= most:
            short = middle
        else:
            long = middle - 1
    notes.append(CallWarning(kind="clamped", setting="summarise", detail="the summary is longer than fits: it is cut"))
    return _headed(text[:short]) if short else ""


def _write_summary(
    tree: MessageTree, recent: list[LollmsMessage], before: LollmsMessage | None, room: int, budget: Budget
) -> LollmsMessage:
    """Put a new summary node below everything but the newest messages, which fill at most half the room."""
    if budget.summarise is None:
        raise BadSetting("the strategy summarise needs a model to ask: give summarise=", setting="summarise")
    left, kept = room // 2, 0
    for unit in units(recent):
        left -= budget.unit_cost(unit)
        if left < 0 and kept:
            break
        kept += len(unit)
    if kept >= len(recent):
        kept = len(next(units(recent)))
    old = recent[kept:][::-1]
    text = _condense([lollms_turn(message) for message in old], before.content if before else "", room, budget)
    if not text:
        raise BadConversation("the model gave an empty summary: try again, or use another strategy")
    node = LollmsMessage(
        sender="summary",
        sender_type="system",
        content=text,
        kind="summary",
        metadata={"summarises": [old[0].id, old[-1].id], "count": len(old)},
    )
    return tree.insert_between(node, recent[kept - 1].id)


def _condense(turns: list[str], summary: str, room: int, budget: Budget) -> str:
    """Summarise piece by piece, each time together with the summary so far, so that no request outgrows the room."""
    assert budget.summarise is not None
    words = max(30, room // 8)
    piece: list[str] = []
    size = 0
    for turn in _short_enough([turn for turn in turns if turn], room // 2, budget):
        cost = budget.count(turn)
        if piece and size + cost > room // 2:
            summary = budget.summarise(_request(summary, piece, words)).strip()
            piece, size = [], 0
        piece.append(turn)
        size += cost
    return budget.summarise(_request(summary, piece, words)).strip()


def _short_enough(turns: list[str], limit: int, budget: Budget) -> Iterator[str]:
    for turn in turns:
        waiting = [turn]
        while waiting:
            text = waiting.pop()
            if budget.count(text) <= limit or len(text) < 2:
                yield text
            else:
                waiting.extend([text[len(text) // 2 :], text[: len(text) // 2]])


def _request(summary: str, piece: list[str], words: int) -> str:
    before = [f"Summary of what came before:\n{summary}"] if summary else []
    return SUMMARY_REQUEST.format(words=words, text="\n".join([*before, *piece]))
