"""Exports go back in, and official SDKs accept them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lollms_client.discussion import exporting, importing
from lollms_client.errors import BadSetting, LollmsError
from lollms_client.lollms_discussion import (
    BadConversation,
    LollmsDataManager,
    LollmsDiscussion,
    LollmsMessage,
    UnknownFormat,
)
from lollms_client.types import (
    AudioPart,
    CallWarning,
    FilePart,
    Finished,
    ImagePart,
    Part,
    ReasoningPart,
    TextDelta,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from tests.discussion.sample_conversations import GIF, PDF, PNG, WAV, everything
from tests.discussion.test_discussion_chat import ScriptedClient

MODEL_FORMATS = exporting.MODEL_FORMATS

words = st.text(alphabet="ab \n*<&é😀", max_size=8)
images = st.builds(ImagePart, media=st.sampled_from([PNG, GIF])) | st.just(ImagePart(url="https://example.org/a.png"))
user_parts: st.SearchStrategy[Part] = st.one_of(
    st.builds(TextPart, text=words),
    images,
    st.just(AudioPart(media=WAV)),
    st.just(FilePart(media=PDF, name="a.pdf")),
)
arguments = st.dictionaries(st.sampled_from(["x", "y"]), st.integers(0, 9), max_size=2)


@st.composite
def conversations(draw: st.DrawFn) -> LollmsDiscussion:
    discussion = LollmsDiscussion(None, system_prompt=draw(st.sampled_from(["", "SYS"])))
    for number in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(["user", "assistant", "tool"]))
        if kind == "user":
            discussion.add_message(sender="user", parts=draw(st.lists(user_parts, max_size=3)))
        elif kind == "assistant":
            thought = [ReasoningPart(text="hm", signature="sig")] if draw(st.booleans()) else []
            pictures = draw(st.lists(images, max_size=1))
            discussion.add_message(sender="assistant", parts=[*thought, TextPart(text=draw(words)), *pictures])
        else:
            call = ToolCallPart(id=f"c{number}", name="look", arguments=draw(arguments))
            discussion.add_message(sender="assistant", parts=[call])
            if draw(st.booleans()):
                content: Any = (TextPart(text="seen"), ImagePart(media=PNG)) if draw(st.booleans()) else draw(words)
                result = ToolResultPart(call_id=call.id, content=content, name="look", is_error=draw(st.booleans()))
                discussion.add_message(sender="tool", parts=[result])
    return discussion


@settings(max_examples=40, deadline=None)
@given(conversations(), st.sampled_from([*MODEL_FORMATS]))
def test_what_a_format_can_hold_comes_back(discussion: LollmsDiscussion, name: str) -> None:
    exported = discussion.export(name)
    again = LollmsDiscussion.from_export(name, json.loads(json.dumps(exported)))
    assert again.export(name) == exported
    once_more = LollmsDiscussion.from_export("json", again.export("json"))
    assert once_more.export(name) == exported


@settings(max_examples=40, deadline=None)
@given(conversations(), st.sampled_from(MODEL_FORMATS))
def test_no_image_is_lost_and_calls_are_answered(discussion: LollmsDiscussion, name: str) -> None:
    notes: list[CallWarning] = []
    text = json.dumps(discussion.export(name, warnings=notes))
    pictures = [part for turn in discussion.to_messages() for part in turn.images]
    assert text.count(PNG.base64()) >= sum(part.media == PNG for part in pictures)
    assert text.count(GIF.base64()) == sum(part.media == GIF for part in pictures)
    assert text.count("https://example.org/a.png") == sum(part.url is not None for part in pictures)


def test_a_call_that_was_passed_over_gets_an_answer() -> None:
    discussion = LollmsDiscussion(None)
    discussion.add_message(sender="user", content="go")
    discussion.add_message(sender="assistant", parts=[ToolCallPart(id="c1", name="look")])
    waiting = discussion.export("openai_chat")
    assert [message["role"] for message in waiting] == ["user", "assistant"]  # the result is still to come
    discussion.add_message(sender="user", content="never mind")
    answered = discussion.export("openai_chat")
    assert [message["role"] for message in answered] == ["user", "assistant", "tool", "user"]
    assert answered[2]["tool_call_id"] == "c1"


def test_ids_that_a_server_uses_again_are_told_apart() -> None:
    discussion = LollmsDiscussion(None)
    for number in range(3):
        discussion.add_message(sender="user", content="?")
        discussion.add_message(sender="assistant", parts=[ToolCallPart(id="call_0", name="look")])
        result = ToolResultPart(call_id="call_0", name="look", content=f"seen {number}")
        discussion.add_message(sender="tool", parts=[result])
    exported = discussion.export("openai_chat")
    asked = [call["id"] for message in exported for call in message.get("tool_calls", ())]
    assert len(set(asked)) == 3
    answered = [(message["tool_call_id"], message["content"]) for message in exported if message["role"] == "tool"]
    assert answered == [(key, f"seen {number}") for number, key in enumerate(asked)]


def test_calls_of_one_answer_with_the_same_id_are_told_apart() -> None:
    discussion = LollmsDiscussion(None)
    calls = [ToolCallPart(id=key, name="look", arguments={"x": place}) for place, key in enumerate(["", "", "c", "c"])]
    discussion.add_message(sender="assistant", parts=calls)
    results = [ToolResultPart(call_id=call.id, name="look", content=str(call.arguments["x"])) for call in calls]
    discussion.add_message(sender="tool", parts=results)
    exported = discussion.export("anthropic")["messages"]
    asked = [block["id"] for block in exported[1]["content"]]
    assert len(set(asked)) == 4
    answered = [(block["tool_use_id"], block["content"]) for block in exported[2]["content"]]
    assert answered == [(key, str(place)) for place, key in enumerate(asked)]


@pytest.mark.parametrize("name", MODEL_FORMATS)
def test_arguments_that_are_no_json_go_out(name: str) -> None:
    discussion = LollmsDiscussion(None)
    discussion.add_message(sender="assistant", parts=[ToolCallPart(id="c", name="look", raw_arguments='{"where": ')])
    assert "where" in json.dumps(discussion.export(name))


def test_a_result_without_its_call_stays_as_words() -> None:
    discussion = LollmsDiscussion(None)
    discussion.add_message(sender="tool", parts=[ToolResultPart(call_id="gone", content="42", name="sum")])
    assert discussion.export("openai_chat") == [{"role": "user", "content": "Result of the tool sum:42"}]


def test_html_escapes_what_was_said() -> None:
    discussion = LollmsDiscussion(None, title="<t>")
    discussion.add_message(sender='<b onload="x">', content="<script>alert(1)</script>")
    page = discussion.export("html")
    assert "<script>" not in page
    assert "<b onload" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_markdown_shows_every_part() -> None:
    page = everything().export("markdown")
    for picture in (PNG, GIF):
        assert f"![Image]({picture.data_url()})" in page
    assert "\n> hm\n" in page
    assert '```\n{"x":1}\n```' in page
    assert "a.pdf" in page


def test_json_keeps_everything() -> None:
    discussion = everything()
    message = LollmsMessage(sender_type="assistant", status="failed", error={"code": "timed_out"}, metadata={"a": [1]})
    discussion.attach(message, discussion.active_branch_id)
    discussion.pin(message.id)
    discussion.metadata = {"colour": "red"}
    again = LollmsDiscussion.from_export("json", discussion.export("json"))
    assert again.export("json") == discussion.export("json")
    assert again.metadata == {"colour": "red"}
    assert again.get_messages()[-1].error == {"code": "timed_out"}
    branch = LollmsDiscussion.from_export("json", discussion.export("json", branch_tip_id=discussion.messages[1].id))
    assert len(branch) == 2
    assert branch.pins == ()


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "user", "text", "assistant", "a", "data:,x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "type", "text", "parts", "mapping", "chat", "history", "messages", "id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(junk, st.sampled_from(importing.FORMATS))
def test_what_is_no_conversation_is_a_clear_error(data: Any, name: str) -> None:
    try:
        found = LollmsDiscussion.all_from_export(name, data)
    except LollmsError:
        return
    for discussion in found:
        discussion.export("json")


@settings(max_examples=100, deadline=None)
@given(st.lists(junk, max_size=2))
def test_what_is_no_message_is_a_clear_error(items: list[Any]) -> None:
    try:
        discussion = LollmsDiscussion.from_messages(items)
    except LollmsError:
        return
    for name in MODEL_FORMATS:
        discussion.export(name)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "input_audio"}]},
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]},
        {"role": "user", "content": [{"type": "hologram"}]},
        {"role": "user", "content": 5},
        {"role": "assistant", "tool_calls": [{"id": "x"}]},
        {"role": "assistant", "tool_calls": 7},
        {"sender": "user", "content": ["a"]},
        {"sender": "user", "created_at": "yesterday"},
        {"text": "who said this?"},
        5,
    ],
)
def test_a_damaged_message_is_a_clear_error(message: Any) -> None:
    with pytest.raises(LollmsError):
        LollmsDiscussion.from_messages([message])


def test_unknown_formats_and_other_counts_are_errors() -> None:
    with pytest.raises(UnknownFormat):
        LollmsDiscussion.from_export("openai", [])
    with pytest.raises(BadConversation):
        LollmsDiscussion.from_export("chatgpt", [])
    with pytest.raises(BadConversation, match="no JSON"):
        LollmsDiscussion.from_export("openai_chat", "{")


HALVES = ["a \ud83d", "\ude00 b"]


@pytest.mark.parametrize("kept", [False, True])
def test_half_signs_of_a_stream_do_no_harm(kept: bool) -> None:
    script = [*[TextDelta(text=half) for half in HALVES], Finished(finish="stop")]
    with LollmsDataManager("sqlite://") as store:
        discussion = LollmsDiscussion(ScriptedClient(script), db_manager=store if kept else None)
        answer = discussion.chat("one half: \ud83d")["ai_message"]
        assert (answer.status, answer.content) == ("complete", "a \U0001f600 b")
        answer.metadata = {"half": "\ud83d"}
        discussion.commit()
        again = LollmsDiscussion.from_export("json", discussion.export("json"))
        assert [message.content for message in again.get_messages()] == ["one half: \ufffd", "a \U0001f600 b"]


def test_what_is_no_json_is_named() -> None:
    with pytest.raises(BadConversation, match="metadata"):
        LollmsDiscussion(None, metadata={"a": object()}).export("json")
    with pytest.raises(BadSetting, match="participants"):
        LollmsDiscussion(None, participants=3)
    assert LollmsDiscussion(None, participants=["ann"]).participants == {"ann": {}}


def test_functions_from_before_there_were_tools_come_in() -> None:
    spoken = [
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": None, "function_call": {"name": "look", "arguments": '{"a": 1}'}},
        {"role": "function", "name": "look", "content": "a cat"},
    ]
    _, call, result = LollmsDiscussion.from_export("openai_chat", spoken).to_messages()
    assert call.tool_calls == (ToolCallPart(id="call_1", name="look", arguments={"a": 1}),)
    assert result.parts == (ToolResultPart(call_id="call_1", name="look", content="a cat"),)


def test_what_services_did_themselves_is_kept_beside_the_words() -> None:
    search = {"type": "web_search_call", "id": "w", "status": "completed"}
    said = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Hi.", "annotations": []}],
    }
    drawn = {"type": "image_generation_call", "id": "i", "result": PNG.base64()}
    (answer,) = LollmsDiscussion.from_export("openai_responses", [search, said, drawn]).get_messages()
    assert (answer.content, answer.images) == ("Hi.", [PNG.base64()])
    assert answer.metadata == {"imported_items": [search]}

    blocks = [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"q": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
        {"type": "text", "text": "Hi."},
    ]
    (answer,) = LollmsDiscussion.from_export("anthropic", [{"role": "assistant", "content": blocks}]).get_messages()
    assert (answer.content, answer.metadata) == ("Hi.", {"imported_blocks": blocks[:2]})

    ran = {"executableCode": {"language": "PYTHON", "code": "1+1"}}
    found = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}}
    contents = [{"role": "model", "parts": [ran, found]}]
    (answer,) = LollmsDiscussion.from_export("gemini", contents).get_messages()
    assert "```python\n1+1\n```" in answer.content
