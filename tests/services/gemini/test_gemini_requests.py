"""Gemini's chat requests, against the discovery document."""

from __future__ import annotations

from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import ScriptedDriver
from lollms_client.types.chat import ChatRequest, ResponseFormat, Tool
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
from tests.services.gemini.chat_cases import (
    DONE,
    HELLO,
    OFF,
    PNG,
    TOKEN,
    TOOLS,
    TOWN,
    WAV,
    WEATHER,
    ask,
    build,
    gemini,
)
from tests.services.native_cases import (
    KEY,
    answer,
    event_stream,
    events,
    failure,
)

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
