"""The real engine with the real default model: everything a chat request can ask for, and its failures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lollms_client.engines.llama.engine import DEFAULT_MODEL, LlamaEngine
from lollms_client.errors import (
    BadSetting,
    ContextTooLong,
    NotFound,
    Rejected,
    Unsupported,
)
from lollms_client.types import (
    ChatRequest,
    Finished,
    ImagePart,
    LogprobsDelta,
    Media,
    Message,
    ProgressPart,
    ResponseFormat,
    TextDelta,
    TextPart,
    Tool,
    ToolCallPart,
)

from .llama_calls import ask, settings_of, user

PICTURE = Media(b"\x89PNG\r\n\x1a\n" + bytes(32))
WEATHER = Tool(
    name="get_weather",
    description="The weather of a city",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
ADD = Tool(
    name="add",
    description="Add two whole numbers",
    parameters={
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
)

# --- words ----------------------------------------------------------------------------------------------------------


def test_the_default_model_answers_a_plain_question(engine: LlamaEngine) -> None:
    result = ask(engine, "Why is the sky blue?", max_tokens=60, temperature=0.0)
    assert "scatter" in result.text
    assert result.warnings == ()
    assert result.model == DEFAULT_MODEL
    assert result.usage.input_tokens is not None
    assert result.usage.output_tokens is not None
    assert result.extra["timings"]["predicted_per_second"] > 0
    assert result.extra["n_ctx"] == 512


def test_words_come_one_by_one_after_the_prompt_was_read(engine: LlamaEngine) -> None:
    text = "Count: " + "one two three " * 60
    parts = list(engine.chat(ChatRequest(messages=user(text), max_tokens=6, extra={"ignore_eos": True})))
    kinds = [type(part) for part in parts if not isinstance(part, Finished)]
    assert kinds.count(TextDelta) == 6
    assert ProgressPart in kinds[: kinds.index(TextDelta)]
    fractions = [part.progress.fraction for part in parts if isinstance(part, ProgressPart)]
    assert fractions[-1] == 1.0
    assert len(fractions) > 2


def test_the_length_limit_is_honoured_and_said(engine: LlamaEngine) -> None:
    result = ask(engine, "Tell me a long story.", max_tokens=5)
    assert (result.finish, result.usage.output_tokens) == ("length", 5)


def test_the_same_seed_gives_the_same_words_and_another_seed_others(engine: LlamaEngine) -> None:
    texts = [ask(engine, "Invent a name.", seed=seed, temperature=1.5).text for seed in (7, 7, 8)]
    assert texts[0] == texts[1] != texts[2]


def test_a_system_message_reaches_the_model(engine: LlamaEngine) -> None:
    messages = (Message.system("You are a pirate. Your name is Jack."), Message.user("Who are you?"))
    with_system = ask(engine, messages=messages, temperature=0.0)
    assert with_system.text != ask(engine, messages=messages[1:], temperature=0.0).text


def test_a_stop_text_ends_the_answer_and_is_no_part_of_it(engine: LlamaEngine) -> None:
    whole = ask(engine, "Why is the sky blue?", max_tokens=30, temperature=0.0).text
    word = whole.split()[4]
    result = ask(engine, "Why is the sky blue?", max_tokens=30, temperature=0.0, stop=(word,))
    assert result.finish == "stop"
    assert result.text == whole[: whole.index(word)]


def test_a_raw_prompt_is_completed_as_it_stands(engine: LlamaEngine) -> None:
    result = ask(engine, messages=(), prompt="One, two, three, four,", temperature=0.0)
    assert "five" in result.text
    assert result.usage.input_tokens == len(engine.tokenize("One, two, three, four,"))


def test_several_answers_even_more_than_slots(engine: LlamaEngine) -> None:
    result = ask(engine, "Invent a name.", count=3, max_tokens=4, temperature=1.5, seed=1)
    answers = [result.text, *(message.text for message in result.alternatives)]
    assert len(answers) == 3
    assert len(set(answers)) == 3
    assert result.usage.output_tokens == 12


def test_every_part_says_to_which_answer_it_belongs(engine: LlamaEngine) -> None:
    request = ChatRequest(messages=user("Invent a name."), count=3, max_tokens=2, temperature=1.5, logprobs=0)
    parts = list(engine.chat(request))
    for kind in (TextDelta, LogprobsDelta, Finished):
        assert {part.index for part in parts if isinstance(part, kind) and part.index is not None} == {0, 1, 2}


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("alternatives", [0, 2])
def test_log_probabilities(engine: LlamaEngine, raw: bool, alternatives: int) -> None:
    given: dict[str, Any] = {"messages": (), "prompt": "The sky is"} if raw else {}
    result = ask(engine, max_tokens=4, temperature=0.0, logprobs=alternatives, **given)
    assert "".join([token.token for token in result.logprobs]) == result.text
    assert all(token.logprob <= 0 for token in result.logprobs)
    assert {len(token.alternatives) for token in result.logprobs} == {alternatives}


def test_sampling_settings_change_what_is_said(engine: LlamaEngine) -> None:
    def said(**fields: Any) -> str:
        return ask(engine, "Invent a name.", seed=3, temperature=2.0, **fields).text

    free = said(top_p=1.0, min_p=0.0, top_k=0)
    assert free != said(top_k=1)
    assert said(top_k=1) == said(min_p=1.0) == said(top_p=0.0)
    calm = ask(engine, "Say yes.", temperature=0.0, max_tokens=30, extra={"dry_multiplier": 0.0}, frequency_penalty=0.0)
    varied = ask(engine, "Say yes.", temperature=0.0, max_tokens=30, presence_penalty=2.0, repeat_penalty=2.0)
    assert calm.text != varied.text


# --- structure ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [False, True])
def test_an_answer_that_fits_a_schema(engine: LlamaEngine, raw: bool) -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    form = ResponseFormat(kind="json_schema", json_schema=schema)
    given: dict[str, Any] = {"messages": (), "prompt": "Anna is 31. As JSON: "} if raw else {}
    result = ask(engine, "Anna is 31.", response_format=form, max_tokens=60, temperature=0.0, **given)
    value = json.loads(result.text)
    assert set(value) == {"name", "age"}
    assert isinstance(value["age"], int)


def test_json_mode(engine: LlamaEngine) -> None:
    form = ResponseFormat(kind="json")
    result = ask(engine, "Anna is 31. Say it as JSON.", response_format=form, max_tokens=120, temperature=0.0)
    assert isinstance(json.loads(result.text), dict)


def test_a_grammar(engine: LlamaEngine) -> None:
    assert ask(engine, "Is water wet?", extra={"grammar": 'root ::= "yes" | "no"'}).text in ("yes", "no")


@pytest.mark.parametrize(("choice", "names"), [("required", {"get_weather", "add"}), ("add", {"add"})])
def test_a_forced_tool_call_fits_its_schema(engine: LlamaEngine, choice: str, names: set[str]) -> None:
    result = ask(engine, "The weather in Rome?", tools=(WEATHER, ADD), tool_choice=choice, max_tokens=80)
    (call,) = result.tool_calls
    assert result.finish == "tool_calls"
    assert result.text == ""
    assert call.name in names
    assert call.id
    assert set(call.arguments) == ({"city"} if call.name == "get_weather" else {"a", "b"})


def test_several_forced_calls_have_places_and_names_of_their_own(engine: LlamaEngine) -> None:
    result = ask(
        engine,
        "Weather in Rome and in Oslo?",
        tools=(WEATHER,),
        tool_choice="required",
        parallel_tool_calls=True,
        max_tokens=250,
        temperature=0.0,
    )
    assert result.finish == "tool_calls"
    assert len({call.id for call in result.tool_calls}) == len(result.tool_calls) >= 1
    assert all(set(call.arguments) == {"city"} for call in result.tool_calls)


def test_tools_are_explained_to_the_model_unless_it_may_not_call(engine: LlamaEngine) -> None:
    plain = ask(engine, "Hi", max_tokens=1).usage.input_tokens
    none = ask(engine, "Hi", max_tokens=1, tools=(WEATHER,), tool_choice="none").usage.input_tokens
    auto = ask(engine, "Hi", max_tokens=1, tools=(WEATHER,)).usage.input_tokens
    assert plain is not None
    assert auto is not None
    assert none == plain < auto - 40


def test_a_call_that_the_model_writes_by_itself_is_found(engine: LlamaEngine) -> None:
    written = 'Sure. <tool_call>{"name": "get_weather", "arguments": {"city": "Rome"}}</tool_call>'
    grammar = f"root ::= {json.dumps(written)}"
    result = ask(engine, "Weather in Rome?", tools=(WEATHER,), extra={"grammar": grammar}, max_tokens=60)
    assert (result.text, result.finish) == ("Sure.", "tool_calls")
    assert [(call.name, call.arguments) for call in result.tool_calls] == [("get_weather", {"city": "Rome"})]


def test_results_of_tools_reach_the_model(engine: LlamaEngine) -> None:
    call = Message(role="assistant", parts=(ToolCallPart(id="1", name="get_weather", arguments={"city": "Rome"}),))
    told = ask(
        engine,
        messages=(*user("Is it raining in Rome?"), call, Message.tool("1", "heavy snow and minus nine degrees")),
        tools=(WEATHER,),
        temperature=0.0,
        max_tokens=40,
    )
    assert "snow" in told.text or "nine" in told.text or "-9" in told.text


# --- what cannot be honoured ----------------------------------------------------------------------------------------


def test_what_is_not_honoured_is_said(engine: LlamaEngine) -> None:
    seen = Message(role="user", parts=(ImagePart(media=PICTURE), TextPart(text="What is this?")), name="Ann")
    result = ask(
        engine,
        messages=(seen,),
        max_tokens=1,
        reasoning_effort="high",
        tools=(ADD,),
        response_format=ResponseFormat(kind="json"),
        extra={"mystery": 1},
    )
    assert settings_of(result) == {
        ("messages", "unsupported"),
        ("messages", "dropped"),
        ("reasoning_effort", "unsupported"),
        ("tools", "unsupported"),
        ("mystery", "dropped"),
    }
    raw = ask(engine, messages=(), prompt="Hi", max_tokens=1, tools=(ADD,), tool_choice="add")
    assert settings_of(raw) == {("tools", "unsupported"), ("tool_choice", "unsupported")}


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"messages": user("word " * 900)}, ContextTooLong, "context 512"),
        ({"messages": (), "prompt": "word " * 900}, ContextTooLong, "n_ctx"),
        ({"messages": ()}, BadSetting, "messages or a prompt"),
        ({"prompt": "x"}, BadSetting, "not both"),
        ({"temperature": -0.1}, BadSetting, "temperature"),
        ({"max_tokens": 0}, BadSetting, "max_tokens"),
        ({"count": 0}, BadSetting, "count"),
        ({"model": "gpt-9"}, NotFound, DEFAULT_MODEL),
        ({"model": "../../etc/passwd"}, NotFound, "no model"),
        ({"tool_choice": "fly"}, BadSetting, "no tools"),
        ({"messages": (Message.user(images=[PICTURE]),)}, Unsupported, "image"),
        ({"response_format": ResponseFormat(kind="json_schema")}, BadSetting, "no schema"),
        ({"response_format": ResponseFormat(kind="json_schema", json_schema={"type": "x"})}, Rejected, "type x"),
        ({"extra": {"grammar": "root ::= (("}}, Rejected, "grammar"),
    ],
)
def test_impossible_requests(engine: LlamaEngine, fields: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        ask(engine, **fields)


def test_a_full_context_ends_the_answer_and_never_cuts_the_question(engine: LlamaEngine) -> None:
    result = ask(engine, "word " * 440, max_tokens=400, extra={"ignore_eos": True})
    assert result.finish == "length"
    assert result.usage.total_tokens == 512
