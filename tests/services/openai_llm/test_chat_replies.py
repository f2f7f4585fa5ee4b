"""Replies of Chat Completions: whole and streamed, cut anywhere, broken off, with errors in them."""

from __future__ import annotations

import base64
import itertools
from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings, strategies

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.families.openai_compatible.think_tags import ThinkSplitter
from lollms_client.types import Finished, Message, ReasoningDelta, TextDelta
from tests.services.openai_llm.cases import KEY, ask, binding, chunk, completion, sse, stream

USAGE = {
    "id": "chatcmpl-1",
    "model": "some-model-1",
    "choices": [],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2},
}
TOOLS = (
    chunk({"role": "assistant", "content": None}),
    chunk(
        {"tool_calls": [{"index": 0, "id": "call_a", "type": "function", "function": {"name": "f", "arguments": ""}}]}
    ),
    chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"x"'}}]}),
    chunk({"tool_calls": [{"index": 1, "id": "call_b", "function": {"name": "g", "arguments": "{}"}}]}),
    chunk({"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]}),
    chunk({}, "tool_calls"),
)


def test_a_whole_reply() -> None:
    result, _ = ask(binding(), completion())
    assert (result.text, result.finish, result.model, result.id) == ("Hello.", "stop", "some-model-1", "chatcmpl-1")
    usage = result.usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens) == (9, 12, 4, 5)
    assert usage.cost is None


@pytest.mark.parametrize(
    ("message", "finish", "text", "reasoning"),
    [
        ({"content": "a", "reasoning_content": "b"}, "stop", "a", "b"),
        ({"content": "a", "reasoning": "b"}, "stop", "a", "b"),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "b"}]},
                    {"type": "text", "text": "a"},
                ]
            },
            "stop",
            "a",
            "b",
        ),
        ({"content": "a"}, "length", "a", ""),
        ({"content": "a"}, "content_filter", "a", ""),
    ],
)
def test_shapes_of_content(message: dict[str, Any], finish: str, text: str, reasoning: str) -> None:
    result, _ = ask(binding(), completion(message, finish))
    assert (result.text, result.reasoning, result.finish) == (text, reasoning, finish)


def test_a_refusal_is_filtered_content() -> None:
    result, _ = ask(binding(), completion({"content": None, "refusal": "I will not."}))
    assert (result.text, result.finish, result.extra["refusal"]) == ("I will not.", "content_filter", "I will not.")


def test_tools_in_a_whole_reply() -> None:
    calls = [
        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
        {"id": "call_2", "type": "function", "function": {"name": "g", "arguments": "{no"}},
    ]
    result, _ = ask(binding(), completion({"content": None, "tool_calls": calls}, "tool_calls"))
    assert [(call.id, call.name, call.arguments, call.raw_arguments) for call in result.tool_calls] == [
        ("call_1", "f", {"x": 1}, None),
        ("call_2", "g", {}, "{no"),
    ]
    assert result.finish == "tool_calls"


def test_sound_images_citations_cost_and_logprobs_in_a_whole_reply() -> None:
    sound = base64.b64encode(b"RIFF....WAVE").decode()
    message = {
        "audio": {"id": "audio_1", "data": sound, "transcript": "Hello.", "expires_at": 1},
        "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}],
        "annotations": [{"type": "url_citation"}],
    }
    reply = completion(message, citations=["https://example.com"])
    reply["usage"]["cost"] = 0.25
    reply["choices"][0]["logprobs"] = {
        "content": [{"token": "H", "logprob": -0.5, "bytes": [72], "top_logprobs": [{"token": "G", "logprob": -1.5}]}]
    }
    result, _ = ask(binding("openrouter"), reply, audio={"voice": "alloy", "format": "wav"})
    kinds = [type(part).__name__ for part in result.message.parts]
    assert kinds == ["TextPart", "AudioPart", "ImagePart"]
    assert result.message.images[0].media == b"\x89PNG\r\n\x1a\n"
    assert result.usage.cost == 0.25
    assert result.extra["citations"] == ["https://example.com"]
    assert result.extra["annotations"] == [{"type": "url_citation"}]
    assert (result.logprobs[0].token, result.logprobs[0].alternatives[0].logprob) == ("H", -1.5)


def test_several_answers() -> None:
    reply = completion()
    reply["choices"].append({"index": 1, "message": {"content": "Hi."}, "finish_reason": "stop"})
    result, _ = ask(binding(), reply, count=2)
    assert [result.text, *(message.text for message in result.alternatives)] == ["Hello.", "Hi."]


def test_a_stream_and_a_whole_reply_fold_into_the_same() -> None:
    streamed = sse(chunk({"role": "assistant", "content": ""}), chunk({"content": "Hel"}), chunk({"content": "lo."}),
                   chunk({}, "stop"), {**USAGE, "usage": completion()["usage"]})  # fmt: skip
    _, folded, _ = stream(binding(), streamed)
    whole, _ = ask(binding(), completion())
    assert folded == whole


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_a_stream_is_read_however_its_bytes_are_cut(size: int) -> None:
    reply = sse(*TOOLS, USAGE, chunks=size)
    _, result, _ = stream(binding(), reply)
    assert [(call.id, call.name, call.arguments) for call in result.tool_calls] == [
        ("call_a", "f", {"x": 1}),
        ("call_b", "g", {}),
    ]
    assert (result.finish, result.usage.input_tokens, result.usage.output_tokens) == ("tool_calls", 3, 2)


@pytest.mark.parametrize("count", range(len(TOOLS)))
def test_a_stream_that_breaks_off_is_an_error(count: int) -> None:
    with pytest.raises(errors.BadReply):
        stream(binding(), sse(*TOOLS[:count], done=False))


def test_what_came_before_the_break_was_given() -> None:
    service = binding()
    driver = ScriptedDriver([sse(chunk({"content": "a"}), chunk({"content": "b"}), done=False)])
    batches = driver.iterate(service.chat_flow(service.chat_request("Hi", {})))
    assert [part.text for part in (*next(batches), *next(batches)) if isinstance(part, TextDelta)] == ["a", "b"]
    with pytest.raises(errors.BadReply, match="cut off"):
        next(batches)


def test_no_end_marker_but_a_finish_is_an_end() -> None:
    _, result, _ = stream(binding(), sse(chunk({"content": "a"}, "stop"), done=False))
    assert (result.text, result.finish) == ("a", "stop")


def test_unknown_events_fields_and_comments_do_not_matter() -> None:
    strange = chunk({"content": "a", "brand_new": {"x": 1}}, brand_new=[1])
    reply = sse({"object": "brand.new"}, strange, chunk({}, "stop"), USAGE)
    assert reply.chunks is not None
    noisy = CannedReply(
        headers={"Content-Type": "text/event-stream"},
        chunks=(b": hello\n\n", b"event: brand.new\ndata: {}\n\n", *reply.chunks, b"data: {after the end\n\n"),
    )
    _, result, _ = stream(binding(), noisy)
    assert (result.text, result.finish) == ("a", "stop")


def test_a_service_that_answers_whole_where_a_stream_was_asked_for() -> None:
    _, result, _ = stream(binding(), CannedReply(body=completion()))
    assert (result.text, result.finish, result.usage.output_tokens) == ("Hello.", "stop", 12)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (401, {"message": "Incorrect API key", "code": "invalid_api_key"}, errors.AuthenticationFailed),
        (403, {"message": "no", "code": "unsupported_country"}, errors.PermissionDenied),
        (404, {"message": "no model", "code": "model_not_found"}, errors.NotFound),
        (429, {"message": "slow down", "code": "rate_limit_exceeded"}, errors.RateLimited),
        (429, {"message": "no money", "code": "insufficient_quota"}, errors.QuotaExceeded),
        (400, {"message": "too long", "code": "context_length_exceeded"}, errors.ContextTooLong),
        (400, {"message": "filtered", "code": "content_filter"}, errors.ContentFiltered),
        (400, {"message": "bad", "param": "temperature"}, errors.Rejected),
        (503, {"message": "busy"}, errors.Unavailable),
        (200, {"message": "went wrong", "code": 502}, errors.LollmsError),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_errors_come_out_of_the_tree(status: int, error: dict[str, Any], kind: type[Exception], streamed: bool) -> None:
    reply = CannedReply(status=status, body={"error": error}, headers={"x-request-id": "req_9", "retry-after": "2"})
    with pytest.raises(kind) as caught:
        (stream if streamed else ask)(binding(), reply)
    assert isinstance(caught.value, errors.LollmsError)
    assert caught.value.details["request_id"] == "req_9"
    assert caught.value.details["retry_after"] == 2.0
    assert KEY not in str(caught.value) + repr(caught.value) + str(caught.value.as_dict())


@pytest.mark.parametrize(
    "event",
    [
        {"error": {"message": "overloaded", "code": 503}},
        {**chunk({}, "error"), "error": {"message": "overloaded", "code": 503}},
        {"choices": [{"index": 0, "error": {"message": "overloaded", "code": 503}, "finish_reason": "error"}]},
    ],
)
def test_an_error_in_the_middle_of_a_stream(event: dict[str, Any]) -> None:
    with pytest.raises(errors.Unavailable, match="overloaded"):
        stream(binding(), sse(chunk({"content": "a"}), event))


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"choices": None}, [], "text"])
def test_a_reply_without_an_answer_is_an_error(body: Any) -> None:
    with pytest.raises(errors.BadReply):
        ask(binding(), CannedReply(body=body, headers={"content-type": "application/json"}))


def test_an_error_under_another_name() -> None:
    reply = {"base_resp": {"status_code": 1004, "status_msg": "login fail: check the key"}, "choices": None}
    with pytest.raises(errors.LollmsError, match="login fail"):
        ask(binding("openai_compatible", host_address="http://127.0.0.1:9/v1"), reply)


def test_calls_that_share_one_index_are_told_apart() -> None:
    first = {"index": 0, "id": "call_1", "function": {"name": "f", "arguments": "{}"}}
    second = {"index": 0, "id": "call_2", "function": {"name": "g", "arguments": "{}"}}
    _, result, _ = stream(binding(), sse(chunk({"tool_calls": [first]}), chunk({"tool_calls": [second]}, "stop")))
    assert [call.name for call in result.tool_calls] == ["f", "g"]
    assert result.finish == "tool_calls"


@settings(max_examples=60, deadline=None)
@hypothesis_given(strategies.lists(strategies.integers(1, 50), max_size=6))
def test_think_tags_are_told_apart_however_the_text_is_cut(cuts: list[int]) -> None:
    text = "\n<think>\nWhy <not>?\n</think>\n\nBecause </think> is text."
    splitter = ThinkSplitter(("<think>", "</think>"))
    places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    pieces = [text[start:end] for start, end in itertools.pairwise(places)]
    found = [piece for text_piece in pieces for piece in splitter.feed(text_piece)] + splitter.finish()
    assert "".join(words for thought, words in found if thought) == "Why <not>?"
    assert "".join(words for thought, words in found if not thought) == "Because </think> is text."


@pytest.mark.parametrize("text", ["<thin", "no tags", "a <think>b</think>", "  lead", "<", ""])
def test_text_without_tags_at_its_start_is_left_alone(text: str) -> None:
    splitter = ThinkSplitter(("<think>", "</think>"))
    found = [piece for letter in text for piece in splitter.feed(letter)] + splitter.finish()
    assert "".join(words for thought, words in found if not thought) == text
    assert not [words for thought, words in found if thought]


def test_think_tags_of_a_local_server_become_reasoning() -> None:
    service = binding("openai_compatible", host_address="http://127.0.0.1:9/v1")
    events = [chunk({"content": piece}) for piece in ("<th", "ink>a", "b</thi", "nk>\n\nc")]
    parts, result, _ = stream(service, sse(*events, chunk({}, "stop")))
    assert [part.text for part in parts if isinstance(part, ReasoningDelta)] == ["a", "b"]
    assert (result.reasoning, result.text) == ("ab", "c")
    assert isinstance(parts[-1], Finished)


def test_streamed_sound_is_joined() -> None:
    def sound(data: bytes, **more: Any) -> dict[str, Any]:
        return chunk({"audio": {"id": "audio_1", "data": base64.b64encode(data).decode(), **more}})

    reply = sse(sound(b"\1\2"), sound(b"\3\4", transcript="Hi"), chunk({}, "stop"))
    given = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}}
    _, result, _ = stream(binding(), reply, **given)
    (part,) = result.message.parts
    assert part.__class__.__name__ == "AudioPart"
    assert (getattr(part, "media", None), getattr(part, "transcript", "")) == (b"\1\2\3\4", "Hi")


def test_sealed_reasoning_goes_back_as_it_came() -> None:
    pieces: list[dict[str, Any]] = [
        {"type": "reasoning.text", "text": "Fir", "index": 0, "format": "f", "signature": None},
        {"type": "reasoning.text", "text": "st.", "index": 0},
        {"type": "reasoning.text", "signature": "sig==", "index": 0},
        {"type": "reasoning.encrypted", "data": "abc", "id": "r1", "index": 1},
    ]
    events = [chunk({"reasoning": piece.get("text"), "reasoning_details": [piece]}) for piece in pieces]
    service = binding("openrouter")
    _, result, _ = stream(service, sse(*events, chunk({"content": "Yes."}), chunk({}, "stop")))
    assert (result.text, result.reasoning) == ("Yes.", "First.")
    _, body = ask(service, completion(), [Message.user("a"), result.message, Message.user("b")])
    assert body["messages"][1] == {
        "role": "assistant",
        "content": "Yes.",
        "reasoning": "First.",
        "reasoning_details": [
            {"type": "reasoning.text", "text": "First.", "index": 0, "format": "f", "signature": "sig=="},
            {"type": "reasoning.encrypted", "data": "abc", "id": "r1", "index": 1},
        ],
    }
    _, elsewhere = ask(binding("openai"), completion(), [Message.user("a"), result.message, Message.user("b")])
    assert elsewhere["messages"][1] == {"role": "assistant", "content": "Yes."}
