"""Whatever a conversation holds, its exports keep the rules that services enforce about turns and calls of tools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lollms_client.lollms_discussion import LollmsDiscussion
from lollms_client.types import (
    AudioPart,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from tests.discussion.sample_conversations import GIF, PDF, PNG, WAV

MEDIA: list[Part] = [ImagePart(media=PNG), AudioPart(media=WAV), FilePart(media=PDF), FilePart(id="f")]
SAID: list[Part] = [TextPart(text="hi"), TextPart(text=" \n"), ImagePart(url="https://example.org/a.png"), *MEDIA]
ANSWERED: list[Part] = [
    TextPart(text="yes "),
    ReasoningPart(text="hm"),
    ReasoningPart(text="hm", signature="c2ln"),
    AudioPart(id="a"),
    ImagePart(media=GIF),
    *MEDIA,
]
IDS = ["", "c1", "c2", "other"]
calls = st.builds(ToolCallPart, id=st.sampled_from(IDS), name=st.just("look"))
results = st.builds(
    ToolResultPart,
    call_id=st.sampled_from(IDS),
    name=st.sampled_from(["look", None]),
    content=st.sampled_from(["", "seen", (TextPart(text="seen"), ImagePart(media=PNG))]),
)
turns = st.one_of(
    st.tuples(st.sampled_from(["user", "ann", "bob"]), st.lists(st.sampled_from(SAID), max_size=3)),
    st.tuples(st.just("assistant"), st.lists(st.sampled_from(ANSWERED), max_size=3)),
    st.tuples(st.just("assistant"), st.lists(calls, min_size=1, max_size=3)),
    st.tuples(st.just("tool"), st.lists(results, min_size=1, max_size=3)),
    st.tuples(st.just("system"), st.just([TextPart(text="by the way")])),
)


def check_openai_chat(messages: list[dict[str, Any]]) -> None:
    waiting: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            waiting.remove(message["tool_call_id"])
            continue
        assert not waiting
        waiting = [call["id"] for call in message.get("tool_calls", ())]
        assert len(set(waiting)) == len(waiting)
        assert message.get("content") or waiting or message.get("audio")


def check_openai_responses(request: dict[str, Any]) -> None:
    waiting: set[str] = set()
    for item in request["input"]:
        if item["type"] == "function_call":
            assert item["call_id"] not in waiting
            waiting.add(item["call_id"])
        elif item["type"] == "function_call_output":
            waiting.remove(item["call_id"])
        elif item["role"] == "user":
            assert not waiting
            assert item["content"]


def check_anthropic(request: dict[str, Any]) -> None:
    waiting: list[str] = []
    seen: set[str] = set()
    for place, message in enumerate(request["messages"]):
        assert message["role"] == ("assistant" if place % 2 else "user")
        assert message["content"]
        assert all(block["text"].strip() for block in message["content"] if block["type"] == "text")
        if message["role"] == "user":
            first = message["content"][: len(waiting)]
            assert sorted(block["tool_use_id"] for block in first) == sorted(waiting)
            assert not any(block["type"] == "tool_result" for block in message["content"][len(waiting) :])
        waiting = [block["id"] for block in message["content"] if block["type"] == "tool_use"]
        assert len(set(waiting)) == len(waiting)
        assert not seen & set(waiting)
        seen.update(waiting)


def check_gemini(request: dict[str, Any]) -> None:
    waiting = 0
    for place, content in enumerate(request["contents"]):
        assert content["role"] == ("model" if place % 2 else "user")
        assert content["parts"]
        answered = sum("functionResponse" in part for part in content["parts"])
        assert answered == (waiting if content["role"] == "user" else 0)
        waiting = sum("functionCall" in part for part in content["parts"])


CHECKS: dict[str, Callable[[Any], None]] = {
    "openai_chat": check_openai_chat,
    "openai_responses": check_openai_responses,
    "anthropic": check_anthropic,
    "gemini": check_gemini,
}


@pytest.mark.parametrize("name", CHECKS)
@settings(max_examples=60, deadline=None)
@given(spoken=st.lists(turns, max_size=8), limit=st.none() | st.integers(1, 4))
def test_exports_keep_the_rules(name: str, spoken: list[tuple[str, list[Part]]], limit: int | None) -> None:
    discussion = LollmsDiscussion(None, system_prompt="SYS")
    for sender, parts in spoken:
        discussion.add_message(sender=sender, parts=parts)
    CHECKS[name](discussion.export(name, limit=limit))
