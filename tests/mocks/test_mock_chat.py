"""The mock language model: scripted answers, echoes, tools, JSON by schema, streams, tokens and vectors."""

from __future__ import annotations

import math
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lollms_client import LollmsClient
from lollms_client.errors import BadSetting, ContextTooLong, NotFound
from lollms_client.families.mock.schema_values import value_for
from lollms_client.families.mock.tokens import text_of, tokens_of
from lollms_client.types import ChatRequest, Message, TextDelta


def client(**config: Any) -> LollmsClient:
    return LollmsClient(llm_binding_name="mock", llm_binding_config=config)


TOOL = {
    "name": "weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "minLength": 3}, "days": {"type": "integer", "maximum": 3}},
        "required": ["city"],
    },
}


def test_without_a_script_it_says_the_last_message_again() -> None:
    found = client().chat("Hello there")
    assert (found.text, found.finish, found.model) == ("Hello there", "stop", "mock")
    assert (found.usage.input_tokens, found.usage.output_tokens) == (2, 2)


def test_answers_come_in_turn_and_the_last_one_stays() -> None:
    mock = client(answers=["one", {"json": {"two": 2}}])
    assert [mock.chat("?").text for _ in range(3)] == ["one", '{"two":2}', '{"two":2}']
    mock.llm.set_settings({"answers": ["anew"]})
    assert mock.chat("?").text == "anew"


def test_answers_are_chosen_by_pattern() -> None:
    mock = client(answers_by_pattern={"weather|rain": "It rains.", "^bye": {"text": "So long", "finish": "length"}})
    assert mock.chat("How is the WEATHER?").text == "It rains."
    assert (mock.chat("bye now").text, mock.chat("bye").finish) == ("So long", "length")
    assert mock.chat("Hm").text == "Hm"


def test_the_calls_are_kept_as_typed_requests() -> None:
    mock = client()
    mock.chat([Message.system("Be brief."), Message.user("Hi")], temperature=0.3, max_tokens=50, vendor_option=1)
    mock.embed(["a", "b"])
    llm: Any = mock.llm
    first, second = llm.calls
    assert isinstance(first, ChatRequest)
    assert (first.temperature, first.max_tokens, first.extra) == (0.3, 50, {"vendor_option": 1})
    assert [message.role for message in first.messages] == ["system", "user"]
    assert second.texts == ("a", "b")
    assert llm.last_call is second
    llm.reset()
    assert (llm.calls, llm.last_call) == ([], None)


def test_a_scripted_tool_call_and_the_turn_after_it() -> None:
    calls = [{"name": "weather", "arguments": {"city": "Oslo"}}]
    mock = client(answers=[{"tool_calls": calls, "reasoning": "I must look."}, "Five degrees."])
    asked = mock.chat("How is Oslo?", tools=[TOOL])
    assert (asked.finish, asked.reasoning, asked.tool_calls[0].arguments) == (
        "tool_calls", "I must look.", {"city": "Oslo"},
    )  # fmt: skip
    again = [Message.user("How is Oslo?"), asked.message, Message.tool(asked.tool_calls[0].id, "5")]
    assert mock.chat(again, tools=[TOOL]).text == "Five degrees."


def test_a_required_tool_is_called_with_arguments_that_fit() -> None:
    for options in ({"tool_choice": "required"}, {"tool_choice": "weather"}):
        call = client().chat("Now?", tools=[TOOL], **options).tool_calls[0]
        jsonschema.validate(call.arguments, TOOL["parameters"])  # type: ignore[arg-type]
    assert client().chat("Now?", tools=[TOOL]).text == "Now?"
    always = client(call_tools="always")
    asked = always.chat("Now?", tools=[TOOL])
    answered = always.chat([Message.user("Now?"), asked.message, Message.tool("call_1", "sun")], tools=[TOOL])
    assert (asked.finish, answered.text) == ("tool_calls", "sun")


class Person(msgspec.Struct):
    name: str
    age: int
    tags: list[str] = []


def test_json_fits_the_schema_that_is_asked_for() -> None:
    found = client().chat("Who?", response_format=Person).text
    assert msgspec.json.decode(found, type=Person).name
    assert msgspec.json.decode(client().chat("Who?", response_format="json").text) == {"answer": "Who?"}


_leaf = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("integer"), "minimum": st.integers(-9, 0), "maximum": st.integers(1, 99)},
        optional={"multipleOf": st.integers(1, 7)},
    ),
    st.fixed_dictionaries(
        {"type": st.just("number")}, optional={"exclusiveMinimum": st.just(0), "maximum": st.just(0.5)}
    ),
    st.fixed_dictionaries({"type": st.just("string"), "minLength": st.integers(0, 30), "maxLength": st.just(40)}),
    st.sampled_from([
        {"type": "string", "pattern": r"^[A-Z]{3}-\d{2,4}$"}, {"type": "string", "format": "date-time"},
        {"type": ["null", "boolean"]}, {"enum": ["a", 2, None]}, {"const": {"x": 1}}, {"$ref": "#/$defs/item"},
        {"type": "string", "pattern": r"^(foo|ba[rz])+\s\w*[^\d]$"}, True,
        {"allOf": [{"minimum": 3}, {"type": "integer", "maximum": 4}]},
        {"anyOf": [{"type": "array", "minItems": 2, "maxItems": 1}, {"type": "boolean"}]},
    ]),
)  # fmt: skip
_schemas = st.recursive(
    _leaf,
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3)},
            optional={"required": st.just(["a"]), "additionalProperties": st.just({"type": "integer"})},
        ),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner, "minItems": st.integers(0, 3)}),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(schema=_schemas, seed=st.integers(0, 1000))
def test_made_up_values_fit_any_schema(schema: Any, seed: int) -> None:
    whole: dict[str, Any] = {"$defs": {"item": {"type": "object", "properties": {"again": {"$ref": "#/$defs/item"}}}}}
    whole |= {"type": "object", "properties": {"value": schema}, "required": ["value"]}
    value = value_for(whole, seed)
    jsonschema.Draft202012Validator(whole).validate(value)
    assert value == value_for(whole, seed)


def test_schemas_that_nothing_fits_are_told() -> None:
    for schema in ({"type": "integer", "minimum": 3, "maximum": 2}, {"$ref": "#/nowhere"}, {"type": "color"}):
        with pytest.raises(BadSetting, match="no mock value"):
            client().chat("?", response_format={"type": "json_schema", "json_schema": {"schema": schema}})


def test_a_stream_folds_to_the_same_answer() -> None:
    mock = client(answers=["One two three four."], chunk_size=2)
    with mock.stream_chat("?") as stream:
        pieces = [part.text for part in stream if isinstance(part, TextDelta)]
        assert stream.result.text == "One two three four." == mock.chat("?").text
    assert pieces == ["One two", " three four", "."]


def test_stop_words_and_the_longest_answer_end_it() -> None:
    mock = client(answers=["red green blue yellow"])
    assert (mock.chat("?", stop=[" blue"]).text, mock.chat("?", stop=[" blue"]).finish) == ("red green", "stop")
    short = mock.chat("?", max_tokens=2)
    assert (short.text, short.finish, short.usage.output_tokens) == ("red green", "length", 2)
    assert client(finish="content_filter").chat("?").finish == "content_filter"


def test_several_answers_reasoning_and_log_probabilities() -> None:
    found = client(otherwise="words", words=5).chat("?", count=3, reasoning_effort="high", logprobs=2)
    assert len(found.alternatives) == 2
    assert len({found.text, *(item.text for item in found.alternatives)}) == 3
    assert found.reasoning
    assert not client().chat("?", reasoning_effort="none").reasoning
    assert "".join(item.token for item in found.logprobs) == found.text
    assert all(item.logprob < 0 and item.alternatives[0].token == item.token for item in found.logprobs)


@given(text=st.text(max_size=80))
def test_tokens_join_to_the_text_again(text: str) -> None:
    assert text_of(tokens_of(text)) == text


def test_tokens_are_counted_and_foreign_ones_refused() -> None:
    mock = client()
    assert mock.count_tokens("some words here") == len(mock.llm.tokenize("some words here")) == 3
    assert mock.llm.detokenize(mock.llm.tokenize("grüße, 世界")) == "grüße, 世界"
    with pytest.raises(BadSetting, match="no token"):
        mock.llm.detokenize([1])


def test_vectors_are_of_length_one_and_near_for_like_texts() -> None:
    one, near, far = client(dimensions=128).embed(["a red cat sits", "the red cat sat", "stock prices fell"]).vectors
    assert [math.isclose(sum(x * x for x in v), 1.0) for v in (one, near, far)] == [True] * 3
    likeness = [sum(a * b for a, b in zip(one, other, strict=True)) for other in (near, far)]
    assert likeness[0] > 0.4 > likeness[1]
    assert client().embed("x", dimensions=7).dimensions == 7
    assert client().llm.embed("x") == list(client().embed("x").vectors[0])


def test_limits_and_mistakes_are_told() -> None:
    with pytest.raises(ContextTooLong, match="context 3"):
        client(context_tokens=3).chat("far too many words for this")
    with pytest.raises(NotFound, match="did you mean 'large'"):
        client(models=["small", "large"]).chat("?", model="lage")
    assert [item.setting for item in client().chat("?", model="other").warnings] == ["model"]
    with pytest.raises(BadSetting, match="did you mean 'text'"):
        client(answers=[{"txt": "x"}]).chat("?")
    with pytest.raises(NotFound, match="otherwise"):
        client(otherwise="error").chat("?")


def test_the_documented_methods_speak_too() -> None:
    llm = client(answers=["one two"]).llm
    told: list[str] = []
    assert llm.generate_text("?", streaming_callback=lambda text, kind: told.append(text)) == "one two"
    assert told == ["one", " two"]
    assert [item["model_name"] for item in llm.list_models()] == ["mock"]
    failed = client(fail_with="rate_limited", retry_after=3).llm.generate_text("?")
    assert isinstance(failed, dict)
    assert (failed["code"], failed["retry_after"]) == ("rate_limited", 3)
