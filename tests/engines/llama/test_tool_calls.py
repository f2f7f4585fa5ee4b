"""Tool calls are found in streamed text however it is cut into pieces, and nothing else is taken for one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lollms_client.engines.llama.tool_calls import CallReader, FoundCall, call_schema, chosen_tools
from lollms_client.errors import BadSetting
from lollms_client.types import Tool

TOOLS = (Tool(name="weather"), Tool(name="add"))


def read(pieces: list[str], *, forced: bool = False) -> tuple[str, list[tuple[str, dict[str, object]]]]:
    reader = CallReader(TOOLS, forced=forced)
    out: list[str | FoundCall] = []
    for piece in pieces:
        out.extend(reader.feed(piece))
    out.extend(reader.end())
    calls = [(one.name, json.loads(one.arguments)) for one in out if isinstance(one, FoundCall)]
    assert reader.found == len(calls)
    return "".join([one for one in out if isinstance(one, str)]), calls


@pytest.mark.parametrize(
    ("text", "words", "calls"),
    [
        ("Hello there.", "Hello there.", []),
        ('<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>', "", [("add", {"a": 1})]),
        ('Sure. <tool_call>{"name": "add", "arguments": {}}</tool_call>', "Sure.", [("add", {})]),
        ('<tool_call>{"name": "add", "arguments": {}}', "", [("add", {})]),  # the end mark may be a stop token
        ('<tool_call>[{"name": "add"}, {"name": "weather"}]</tool_call>', "", [("add", {}), ("weather", {})]),
        ('{"name": "weather", "parameters": {"city": "Rome"}}', "", [("weather", {"city": "Rome"})]),
        ('[{"name": "weather", "arguments": {}}]', "", [("weather", {})]),
        ('{"name": "nothing", "arguments": {}}', '{"name": "nothing", "arguments": {}}', []),
        ("<tool_call>nonsense</tool_call> then", "<tool_call>nonsense</tool_call> then", []),
        ('{"name": "add", "argu', '{"name": "add", "argu', []),
        ("1 < 2 and <tool", "1 < 2 and <tool", []),
        ("[]", "[]", []),
    ],
)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_any_cut_gives_the_same(
    text: str, words: str, calls: list[tuple[str, dict[str, object]]], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert read(pieces) == (words, calls)


@settings(deadline=None)
@given(text=st.text(alphabet='<tol_ca/>{}[]"nme:d ', max_size=60), forced=st.booleans())
def test_text_without_calls_comes_out_whole(text: str, forced: bool) -> None:
    words, calls = read(list(text), forced=forced)
    assert calls or words == text


def test_words_are_not_held_back_longer_than_needed() -> None:
    reader = CallReader(TOOLS)
    assert reader.feed("Good") == ["Good"]
    assert reader.feed(" morning <") == [" morning"]
    assert reader.feed("3") == [" <3"]


def test_a_forced_choice_names_known_tools() -> None:
    assert chosen_tools(TOOLS, None) == chosen_tools(TOOLS, "auto") == chosen_tools(TOOLS, "none") == ()
    assert chosen_tools(TOOLS, "required") == TOOLS
    assert chosen_tools(TOOLS, "add") == (TOOLS[1],)
    with pytest.raises(BadSetting, match="weather, add"):
        chosen_tools(TOOLS, "subtract")
    with pytest.raises(BadSetting, match="no tools"):
        chosen_tools((), "required")


def test_the_schema_of_a_forced_call() -> None:
    one = call_schema(TOOLS[:1], parallel=False)
    assert one["properties"]["name"] == {"const": "weather"}
    assert len(call_schema(TOOLS, parallel=False)["anyOf"]) == 2
    assert call_schema(TOOLS, parallel=True)["minItems"] == 1
