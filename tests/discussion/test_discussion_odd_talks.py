"""Talking while others move about: switched branches, threads, hooks that edit, raise or are asynchronous, retries."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, LollmsClient
from lollms_client.errors import BadSetting, ContextTooLong, TimedOut
from lollms_client.lollms_discussion import BadConversation, LollmsDataManager, LollmsDiscussion
from lollms_client.lollms_types import MSG_TYPE
from lollms_client.types import (
    Finished,
    ImagePart,
    Media,
    Message,
    TextDelta,
    TextPart,
    ToolCallDelta,
    ToolCallPart,
    ToolResultPart,
)
from tests.discussion.sample_conversations import PNG, WAV
from tests.discussion.test_discussion_chat import Script, ScriptedClient, Stream, add, calls, says, yes

TWO_CALLS: Script = [
    ToolCallDelta(position=0, id="c1", name="add", arguments='{"x": 1}'),
    ToolCallDelta(position=1, id="c2", name="add", arguments='{"x": 2}'),
    Finished(finish="tool_calls"),
]


class Echo:
    """A client that repeats what the user said last, for any number of threads."""

    def stream_chat(self, messages: Any, **options: Any) -> Stream:
        said = [message.text for message in messages if message.role == "user"]
        return Stream(says(f"re: {said[-1]}"))


def test_an_answer_hangs_below_its_question_wherever_the_application_goes() -> None:
    discussion = LollmsDiscussion(ScriptedClient(calls("add", '{"x": 1}'), says("It is 2.")))
    root = discussion.add_message(content="root")
    elsewhere = discussion.add_message(content="elsewhere")
    discussion.fork_from(root.id)

    def go_away(text: str, kind: MSG_TYPE) -> None:
        if kind == MSG_TYPE.MSG_TYPE_TOOL_CALL:
            discussion.switch_to_branch(elsewhere.id)

    answer = discussion.chat("1+1?", tools=[add], approve=yes, streaming_callback=go_away)["ai_message"]
    branch = discussion.get_branch(answer.id)
    assert [message.sender_type for message in branch] == ["user", "user", "assistant", "tool", "assistant"]
    assert discussion.active_branch_id == elsewhere.id


@pytest.mark.parametrize("kept", [False, True])
def test_threads_talk_in_one_discussion(kept: bool) -> None:
    with LollmsDataManager("sqlite://") as store:
        discussion = LollmsDiscussion(Echo(), db_manager=store if kept else None)

        def talk(name: str) -> None:
            for number in range(5):
                discussion.chat(f"{name}{number}")

        threads = [threading.Thread(target=talk, args=(name,)) for name in "abc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        answers = [message for message in discussion.messages if message.sender_type == "assistant"]
        assert len(answers) == 15
        for answer in answers:
            assert answer.content == f"re: {discussion.get_message(answer.parent_id or '').content}"


def test_what_a_tool_answered_is_kept_when_the_hook_raises() -> None:
    client = ScriptedClient(TWO_CALLS, says("ok"))
    discussion = LollmsDiscussion(client)

    def raise_at_the_second(call: ToolCallPart) -> bool:
        if call.id == "c2":
            raise OSError("no terminal")
        return True

    with pytest.raises(OSError, match="terminal"):
        discussion.chat("go", tools=[add], approve=raise_at_the_second)
    discussion.chat("again")
    results = [turn.parts[0] for turn in client.asked[1][0] if turn.role == "tool"]
    assert [(part.call_id, part.is_error) for part in results if isinstance(part, ToolResultPart)] == [
        ("c1", False),
        ("c2", True),
    ]


@pytest.mark.parametrize("way", ["returned", "call", "in place"])
def test_the_hook_may_change_the_arguments(way: str) -> None:
    discussion = LollmsDiscussion(ScriptedClient(calls("add", '{"x": 1}'), says("ok")))

    def approve(call: ToolCallPart) -> Any:
        if way == "in place":
            call.arguments["x"] = 10
            return True
        return {"x": 10} if way == "returned" else ToolCallPart(id="c1", name="add", arguments={"x": 10})

    discussion.chat("go", tools=[add], approve=approve)
    asked, answered = discussion.get_messages()[1:3]
    assert [call.arguments for call in asked.tool_calls] == [{"x": 10}]
    assert asked.metadata["asked_arguments"] == {"c1": {"x": 1}}
    assert answered.parts == (ToolResultPart(call_id="c1", name="add", content="11"),)


def test_arguments_that_the_hook_spoils_are_its_own_fault() -> None:
    discussion = LollmsDiscussion(ScriptedClient(calls("add", '{"x": 1}')))
    with pytest.raises(BadSetting, match="approve"):
        discussion.chat("go", tools=[add], approve=lambda call: {"y": 1})


@pytest.mark.parametrize(
    "stop_at", [MSG_TYPE.MSG_TYPE_TOOL_CALL, MSG_TYPE.MSG_TYPE_TOOL_OUTPUT], ids=["call", "output"]
)
def test_a_callback_stops_the_tools_too(stop_at: MSG_TYPE) -> None:
    client = ScriptedClient(TWO_CALLS)
    discussion = LollmsDiscussion(client)
    outcome = discussion.chat(
        "go", tools=[add], approve=yes, streaming_callback=lambda text, kind: False if kind == stop_at else None
    )
    assert len(client.asked) == 1
    assert outcome["ai_message"].tool_calls
    assert len(outcome["tool_messages"]) == (stop_at == MSG_TYPE.MSG_TYPE_TOOL_OUTPUT)


def test_hooks_may_be_asynchronous() -> None:
    told: list[str] = []

    async def approve(call: ToolCallPart) -> bool:
        await asyncio.sleep(0)
        return True

    async def hear(text: str) -> bool:
        await asyncio.sleep(0)
        told.append(text)
        return "stop" not in text

    client = ScriptedClient(calls("add", '{"x": 1}'), [TextDelta(text="a stop"), TextDelta(text=" never heard")])
    discussion = LollmsDiscussion(client)
    outcome = asyncio.run(discussion.achat("go", tools=[add], approve=approve, streaming_callback=hear))
    assert outcome["tool_messages"][0].parts[0].content == "2"
    assert (outcome["ai_message"].content, outcome["ai_message"].status) == ("a stop", "partial")
    assert told == ["add", "2", "a stop", ""]


def test_what_is_asynchronous_is_refused_before_anything_happens() -> None:
    async def late(x: int) -> int:
        """Later."""
        return x

    async def approve(call: ToolCallPart) -> bool:
        return True

    async def hear(text: str) -> None: ...

    discussion = LollmsDiscussion(ScriptedClient())
    for settings in (
        {"tools": [late], "approve": yes},
        {"tools": [add], "approve": approve},
        {"streaming_callback": hear},
        {"client": AsyncLollmsClient()},
    ):
        with pytest.raises(BadSetting, match="achat"):
            discussion.chat("go", **settings)
    with pytest.raises(BadSetting, match="AsyncLollmsClient"):
        asyncio.run(discussion.achat("go", client=LollmsClient()))
    with pytest.raises(BadSetting, match="add"):
        discussion.chat("go", tools=[add, add], approve=yes)
    assert len(discussion) == 0


def test_a_failed_answer_is_tried_once_more_beside_it() -> None:
    client = ScriptedClient([TextDelta(text="half"), TimedOut("slow")], says("whole"))
    discussion = LollmsDiscussion(client)
    with pytest.raises(TimedOut):
        discussion.chat("go")
    failed = discussion.get_messages()[-1]
    answer = discussion.chat()["ai_message"]
    assert [turn.text for turn in client.asked[1][0]] == ["go"]
    assert discussion.get_siblings(answer.id) == [failed]
    assert (failed.status, failed.content) == ("failed", "half")


def test_tools_take_their_part_of_the_context() -> None:
    discussion = LollmsDiscussion(ScriptedClient(says("ok")))
    with pytest.raises(ContextTooLong, match="tools"):
        discussion.chat("go", tools=[add], approve=yes, max_context_tokens=20, count=len)


def test_the_rest_for_asyncio() -> None:
    client = ScriptedClient(says("one"), says("other"), says("Two Answers"))
    discussion = LollmsDiscussion(client)

    async def main() -> None:
        await discussion.achat("go")
        await discussion.aregenerate_branch()
        await discussion.awrite_title()

    asyncio.run(main())
    assert [message.content for message in discussion.list_branches()] == ["one", "other"]
    assert discussion.title == "Two Answers"


def test_an_asynchronous_client_writes_summaries() -> None:
    client = ScriptedClient(*[says("they counted")] * 9)
    discussion = LollmsDiscussion.from_messages([f"n{number} and more" for number in range(30)], client)
    asyncio.run(
        discussion.achat("last", max_context_tokens=150, strategy="summarise", count=lambda text: len(text.split()))
    )
    assert [message.content for message in discussion.messages if message.kind == "summary"] == ["they counted"]
    assert "they counted" in client.asked[-1][0][0].text


def test_whoever_speaks_is_named() -> None:
    client = ScriptedClient(says("ok"), says("ok"), says("ok"))
    discussion = LollmsDiscussion(client)
    discussion.chat("I like tea.", sender="ann")
    discussion.chat(Message.user("I do not.", name="bob"))
    discussion.chat({"sender": "ann", "content": "Really?"})
    assert [message.sender for message in discussion.messages][::2] == ["ann", "bob", "ann"]
    assert client.asked[2][0][-1].text == "ann: Really?"


def test_nothing_is_said_by_accident() -> None:
    discussion = LollmsDiscussion(ScriptedClient(says("one"), says("two")))
    with pytest.raises(BadConversation, match="empty"):
        discussion.chat(" ")
    discussion.chat("go")
    outcome = discussion.chat("not said", add_user_message=False)
    assert [message.sender_type for message in discussion.get_messages()] == ["user", "assistant", "assistant"]
    assert [warning.setting for warning in outcome["warnings"]] == ["user_message"]


def test_calls_without_ids_of_their_own_get_their_own_results() -> None:
    script: Script = [
        ToolCallDelta(position=0, id="", name="add", arguments='{"x": 1}'),
        ToolCallDelta(position=1, id="", name="add", arguments='{"x": 2}'),
        ToolCallDelta(position=2, id="same", name="add", arguments='{"x": 3}'),
        ToolCallDelta(position=3, id="same", name="add", arguments='{"x": 4}'),
        Finished(finish="tool_calls"),
    ]
    client = ScriptedClient(script, says("ok"))
    LollmsDiscussion(client).chat("go", tools=[add], approve=yes)
    _, asked, answered = client.asked[1][0]
    results = [part for part in answered.parts if isinstance(part, ToolResultPart)]
    assert [part.call_id for part in results] == [call.id for call in asked.tool_calls]
    assert [part.content for part in results] == ["2", "3", "4", "5"]
    assert len({part.call_id for part in results}) == 4


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Media(b"a list", "text/plain"), "a list"),
        (b"words", "words"),
        (WAV, "[audio/wav: 40 bytes]"),
        (b"\x00\xff", "[bytes: 2 bytes]"),
        (b"\x00\x01", "[bytes: 2 bytes]"),
        (None, "null"),
        ([PNG, "and words"], (ImagePart(media=PNG), TextPart(text="and words"))),
    ],
)
def test_whatever_a_tool_gives_can_be_told(value: object, told: object) -> None:
    def give() -> object:
        """Give it."""
        return value

    discussion = LollmsDiscussion(ScriptedClient(calls("give", "{}"), says("ok")))
    (result,) = discussion.chat("go", tools=[give], approve=yes)["tool_messages"][0].parts
    assert result.content == told
