"""Gemini's chat: the official SDK sends the same."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from lollms_client.types.chat import ChatRequest, ResponseFormat
from lollms_client.types.message import (
    Message,
    ToolCallPart,
)
from tests.loopback import Line, Received
from tests.services.gemini.chat_cases import (
    DONE,
    HELLO,
    OFF,
    TOWN,
    WEATHER,
    ask,
    gemini,
)
from tests.services.gemini.discovery import camel
from tests.services.native_cases import (
    KEY,
    captured,
    events,
)


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
    sdk = importlib.import_module("google.genai")

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
