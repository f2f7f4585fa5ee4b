"""What of a branch a model is given: the newest messages that fit, the pinned ones, a summary of the rest."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec

from lollms_client.discussion.export_text import lollms_turn
from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.tree import MessageTree
from lollms_client.errors import BadSetting, ContextTooLong
from lollms_client.types.accounting import CallWarning
from lollms_client.types.media import Media

Strategy = Literal["drop_oldest", "keep_pinned", "summarise"]
STRATEGIES = ("drop_oldest", "keep_pinned", "summarise")
TURN_TOKENS = 4  # what the marks around a message cost in the usual chat templates
IMAGE_TOKENS = 1_024  # where nobody says what an image costs

SUMMARY_REQUEST = (
    "Summarise this conversation so that it can go on from your summary alone. Keep every fact, name, number, decision "
    "and open question; leave out greetings and repetition. Write at most {words} words, nothing but the summary.\n\n"
    "{text}"
)


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """How much a model may be given. `count` tells the tokens of a text, `count_image` those of an image."""

    tokens: int
    count: Callable[[str], int]
    count_image: Callable[[Media | None], int] = lambda _image: IMAGE_TOKENS
    strategy: Strategy = "keep_pinned"
    summarise: Callable[[str], str] | None = None  # asks a model: the request in, the summary out

    def cost(self, message: LollmsMessage) -> int:
        """The tokens of one message: its words as a prompt shows them, its reasoning, its active images."""
        total = TURN_TOKENS + self.count(lollms_turn(message))
        if thoughts := message.thoughts:
            total += self.count(thoughts)
        for place, part in enumerate(message.image_parts):
            if place not in message.inactive_images:
                total += self.count_image(part.media)
        return total


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What fits: the messages, oldest first, and the summary, under its heading, that stands for what is before."""

    messages: list[LollmsMessage]
    summary: str = ""


def estimated_tokens(text: str) -> int:
    """A careful guess where no tokenizer is at hand: one token for every three bytes of UTF-8."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // 3)


def counter_of(client: Any, notes: list[CallWarning]) -> Callable[[str], int]:
    """How the client's model counts tokens; where it cannot say, an estimate, which is told in `notes`."""
    count = getattr(client, "count_tokens", None)
    if inspect.iscoroutinefunction(count):  # an asynchronous client: its binding's documented method blocks
        count = getattr(getattr(client, "llm", None), "count_tokens", None)
    if count is not None:
        try:
            count("a")
        except NotImplementedError:
            count = None
    if count is not None:
        return count  # type: ignore[no-any-return]
    notes.append(CallWarning(kind="approximate", setting="max_allowed_tokens", detail="no tokenizer is at hand"))
    return estimated_tokens


def fit(
    tree: MessageTree, branch_tip_id: str | None, system_text: str, budget: Budget, notes: list[CallWarning]
) -> Window:
    """Choose from a branch what fits into the budget beside the system text.

    Raises ContextTooLong where not even the newest message fits, BadSetting for an unknown strategy.
    """
    if budget.strategy not in STRATEGIES:
        raise BadSetting(f"no strategy {budget.strategy!r}: use one of {', '.join(STRATEGIES)}", setting="strategy")
    system_turn = f"!@>system:\n{system_text}"  # the longest form that it takes
    room = budget.tokens - (budget.count(system_turn) + TURN_TOKENS if system_text else 0)
    if budget.strategy == "summarise":
        return _summarised(tree, branch_tip_id, room, budget, notes)
    pins = set(tree.pins) if budget.strategy == "keep_pinned" else set()
    messages = (message for message in tree.walk_up(branch_tip_id) if message.kind != "summary")
    return Window(messages=_newest(messages, _pinned(tree, branch_tip_id, pins), room, budget, notes))


def _pinned(tree: MessageTree, branch_tip_id: str | None, pins: set[str]) -> list[LollmsMessage]:
    """The pinned messages of the branch, newest first; walks only as far as there are pins left to find."""
    found: list[LollmsMessage] = []
    missing = set(pins)
    for message in tree.walk_up(branch_tip_id) if missing else ():
        if message.id in missing:
            found.append(message)
            missing.discard(message.id)
            if not missing:
                break
    return found


def _newest(
    messages: Iterator[LollmsMessage],
    pinned: list[LollmsMessage],
    room: int,
    budget: Budget,
    notes: list[CallWarning],
) -> list[LollmsMessage]:
    kept: list[LollmsMessage] = []
    wanted = {message.id for message in pinned}
    left = room - sum(budget.cost(message) for message in pinned)
    dropped: str | None = None
    for message in messages:
        if message.id in wanted:
            kept.append(message)
            wanted.discard(message.id)
            continue
        cost = budget.cost(message)
        if cost > left:
            dropped = message.id
            break
        left -= cost
        kept.append(message)
    kept = _without_half_tool_runs(kept, {message.id for message in pinned}) if dropped else kept
    kept.extend(message for message in pinned if message.id in wanted)
    if left < 0 or (dropped and not kept):
        raise ContextTooLong(
            f"the newest message, the pinned ones and the system text do not fit into {budget.tokens} tokens",
            max_tokens=budget.tokens,
        )
    if dropped:
        detail = f"the messages up to {dropped} do not fit into {budget.tokens} tokens"
        notes.append(CallWarning(kind="dropped", setting="messages", detail=detail))
    kept.reverse()
    return kept


def _without_half_tool_runs(kept: list[LollmsMessage], pinned: set[str]) -> list[LollmsMessage]:
    """Leave out tool results at the old end, whose call was dropped (newest first)."""
    end = len(kept)
    while end and kept[end - 1].sender_type == "tool" and kept[end - 1].id not in pinned:
        end -= 1
    return kept[:end]


# --- summaries -------------------------------------------------------------------------------------------------------


def _summarised(
    tree: MessageTree, branch_tip_id: str | None, room: int, budget: Budget, notes: list[CallWarning]
) -> Window:
    recent, summary = _since_summary(tree, branch_tip_id)
    pinned = _pinned(tree, branch_tip_id, set(tree.pins))
    total = sum(budget.cost(message) for message in recent) + _summary_cost(summary, budget)
    seen = {message.id for message in recent}
    total += sum(budget.cost(message) for message in pinned if message.id not in seen)
    if total > room and len(recent) > 1:
        summary = _write_summary(tree, recent, summary, room, budget)
        recent, summary = _since_summary(tree, branch_tip_id)
    kept = _newest(iter(recent), pinned, room - _summary_cost(summary, budget), budget, notes)
    return Window(messages=kept, summary=_headed(summary) if summary is not None else "")


def _since_summary(tree: MessageTree, branch_tip_id: str | None) -> tuple[list[LollmsMessage], LollmsMessage | None]:
    """The messages after the branch's newest summary, newest first, and the summary."""
    recent: list[LollmsMessage] = []
    for message in tree.walk_up(branch_tip_id):
        if message.kind == "summary":
            return recent, message
        recent.append(message)
    return recent, None


def _summary_cost(summary: LollmsMessage | None, budget: Budget) -> int:
    return budget.count(_headed(summary)) + TURN_TOKENS if summary is not None else 0


def _headed(summary: LollmsMessage) -> str:
    return f"-- Summary of the conversation so far --\n{summary.content}"


def _write_summary(
    tree: MessageTree, recent: list[LollmsMessage], before: LollmsMessage | None, room: int, budget: Budget
) -> LollmsMessage:
    """Put a new summary node below everything but the newest messages, which fill at most half the room."""
    if budget.summarise is None:
        raise BadSetting("the strategy summarise needs a model to ask: give summarise=", setting="summarise")
    left, kept = room // 2, 0
    for message in recent:
        left -= budget.cost(message)
        if left < 0 and kept:
            break
        kept += 1
    while kept < len(recent) and recent[kept - 1].sender_type == "tool":
        kept += 1  # keep the call with its results
    if kept >= len(recent):
        kept = 1
    old = recent[kept:][::-1]
    text = _condense([lollms_turn(message) for message in old], before.content if before else "", room, budget)
    if not text:
        raise BadConversation("the model gave an empty summary")
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
