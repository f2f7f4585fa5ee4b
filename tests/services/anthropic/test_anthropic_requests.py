"""Requests to Anthropic: each field, each warning, the vendor's document."""

from __future__ import annotations

from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
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
from tests.services.anthropic.cases import CLOSED, HELLO, MIDDLE, NEW, OLD, PDF, PNG, SCHEMA, TOOL, WEATHER, ask, build
from tests.services.native_cases import KEY, body_of, failure, native

SETTINGS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({"model": NEW}, {}, []),
    (
        {"model": OLD, "temperature": 0.5, "top_p": 0.9, "top_k": 40},
        {"temperature": 0.5, "top_p": 0.9, "top_k": 40},
        [],
    ),
    ({"model": OLD, "temperature": 1.5}, {"temperature": 1.0}, ["clamped temperature"]),
    (
        {"model": NEW, "temperature": 0.5, "top_p": 0.9, "top_k": 4},
        {},
        ["dropped temperature", "dropped top_p", "dropped top_k"],
    ),
    ({"model": NEW, "temperature": 1.0, "top_p": 1.0}, {}, []),
    ({"model": NEW, "stop": ("END",), "max_tokens": 10}, {"stop_sequences": ["END"], "max_tokens": 10}, []),
    (
        {"model": NEW, "reasoning_effort": "high"},
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}},
        [],
    ),
    (
        {"model": NEW, "reasoning_effort": "minimal"},
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
        ["replaced reasoning_effort"],
    ),
    (
        {"model": MIDDLE, "reasoning_effort": "xhigh"},
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}},
        ["replaced reasoning_effort"],
    ),
    ({"model": NEW, "reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}, []),
    (
        {"model": OLD, "reasoning_effort": "medium"},
        {"thinking": {"type": "enabled", "budget_tokens": 8192}},
        ["replaced reasoning_effort"],
    ),
    (
        {"model": OLD, "extra": {"thinking_budget": 99999}},
        {"thinking": {"type": "enabled", "budget_tokens": 16383}},
        ["clamped thinking_budget"],
    ),
    (
        {"model": OLD, "max_tokens": 500, "extra": {"thinking_budget": 2000}},
        {"max_tokens": 500},
        ["dropped thinking_budget"],
    ),
    (
        {"model": NEW, "extra": {"thinking_budget": 2000}},
        {"thinking": {"type": "adaptive"}},
        ["replaced thinking_budget"],
    ),
    (
        {"model": NEW, "extra": {"thinking_display": "summarized"}},
        {"thinking": {"type": "adaptive", "display": "summarized"}},
        [],
    ),
    (
        {"model": OLD, "temperature": 0.2, "extra": {"thinking_budget": 2000}},
        {"thinking": {"type": "enabled", "budget_tokens": 2000}},
        ["dropped temperature"],
    ),
    ({"model": OLD, "top_k": 5, "seed": None}, {"top_k": 5}, []),
    ({"model": "claude-3-haiku-20240307"}, {"max_tokens": 4096}, []),
    (
        {"model": NEW, "seed": 1, "min_p": 0.1, "count": 2, "logprobs": 3},
        {},
        ["dropped min_p", "dropped seed", "dropped logprobs", "dropped count"],
    ),
    ({"model": NEW, "tools": (WEATHER,)}, {"tools": [TOOL]}, []),
    (
        {"model": NEW, "tools": (WEATHER,), "tool_choice": "required", "parallel_tool_calls": False},
        {"tools": [TOOL], "tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
        [],
    ),
    (
        {"model": NEW, "tools": (WEATHER,), "tool_choice": "weather"},
        {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "weather"}},
        [],
    ),
    (
        {"model": NEW, "tools": (WEATHER,), "tool_choice": "none", "parallel_tool_calls": True},
        {"tools": [TOOL], "tool_choice": {"type": "none"}},
        [],
    ),
    (
        {"model": NEW, "tools": (WEATHER,), "parallel_tool_calls": True},
        {"tools": [TOOL], "tool_choice": {"type": "auto", "disable_parallel_tool_use": False}},
        [],
    ),
    ({"model": NEW, "tool_choice": "required"}, {}, ["dropped tool_choice"]),
    (
        {"model": NEW, "tools": (WEATHER,), "extra": {"cache_tools": True, "cache_ttl": "1h"}},
        {"tools": [{**TOOL, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
        [],
    ),
    (
        {"model": NEW, "extra": {"server_tools": [{"type": "web_search_20250305", "name": "web_search"}]}},
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        [],
    ),
    (
        {"model": NEW, "response_format": ResponseFormat(kind="json_schema", json_schema=SCHEMA)},
        {"output_config": {"format": {"type": "json_schema", "schema": CLOSED}}},
        [],
    ),
    ({"model": NEW, "response_format": ResponseFormat(kind="json")}, {}, ["unsupported response_format"]),
    (
        {
            "model": NEW,
            "extra": {
                "service_tier": "auto",
                "metadata": {"user_id": "u1"},
                "cache_control": {"type": "ephemeral"},
                "inference_geo": "eu",
            },
        },
        {
            "service_tier": "auto",
            "metadata": {"user_id": "u1"},
            "cache_control": {"type": "ephemeral"},
            "inference_geo": "eu",
        },
        [],
    ),
]


@pytest.mark.parametrize(("fields", "expected", "warned"), SETTINGS)
def test_settings_stand_in_the_body(fields: dict[str, Any], expected: dict[str, Any], warned: list[str]) -> None:
    body, warnings = build(ask(**fields))
    assert body == {"model": fields["model"], "max_tokens": 16384, "messages": [HELLO], **expected}
    assert warnings == warned


def test_a_whole_conversation_is_carried() -> None:
    messages = (
        Message(role="system", parts=(TextPart(text="Be brief.", cache=True),)),
        Message(
            role="user",
            parts=(
                ImagePart(media=PNG),
                ImagePart(url="https://example.org/cat.jpg", cache=True),
                FilePart(media=PDF, name="report"),
                FilePart(url="https://example.org/paper.pdf"),
                FilePart(media=Media(b"plain words", "text/plain")),
                FilePart(id="file_1"),
                TextPart(text="What is this?"),
            ),
        ),
        Message(
            role="assistant",
            parts=(
                ReasoningPart(text="hm", signature="sig"),
                ReasoningPart(redacted="blob"),
                TextPart(text="Let me look."),
                ToolCallPart(id="toolu:1", name="weather", arguments={"town": "Bern"}),
            ),
        ),
        Message.tool("toolu:1", "sunny"),
        Message(role="user", parts=(TextPart(text="And now?"),)),
    )
    body, warnings = build(ChatRequest(messages=messages, model=NEW, extra={"citations": True}))
    ephemeral = {"type": "ephemeral"}
    on = {"enabled": True}
    assert warnings == []
    assert body["system"] == [{"type": "text", "text": "Be brief.", "cache_control": ephemeral}]
    assert body["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG.base64()}},
                {
                    "type": "image",
                    "source": {"type": "url", "url": "https://example.org/cat.jpg"},
                    "cache_control": ephemeral,
                },
                {
                    "type": "document",
                    "title": "report",
                    "citations": on,
                    "source": {"type": "base64", "media_type": "application/pdf", "data": PDF.base64()},
                },
                {
                    "type": "document",
                    "citations": on,
                    "source": {"type": "url", "url": "https://example.org/paper.pdf"},
                },
                {
                    "type": "document",
                    "citations": on,
                    "source": {"type": "text", "media_type": "text/plain", "data": "plain words"},
                },
                {"type": "document", "citations": on, "source": {"type": "file", "file_id": "file_1"}},
                {"type": "text", "text": "What is this?"},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "sig"},
                {"type": "redacted_thinking", "data": "blob"},
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"town": "Bern"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"},
                {"type": "text", "text": "And now?"},
            ],
        },
    ]


def test_tool_results_may_hold_images_and_errors() -> None:
    result = ToolResultPart(call_id="t1", content=(TextPart(text="see"), ImagePart(media=PNG)), is_error=True)
    body, _ = build(ChatRequest(model=NEW, messages=(Message.user("x"), Message(role="tool", parts=(result,)))))
    block = body["messages"][0]["content"][-1]
    assert block["is_error"] is True
    assert [item["type"] for item in block["content"]] == ["text", "image"]


MOVED: list[tuple[tuple[Message, ...], str]] = [
    ((Message.user("a"), Message.system("b")), "replaced messages"),
    (
        (Message.user("a"), Message(role="assistant", parts=(ReasoningPart(text="x"), TextPart(text="y")))),
        "dropped messages",
    ),
    ((Message(role="user", parts=(AudioPart(media=Media(b"RIFF"), transcript="words"),)),), "replaced messages"),
    (
        (Message.user("a"), Message(role="assistant", parts=(ToolCallPart(id="1", name="w", raw_arguments="{"),))),
        "dropped messages",
    ),
]


@pytest.mark.parametrize(("messages", "warning"), MOVED)
def test_what_cannot_stand_as_it_is_is_warned_of(messages: tuple[Message, ...], warning: str) -> None:
    assert build(ChatRequest(messages=messages, model=NEW))[1] == [warning]


def test_details_without_a_place_are_warned_of() -> None:
    picture = ImagePart(media=PNG, detail="low", cache=True)
    _, warnings = build(ChatRequest(messages=(Message(role="user", parts=(picture,), name="Ann"),), model=NEW))
    assert warnings == ["dropped name", "dropped detail"]


REFUSED: list[tuple[ChatRequest, type[errors.LollmsError]]] = [
    (ChatRequest(messages=(Message.system("x"),)), errors.BadSetting),
    (ask(reasoning_effort="enormous"), errors.BadSetting),
    (ask(prompt="once upon"), errors.Unsupported),
    (ChatRequest(messages=(Message.user("", images=[Media(b"BM....")]),)), errors.BadMedia),
    (ChatRequest(messages=(Message(role="user", parts=(FilePart(media=Media(b"\xff\xfe\x00")),)),)), errors.BadMedia),
    (ChatRequest(messages=(Message(role="user", parts=(ImagePart(),)),)), errors.BadMedia),
    (ChatRequest(messages=(Message(role="user", parts=(FilePart(),)),)), errors.BadMedia),
    (ChatRequest(messages=(Message(role="user", parts=(AudioPart(media=Media(b"RIFF")),)),)), errors.Unsupported),
]


@pytest.mark.parametrize(("request_", "kind"), REFUSED)
def test_what_the_service_cannot_take_is_refused_before_sending(
    request_: ChatRequest, kind: type[errors.LollmsError]
) -> None:
    driver = ScriptedDriver()
    error = failure(lambda: driver.run(native("llm", "anthropic").chat_result_flow(request_)))
    assert type(error) is kind
    assert driver.requests == []


def test_headers_carry_key_version_and_betas() -> None:
    binding = native("llm", "anthropic", betas=["a-1"], extra_headers={"X-Team": "blue"}, extra_body={"speed": "fast"})
    driver = ScriptedDriver(
        [CannedReply(status=401, body={"type": "error", "error": {"type": "authentication_error", "message": "no"}})]
    )
    error = failure(lambda: driver.run(binding.chat_result_flow(ask(model=NEW, extra={"betas": ["b-2", "a-1"]}))))
    assert isinstance(error, errors.AuthenticationFailed)
    sent = driver.requests[0]
    headers = sent.plain_headers()
    assert (sent.method, sent.url) == ("POST", "https://api.anthropic.com/v1/messages")
    assert headers["x-api-key"] == KEY
    assert headers["anthropic-version"] == "2026-10-21"
    assert headers["anthropic-beta"] == "a-1,b-2"
    assert headers["X-Team"] == "blue"
    assert "Authorization" not in headers
    assert body_of(sent)["speed"] == "fast"
    assert body_of(sent)["stream"] is True
    assert KEY not in repr(sent) + repr(binding.settings)


@pytest.mark.parametrize(
    ("model", "fields", "setting", "version", "sent"),
    [
        (OLD, {"temperature": 0.5}, None, "2023-06-01", True),
        (OLD, {"temperature": 0.5}, "2026-10-21", "2026-10-21", False),
        (OLD, {}, None, "2026-10-21", False),
        (NEW, {"temperature": 0.5}, None, "2026-10-21", False),
        (NEW, {"temperature": 0.5}, "2023-06-01", "2023-06-01", False),
    ],
)
def test_the_version_is_the_newest_that_carries_the_settings(
    model: str, fields: dict[str, Any], setting: str | None, version: str, sent: bool
) -> None:
    builder = native("llm", "anthropic", anthropic_version=setting).builder(ask(model=model, **fields))
    body = builder.body()
    assert builder.version == version
    assert ("temperature" in body) is sent
    assert bool(builder.warnings) is (bool(fields) and not sent)


def test_without_a_key_nothing_is_sent() -> None:
    driver = ScriptedDriver()
    binding = native("llm", "anthropic", service_key=None)
    error = failure(lambda: driver.run(binding.chat_result_flow(ask())))
    assert isinstance(error, errors.MissingKey)
    assert error.details["environment"]
    assert driver.requests == []
