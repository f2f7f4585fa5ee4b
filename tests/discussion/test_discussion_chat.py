"""Talking: answers stream into the tree, tools run when approved, what is interrupted or fails stays."""

from __future__ import annotations

import asyncio
import importlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lollms_client.errors import BadSetting, TimedOut
from lollms_client.lollms_discussion import BadConversation, LollmsDiscussion
from lollms_client.lollms_types import MSG_TYPE
from lollms_client.types import (
    Finished,
    ImagePart,
    Media,
    Message,
    ReasoningDelta,
    StreamPart,
    TextDelta,
    Tool,
    ToolCallDelta,
    ToolCallPart,
    ToolResultPart,
    Usage,
)
from tests.discussion.sample_conversations import PNG

Script = list[Any]  # stream parts, or an error to be raised in their place


class Stream:
    """What a client's stream is for its user."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.closed = False

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *details: object) -> None:
        self.closed = True

    def __iter__(self) -> Iterator[StreamPart]:
        for part in self._script:
            if isinstance(part, BaseException):
                raise part
            yield part

    async def __aenter__(self) -> Stream:
        return self

    async def __aexit__(self, *details: object) -> None:
        self.closed = True

    async def __aiter__(self) -> AsyncIterator[StreamPart]:
        for part in self._script:
            await asyncio.sleep(0)
            if isinstance(part, BaseException):
                raise part
            yield part


class ScriptedClient:
    """Answers from a list, and remembers what it was asked."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self.asked: list[tuple[tuple[Message, ...], dict[str, Any]]] = []
        self.streams: list[Stream] = []

    def stream_chat(self, messages: Any, **options: Any) -> Stream:
        self.asked.append((tuple(messages), options))
        self.streams.append(Stream(self._scripts.pop(0)))
        return self.streams[-1]

    def binding_name(self, binding_type: str) -> str:
        return f"scripted_{binding_type}"


def says(text: str) -> Script:
    usage = Usage(input_tokens=3, output_tokens=4, cost=0.5)
    return [TextDelta(text=text[:2]), TextDelta(text=text[2:]), Finished(finish="stop", usage=usage, model="m-1")]


def calls(name: str, arguments: str) -> Script:
    return [ToolCallDelta(position=0, id="c1", name=name, arguments=arguments), Finished(finish="tool_calls")]


def add(x: int, y: int = 1) -> int:
    """Add two numbers."""
    return x + y


def yes(call: ToolCallPart) -> bool:
    return True


def test_an_answer_is_stored_with_all_its_facts() -> None:
    client = ScriptedClient([ReasoningDelta(text="hm"), *says("Hello")])
    discussion = LollmsDiscussion(client, system_prompt="SYS")
    told: list[tuple[str, MSG_TYPE]] = []
    outcome = discussion.chat("Hi", images=[PNG], streaming_callback=lambda text, kind: told.append((text, kind)))
    answer = outcome["ai_message"]
    assert [message.content for message in discussion.get_messages()] == ["Hi", "Hello"]
    assert outcome["user_message"].images == [PNG.base64()]
    assert (answer.status, answer.finish, answer.thoughts) == ("complete", "stop", "hm")
    assert (answer.model_name, answer.binding_name, answer.cost) == ("m-1", "scripted_llm", 0.5)
    assert [turn.role for turn in client.asked[0][0]] == ["system", "user"]
    assert told == [
        ("hm", MSG_TYPE.MSG_TYPE_THOUGHT_CHUNK),
        ("He", MSG_TYPE.MSG_TYPE_CHUNK),
        ("llo", MSG_TYPE.MSG_TYPE_CHUNK),
        ("", MSG_TYPE.MSG_TYPE_FINISHED_MESSAGE),
    ]


def test_what_the_user_says_may_be_media_alone() -> None:
    discussion = LollmsDiscussion(ScriptedClient(says("ok"), says("ok")))
    said = discussion.chat(images=["https://example.org/a"], attachments=[PNG])["user_message"]
    assert said.parts == (ImagePart(url="https://example.org/a"), ImagePart(media=PNG))
    typed = discussion.chat(Message.user("see", images=[PNG]))["user_message"]
    assert (typed.content, typed.images) == ("see", [PNG.base64()])


def test_a_callback_stops_by_saying_false_alone() -> None:
    client = ScriptedClient(says("Hello"))
    discussion = LollmsDiscussion(client)
    answer = discussion.chat("Hi", streaming_callback=lambda text: False)["ai_message"]
    assert (answer.content, answer.status, answer.finish) == ("He", "partial", "cancelled")
    assert client.streams[0].closed


def test_a_failure_stays_in_the_tree_and_is_raised() -> None:
    client = ScriptedClient([TextDelta(text="He"), TimedOut("too slow", stage="silence")], says("Hello"))
    discussion = LollmsDiscussion(client)
    with pytest.raises(TimedOut):
        discussion.chat("Hi")
    failed = discussion.get_messages()[-1]
    assert (failed.status, failed.content) == ("failed", "He")
    assert failed.error is not None
    assert failed.error["code"] == "timed_out"
    again = discussion.regenerate_branch()["ai_message"]
    assert again.content == "Hello"
    assert discussion.get_siblings(again.id) == [failed]
    assert [turn.text for turn in client.asked[1][0]] == ["Hi"]


def test_an_interruption_leaves_a_partial_answer() -> None:
    discussion = LollmsDiscussion(ScriptedClient([TextDelta(text="He"), KeyboardInterrupt()]))
    with pytest.raises(KeyboardInterrupt):
        discussion.chat("Hi")
    assert discussion.get_messages()[-1].status == "partial"


def test_tools_run_in_rounds_with_approval() -> None:
    client = ScriptedClient(calls("add", '{"x": 2}'), says("It is 3."))
    discussion = LollmsDiscussion(client)
    asked: list[ToolCallPart] = []

    def approve(call: ToolCallPart) -> bool:
        asked.append(call)
        return True

    outcome = discussion.chat("2+1?", tools=[add], approve=approve)
    assert [message.sender_type for message in discussion.get_messages()] == ["user", "assistant", "tool", "assistant"]
    assert discussion.get_messages()[2].parts == (ToolResultPart(call_id="c1", name="add", content="3"),)
    assert [call.arguments for call in asked] == [{"x": 2}]
    assert [tool.name for tool in client.asked[0][1]["tools"]] == ["add"]
    assert [turn.role for turn in client.asked[1][0]] == ["user", "assistant", "tool"]
    assert len(outcome["ai_messages"]) == 2


@pytest.mark.parametrize(
    ("arguments", "name", "verdict", "said"),
    [
        ('{"x": 1}', "add", False, "did not allow"),
        ('{"x": 1}', "add", "too dear", "too dear"),
        ('{"x": "one"}', "add", True, "do not fit"),
        ('{"z": 1}', "add", True, "do not fit"),
        ('{"x": ', "add", True, "no JSON"),
        ("{}", "subtract", True, "no tool subtract"),
    ],
)
def test_a_call_that_is_not_run_is_explained_to_the_model(
    arguments: str, name: str, verdict: bool | str, said: str
) -> None:
    discussion = LollmsDiscussion(ScriptedClient(calls(name, arguments), says("Sorry.")))
    discussion.chat("go", tools=[add], approve=lambda call: verdict)
    (result,) = discussion.get_messages()[2].parts
    assert isinstance(result, ToolResultPart)
    assert result.is_error
    assert said in str(result.content)


def test_a_tool_that_raises_and_one_that_draws() -> None:
    def broken() -> None:
        """Fail."""
        raise OSError("disk full")

    def draw() -> Media:
        """Draw."""
        return PNG

    discussion = LollmsDiscussion(ScriptedClient(calls("broken", "{}"), calls("draw", "{}"), says("Done.")))
    discussion.chat("go", tools=[broken, draw], approve=yes)
    results = [message.parts[0] for message in discussion.messages if message.sender_type == "tool"]
    assert results[0] == ToolResultPart(call_id="c1", name="broken", content="OSError: disk full", is_error=True)
    assert results[1] == ToolResultPart(call_id="c1", name="draw", content=(ImagePart(media=PNG),))


def test_rounds_are_bounded_and_it_is_told() -> None:
    client = ScriptedClient(*[calls("add", '{"x": 1}')] * 3)
    outcome = LollmsDiscussion(client).chat("go", tools=[add], approve=yes, max_tool_rounds=2)
    assert len(client.asked) == 3
    assert [options.get("tool_choice") for _, options in client.asked] == [None, None, "none"]
    assert [warning.setting for warning in outcome["warnings"]] == ["max_tool_rounds"]


def test_a_described_tool_is_left_to_the_application() -> None:
    client = ScriptedClient(calls("look", "{}"), says("Seen."))
    discussion = LollmsDiscussion(client)
    (call,) = discussion.chat("go", tools=[Tool(name="look")])["ai_message"].tool_calls
    discussion.add_message(sender="tool", parts=[ToolResultPart(call_id=call.id, name="look", content="a cat")])
    assert discussion.chat(tools=[Tool(name="look")])["ai_message"].content == "Seen."
    assert [turn.role for turn in client.asked[1][0]] == ["user", "assistant", "tool"]


def test_what_is_asked_wrongly_changes_nothing() -> None:
    discussion = LollmsDiscussion(ScriptedClient())
    with pytest.raises(BadSetting, match="approve"):
        discussion.chat("go", tools=[add])
    with pytest.raises(BadConversation, match="empty"):
        discussion.chat()
    with pytest.raises(BadConversation, match="answered"):
        discussion.regenerate_branch()
    discussion.lollmsClient = None
    with pytest.raises(BadSetting, match="client"):
        discussion.chat("go")
    assert len(discussion) == 0


def test_the_context_is_bounded() -> None:
    client = ScriptedClient(says("ok"))
    discussion = LollmsDiscussion(client, max_context_size=50)
    for number in range(20):
        discussion.add_message(sender="user", content=f"n{number}")
    outcome = discussion.chat("last", count=lambda text: len(text.split()), max_tokens=30)
    assert [turn.text for turn in client.asked[0][0]] == ["n18", "n19", "last"]
    assert client.asked[0][1]["max_tokens"] == 30
    assert [warning.kind for warning in outcome["warnings"]] == ["dropped"]


def test_a_title_is_written() -> None:
    client = ScriptedClient(says('"Two Cats"\nand more'))
    discussion = LollmsDiscussion(client)
    discussion.add_message(content="Tell me of two cats.")
    assert discussion.write_title() == discussion.title == "Two Cats"
    assert "two cats" in client.asked[0][0][0].text


def test_a_fork_is_a_discussion_of_its_own() -> None:
    discussion = LollmsDiscussion(None, title="T", system_prompt="SYS")
    first = discussion.add_message(content="one")
    discussion.add_message(content="two")
    fork = discussion.fork(first.id, title="U")
    fork.add_message(content="three")
    assert [message.content for message in fork.get_messages()] == ["one", "three"]
    assert (fork.title, fork.system_prompt) == ("U", "SYS")
    assert fork.id != discussion.id
    assert len(discussion) == 2


def test_the_same_for_asyncio() -> None:
    async def late(x: int) -> int:
        """Double, later."""
        await asyncio.sleep(0)
        return 2 * x

    client = ScriptedClient(calls("late", '{"x": 4}'), says("It is 8."))
    discussion = LollmsDiscussion(client)
    outcome = asyncio.run(discussion.achat("2*4?", tools=[late], approve=yes))
    assert [message.content for message in discussion.get_messages()] == ["2*4?", "", "", "It is 8."]
    assert outcome["tool_messages"][0].parts[0].content == "8"
    assert all(stream.closed for stream in client.streams)


def test_a_cancelled_task_leaves_a_partial_answer() -> None:
    async def main() -> LollmsDiscussion:
        discussion = LollmsDiscussion(ScriptedClient([TextDelta(text="x")] * 100_000))
        task = asyncio.create_task(discussion.achat("go"))
        while not len(discussion) > 1:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return discussion

    discussion = asyncio.run(main())
    answer = discussion.get_messages()[-1]
    assert answer.status == "partial"
    assert set(answer.content) == {"x"}


SPEAKER = """
import sys, time
from lollms_client.lollms_discussion import LollmsDiscussion, LollmsDataManager
from lollms_client.types import TextDelta

class Stream:
    def __enter__(self): return self
    def __exit__(self, *details): pass
    def __iter__(self):
        for number in range(30):
            yield TextDelta(text=f"w{number} ")
        print("said", flush=True)
        time.sleep(600)

class Client:
    def stream_chat(self, messages, **options): return Stream()

store = LollmsDataManager(sys.argv[1])
LollmsDiscussion(Client(), db_manager=store, discussion_id="d").chat("go")
"""


def test_a_killed_answer_keeps_what_came_before_the_last_second(tmp_path: Path) -> None:
    store = importlib.import_module("lollms_client.discussion.store")
    url = f"sqlite:///{tmp_path / 'store.db'}"
    speaker = subprocess.Popen([sys.executable, "-c", SPEAKER, url], stdout=subprocess.PIPE, text=True)
    assert speaker.stdout is not None
    assert speaker.stdout.readline() == "said\n"
    until(lambda: stored_answer(store, url).startswith("w0 "))
    speaker.send_signal(signal.SIGKILL)
    speaker.wait()
    speaker.stdout.close()
    assert stored_answer(store, url) == "".join(f"w{number} " for number in range(30))
    with store.LollmsDataManager(url) as opened:
        answer = opened.get_discussion(None, "d").get_messages()[-1]
        assert (answer.status, answer.sender_type) == ("partial", "assistant")


def stored_answer(store: Any, url: str) -> str:
    with store.LollmsDataManager(url) as opened:
        content: str = opened.get_discussion(None, "d").get_messages()[-1].content
        return content


def until(condition: Callable[[], bool]) -> None:
    import time

    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
