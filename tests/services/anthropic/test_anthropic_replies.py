"""Anthropic's replies: every event, every stop reason, every cut, every error."""

from __future__ import annotations

from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.types.chat import ChatRequest, Finished, TextDelta, WarningPart
from lollms_client.types.message import Message, ReasoningPart, TextPart, ToolCallPart
from tests.services.native_cases import (
    KEY,
    answer,
    body_of,
    check,
    event_stream,
    events,
    failure,
    folded,
    native,
    stream,
)

ASK = ChatRequest(messages=(Message.user("Hello"),))


def start(**usage: Any) -> dict[str, Any]:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5", "content": []}
    return {"type": "message_start", "message": {**message, "usage": {"input_tokens": 10, "output_tokens": 1, **usage}}}


def block(index: int, kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": {"type": kind, **fields}}


def delta(index: int, kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def stop(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def end(reason: str = "end_turn", **fields: Any) -> list[dict[str, Any]]:
    usage = {"output_tokens": 25, "output_tokens_details": {"thinking_tokens": 7}}
    change = {"stop_reason": reason, "stop_sequence": None, **fields}
    return [{"type": "message_delta", "delta": change, "usage": usage}, {"type": "message_stop"}]


RICH = [
    start(cache_read_input_tokens=5, cache_creation_input_tokens=3, service_tier="standard", from_tomorrow=1),
    {"type": "ping"},
    block(0, "thinking", thinking="", signature=""),
    delta(0, "thinking_delta", thinking="Let me "),
    delta(0, "thinking_delta", thinking="think."),
    delta(0, "signature_delta", signature="c2ln"),
    stop(0),
    block(1, "redacted_thinking", data="YmxvYg=="),
    stop(1),
    block(2, "text", text=""),
    delta(2, "text_delta", text="Grüße, "),
    {"type": "invented_tomorrow", "index": 2},
    delta(2, "text_delta", text="Welt 🙂"),
    delta(2, "citations_delta", citation={"type": "page_location", "cited_text": "x"}),
    delta(2, "unknown_delta", what=1),
    stop(2),
    block(3, "server_tool_use", id="srv_1", name="web_search", input={}),
    delta(3, "input_json_delta", partial_json='{"query": '),
    delta(3, "input_json_delta", partial_json='"x"}'),
    stop(3),
    block(4, "tool_use", id="toolu_1", name="weather", input={}),
    delta(4, "input_json_delta", partial_json=""),
    delta(4, "input_json_delta", partial_json='{"town": "Zü'),
    delta(4, "input_json_delta", partial_json='rich"}'),
    stop(4),
    block(5, "tool_use", id="toolu_2", name="time", input={}),
    stop(5),
    *end("tool_use"),
]
MESSAGE = Message(
    role="assistant",
    parts=(
        ReasoningPart(text="Let me think.", signature="c2ln"),
        ReasoningPart(redacted="YmxvYg=="),
        TextPart(text="Grüße, Welt 🙂"),
        ToolCallPart(id="toolu_1", name="weather", arguments={"town": "Zürich"}),
        ToolCallPart(id="toolu_2", name="time"),
    ),
)


def test_a_stream_folds_into_the_whole_answer_however_it_is_cut() -> None:
    data = events(*RICH)
    binding = native("llm", "anthropic")
    for size in (1, 2, 3, 7, 64, 1000, len(data)):
        driver = ScriptedDriver([event_stream(data, size)])
        result = folded(stream(binding, ASK, driver))
        assert result.message == MESSAGE
        assert result.finish == "tool_calls"
        assert (result.id, result.model) == ("msg_1", "claude-sonnet-5")
        assert result.usage.input_tokens == 18
        assert (result.usage.cached_tokens, result.usage.cache_write_tokens) == (5, 3)
        assert (result.usage.output_tokens, result.usage.reasoning_tokens) == (25, 7)
        assert result.extra["service_blocks"] == [
            {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "x"}}
        ]
        assert result.extra["citations"] == [{"type": "page_location", "cited_text": "x"}]
        assert result.extra["service_tier"] == "standard"


def test_every_split_into_two_pieces_gives_the_same() -> None:
    data = events(start(), block(0, "text", text="é"), delta(0, "text_delta", text="ü🙂"), stop(0), *end())
    binding = native("llm", "anthropic")
    for at in range(1, len(data)):
        reply = CannedReply(headers={"Content-Type": "text/event-stream"}, chunks=(data[:at], data[at:]))
        assert folded(stream(binding, ASK, ScriptedDriver([reply]))).text == "éü🙂"


@pytest.mark.parametrize("kept", range(1, len(RICH)))
def test_a_stream_that_is_cut_off_is_a_bad_reply_after_what_came(kept: int) -> None:
    driver = ScriptedDriver([event_stream(events(*RICH[:kept]))])
    parts: list[Any] = []
    binding = native("llm", "anthropic")

    def run() -> None:
        for piece in driver.iterate(binding.chat_flow(ASK)):
            parts.extend(piece)

    assert isinstance(failure(run), errors.BadReply)
    assert not any(isinstance(part, Finished) for part in parts)
    assert any(isinstance(part, TextDelta) for part in parts) is (kept > 10)


def test_an_answer_goes_back_as_it_came() -> None:
    conversation = (Message.user("x"), MESSAGE, Message.tool("toolu_1", "sunny"), Message.tool("toolu_2", "noon"))
    body = native("llm", "anthropic").builder(ChatRequest(messages=conversation)).body()
    check("anthropic.yml", "CreateMessageParams", body)
    assert [item["type"] for item in body["messages"][1]["content"]] == [
        "thinking",
        "redacted_thinking",
        "text",
        "tool_use",
        "tool_use",
    ]
    assert [item["tool_use_id"] for item in body["messages"][2]["content"]] == ["toolu_1", "toolu_2"]


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("pause_turn", "other"),
        ("invented_tomorrow", "other"),
    ],
)
def test_stop_reasons(reason: str, finish: str) -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "no"} if reason == "refusal" else None
    data = events(start(), *end(reason, stop_details=details))
    result, _ = answer(native("llm", "anthropic"), ASK, event_stream(data))
    assert result.finish == finish
    assert result.extra["stop_reason"] == reason
    assert result.extra.get("stop_details") == details


def test_a_whole_message_in_place_of_a_stream_is_read_too() -> None:
    content = [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "Hi", "citations": None},
        {"type": "tool_use", "id": "t", "name": "weather", "input": {"town": "Bern"}},
    ]
    usage = {"input_tokens": 2, "output_tokens": 3}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "x", "content": content}
    reply = CannedReply(body={**message, "stop_reason": "tool_use", "usage": usage})
    result, _ = answer(native("llm", "anthropic"), ASK, reply)
    assert result.message.parts == (
        ReasoningPart(text="hm", signature="s"),
        TextPart(text="Hi"),
        ToolCallPart(id="t", name="weather", arguments={"town": "Bern"}),
    )
    assert (result.finish, result.usage.total_tokens) == ("tool_calls", 5)


def test_warnings_come_before_the_answer() -> None:
    data = events(start(), block(0, "text", text="x"), stop(0), *end())
    parts = stream(
        native("llm", "anthropic"), ChatRequest(messages=ASK.messages, seed=4), ScriptedDriver([event_stream(data)])
    )
    assert isinstance(parts[0], WarningPart)
    assert parts[0].warning.setting == "seed"


def error(kind: str, message: str = "no", **fields: Any) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_body", **fields}


ERRORS: list[tuple[int, str, str, type[errors.LollmsError], bool]] = [
    (400, "invalid_request_error", "max_tokens: wrong", errors.Rejected, False),
    (400, "invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum", errors.ContextTooLong, False),
    (400, "invalid_request_error", "Your credit balance is too low to access the API.", errors.QuotaExceeded, False),
    (400, "invalid_request_error", "Output blocked by content filtering policy", errors.ContentFiltered, False),
    (401, "authentication_error", "invalid x-api-key", errors.AuthenticationFailed, False),
    (402, "billing_error", "pay", errors.QuotaExceeded, False),
    (403, "permission_error", "no", errors.PermissionDenied, False),
    (404, "not_found_error", "model: x", errors.NotFound, False),
    (413, "request_too_large", "too large", errors.Rejected, False),
    (429, "rate_limit_error", "slow down", errors.RateLimited, True),
    (500, "api_error", "oops", errors.Unavailable, True),
    (504, "timeout_error", "late", errors.Unavailable, True),
    (529, "overloaded_error", "Overloaded", errors.Unavailable, True),
]


@pytest.mark.parametrize(("status", "kind", "message", "expected", "retryable"), ERRORS)
@pytest.mark.parametrize("place", ["reply", "stream", "good status"])
def test_errors(
    status: int, kind: str, message: str, expected: type[errors.LollmsError], retryable: bool, place: str
) -> None:
    headers = {"request-id": "req_head"}
    if place == "reply":
        reply = CannedReply(status=status, headers=headers, body=error(kind, message))
    elif place == "stream":
        reply = event_stream(events(start(), block(0, "text", text="so"), error(kind, message)), headers=headers)
    else:
        reply = CannedReply(headers=headers, body=error(kind, message))
    driver = ScriptedDriver([reply])
    binding = native("llm", "anthropic", max_retries=0)
    found = failure(lambda: driver.run(binding.chat_result_flow(ASK)))
    assert found.details["request_id"] == "req_head"
    assert found.details["service_type"] == kind
    if place != "good status":
        assert type(found) is expected
        assert found.retryable is retryable
        assert found.details["status"] == status


def test_an_overloaded_service_is_asked_again() -> None:
    good = event_stream(events(start(), block(0, "text", text="Hi"), stop(0), *end()))
    busy = CannedReply(status=529, headers={"retry-after": "3"}, body=error("overloaded_error"))
    result, driver = answer(native("llm", "anthropic"), ASK, busy, good)
    assert result.text == "Hi"
    assert driver.sleeps == [3.0]


def test_a_connection_that_was_never_made_is_tried_again_and_nothing_else_is() -> None:
    lost = CannedReply(failure=errors.Unavailable("closed", sent=False))
    good = event_stream(events(start(), block(0, "text", text="Hi"), stop(0), *end()))
    result, driver = answer(native("llm", "anthropic"), ASK, lost, good)
    assert result.text == "Hi"
    assert len(driver.requests) == 2
    perhaps_paid = CannedReply(failure=errors.Unavailable("closed", sent=True))
    assert isinstance(failure(lambda: answer(native("llm", "anthropic"), ASK, perhaps_paid)), errors.Unavailable)
    broken = CannedReply(
        headers={"Content-Type": "text/event-stream"},
        chunks=(events(start(), block(0, "text", text="Hi")),),
        failure=errors.Unavailable("lost"),
    )
    assert isinstance(failure(lambda: answer(native("llm", "anthropic"), ASK, broken)), errors.Unavailable)


def test_tokens_are_counted_by_the_service() -> None:
    driver = ScriptedDriver([CannedReply(body={"input_tokens": 14})])
    assert driver.run(native("llm", "anthropic").token_count_flow("Hello")) == 14
    sent = driver.requests[0]
    assert sent.url.endswith("/v1/messages/count_tokens")
    body = body_of(sent)
    check("anthropic.yml", "CountMessageTokensParams", body)
    assert body == {
        "model": "claude-sonnet-5",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
    }
    bad = ScriptedDriver([CannedReply(body={"tokens": "many"})])
    assert isinstance(failure(lambda: bad.run(native("llm", "anthropic").token_count_flow("x"))), errors.BadReply)


def test_models_are_listed_over_all_pages() -> None:
    def row(name: str, **fields: Any) -> dict[str, Any]:
        able = {"image_input": {"supported": True}, "batch": {"supported": False}}
        return {
            "id": name,
            "type": "model",
            "display_name": name.title(),
            "created_at": "2026-02-19T00:00:00Z",
            "capabilities": able,
            "max_input_tokens": 200000,
            "max_tokens": 64000,
            **fields,
        }

    pages = [
        CannedReply(body={"data": [row("one")], "has_more": True, "first_id": "one", "last_id": "one"}),
        CannedReply(
            body={"data": [row("two", created_at="never")], "has_more": False, "first_id": "two", "last_id": "two"}
        ),
    ]
    driver = ScriptedDriver(pages)
    models = driver.run(native("llm", "anthropic").models_flow())
    assert [model.name for model in models] == ["one", "two"]
    assert models[0].capabilities == ("image_input",)
    assert (models[0].context_tokens, models[0].output_tokens, models[0].created) == (200000, 64000, 1771459200)
    assert models[1].created is None
    assert [request.url.partition("?")[2] for request in driver.requests] == ["limit=1000", "limit=1000&after_id=one"]
    assert all(request.plain_headers()["x-api-key"] == KEY for request in driver.requests)


@pytest.mark.parametrize("body", [{"models": []}, [], {"data": None}])
def test_a_list_of_models_in_another_shape_is_a_bad_reply(body: Any) -> None:
    driver = ScriptedDriver([CannedReply(body=body)])
    assert isinstance(failure(lambda: driver.run(native("llm", "anthropic").models_flow())), errors.BadReply)
