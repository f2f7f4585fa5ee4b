"""Gemini's chat: requests against the discovery document and the official SDK, replies in every shape and cut."""

from __future__ import annotations

from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.types.chat import ChatRequest, Finished, ResponseFormat, TextDelta, TokenLogprob, Tool
from lollms_client.types.embedding import EmbeddingRequest
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
from tests.loopback import Line, Received
from tests.services.gemini.discovery import camel, check_body
from tests.services.native_cases import (
    KEY,
    answer,
    body_of,
    captured,
    event_stream,
    events,
    failure,
    folded,
    native,
    stream,
)

PNG = Media(b"\x89PNG\r\n\x1a\n" + b"\0" * 16)
WAV = Media(b"RIFF\0\0\0\0WAVE")
TOWN = {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]}
WEATHER = Tool(name="weather", description="The weather of a town.", parameters=TOWN)
DECLARED = {"name": "weather", "description": "The weather of a town.", "parametersJsonSchema": TOWN}
TOOLS = [{"functionDeclarations": [DECLARED]}]
HELLO = [{"role": "user", "parts": [{"text": "Hello"}]}]
TOKEN = "canary-token-77aa10"


def ask(**fields: Any) -> ChatRequest:
    return ChatRequest(messages=(Message.user("Hello"),), **fields)


def gemini(**settings: Any) -> Any:
    return native("llm", "gemini", **settings)


def build(request: ChatRequest) -> tuple[dict[str, Any], list[str]]:
    """The body, which fits the discovery document, and what was warned of."""
    builder = gemini().builder(request)
    body = builder.body()
    check_body("GenerateContentRequest", body)
    return body, [f"{warning.kind} {warning.setting}" for warning in builder.warnings]


OLD, PRO = "gemini-2.5-flash", "gemini-2.5-pro"
CONFIG: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (
        {"temperature": 0.5, "top_p": 0.9, "top_k": 4, "max_tokens": 9, "seed": 3, "count": 2},
        {"temperature": 0.5, "topP": 0.9, "topK": 4, "maxOutputTokens": 9, "seed": 3, "candidateCount": 2},
        [],
    ),
    (
        {"presence_penalty": 0.1, "frequency_penalty": 0.2, "stop": ("a", "b")},
        {"presencePenalty": 0.1, "frequencyPenalty": 0.2, "stopSequences": ["a", "b"]},
        [],
    ),
    ({"stop": tuple("abcdefg")}, {"stopSequences": list("abcde")}, ["clamped stop"]),
    ({"logprobs": 0}, {"responseLogprobs": True}, []),
    ({"logprobs": 3}, {"responseLogprobs": True, "logprobs": 3}, []),
    ({"response_format": ResponseFormat(kind="json")}, {"responseMimeType": "application/json"}, []),
    (
        {"response_format": ResponseFormat(kind="json_schema", json_schema=TOWN)},
        {"responseMimeType": "application/json", "responseJsonSchema": TOWN},
        [],
    ),
    ({"reasoning_effort": "high"}, {"thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": True}}, []),
    (
        {"reasoning_effort": "max"},
        {"thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": True}},
        ["replaced reasoning_effort"],
    ),
    ({"reasoning_effort": "none"}, {"thinkingConfig": {"thinkingLevel": "MINIMAL"}}, ["replaced reasoning_effort"]),
    ({"model": OLD, "reasoning_effort": "none"}, {"thinkingConfig": {"thinkingBudget": 0}}, []),
    (
        {"model": PRO, "reasoning_effort": "none"},
        {"thinkingConfig": {"thinkingBudget": 128}},
        ["replaced reasoning_effort"],
    ),
    (
        {"model": OLD, "reasoning_effort": "medium"},
        {"thinkingConfig": {"thinkingBudget": 8192, "includeThoughts": True}},
        ["replaced reasoning_effort"],
    ),
    (
        {"model": OLD, "extra": {"thinking_budget": -1, "include_thoughts": False}},
        {"thinkingConfig": {"thinkingBudget": -1, "includeThoughts": False}},
        [],
    ),
    (
        {"extra": {"media_resolution": "MEDIA_RESOLUTION_LOW", "response_modalities": ["TEXT", "IMAGE"]}},
        {"mediaResolution": "MEDIA_RESOLUTION_LOW", "responseModalities": ["TEXT", "IMAGE"]},
        [],
    ),
    ({"extra": {"image_config": {"aspectRatio": "1:1"}}}, {"imageConfig": {"aspectRatio": "1:1"}}, []),
]


@pytest.mark.parametrize(("fields", "config", "warned"), CONFIG)
def test_the_configuration(fields: dict[str, Any], config: dict[str, Any], warned: list[str]) -> None:
    body, warnings = build(ask(**fields))
    assert body == {"contents": HELLO, "generationConfig": config}
    assert warnings == warned


def choice(**config: Any) -> dict[str, Any]:
    return {"tools": TOOLS, "toolConfig": {"functionCallingConfig": config}}


SEARCH: list[dict[str, Any]] = [{"googleSearch": {}}]
OFF = [
    {"category": f"HARM_CATEGORY_{harm}", "threshold": "OFF"}
    for harm in ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
]
BODIES: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({}, {}, []),
    ({"tools": (WEATHER,)}, {"tools": TOOLS}, []),
    ({"tools": (WEATHER,), "tool_choice": "auto"}, choice(mode="AUTO"), []),
    ({"tools": (WEATHER,), "tool_choice": "none"}, choice(mode="NONE"), []),
    ({"tools": (WEATHER,), "tool_choice": "required"}, choice(mode="ANY"), []),
    ({"tools": (WEATHER,), "tool_choice": "weather"}, choice(mode="ANY", allowedFunctionNames=["weather"]), []),
    ({"tools": (Tool(name="now"),)}, {"tools": [{"functionDeclarations": [{"name": "now", "description": ""}]}]}, []),
    ({"tool_choice": "required"}, {}, ["dropped tool_choice"]),
    ({"tools": (WEATHER,), "parallel_tool_calls": True}, {"tools": TOOLS}, ["dropped parallel_tool_calls"]),
    ({"tools": (WEATHER,), "extra": {"server_tools": SEARCH}}, {"tools": TOOLS + SEARCH}, []),
    ({"extra": {"safety_threshold": "OFF"}}, {"safetySettings": OFF}, []),
    ({"extra": {"safety_settings": OFF[:1], "safety_threshold": "BLOCK_NONE"}}, {"safetySettings": OFF[:1]}, []),
    (
        {"extra": {"cached_content": "cachedContents/1", "service_tier": "flex", "store": False}},
        {"cachedContent": "cachedContents/1", "serviceTier": "flex", "store": False},
        [],
    ),
    ({"min_p": 0.1, "repeat_penalty": 1.1}, {}, ["dropped min_p", "dropped repeat_penalty"]),
]


@pytest.mark.parametrize(("fields", "expected", "warned"), BODIES)
def test_the_body(fields: dict[str, Any], expected: dict[str, Any], warned: list[str]) -> None:
    body, warnings = build(ask(**fields))
    assert body == {"contents": HELLO, **expected}
    assert warnings == warned


def test_strict_tools_are_validated_by_the_service() -> None:
    body, _ = build(ask(tools=(Tool(name="w", parameters=TOWN, strict=True),)))
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "VALIDATED"}}


def test_a_whole_conversation_is_carried() -> None:
    messages = (
        Message.system("Be brief."),
        Message(
            role="user",
            parts=(
                ImagePart(media=PNG),
                ImagePart(url="https://example.org/cat.jpg"),
                AudioPart(media=WAV),
                FilePart(media=Media(b"%PDF-1.4"), name="report"),
                FilePart(id="files/abc"),
                FilePart(id="gs://bucket/film.mp4"),
                TextPart(text="What is this?"),
            ),
        ),
        Message(
            role="assistant",
            parts=(
                ReasoningPart(text="hm"),
                TextPart(text="Look:"),
                ReasoningPart(signature="c2ln"),
                ToolCallPart(id="a1", name="weather", arguments={"town": "Bern"}, signature="c2ln"),
                ToolCallPart(id="lollms_1", name="time"),
            ),
        ),
        Message.tool("a1", '{"sky": "clear"}'),
        Message.tool("lollms_1", "noon"),
        Message.tool("a1", "broken", is_error=True),
        Message.user("And now?"),
    )
    body, warnings = build(ChatRequest(messages=messages))
    assert warnings == []
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    files = "https://generativelanguage.googleapis.com/v1beta/files/abc"
    assert body["contents"] == [
        {
            "role": "user",
            "parts": [
                {"inlineData": {"mimeType": "image/png", "data": PNG.base64()}},
                {"fileData": {"fileUri": "https://example.org/cat.jpg"}},
                {"inlineData": {"mimeType": "audio/wav", "data": WAV.base64()}},
                {"inlineData": {"mimeType": "application/pdf", "data": Media(b"%PDF-1.4").base64()}},
                {"fileData": {"fileUri": files}},
                {"fileData": {"fileUri": "gs://bucket/film.mp4"}},
                {"text": "What is this?"},
            ],
        },
        {
            "role": "model",
            "parts": [
                {"text": "hm", "thought": True},
                {"text": "Look:"},
                {"text": "", "thoughtSignature": "c2ln"},
                {"functionCall": {"name": "weather", "args": {"town": "Bern"}, "id": "a1"}, "thoughtSignature": "c2ln"},
                {"functionCall": {"name": "time", "args": {}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "weather", "response": {"sky": "clear"}, "id": "a1"}},
                {"functionResponse": {"name": "time", "response": {"result": "noon"}}},
                {"functionResponse": {"name": "weather", "response": {"error": "broken"}, "id": "a1"}},
                {"text": "And now?"},
            ],
        },
    ]


def test_results_with_images_moved_systems_and_transcripts() -> None:
    result = ToolResultPart(call_id="x", name="look", content=(TextPart(text="see"), ImagePart(media=PNG)))
    messages = (
        Message(role="user", parts=(AudioPart(transcript="words"), ImagePart(url=PNG.data_url()))),
        Message(role="assistant", parts=(ToolCallPart(id="1", name="w", raw_arguments="{"),)),
        Message(role="tool", parts=(result,)),
        Message.system("late"),
    )
    body, warnings = build(ChatRequest(messages=messages))
    assert warnings == ["replaced messages", "dropped messages", "replaced messages"]
    assert body["contents"][0]["parts"][0] == {"text": "words"}
    response = body["contents"][-1]["parts"][0]["functionResponse"]
    assert response["response"] == {"result": "see"}
    assert response["parts"][0]["inlineData"]["mimeType"] == "image/png"


def test_details_without_a_place_are_warned_of() -> None:
    picture = ImagePart(media=PNG, detail="low", cache=True)
    _, warnings = build(ChatRequest(messages=(Message(role="user", parts=(picture,), name="Ann"),)))
    assert warnings == ["dropped name", "dropped detail", "unsupported cache"]


REFUSED: list[tuple[ChatRequest, type[errors.LollmsError]]] = [
    (ChatRequest(messages=(Message.system("x"),)), errors.BadSetting),
    (ask(reasoning_effort="enormous"), errors.BadSetting),
    (ask(prompt="once"), errors.Unsupported),
    (ChatRequest(messages=(Message(role="user", parts=(ImagePart(),)),)), errors.BadMedia),
    (ChatRequest(messages=(Message(role="user", parts=(AudioPart(),)),)), errors.BadMedia),
    (ChatRequest(messages=(Message.tool("unknown", "x"),)), errors.BadSetting),
]


@pytest.mark.parametrize(("request_", "kind"), REFUSED)
def test_what_the_service_cannot_take_is_refused_before_sending(
    request_: ChatRequest, kind: type[errors.LollmsError]
) -> None:
    driver = ScriptedDriver()
    assert type(failure(lambda: driver.run(gemini().chat_result_flow(request_)))) is kind
    assert driver.requests == []


DONE = {"candidates": [{"content": {"parts": [{"text": "x"}], "role": "model"}, "finishReason": "STOP"}]}
PLACES: list[tuple[dict[str, Any], dict[str, Any], str, str, str]] = [
    ({}, {}, "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.5-flash", "x-goog-api-key", KEY),
    (
        {},
        {"model": "tunedModels/mine"},
        "https://generativelanguage.googleapis.com/v1beta/tunedModels/mine",
        "x-goog-api-key",
        KEY,
    ),
    (
        {"host_address": "proxy:8080/", "api_version": "v1"},
        {"model": "models/m"},
        "http://proxy:8080/v1/models/m",
        "x-goog-api-key",
        KEY,
    ),
    (
        {"vertex_project": "p", "access_token": TOKEN},
        {"model": "m"},
        "https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/publishers/google/models/m",
        "Authorization",
        f"Bearer {TOKEN}",
    ),
    (
        {"vertex_project": "p", "vertex_location": "europe-west4", "access_token": TOKEN},
        {"model": "m"},
        "https://europe-west4-aiplatform.googleapis.com/v1beta1/projects/p/locations/europe-west4/publishers/google/models/m",
        "Authorization",
        f"Bearer {TOKEN}",
    ),
]


@pytest.mark.parametrize(("settings", "fields", "address", "header", "value"), PLACES)
def test_addresses_and_keys(
    settings: dict[str, Any], fields: dict[str, Any], address: str, header: str, value: str
) -> None:
    _, driver = answer(gemini(**settings), ask(**fields), event_stream(events(DONE, named=False)))
    sent = driver.requests[0]
    assert sent.url == f"{address}:streamGenerateContent?alt=sse"
    headers = sent.plain_headers()
    assert headers[header] == value
    assert len({"Authorization", "x-goog-api-key"} & headers.keys()) == 1
    assert KEY not in sent.url + repr(sent)
    assert TOKEN not in sent.url + repr(sent)


@pytest.mark.parametrize(("settings", "missing"), [({}, "service_key"), ({"vertex_project": "p"}, "access_token")])
def test_without_a_key_nothing_is_sent(settings: dict[str, Any], missing: str) -> None:
    error = failure(lambda: ScriptedDriver().run(gemini(service_key=None, **settings).chat_result_flow(ask())))
    assert isinstance(error, errors.MissingKey)
    assert error.details["setting"] == missing


# --- replies ---------------------------------------------------------------------------------------------------------


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


# --- tokens, embeddings, models --------------------------------------------------------------------------------------


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


# --- the official SDK sends the same ---------------------------------------------------------------------------------


def same_cases() -> list[tuple[ChatRequest, dict[str, Any]]]:
    call = Message(
        role="assistant", parts=(ToolCallPart(id="a", name="weather", arguments={"town": "B"}, signature="c2ln"),)
    )
    conversation = (Message.user("Hello"), call, Message.tool("a", '{"sky": "clear"}'))
    return [
        (ask(), {}),
        (
            ask(temperature=0.5, top_k=4, seed=3, stop=("a",)),
            {"temperature": 0.5, "top_k": 4, "seed": 3, "stop_sequences": ["a"]},
        ),
        (ask(reasoning_effort="low"), {"thinking_config": {"thinking_level": "LOW", "include_thoughts": True}}),
        (
            ask(response_format=ResponseFormat(kind="json_schema", json_schema=TOWN)),
            {"response_mime_type": "application/json", "response_json_schema": TOWN},
        ),
        (
            ask(tools=(WEATHER,), tool_choice="weather"),
            {
                "tools": [
                    {
                        "function_declarations": [
                            {"name": "weather", "description": "The weather of a town.", "parameters_json_schema": TOWN}
                        ]
                    }
                ],
                "tool_config": {"function_calling_config": {"mode": "ANY", "allowed_function_names": ["weather"]}},
                "automatic_function_calling": {"disable": True},
            },
        ),
        (ask(extra={"safety_threshold": "OFF"}), {"safety_settings": OFF}),
        (ask(extra={"cached_content": "cachedContents/1"}), {"cached_content": "cachedContents/1"}),
        (
            ChatRequest(messages=(Message.system("Be brief."), Message.user("Hello"))),
            {"system_instruction": {"parts": [{"text": "Be brief."}]}},
        ),
        (
            ChatRequest(messages=conversation),
            {
                "contents": [
                    *HELLO,
                    {
                        "role": "model",
                        "parts": [
                            {
                                "function_call": {"id": "a", "name": "weather", "args": {"town": "B"}},
                                "thought_signature": b"sig",
                            }
                        ],
                    },
                    {
                        "role": "user",
                        "parts": [{"function_response": {"id": "a", "name": "weather", "response": {"sky": "clear"}}}],
                    },
                ]
            },
        ),
    ]


@pytest.mark.parametrize(("ours", "theirs"), same_cases())
def test_the_official_sdk_sends_the_same(ours: ChatRequest, theirs: dict[str, Any]) -> None:
    sdk = pytest.importorskip("google.genai")

    def serve(line: Line, request: Received) -> None:
        line.begin()
        line.chunk(events(DONE, named=False))
        line.end()

    def use_sdk(address: str) -> None:
        client = sdk.Client(api_key=KEY, vertexai=False, http_options={"base_url": address})
        config = {**theirs}
        contents = config.pop("contents", HELLO)
        list(client.models.generate_content_stream(model="gemini-3.5-flash", contents=contents, config=config))
        client.close()

    def use_ours(address: str) -> None:
        binding = gemini(host_address=address, api_version="v1")  # the SDK's default; the document we follow is v1beta
        list(binding._driver().iterate(binding.chat_flow(ours), binding._context()))

    theirs_sent, ours_sent = (captured(serve, use)[0] for use in (use_sdk, use_ours))
    assert (ours_sent.method, ours_sent.target) == (theirs_sent.method, theirs_sent.target)
    assert ours_sent.headers["x-goog-api-key"] == theirs_sent.headers["x-goog-api-key"]
    expected = camel(theirs_sent.json())
    expected.get("systemInstruction", {}).pop("role", None)
    assert {name: value for name, value in expected.items() if value} == ours_sent.json()
