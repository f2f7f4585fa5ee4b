"""What a model is given fits its context: counted, with the oldest dropped, the pinned kept, the rest summarised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lollms_client.discussion.context import Strategy
from lollms_client.errors import BadSetting, ContextTooLong, Unavailable
from lollms_client.lollms_discussion import LollmsDiscussion, LollmsMessage
from lollms_client.types import CallWarning, ImagePart, Media, TextPart, ToolCallPart, ToolResultPart
from lollms_client.types.accounting import TokenCount
from tests.discussion.sample_conversations import PDF, PNG


def words(text: str) -> int:
    """A tokenizer that everyone can check."""
    return len(text.split())


def counting(count: int) -> LollmsDiscussion:
    """Alternating turns n0, n1, …: with its mark each costs 2 words and 4 for the template."""
    roles = ["user", "assistant"]
    turns = [{"role": roles[number % 2], "content": f"n{number}"} for number in range(count)]
    return LollmsDiscussion.from_messages(turns, system_prompt="SYS")


def test_the_oldest_go_first_and_it_is_told() -> None:
    notes: list[CallWarning] = []
    turns = counting(10).to_messages(max_allowed_tokens=24, count=words, warnings=notes)
    assert [turn.text for turn in turns] == ["SYS", "n7", "n8", "n9"]
    assert [(note.kind, note.setting) for note in notes] == [("dropped", "messages")]


def test_what_fits_is_untouched() -> None:
    notes: list[CallWarning] = []
    discussion = counting(4)
    assert discussion.to_messages(max_allowed_tokens=100, count=words, warnings=notes) == discussion.to_messages()
    assert notes == []


def test_pinned_messages_stay() -> None:
    discussion = counting(10)
    discussion.pin(discussion.messages[1].id)
    turns = discussion.to_messages(max_allowed_tokens=24, count=words)
    assert [turn.text for turn in turns] == ["SYS", "n1", "n8", "n9"]
    dropped = discussion.to_messages(max_allowed_tokens=24, count=words, strategy="drop_oldest")
    assert [turn.text for turn in dropped] == ["SYS", "n7", "n8", "n9"]


def test_a_summary_becomes_a_node_that_later_calls_use() -> None:
    discussion = counting(10)
    asked: list[str] = []

    def summarise(request: str) -> str:
        asked.append(request)
        return "they counted"

    turns = discussion.to_messages(max_allowed_tokens=60, count=words, strategy="summarise", summarise=summarise)
    assert "n0" in asked[0]
    assert "they counted" in turns[0].text
    assert turns[-1].text == "n9"
    nodes = [message for message in discussion.get_messages() if message.kind == "summary"]
    assert [node.content for node in nodes] == ["they counted"]
    kept = [turn.text for turn in turns[1:]]
    assert kept == [f"n{number}" for number in range(10 - len(kept), 10)]
    assert (
        discussion.to_messages(max_allowed_tokens=60, count=words, strategy="summarise", summarise=summarise) == turns
    )
    assert len(asked) == 1
    assert [turn.text for turn in discussion.to_messages()[1:]] == [f"n{number}" for number in range(10)]


def test_summarising_never_sends_more_than_fits() -> None:
    discussion = counting(200)
    discussion.add_message(sender="user", content="word " * 300)
    sizes: list[int] = []

    def summarise(request: str) -> str:
        sizes.append(words(request))
        return "short"

    discussion.add_message(sender="user", content="last")
    turns = discussion.to_messages(max_allowed_tokens=200, count=words, strategy="summarise", summarise=summarise)
    assert turns[-1].text == "last"
    assert len(sizes) > 2
    assert max(sizes) < 250


def test_tool_calls_are_not_torn_apart() -> None:
    discussion = LollmsDiscussion(None)
    discussion.add_message(sender="user", content="go " * 20)
    discussion.add_message(sender="assistant", parts=[ToolCallPart(id="c", name="look", arguments={"a": "b " * 20})])
    discussion.add_message(sender="tool", parts=[ToolResultPart(call_id="c", name="look", content="seen")])
    discussion.add_message(sender="assistant", content="done")
    turns = discussion.to_messages(max_allowed_tokens=20, count=words)
    assert [turn.role for turn in turns] == ["assistant"]


def with_a_tool_run(later: int) -> tuple[LollmsDiscussion, LollmsMessage, LollmsMessage]:
    """A question, a call and its result, and as many turns after it."""
    discussion = LollmsDiscussion(None)
    discussion.add_message(sender="user", content="go " * 20)
    call = discussion.add_message(sender="assistant", parts=[ToolCallPart(id="c", name="look")])
    result = discussion.add_message(sender="tool", parts=[ToolResultPart(call_id="c", name="look", content="seen")])
    for number in range(later):
        discussion.add_message(sender=["user", "assistant"][number % 2], content=f"n{number} x x")
    return discussion, call, result


@pytest.mark.parametrize("strategy", ["keep_pinned", "summarise"])
@pytest.mark.parametrize("pinned", [1, 2])
def test_a_pin_keeps_a_call_with_its_result(pinned: int, strategy: Strategy) -> None:
    discussion, *run = with_a_tool_run(10)
    discussion.pin(run[pinned - 1].id)
    turns = discussion.to_messages(
        max_allowed_tokens=60, count=words, strategy=strategy, summarise=lambda request: "short"
    )
    spoken = [turn for turn in turns if turn.role != "system"]
    assert [turn.role for turn in spoken[:3]] == ["assistant", "tool", spoken[2].role]
    assert spoken[1].parts == (ToolResultPart(call_id="c", name="look", content="seen"),)
    assert len(spoken) < 12


def test_everything_that_is_sent_counts() -> None:
    discussion, _, _ = with_a_tool_run(0)
    picture = ToolResultPart(call_id="d", name="draw", content=(TextPart(text="here"), ImagePart(media=PNG)))
    discussion.add_message(sender="assistant", parts=[ToolCallPart(id="d", name="draw")])
    discussion.add_message(sender="tool", parts=[picture])
    discussion.add_message(sender="user", content="and?")
    turns = discussion.to_messages(max_allowed_tokens=100, count=words, count_image=lambda image: 90)
    assert [turn.role for turn in turns] == ["user"]

    reader = LollmsDiscussion(None)
    reader.add_message(content="old", attachments=[Media(b"word " * 200, "text/plain")])
    reader.add_message(content="new", attachments=[PDF])
    notes: list[CallWarning] = []
    exported = reader.export("anthropic", max_allowed_tokens=1_100, count=words, warnings=notes)
    assert [block.get("text") for block in exported["messages"][0]["content"]] == ["new", None]
    assert [note.kind for note in notes] == ["dropped", "approximate"]


def test_words_that_a_form_adds_count_too() -> None:
    discussion = counting(10)
    exported = discussion.export("openai_chat", max_allowed_tokens=24, count=words)
    assert [message["content"] for message in exported[1:]] == ["n8", "n9"]  # n7 would have to be introduced
    discussion.pin(discussion.messages[1].id)
    exported = discussion.export("openai_chat", max_allowed_tokens=24, count=words)
    assert [message["content"] for message in exported[1:]] == ["Continue.", "n1\n\nn9"]
    prompt = discussion.export("openai_completion", max_allowed_tokens=300, count=len)
    assert len(prompt) <= 300


def test_images_of_the_whole_discussion_count() -> None:
    discussion = counting(10)
    discussion.metadata = {"discussion_images": [{"data": PNG.base64(), "active": True}]}
    turns = discussion.to_messages(max_allowed_tokens=60, count=words, count_image=lambda image: 20)
    assert sum(words(turn.text) + 4 + 20 * len(turn.images) for turn in turns) <= 60
    assert sum(len(turn.images) for turn in turns) == 1


def test_a_summary_that_is_too_long_is_cut_for_the_context_alone() -> None:
    notes: list[CallWarning] = []
    discussion = counting(10)
    turns = discussion.to_messages(
        max_allowed_tokens=60, count=words, strategy="summarise", summarise=lambda request: "sum " * 500, warnings=notes
    )
    assert turns[-1].text == "n9"
    assert sum(words(turn.text) + 4 for turn in turns) <= 60
    assert ("clamped", "summarise") in [(note.kind, note.setting) for note in notes]
    (node,) = [message for message in discussion.messages if message.kind == "summary"]
    assert words(node.content) == 500


def test_images_count() -> None:
    discussion = LollmsDiscussion(None)
    discussion.add_message(sender="user", content="old", images=[PNG])
    discussion.add_message(sender="user", content="new")
    turns = discussion.to_messages(max_allowed_tokens=100, count=words, count_image=lambda image: 200)
    assert [turn.text for turn in turns] == ["new"]


def test_what_cannot_fit_or_be_done_is_an_error() -> None:
    discussion = counting(3)
    with pytest.raises(ContextTooLong):
        discussion.to_messages(max_allowed_tokens=5, count=words)
    with pytest.raises(BadSetting, match="summarise"):
        discussion.to_messages(max_allowed_tokens=12, count=words, strategy="summarise")
    with pytest.raises(BadSetting, match="drop_oldest"):
        discussion.export("markdown", max_allowed_tokens=12, count=words, strategy="best")  # type: ignore[arg-type]


def test_both_limits_hold() -> None:
    discussion = counting(10)
    prompt = discussion.export("lollms_text", max_allowed_tokens=24, count=words, limit=1, suppress_system_prompt=True)
    assert prompt == "!@>assistant:\nn9"
    with pytest.raises(BadSetting, match="json"):
        discussion.export("json", max_allowed_tokens=24)


class Estimating:
    """A client whose binding has no tokenizer."""

    def count_tokens(self, text: str) -> TokenCount:
        return TokenCount(len(text), estimated=True)


class Unreachable:
    """A client whose service counts tokens, and is down."""

    def count_tokens(self, text: str) -> TokenCount:
        raise Unavailable("down")


@pytest.mark.parametrize("client", [None, Estimating(), Unreachable()])
def test_an_estimate_is_told(client: object) -> None:
    notes: list[CallWarning] = []
    discussion = LollmsDiscussion(client)
    discussion.add_message(content="hello")
    discussion.export("lollms_text", max_allowed_tokens=1_000, warnings=notes)
    assert [note.kind for note in notes] == ["approximate"]


def size_of(exported: Any, count: Callable[[str], int]) -> int:
    """The tokens of a prompt, or of messages with what a chat template puts around each."""
    if isinstance(exported, str):
        return count(exported)
    texts = [message["content"] for message in exported]
    return sum(4 + count(text if isinstance(text, str) else text[0]["text"]) for text in texts)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text(alphabet="ab ", max_size=12), max_size=12),
    st.integers(8, 80),
    st.sampled_from(["drop_oldest", "keep_pinned", "summarise"]),
    st.lists(st.integers(0, 11), max_size=2),
    st.sampled_from(["lollms_text", "openai_completion", "openai_chat"]),
    st.sampled_from([words, len]),
)
def test_a_prompt_never_exceeds_its_budget(
    texts: list[str], tokens: int, strategy: Strategy, pins: list[int], form: str, count: Callable[[str], int]
) -> None:
    discussion = LollmsDiscussion.from_messages(
        [{"role": ["user", "assistant"][number % 2], "content": text} for number, text in enumerate(texts)],
        system_prompt="S",
    )
    for place in pins:
        if place < len(discussion):
            discussion.pin(discussion.messages[place].id)
    before = [message.id for message in discussion.messages]
    try:
        prompt = discussion.export(
            form, max_allowed_tokens=tokens, count=count, strategy=strategy, summarise=lambda request: "s s"
        )
    except ContextTooLong:
        return
    assert size_of(prompt, count) <= tokens
    after = [message.id for message in discussion.messages if message.kind == "message"]
    assert after == before
