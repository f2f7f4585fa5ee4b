"""Ollama's own API: requests against the project's document."""

from __future__ import annotations

from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import ScriptedDriver
from lollms_client.types.chat import ChatRequest, ResponseFormat
from lollms_client.types.media import Media
from lollms_client.types.message import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from tests.services.native_cases import KEY, answer, body_of, failure
from tests.services.ollama.cases import DONE, PNG, TOWN, WEATHER, WIRE_TOOL, ask, ollama, reply, sent

SETTINGS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({}, {}, []),
    ({"model": "other"}, {"model": "other"}, []),
    (
        {"max_tokens": 9, "temperature": 0.5, "top_p": 0.9, "top_k": 4, "min_p": 0.1, "seed": 3, "stop": ("a", "b")},
        {
            "options": {
                "num_predict": 9,
                "temperature": 0.5,
                "top_p": 0.9,
                "top_k": 4,
                "min_p": 0.1,
                "seed": 3,
                "stop": ["a", "b"],
            }
        },
        [],
    ),
    (
        {"repeat_penalty": 1.1, "repeat_last_n": 64, "presence_penalty": 0.1, "frequency_penalty": 0.2},
        {"options": {"repeat_penalty": 1.1, "repeat_last_n": 64, "presence_penalty": 0.1, "frequency_penalty": 0.2}},
        [],
    ),
    (
        {"seed": 1, "extra": {"num_ctx": 4096, "use_mmap": False, "options": {"seed": 2, "mirostat": 1}}},
        {"options": {"seed": 2, "num_ctx": 4096, "use_mmap": False, "mirostat": 1}},
        [],
    ),
    ({"extra": {"keep_alive": "5m"}}, {"keep_alive": "5m"}, []),
    ({"extra": {"keep_alive": "-1"}}, {"keep_alive": -1}, []),
    ({"extra": {"keep_alive": "1.5"}}, {"keep_alive": 1.5}, []),
    ({"reasoning_effort": "none"}, {"think": False}, []),
    ({"reasoning_effort": "high"}, {"think": "high"}, []),
    ({"reasoning_effort": "minimal"}, {"think": "low"}, ["replaced reasoning_effort"]),
    ({"reasoning_effort": "xhigh"}, {"think": "max"}, ["replaced reasoning_effort"]),
    ({"reasoning_effort": "high", "extra": {"think": "true"}}, {"think": True}, []),
    ({"response_format": ResponseFormat(kind="json")}, {"format": "json"}, []),
    ({"response_format": ResponseFormat(kind="json_schema", json_schema=TOWN)}, {"format": TOWN}, []),
    ({"logprobs": 0}, {"logprobs": True}, []),
    ({"logprobs": 3}, {"logprobs": True, "top_logprobs": 3}, []),
    ({"tools": (WEATHER,)}, {"tools": [WIRE_TOOL]}, []),
    ({"tools": (WEATHER,), "tool_choice": "none"}, {}, []),
    ({"tools": (WEATHER,), "tool_choice": "required"}, {"tools": [WIRE_TOOL]}, ["unsupported tool_choice"]),
    ({"tools": (WEATHER,), "parallel_tool_calls": True}, {"tools": [WIRE_TOOL]}, ["dropped parallel_tool_calls"]),
    ({"count": 3}, {}, ["dropped count"]),
    ({"extra": {"suffix": "x"}}, {}, ["dropped suffix"]),
]


@pytest.mark.parametrize(("fields", "expected", "warned"), SETTINGS)
def test_settings_stand_in_the_body(fields: dict[str, Any], expected: dict[str, Any], warned: list[str]) -> None:
    body, warnings = sent(ask(**fields))
    assert body == {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hello"}], **expected}
    assert warnings == warned


def test_a_whole_conversation_is_carried() -> None:
    messages = (
        Message.system("Be brief."),
        Message(
            role="user",
            parts=(
                ImagePart(media=PNG),
                ImagePart(url=PNG.data_url()),
                FilePart(media=Media(b"a,b", "text/csv"), name="table.csv"),
                TextPart(text="What is this?"),
            ),
        ),
        Message(
            role="assistant",
            parts=(
                ReasoningPart(text="hm"),
                TextPart(text="Look:"),
                ToolCallPart(id="c1", name="weather", arguments={"town": "Bern"}),
            ),
        ),
        Message.tool("c1", "sunny"),
        Message(
            role="tool", parts=(ToolResultPart(call_id="c9", content=(TextPart(text="see"), ImagePart(media=PNG))),)
        ),
    )
    body, warnings = sent(ChatRequest(messages=messages))
    assert warnings == []
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "table.csv:\na,b\nWhat is this?", "images": [PNG.base64(), PNG.base64()]},
        {
            "role": "assistant",
            "content": "Look:",
            "thinking": "hm",
            "tool_calls": [{"function": {"name": "weather", "arguments": {"town": "Bern"}}}],
        },
        {"role": "tool", "content": "sunny", "tool_name": "weather"},
        {"role": "tool", "content": "see", "images": [PNG.base64()]},
    ]


PROMPTS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({}, {"raw": True}, []),
    ({"extra": {"raw": False}}, {}, []),
    ({"extra": {"suffix": "return x"}}, {"suffix": "return x"}, []),
    ({"tools": (WEATHER,), "seed": 2}, {"raw": True, "options": {"seed": 2}}, ["dropped tools"]),
]


@pytest.mark.parametrize(("fields", "expected", "warned"), PROMPTS)
def test_a_raw_prompt_goes_to_generate(fields: dict[str, Any], expected: dict[str, Any], warned: list[str]) -> None:
    body, warnings = sent(ChatRequest(messages=(), prompt="def f(", **fields), "GenerateRequest")
    assert body == {"model": "m", "stream": True, "prompt": "def f(", **expected}
    assert warnings == warned


def test_details_without_a_place_are_warned_of() -> None:
    picture = ImagePart(media=PNG, detail="low", cache=True)
    _, warnings = sent(ChatRequest(messages=(Message(role="user", parts=(picture,), name="Ann"),)))
    assert warnings == ["dropped name", "dropped detail", "unsupported cache"]


REFUSED: list[tuple[ChatRequest, type[errors.LollmsError]]] = [
    (ask(reasoning_effort="enormous"), errors.BadSetting),
    (
        ChatRequest(messages=(Message(role="user", parts=(ImagePart(url="https://example.org/x.png"),)),)),
        errors.BadMedia,
    ),
    (ChatRequest(messages=(Message(role="user", parts=(FilePart(media=Media(b"%PDF-\xff")),)),)), errors.Unsupported),
    (ChatRequest(messages=(Message(role="user", parts=(FilePart(url="https://x"),)),)), errors.Unsupported),
    (ChatRequest(messages=(Message(role="user", parts=(AudioPart(),)),)), errors.Unsupported),
]


@pytest.mark.parametrize(("request_", "kind"), REFUSED)
def test_what_the_server_cannot_take_is_refused_before_sending(
    request_: ChatRequest, kind: type[errors.LollmsError]
) -> None:
    driver = ScriptedDriver()
    assert type(failure(lambda: driver.run(ollama().chat_result_flow(request_)))) is kind
    assert driver.requests == []


def test_a_model_is_needed() -> None:
    error = failure(lambda: ScriptedDriver().run(ollama(model_name="").chat_result_flow(ask())))
    assert isinstance(error, errors.BadSetting)
    assert error.details["setting"] == "model_name"


def test_a_sound_with_its_words_and_broken_arguments_are_warned_of() -> None:
    sound = Message(role="user", parts=(AudioPart(media=Media(b"RIFF"), transcript="words"),))
    broken = Message(role="assistant", parts=(ToolCallPart(id="1", name="w", raw_arguments="{"),))
    body, warnings = sent(ChatRequest(messages=(sound, broken)))
    assert body["messages"][0]["content"] == "words"
    assert warnings == ["replaced messages", "dropped messages"]


def test_the_key_is_optional_and_goes_into_its_header() -> None:
    _, driver = answer(ollama(), ask(), reply(DONE))
    assert driver.requests[0].plain_headers()["Authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(driver.requests[0])
    _, driver = answer(
        ollama(service_key=None, host_address="box:11434", extra_body={"truncate": True}), ask(), reply(DONE)
    )
    assert "Authorization" not in driver.requests[0].plain_headers()
    assert driver.requests[0].url == "http://box:11434/api/chat"
    assert body_of(driver.requests[0])["truncate"] is True
