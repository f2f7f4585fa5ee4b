"""Gemini's chat replies: every shape, every cut, every error."""

from __future__ import annotations

from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.types.chat import ChatRequest, Finished, TextDelta, TokenLogprob
from lollms_client.types.embedding import EmbeddingRequest
from lollms_client.types.message import (
    Message,
    ReasoningPart,
    TextPart,
)
from tests.services.gemini.chat_cases import (
    HELLO,
    PNG,
    TOKEN,
    WEATHER,
    ask,
    build,
    gemini,
)
from tests.services.gemini.discovery import check_body
from tests.services.native_cases import (
    answer,
    body_of,
    event_stream,
    events,
    failure,
    folded,
    stream,
)


def chunk(*parts: dict[str, Any], **candidate: Any) -> dict[str, Any]:
    content = {"content": {"parts": list(parts), "role": "model"}} if parts else {}
    return {"candidates": [{**content, **candidate}], "modelVersion": "gemini-3.5-flash-001", "responseId": "r1"}


USAGE = {
    "promptTokenCount": 10,
    "candidatesTokenCount": 5,
    "thoughtsTokenCount": 3,
    "cachedContentTokenCount": 4,
    "toolUsePromptTokenCount": 2,
    "totalTokenCount": 20,
}
RICH = [
    chunk({"text": "Let ", "thought": True}),
    chunk({"text": "me.", "thought": True}),
    chunk(
        {"text": "Grüße "},
        logprobsResult={
            "chosenCandidates": [{"token": "Grüße ", "logProbability": -0.5}],
            "topCandidates": [{"candidates": [{"token": "Hi", "logProbability": -1.5}]}],
        },
    ),
    {**chunk({"text": "🙂"}), "from_tomorrow": [1]},
    chunk({"text": "", "thoughtSignature": "c2ln"}),
    chunk(
        {"functionCall": {"name": "weather", "args": {"town": "Zürich"}}, "thoughtSignature": "dHdv"},
        {"functionCall": {"id": "f2", "name": "time"}},
    ),
    chunk({"executableCode": {"language": "PYTHON", "code": "1+1"}}),
    {**chunk(finishReason="STOP", groundingMetadata={"webSearchQueries": ["x"]}), "usageMetadata": USAGE},
]


def test_a_stream_folds_into_the_whole_answer_however_it_is_cut() -> None:
    data, binding = events(*RICH, named=False), gemini()
    for size in (1, 2, 3, 50, 1000, len(data)):
        result = folded(stream(binding, ask(), ScriptedDriver([event_stream(data, size)])))
        assert result.message.parts[:3] == (
            ReasoningPart(text="Let me."),
            TextPart(text="Grüße 🙂"),
            ReasoningPart(signature="c2ln"),
        )
        first, second = result.tool_calls
        assert (first.name, first.arguments, first.signature) == ("weather", {"town": "Zürich"}, "dHdv")
        assert first.id.startswith("lollms_")
        assert (second.id, second.name, second.arguments) == ("f2", "time", {})
        assert result.finish == "tool_calls"
        assert (result.id, result.model) == ("r1", "gemini-3.5-flash-001")
        usage = result.usage
        assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens, usage.cached_tokens) == (12, 8, 3, 4)
        assert result.extra["groundingMetadata"] == {"webSearchQueries": ["x"]}
        assert result.extra["service_parts"] == [{"executableCode": {"language": "PYTHON", "code": "1+1"}}]
        top = TokenLogprob(token="Hi", logprob=-1.5)
        assert result.logprobs == (TokenLogprob(token="Grüße ", logprob=-0.5, alternatives=(top,)),)


def test_every_split_into_two_pieces_gives_the_same() -> None:
    data, binding = events(RICH[2], RICH[3], RICH[-1], named=False), gemini()
    for at in range(1, len(data)):
        canned = CannedReply(headers={"Content-Type": "text/event-stream"}, chunks=(data[:at], data[at:]))
        assert folded(stream(binding, ask(), ScriptedDriver([canned]))).text == "Grüße 🙂"


@pytest.mark.parametrize("kept", range(1, len(RICH)))
def test_a_stream_that_is_cut_off_is_a_bad_reply_after_what_came(kept: int) -> None:
    driver = ScriptedDriver([event_stream(events(*RICH[:kept], named=False))])
    parts: list[Any] = []

    def run() -> None:
        for piece in driver.iterate(gemini().chat_flow(ask())):
            parts.extend(piece)

    assert isinstance(failure(run), errors.BadReply)
    assert not any(isinstance(part, Finished) for part in parts)
    assert any(isinstance(part, TextDelta) for part in parts) is (kept > 2)


def test_an_answer_goes_back_as_it_came() -> None:
    result, _ = answer(gemini(), ask(), event_stream(events(*RICH, named=False)))
    made_up = result.tool_calls[0].id
    conversation = (Message.user("x"), result.message, Message.tool(made_up, "sunny"), Message.tool("f2", "noon"))
    body, _ = build(ChatRequest(messages=conversation))
    assert body["contents"][1]["parts"] == [
        {"text": "Let me.", "thought": True},
        {"text": "Grüße 🙂"},
        {"text": "", "thoughtSignature": "c2ln"},
        {"functionCall": {"name": "weather", "args": {"town": "Zürich"}}, "thoughtSignature": "dHdv"},
        {"functionCall": {"name": "time", "args": {}, "id": "f2"}},
    ]


REASONS = [
    ("STOP", "stop"),
    ("MAX_TOKENS", "length"),
    ("SAFETY", "content_filter"),
    ("RECITATION", "content_filter"),
    ("BLOCKLIST", "content_filter"),
    ("PROHIBITED_CONTENT", "content_filter"),
    ("SPII", "content_filter"),
    ("IMAGE_SAFETY", "content_filter"),
    ("MALFORMED_FUNCTION_CALL", "error"),
    ("OTHER", "other"),
    ("LANGUAGE", "other"),
    ("INVENTED_TOMORROW", "other"),
]


@pytest.mark.parametrize(("reason", "finish"), REASONS)
def test_reasons_for_the_end(reason: str, finish: str) -> None:
    data = events(chunk({"text": "x"}, finishReason=reason, finishMessage="so"), named=False)
    result, _ = answer(gemini(), ask(), event_stream(data))
    assert (result.text, result.finish) == ("x", finish)
    assert result.extra["finish_reason"] == reason
    assert result.extra["finish_message"] == "so"


def test_several_candidates_and_images() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": PNG.base64()}}
    rows = [
        {
            "candidates": [
                {"index": 0, "content": {"parts": [{"text": "a"}]}},
                {"index": 1, "content": {"parts": [{"text": "b"}]}},
            ]
        },
        {"candidates": [{"index": 1, "finishReason": "MAX_TOKENS"}]},
        {"candidates": [{"index": 0, "content": {"parts": [picture]}, "finishReason": "STOP"}]},
    ]
    result, _ = answer(gemini(), ask(count=2), event_stream(events(*rows, named=False)))
    assert result.text == "a"
    assert result.message.images[0].media == PNG
    assert [message.text for message in result.alternatives] == ["b"]
    cut = event_stream(events(*rows[:2], named=False))
    assert isinstance(failure(lambda: answer(gemini(), ask(count=2), cut)), errors.BadReply)


def error(code: int, status: str, message: str = "no", *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


WAIT = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "31s"}
BAD_KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
QUOTA = "You exceeded your current quota, please check your plan and billing details."
ERRORS: list[tuple[dict[str, Any], type[errors.LollmsError]]] = [
    (error(400, "INVALID_ARGUMENT"), errors.Rejected),
    (error(400, "INVALID_ARGUMENT", "API key not valid.", BAD_KEY), errors.AuthenticationFailed),
    (
        error(400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens allowed (8)."),
        errors.ContextTooLong,
    ),
    (error(401, "UNAUTHENTICATED"), errors.AuthenticationFailed),
    (error(403, "PERMISSION_DENIED"), errors.PermissionDenied),
    (error(404, "NOT_FOUND"), errors.NotFound),
    (error(429, "RESOURCE_EXHAUSTED"), errors.RateLimited),
    (error(429, "RESOURCE_EXHAUSTED", QUOTA), errors.QuotaExceeded),
    (error(429, "RESOURCE_EXHAUSTED", QUOTA, WAIT), errors.RateLimited),
    (error(500, "INTERNAL"), errors.Unavailable),
    (error(503, "UNAVAILABLE", "The model is overloaded."), errors.Unavailable),
]


@pytest.mark.parametrize(("body", "kind"), ERRORS)
@pytest.mark.parametrize("place", ["reply", "list", "stream"])
def test_errors(body: dict[str, Any], kind: type[errors.LollmsError], place: str) -> None:
    if place == "stream":
        canned = event_stream(events(chunk({"text": "so"}), body, named=False), headers={"x-request-id": "q1"})
    else:
        value = [body] if place == "list" else body
        canned = CannedReply(status=body["error"]["code"], body=value, headers={"x-request-id": "q1"})
    driver = ScriptedDriver([canned])
    found = failure(lambda: driver.run(gemini(max_retries=0).chat_result_flow(ask())))
    assert type(found) is kind
    assert found.details["request_id"] == "q1"
    assert found.details["service_status"] == body["error"]["status"]
    if WAIT in body["error"]["details"]:
        assert found.details["retry_after"] == 31.0


def test_an_error_with_a_good_status_is_an_error() -> None:
    canned = CannedReply(body=[error(500, "INTERNAL")])
    assert isinstance(failure(lambda: answer(gemini(), ask(), canned)), errors.CallError)


def test_a_blocked_prompt_is_a_content_filtered_error() -> None:
    feedback = {"blockReason": "SAFETY", "safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "blocked": True}]}
    data = events({"promptFeedback": feedback, "responseId": "r9"}, named=False)
    found = failure(lambda: answer(gemini(), ask(), event_stream(data)))
    assert isinstance(found, errors.ContentFiltered)
    assert found.details["reason"] == "SAFETY"
    assert found.details["request_id"] == "r9"


def test_tokens_are_counted_by_the_service() -> None:
    driver = ScriptedDriver([CannedReply(body={"totalTokens": 4}), CannedReply(body={"totalTokens": 9})])
    assert driver.run(gemini().token_count_flow("Hello")) == 4
    assert driver.run(gemini().request_token_count_flow(ask(tools=(WEATHER,)))) == 9
    bodies = [body_of(request) for request in driver.requests]
    assert bodies[0] == {"contents": HELLO}
    assert bodies[1]["generateContentRequest"]["model"] == "models/gemini-3.5-flash"
    for body in bodies:
        check_body("CountTokensRequest", body)
    bad = ScriptedDriver([CannedReply(body={})])
    assert isinstance(failure(lambda: bad.run(gemini().token_count_flow("x"))), errors.BadReply)


def test_embeddings_go_in_hundreds() -> None:
    def vectors(count: int) -> CannedReply:
        return CannedReply(
            body={"embeddings": [{"values": [1, 0.5]}] * count, "usageMetadata": {"promptTokenCount": count}}
        )

    driver = ScriptedDriver([vectors(100), vectors(20)])
    request = EmbeddingRequest(texts=("a",) * 120, dimensions=2, purpose="query", extra={"title": "t"})
    result = driver.run(gemini().embedding_flow(request))
    body = body_of(driver.requests[0])
    check_body(
        "BatchEmbedContentsRequest", {"requests": [{k: v for k, v in body["requests"][0].items() if k != "title"}]}
    )
    assert body["requests"][0] == {
        "model": "models/gemini-embedding-001",
        "content": {"parts": [{"text": "a"}]},
        "taskType": "RETRIEVAL_QUERY",
        "title": "t",
        "outputDimensionality": 2,
    }
    assert [len(body_of(item)["requests"]) for item in driver.requests] == [100, 20]
    assert (len(result.vectors), result.vectors[0], result.usage.input_tokens) == (120, (1.0, 0.5), 120)
    short = ScriptedDriver([vectors(1)])
    error = failure(lambda: short.run(gemini().embedding_flow(EmbeddingRequest(texts=("a", "b")))))
    assert isinstance(error, errors.BadReply)


def test_embeddings_on_vertex() -> None:
    row = {"embeddings": {"values": [1, 2], "statistics": {"token_count": 3}}}
    driver = ScriptedDriver([CannedReply(body={"predictions": [row]})] * 2)
    binding = gemini(vertex_project="p", access_token=TOKEN)
    result = driver.run(binding.embedding_flow(EmbeddingRequest(texts=("a", "b"), dimensions=2, purpose="document")))
    instance = {"content": "a", "task_type": "RETRIEVAL_DOCUMENT"}
    assert body_of(driver.requests[0]) == {"instances": [instance], "parameters": {"outputDimensionality": 2}}
    assert driver.requests[0].url.endswith("/publishers/google/models/gemini-embedding-001:predict")
    assert (result.vectors, result.usage.input_tokens) == (((1.0, 2.0), (1.0, 2.0)), 6)


def test_models_are_listed_over_all_pages() -> None:
    row = {
        "name": "models/one",
        "displayName": "One",
        "inputTokenLimit": 9,
        "outputTokenLimit": 3,
        "supportedGenerationMethods": ["generateContent", "novel"],
        "thinking": True,
    }
    driver = ScriptedDriver([CannedReply(body={"models": [row], "nextPageToken": "t"}), CannedReply(body={})])
    (model,) = driver.run(gemini().models_flow())
    assert (model.name, model.title, model.context_tokens, model.output_tokens) == ("one", "One", 9, 3)
    assert model.capabilities == ("generate", "novel", "reasoning")
    assert [request.url.partition("?")[2] for request in driver.requests] == [
        "pageSize=1000",
        "pageSize=1000&pageToken=t",
    ]
    vertex = ScriptedDriver([CannedReply(body={"publisherModels": [{"name": "publishers/google/models/two"}]})])
    (model,) = vertex.run(gemini(vertex_project="p", access_token=TOKEN).models_flow())
    assert model.name == "two"
