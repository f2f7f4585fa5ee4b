"""What goes over the wire of Chat Completions for each part of a request."""

from __future__ import annotations

from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.types import (
    AudioPart,
    FilePart,
    ImagePart,
    Media,
    Message,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from tests.services.openai_llm.cases import KEY, ask, binding, completion, sent, sse, stream
from tests.services.openai_llm.cases import chunk as chat_chunk

PNG = Media(b"\x89PNG\r\n\x1a\n", "image/png")
WEATHER = {
    "name": "weather",
    "description": "The weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def body_of(given: dict[str, Any], messages: Any = "Hi", service: str = "openai") -> dict[str, Any]:
    _, body = ask(binding(service), completion(), messages, **given)
    assert isinstance(body, dict)
    return body


def test_a_plain_call_is_a_post_with_the_key_in_its_header() -> None:
    service = binding("openai")
    driver = ScriptedDriver([CannedReply(body=completion())])
    driver.run(service.chat_result_flow(service.chat_request("Hi", {})))
    request = driver.requests[0]
    assert (request.method, request.url) == ("POST", "https://api.openai.com/v1/chat/completions")
    headers = request.plain_headers()
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["Content-Type"] == "application/json"
    assert sent(driver) == {"model": "some-model", "messages": [{"role": "user", "content": "Hi"}]}
    assert KEY not in repr(request)


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"max_tokens": 50}, {"max_completion_tokens": 50}),
        ({"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5, "top_p": 0.9}),
        ({"presence_penalty": 1.0, "frequency_penalty": -1}, {"presence_penalty": 1.0, "frequency_penalty": -1}),
        ({"seed": 7, "stop": ["a", "b"]}, {"seed": 7, "stop": ["a", "b"]}),
        ({"stop": "END"}, {"stop": ["END"]}),
        ({"count": 3}, {"n": 3}),
        ({"logprobs": 0}, {"logprobs": True}),
        ({"logprobs": 4}, {"logprobs": True, "top_logprobs": 4}),
        ({"reasoning_effort": "low", "verbosity": "high"}, {"reasoning_effort": "low", "verbosity": "high"}),
        ({"service_tier": "flex", "prompt_cache_key": "k"}, {"service_tier": "flex", "prompt_cache_key": "k"}),
        ({"user": "u", "metadata": {"a": "b"}}, {"user": "u", "metadata": {"a": "b"}}),
        ({"response_format": "json"}, {"response_format": {"type": "json_object"}}),
        ({"extra_body": {"brand_new": 1}}, {"brand_new": 1}),
        (
            {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}},
            {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}},
        ),
    ],
)
def test_parameters_become_fields(given: dict[str, Any], fields: dict[str, Any]) -> None:
    body = body_of(given)
    assert {name: value for name, value in body.items() if name not in ("model", "messages")} == fields


def test_a_schema_is_sent_with_a_name_that_the_wire_allows() -> None:
    schema = {"title": "my answer!", "type": "object", "properties": {"a": {"type": "integer"}}}
    body = body_of({"response_format": schema})
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "my_answer_", "schema": schema, "strict": True},
    }


@pytest.mark.parametrize(
    ("choice", "wire"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        ("weather", {"type": "function", "function": {"name": "weather"}}),
    ],
)
def test_tools_and_how_they_are_chosen(choice: str, wire: Any) -> None:
    body = body_of({"tools": [{**WEATHER, "strict": True}], "tool_choice": choice, "parallel_tool_calls": False})
    assert body["tools"] == [{"type": "function", "function": {**WEATHER, "strict": True}}]
    assert body["tool_choice"] == wire
    assert body["parallel_tool_calls"] is False


def test_every_kind_of_message_and_part() -> None:
    messages = [
        Message.system("Be brief."),
        Message(role="user", name="anna", parts=(TextPart(text="See"), ImagePart(media=PNG, detail="low"))),
        Message(
            role="user",
            parts=(
                ImagePart(url="https://example.com/cat.png"),
                AudioPart(media=Media(b"RIFF", "audio/wav")),
                FilePart(media=Media(b"%PDF-", "application/pdf"), name="a.pdf"),
                FilePart(id="file-1"),
            ),
        ),
        Message(
            role="assistant",
            parts=(
                ReasoningPart(text="hm"),
                TextPart(text="Look."),
                ToolCallPart(id="call_1", name="weather", arguments={"city": "Paris"}),
                ToolCallPart(id="call_2", name="weather", raw_arguments="{broken"),
            ),
        ),
        Message(
            role="tool",
            parts=(ToolResultPart(call_id="call_1", content="sun"), ToolResultPart(call_id="call_2", content="?")),
        ),
        Message(role="assistant", parts=(AudioPart(id="audio_1", transcript="yes"),)),
    ]
    assert body_of({}, messages)["messages"] == [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "name": "anna",
            "content": [
                {"type": "text", "text": "See"},
                {"type": "image_url", "image_url": {"url": PNG.data_url(), "detail": "low"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0=", "filename": "a.pdf"}},
                {"type": "file", "file": {"file_id": "file-1"}},
            ],
        },
        {
            "role": "assistant",
            "content": "Look.",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city":"Paris"}'},
                },
                {"id": "call_2", "type": "function", "function": {"name": "weather", "arguments": "{broken"}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "sun"},
        {"role": "tool", "tool_call_id": "call_2", "content": "?"},
        {"role": "assistant", "audio": {"id": "audio_1"}},
    ]


def test_reasoning_goes_back_where_the_service_wants_it() -> None:
    messages = [
        Message.user("a"),
        Message(role="assistant", parts=(ReasoningPart(text="hm"), TextPart(text="b"))),
        Message.user("c"),
    ]
    assert body_of({}, messages, "deepseek")["messages"][1] == {
        "role": "assistant",
        "content": "b",
        "reasoning_content": "hm",
    }
    assert "reasoning_content" not in body_of({}, messages, "openai")["messages"][1]


def test_a_part_marked_for_the_cache_is_marked_where_the_service_takes_marks() -> None:
    messages = [Message(role="user", parts=(TextPart(text="long", cache=True), TextPart(text="short")))]
    marked = body_of({}, messages, "openrouter")["messages"][0]["content"]
    assert marked == [
        {"type": "text", "text": "long", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "short"},
    ]
    assert body_of({}, messages, "openai")["messages"][0]["content"] == "longshort"


@pytest.mark.parametrize(
    ("service", "given", "warning"),
    [
        ("openai", {"top_k": 5}, ("dropped", "top_k")),
        ("openai", {"repeat_penalty": 1.1}, ("dropped", "repeat_penalty")),
        ("openai", {"temperature": 3.0}, ("clamped", "temperature")),
        ("openai", {"logprobs": 50}, ("clamped", "logprobs")),
        ("groq", {"logprobs": 1}, ("dropped", "logprobs")),
        ("groq", {"count": 2}, ("dropped", "count")),
        ("mistral", {"reasoning_effort": "max"}, ("replaced", "reasoning_effort")),
        ("deepseek", {"response_format": {"type": "object"}}, ("replaced", "response_format")),
    ],
)
def test_what_is_not_honoured_is_said(service: str, given: dict[str, Any], warning: tuple[str, str]) -> None:
    result, body = ask(binding(service), completion(), **given)
    assert [(found.kind, found.setting) for found in result.warnings] == [warning]
    if warning[0] == "dropped":
        assert set(body) == {"model", "messages"}


@pytest.mark.parametrize(
    ("model", "given", "dropped", "fields"),
    [
        ("o3-mini", {"temperature": 0.5, "max_tokens": 9}, ["temperature"], {"max_completion_tokens": 9}),
        ("openai/o4-mini", {"top_p": 0.5, "reasoning_effort": "high"}, ["top_p"], {"reasoning_effort": "high"}),
        (
            "gpt-5",
            {"temperature": 0.5, "reasoning_effort": "minimal"},
            ["temperature"],
            {"reasoning_effort": "minimal"},
        ),
        (
            "gpt-5.2",
            {"temperature": 0.5, "reasoning_effort": "none"},
            [],
            {"temperature": 0.5, "reasoning_effort": "none"},
        ),
        ("gpt-5.2", {"temperature": 0.5, "reasoning_effort": "high"}, ["temperature"], {"reasoning_effort": "high"}),
        ("gpt-4.1", {"temperature": 0.5}, [], {"temperature": 0.5}),
    ],
)
def test_facts_about_models_decide(
    model: str, given: dict[str, Any], dropped: list[str], fields: dict[str, Any]
) -> None:
    result, body = ask(binding("openai"), completion(), **given, model=model)
    assert [warning.setting for warning in result.warnings if warning.kind == "dropped"] == dropped
    assert {name: value for name, value in body.items() if name not in ("model", "messages")} == fields


@pytest.mark.parametrize(
    ("service", "model", "asked", "sent_effort"),
    [
        ("groq", "some-model", "minimal", "low"),
        ("groq", "some-model", "max", "high"),
        ("mistral", "some-model", "medium", "high"),
        ("openai", "o3", "xhigh", "high"),
        ("openai", "o3", "none", "low"),
        ("openai", "gpt-5.1", "minimal", "low"),
    ],
)
def test_the_nearest_effort_is_sent(service: str, model: str, asked: str, sent_effort: str) -> None:
    result, body = ask(binding(service), completion(), model=model, reasoning_effort=asked)
    assert body["reasoning_effort"] == sent_effort
    assert [(warning.kind, warning.setting) for warning in result.warnings] == [("replaced", "reasoning_effort")]


def test_facts_hold_at_every_service() -> None:
    _, body = ask(binding("openai_compatible", host_address="http://127.0.0.1:9/v1"), completion(), model="openai/o3",
                  max_tokens=5)  # fmt: skip
    assert body["max_completion_tokens"] == 5
    assert body["model"] == "openai/o3"


def test_a_schema_that_cannot_be_forced_is_asked_for_in_words() -> None:
    _, body = ask(binding("deepseek"), completion(), response_format={"type": "object", "title": "Thing"})
    assert body["response_format"] == {"type": "json_object"}
    assert '"title":"Thing"' in body["messages"][0]["content"]


def test_a_service_that_sees_no_images_says_so() -> None:
    seen = [Message(role="user", parts=(ImagePart(media=PNG), TextPart(text="What is it?")))]
    result, body = ask(binding("deepseek"), completion(), seen)
    assert body["messages"] == [{"role": "user", "content": "What is it?"}]
    assert [(warning.kind, warning.setting) for warning in result.warnings] == [("unsupported", "messages")]
    blind = [Message(role="user", parts=(ImagePart(media=PNG),))]
    with pytest.raises(errors.Unsupported, match="takes no images"):
        ask(binding("deepseek"), completion(), blind)


def test_names_of_services_for_the_same_thing() -> None:
    assert body_of({"seed": 3}, service="mistral")["random_seed"] == 3
    assert body_of({"reasoning_effort": "high"}, service="openrouter")["reasoning"] == {"effort": "high"}
    assert body_of({"repeat_penalty": 1.5}, service="llama_cpp_server")["repeat_penalty"] == 1.5
    assert body_of({"repeat_penalty": 1.5}, service="openrouter")["repetition_penalty"] == 1.5
    assert body_of({"tools": [WEATHER], "tool_choice": "required"}, service="mistral")["tool_choice"] == "any"


def test_a_stream_asks_for_usage_where_the_service_takes_that() -> None:
    reply = sse(chat_chunk({"content": "x"}, "stop"))
    assert stream(binding("openai"), reply)[2]["stream_options"] == {"include_usage": True}
    assert "stream_options" not in stream(binding("mistral"), reply)[2]


def test_a_stream_from_a_server_of_ones_own_ends_its_connection() -> None:
    reply = sse(chat_chunk({"content": "x"}, "stop"))
    for name, ends in (("llama_cpp_server", True), ("openai", False)):
        service = binding(name)
        driver = ScriptedDriver([reply])
        list(driver.iterate(service.chat_flow(service.chat_request("Hi", {}))))
        assert ("Connection" in driver.requests[0].headers) is ends


def test_a_raw_prompt_goes_to_completions() -> None:
    service = binding("openai", model_name="davinci-002")
    reply = {"id": "cmpl-1", "choices": [{"text": " world", "index": 0, "finish_reason": "length", "logprobs": None}]}
    driver = ScriptedDriver([CannedReply(body=reply)])
    request = service.chat_request("unused", {"prompt": "Hello", "max_tokens": 3, "best_of": 2, "logprobs": 9})
    result = driver.run(service.chat_result_flow(request))
    assert driver.requests[0].url.endswith("/v1/completions")
    wanted = {"model": "davinci-002", "prompt": "Hello", "max_tokens": 3, "best_of": 2, "logprobs": 5}
    assert sent(driver) == wanted
    assert (result.text, result.finish) == (" world", "length")
    assert [warning.kind for warning in result.warnings] == ["clamped"]


def test_a_wire_that_the_service_does_not_speak_is_refused() -> None:
    with pytest.raises(errors.Unsupported, match="raw prompts"):
        ask(binding("groq"), completion(), prompt="Hello")
    with pytest.raises(errors.BadSetting, match="wire"):
        ask(binding("groq"), completion(), wire="completions")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(errors.MissingKey, match="OPENAI_API_KEY"):
        ask(binding("openai", service_key=None), completion())
    with pytest.raises(errors.BadSetting, match="model_name"):
        ask(binding("openai", model_name=None), completion())
    with pytest.raises(errors.BadSetting, match="no parameter 'verbositi'"):
        ask(binding("openai"), completion(), verbositi="high")
