"""The same calls through the official openai package and through the bindings: their requests mean the same."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest

from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from tests.loopback import Line, Received, loopback
from tests.services.openai_llm.cases import KEY, binding, completion, sent, sse
from tests.services.openai_llm.cases import chunk as chat_chunk
from tests.services.openai_llm.test_chat_requests import WEATHER
from tests.services.openai_llm.test_responses import CALL, EVENTS, MESSAGE, REASONING, response

openai: Any = importlib.import_module("openai")

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
IMAGE = "https://example.com/cat.png"
VECTORS = {"object": "list", "model": "m", "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}],
           "usage": {"prompt_tokens": 1, "total_tokens": 1}}  # fmt: skip


def through_the_sdk(
    call: Callable[[Any], Any], reply: Any, client: str = "OpenAI", **options: Any
) -> tuple[Received, Any]:
    """What the package sent, and what it made of the reply."""

    def handler(line: Line, request: Received) -> object:
        if isinstance(reply, CannedReply):
            line.begin()
            for piece in reply.pieces():
                line.chunk(piece)
            line.end()
        else:
            line.reply(reply)
        return None

    with loopback(handler) as server:
        address = {"azure_endpoint": server.url} if client == "AzureOpenAI" else {"base_url": f"{server.url}/v1"}
        made = getattr(openai, client)(api_key=KEY, max_retries=0, **address, **options)
        try:
            found = call(made)
            return server.requests[0], found
        finally:
            made.close()


def ours(messages: Any, given: dict[str, Any], reply: Any, *, stream: bool = False, **settings: Any) -> ScriptedDriver:
    """The driver that saw our request."""
    service = binding("openai", model_name="gpt-4.1", **settings)
    driver = ScriptedDriver([reply if isinstance(reply, CannedReply) else CannedReply(body=reply)])
    request = service.chat_request(messages, given)
    if stream:
        list(driver.iterate(service.chat_flow(request)))
    else:
        driver.run(service.chat_result_flow(request))
    return driver


def same(driver: ScriptedDriver, theirs: Received) -> None:
    """Path, key and body of our request are those of the package."""
    request = driver.requests[0]
    assert request.method == theirs.method
    assert request.url.removeprefix("https://api.openai.com") == theirs.target
    assert request.plain_headers()["Authorization"] == theirs.headers["authorization"]
    if request.body is not None:
        body, wanted = sent(driver), theirs.json()
        assert {**body, "stream": body.get("stream", False)} == {**wanted, "stream": wanted.get("stream", False)}


CHATS: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({}, {}),
    ({"max_tokens": 9, "temperature": 0.5}, {"max_completion_tokens": 9, "temperature": 0.5}),
    ({"top_p": 0.5, "seed": 3, "stop": ["x"], "count": 2}, {"top_p": 0.5, "seed": 3, "stop": ["x"], "n": 2}),
    ({"logprobs": 2, "logit_bias": {"5": 1}}, {"logprobs": True, "top_logprobs": 2, "logit_bias": {"5": 1}}),
    (
        {"tools": [WEATHER], "tool_choice": "weather", "parallel_tool_calls": False},
        {
            "tools": [{"type": "function", "function": WEATHER}],
            "tool_choice": {"type": "function", "function": {"name": "weather"}},
            "parallel_tool_calls": False,
        },
    ),
    (
        {"response_format": {**SCHEMA, "title": "thing"}},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "thing", "schema": {**SCHEMA, "title": "thing"}, "strict": True},
            }
        },
    ),
    (
        {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}, "service_tier": "flex"},
        {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}, "service_tier": "flex"},
    ),
)


@pytest.mark.parametrize(("given", "theirs"), CHATS)
def test_chats(given: dict[str, Any], theirs: dict[str, Any]) -> None:
    messages: list[Any] = [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": IMAGE}}],
        },
    ]

    def call(client: Any) -> Any:
        return client.chat.completions.create(model="gpt-4.1", messages=messages, **theirs)

    request, reply = through_the_sdk(call, completion())
    assert reply.choices[0].message.content == "Hello."
    same(ours(messages, given, completion()), request)


def test_a_streamed_chat() -> None:
    chunks = sse(chat_chunk({"content": "Hel"}), chat_chunk({"content": "lo."}, "stop"))

    def call(client: Any) -> Any:
        options = {"stream": True, "stream_options": {"include_usage": True}}
        messages = [{"role": "user", "content": "Hi"}]
        return list(client.chat.completions.create(model="gpt-4.1", messages=messages, **options))

    request, pieces = through_the_sdk(call, chunks)
    assert [piece.choices[0].delta.content for piece in pieces] == ["Hel", "lo."]
    same(ours("Hi", {}, chunks, stream=True), request)


RESPONSES: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({}, {}),
    ({"max_tokens": 9, "temperature": 0.5}, {"max_output_tokens": 9, "temperature": 0.5}),
    (
        {"reasoning_effort": "low", "reasoning_summary": "auto"},
        {"reasoning": {"effort": "low", "summary": "auto"}},
    ),
    (
        {"tools": [{**WEATHER, "strict": True}], "tool_choice": "weather"},
        {
            "tools": [{"type": "function", **WEATHER, "strict": True}],
            "tool_choice": {"type": "function", "name": "weather"},
        },
    ),
    (
        {"response_format": {**SCHEMA, "title": "thing"}, "verbosity": "low"},
        {
            "text": {
                "format": {
                    "type": "json_schema",
                    "name": "thing",
                    "schema": {**SCHEMA, "title": "thing"},
                    "strict": True,
                },
                "verbosity": "low",
            }
        },
    ),
)


@pytest.mark.parametrize(("given", "theirs"), RESPONSES)
def test_responses(given: dict[str, Any], theirs: dict[str, Any]) -> None:
    def call(client: Any) -> Any:
        asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
        return client.responses.create(model="gpt-4.1", input=asked, store=False, **theirs)

    request, reply = through_the_sdk(call, response(REASONING, MESSAGE, CALL))
    assert reply.output_text == "Hello."
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    same(ours(messages, given, response(MESSAGE), wire="responses"), request)


def test_a_streamed_response() -> None:
    events = sse(*EVENTS, done=False)

    def call(client: Any) -> Any:
        asked = [{"role": "user", "content": "Hi"}]
        return list(client.responses.create(model="gpt-4.1", input=asked, store=False, stream=True))

    request, seen = through_the_sdk(call, events)
    assert len(seen) == len(EVENTS)
    same(ours("Hi", {}, events, stream=True, wire="responses"), request)


def test_a_raw_prompt() -> None:
    reply = {"id": "c", "object": "text_completion", "created": 1, "model": "m",
             "choices": [{"text": "!", "index": 0, "finish_reason": "stop", "logprobs": None}]}  # fmt: skip

    def call(client: Any) -> Any:
        return client.completions.create(model="gpt-4.1", prompt="Hello", max_tokens=5, echo=True)

    request, _ = through_the_sdk(call, reply)
    same(ours("unused", {"prompt": "Hello", "max_tokens": 5, "echo": True}, reply), request)


def test_embeddings() -> None:
    def call(client: Any) -> Any:
        return client.embeddings.create(model="gpt-4.1", input=["text"], dimensions=2, encoding_format="base64")

    request, _ = through_the_sdk(call, VECTORS)
    service = binding("openai", model_name="gpt-4.1")
    driver = ScriptedDriver([CannedReply(body=VECTORS)])
    driver.run(service.embedding_flow(service.embedding_request(["text"], {"dimensions": 2})))
    same(driver, request)


def test_models_and_token_counts() -> None:
    listed = {"object": "list", "data": [{"id": "a", "object": "model", "created": 1, "owned_by": "x"}]}
    request, _ = through_the_sdk(lambda client: list(client.models.list()), listed)
    driver = ScriptedDriver([CannedReply(body=listed)])
    driver.run(binding("openai").models_flow())
    same(driver, request)
    counted = {"object": "response.input_tokens", "input_tokens": 5}

    def call(client: Any) -> Any:
        return client.responses.input_tokens.count(model="gpt-4.1", input="Hello")

    request, _ = through_the_sdk(call, counted)
    driver = ScriptedDriver([CannedReply(body=counted)])
    driver.run(binding("openai", model_name="gpt-4.1").token_count_flow("Hello"))
    same(driver, request)


def test_azure() -> None:
    def call(client: Any) -> Any:
        messages = [{"role": "user", "content": "Hi"}]
        return client.chat.completions.create(model="gpt-4.1", messages=messages, max_completion_tokens=5)

    request, _ = through_the_sdk(call, completion(), "AzureOpenAI", api_version="2024-10-21")
    service = binding("azure_openai", resource="mine", api_version="2024-10-21", model_name="gpt-4.1")
    driver = ScriptedDriver([CannedReply(body=completion())])
    driver.run(service.chat_result_flow(service.chat_request("Hi", {"max_tokens": 5})))
    assert driver.requests[0].url == "https://mine.openai.azure.com" + request.target
    assert driver.requests[0].plain_headers()["api-key"] == request.headers["api-key"]
    body, wanted = sent(driver), request.json()
    assert body.pop("max_tokens") == wanted.pop("max_completion_tokens")
    assert body == wanted
