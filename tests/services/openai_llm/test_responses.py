"""The wire of Responses: requests, whole replies, events, and reasoning that goes back sealed."""

from __future__ import annotations

import copy
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
    ReasoningDelta,
    ReasoningPart,
    TextDelta,
    TextPart,
    ToolCallPart,
)
from tests.services.openai_llm.cases import ask, binding, sse, stream
from tests.services.openai_llm.test_chat_requests import WEATHER

USAGE = {
    "input_tokens": 9,
    "output_tokens": 12,
    "total_tokens": 21,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
    "output_tokens_details": {"reasoning_tokens": 5},
}
REASONING = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "First."}, {"type": "summary_text", "text": "Second."}],
    "encrypted_content": "sealed==",
}
CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "f",
    "arguments": '{"x":1}',
    "status": "completed",
}
MESSAGE = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Hello.", "annotations": [], "logprobs": []}],
}


def response(*output: Any, **fields: Any) -> dict[str, Any]:
    base = {"id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-5.2-1", "status": "completed"}
    return {**base, "error": None, "incomplete_details": None, "output": list(output), "usage": USAGE, **fields}


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "sequence_number": 0, **fields}


EVENTS = (
    event("created", response=response(status="in_progress", usage=None)),
    event("output_item.added", output_index=0, item={**REASONING, "summary": [], "encrypted_content": None}),
    event("reasoning_summary_part.added", output_index=0, summary_index=0, item_id="rs_1", part={}),
    event("reasoning_summary_text.delta", output_index=0, summary_index=0, item_id="rs_1", delta="First."),
    event("reasoning_summary_part.added", output_index=0, summary_index=1, item_id="rs_1", part={}),
    event("reasoning_summary_text.delta", output_index=0, summary_index=1, item_id="rs_1", delta="Second."),
    event("output_item.done", output_index=0, item=REASONING),
    event("output_item.added", output_index=1, item={**MESSAGE, "content": [], "status": "in_progress"}),
    event("output_text.delta", output_index=1, content_index=0, item_id="msg_1", delta="Hel", logprobs=[]),
    event("output_text.delta", output_index=1, content_index=0, item_id="msg_1", delta="lo.", logprobs=[]),
    event("output_text.done", output_index=1, content_index=0, item_id="msg_1", text="Hello."),
    event("output_item.done", output_index=1, item=MESSAGE),
    event("output_item.added", output_index=2, item={**CALL, "arguments": ""}),
    event("function_call_arguments.delta", output_index=2, item_id="fc_1", delta='{"x"'),
    event("function_call_arguments.delta", output_index=2, item_id="fc_1", delta=":1}"),
    event("function_call_arguments.done", output_index=2, item_id="fc_1", arguments='{"x":1}'),
    event("output_item.done", output_index=2, item=CALL),
    event("brand_new", output_index=2, thing={"x": 1}),
    event("completed", response=response(REASONING, MESSAGE, CALL)),
)


def body_of(given: dict[str, Any], messages: Any = "Hi", model: str = "gpt-4.1") -> dict[str, Any]:
    _, body = ask(binding("openai", wire="responses", model_name=model), response(MESSAGE), messages, **given)
    assert isinstance(body, dict)
    return body


def test_the_wire_is_chosen_by_setting_call_or_model() -> None:
    def path(given: dict[str, Any], **settings: Any) -> str:
        service = binding("openai", **settings)
        reply = response(MESSAGE)
        reply["choices"] = [{"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}]
        driver = ScriptedDriver([CannedReply(body=reply)])
        driver.run(service.chat_result_flow(service.chat_request("Hi", given)))
        return driver.requests[0].url.rpartition("/v1/")[2]

    assert path({}) == "chat/completions"
    assert path({}, wire="responses") == "responses"
    assert path({"wire": "responses"}) == "responses"
    assert path({"wire": "chat"}, wire="responses") == "chat/completions"
    assert path({"model": "o3-pro"}) == "responses"
    assert path({"model": "gpt-5.2-codex"}) == "responses"
    assert path({"model": "gpt-6.1-sol"}) == "responses"
    assert path({"model": "openai/gpt-6.1-sol"}) == "chat/completions"


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"max_tokens": 50, "temperature": 0.5}, {"max_output_tokens": 50, "temperature": 0.5}),
        ({"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}),
        (
            {"reasoning_effort": "low", "reasoning_summary": "auto", "verbosity": "low"},
            {"reasoning": {"effort": "low", "summary": "auto"}, "text": {"verbosity": "low"}},
        ),
        ({"logprobs": 2}, {"include": ["message.output_text.logprobs"], "top_logprobs": 2}),
        ({"store": True, "truncation": "auto"}, {"store": True, "truncation": "auto"}),
        ({"response_format": "json"}, {"text": {"format": {"type": "json_object"}}}),
        (
            {"response_format": {"type": "object", "title": "t"}, "verbosity": "low"},
            {
                "text": {
                    "format": {
                        "type": "json_schema",
                        "name": "t",
                        "schema": {"type": "object", "title": "t"},
                        "strict": True,
                    },
                    "verbosity": "low",
                }
            },
        ),
    ],
)
def test_parameters_become_fields(given: dict[str, Any], fields: dict[str, Any]) -> None:
    body = body_of(given)
    assert body.pop("store") is given.get("store", False)
    fields = {name: value for name, value in fields.items() if name != "store"}
    assert {name: value for name, value in body.items() if name not in ("model", "input")} == fields


def test_tools_stand_flat() -> None:
    body = body_of({"tools": [WEATHER], "tool_choice": "weather"})
    assert body["tools"] == [{"type": "function", **WEATHER, "strict": False}]
    assert body["tool_choice"] == {"type": "function", "name": "weather"}


def test_reasoning_models_give_their_reasoning_sealed() -> None:
    assert body_of({}, model="gpt-5.2")["include"] == ["reasoning.encrypted_content"]
    assert "include" not in body_of({}, model="gpt-4.1")


def test_every_kind_of_message_and_part() -> None:
    png = Media(b"\x89PNG\r\n\x1a\n", "image/png")
    messages = [
        Message.system("Be brief."),
        Message(role="user", parts=(TextPart(text="See"), ImagePart(media=png), FilePart(url="https://e.org/a.pdf"))),
        Message(
            role="assistant",
            parts=(
                ReasoningPart(text="hm", signature="rs_1", redacted="sealed=="),
                ReasoningPart(text="of another service"),
                TextPart(text="Look."),
                ToolCallPart(id="call_1", name="f", arguments={"x": 1}),
            ),
        ),
        Message.tool("call_1", "42"),
    ]
    assert body_of({}, messages)["input"] == [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "See"},
                {"type": "input_image", "image_url": png.data_url(), "detail": "auto"},
                {"type": "input_file", "file_url": "https://e.org/a.pdf"},
            ],
        },
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": "sealed==",
        },
        {"role": "assistant", "content": "Look."},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"x":1}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "42"},
    ]


def test_what_this_wire_cannot_carry_is_said() -> None:
    sound = Message(role="user", parts=(TextPart(text="Hear"), AudioPart(media=Media(b"RIFF", "audio/wav"))))
    given: dict[str, Any] = {"seed": 1, "stop": ["x"], "count": 2, "logit_bias": {"5": 1}}
    result, body = ask(binding("openai", wire="responses"), response(MESSAGE), [sound], **given)
    assert {warning.setting for warning in result.warnings} == {"seed", "stop", "count", "logit_bias", "messages"}
    assert set(body) == {"model", "input", "store"}


def test_a_whole_reply() -> None:
    result, _ = ask(binding("openai", wire="responses"), response(REASONING, MESSAGE, CALL))
    assert (result.text, result.reasoning, result.finish) == ("Hello.", "First.\n\nSecond.", "tool_calls")
    assert (result.model, result.id) == ("gpt-5.2-1", "resp_1")
    (call,) = result.tool_calls
    assert (call.id, call.name, call.arguments) == ("call_1", "f", {"x": 1})
    usage = result.usage
    assert (usage.input_tokens, usage.cached_tokens, usage.cache_write_tokens, usage.reasoning_tokens) == (9, 4, 2, 5)


def test_reasoning_makes_the_round_trip() -> None:
    result, _ = ask(binding("openai", wire="responses"), response(REASONING, MESSAGE))
    body = body_of({}, [Message.user("a"), result.message, Message.user("b")])
    assert body["input"][1]["encrypted_content"] == "sealed=="
    assert body["input"][1]["id"] == "rs_1"
    assert body["input"][2] == {"role": "assistant", "content": "Hello."}


@pytest.mark.parametrize("size", [None, 1, 2, 5, 11])
def test_a_stream_and_a_whole_reply_fold_into_the_same(size: int | None) -> None:
    service = binding("openai", wire="responses")
    parts, streamed, _ = stream(service, sse(*EVENTS, done=False, chunks=size))
    whole, _ = ask(service, response(REASONING, MESSAGE, CALL))
    assert streamed == whole
    assert [part.text for part in parts if isinstance(part, TextDelta)] == ["Hel", "lo."]
    assert next(part.text for part in parts if isinstance(part, ReasoningDelta)) == "First."


@pytest.mark.parametrize("count", range(len(EVENTS)))
def test_a_stream_that_breaks_off_is_an_error(count: int) -> None:
    with pytest.raises(errors.BadReply):
        stream(binding("openai", wire="responses"), sse(*EVENTS[:count], done=False))


def test_items_without_deltas_are_read_at_their_end() -> None:
    kept = ("response.created", "response.output_item.done", "response.completed")
    few = [item for item in EVENTS if item["type"] in kept]
    _, result, _ = stream(binding("openai", wire="responses"), sse(*few, done=False))
    assert (result.text, result.reasoning) == ("Hello.", "First.\n\nSecond.")
    assert result.tool_calls[0].arguments == {"x": 1}


@pytest.mark.parametrize(
    ("reason", "finish"), [("max_output_tokens", "length"), ("content_filter", "content_filter"), ("new", "other")]
)
def test_incomplete_answers_say_why(reason: str, finish: str) -> None:
    cut = response(MESSAGE, status="incomplete", incomplete_details={"reason": reason})
    result, _ = ask(binding("openai", wire="responses"), cut)
    assert (result.text, result.finish) == ("Hello.", finish)
    _, streamed, _ = stream(binding("openai", wire="responses"), sse(event("incomplete", response=cut), done=False))
    assert streamed.finish == finish


def test_a_refusal_is_filtered_content() -> None:
    refused = copy.deepcopy(MESSAGE)
    refused["content"] = [{"type": "refusal", "refusal": "No."}]
    result, _ = ask(binding("openai", wire="responses"), response(refused))
    assert (result.text, result.finish) == ("No.", "content_filter")
    delta = event("refusal.delta", output_index=0, content_index=0, delta="No.")
    _, streamed, _ = stream(
        binding("openai", wire="responses"), sse(delta, event("completed", response=response(refused)), done=False)
    )
    assert (streamed.text, streamed.finish) == ("No.", "content_filter")


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        ({"type": "error", "code": "rate_limit_exceeded", "message": "slow", "param": None}, errors.RateLimited),
        ({"type": "error", "error": {"code": "server_error", "message": "oops"}}, errors.Unavailable),
        (
            event("failed", response=response(status="failed", error={"code": "server_error", "message": "oops"})),
            errors.Unavailable,
        ),
    ],
)
def test_an_error_in_the_stream(failure: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        stream(binding("openai", wire="responses"), sse(*EVENTS[:3], failure, done=False))


def test_a_failed_response_is_an_error() -> None:
    failed = response(status="failed", error={"code": "server_error", "message": "oops"})
    with pytest.raises(errors.Unavailable, match="oops"):
        ask(binding("openai", wire="responses"), failed)
