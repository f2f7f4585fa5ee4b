"""Against a real server on loopback: llama.cpp's listener speaks the Messages API too, here with a small model."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, LollmsClient, errors
from lollms_client.assets import ensure
from lollms_client.drivers.blocking import BlockingDriver
from lollms_client.drivers.context import CallContext
from lollms_client.engines.asset_catalogue import SMOLLM2, SMOLLM2_FILE
from lollms_client.types.chat import ChatRequest, TextDelta, Tool
from lollms_client.types.message import Message, ReasoningPart, ToolCallPart
from tests.services.native_cases import KEY, failure, folded, native

xllamacpp: Any = importlib.import_module("xllamacpp")

DRIVER = BlockingDriver()
WEATHER = Tool(
    name="weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
)
ASK = ChatRequest(messages=(Message.system("Be brief."), Message.user("Say hello.")), max_tokens=12, temperature=0.0)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    parameters = xllamacpp.CommonParams()
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [KEY]
    parameters.model.path = str(ensure(SMOLLM2) / SMOLLM2_FILE)
    parameters.n_ctx = 1024
    parameters.n_parallel = 2
    parameters.warmup = False
    parameters.verbosity = 0
    for processors in (parameters.cpuparams, parameters.cpuparams_batch):
        processors.n_threads = 1
        processors.poll = 0
    server = xllamacpp.Server(parameters)
    yield str(server.listening_address).rstrip("/")
    del server


def claude(address: str, **settings: Any) -> Any:
    return native("llm", "anthropic", host_address=address, model_name="claude-haiku-4-5", **settings)


def test_chats_are_streamed_to_their_end(address: str) -> None:
    parts = [part for parts in DRIVER.iterate(claude(address).chat_flow(ASK), CallContext()) for part in parts]
    result = folded(parts)
    assert sum(isinstance(part, TextDelta) for part in parts) > 1
    assert result.text
    assert result.finish in ("stop", "length")
    assert result.usage.input_tokens
    assert result.usage.output_tokens
    assert result.id
    assert result.warnings == ()


def test_a_conversation_with_tools_and_thinking_is_taken(address: str) -> None:
    call = (
        ReasoningPart(text="hm", signature="c2ln"),
        ToolCallPart(id="t1", name="weather", arguments={"city": "Bern"}),
    )
    messages = (Message.user("Weather in Bern?"), Message(role="assistant", parts=call), Message.tool("t1", "sunny"))
    request = ChatRequest(messages=messages, tools=(WEATHER,), tool_choice="auto", max_tokens=12)
    result = DRIVER.run(claude(address).chat_result_flow(request), CallContext())
    assert result.text
    assert result.usage.input_tokens


def test_an_answer_can_be_left_early(address: str) -> None:
    request = ChatRequest(messages=(Message.user("Tell me a long story."),), max_tokens=900)
    stream = DRIVER.iterate(claude(address).chat_flow(request), CallContext())
    next(stream)
    stream.close()
    assert DRIVER.run(claude(address).chat_result_flow(ASK), CallContext()).text


def test_tokens_are_counted(address: str) -> None:
    short, long = (
        DRIVER.run(claude(address).token_count_flow(text), CallContext()) for text in ("Hi", "Hi there, dear world")
    )
    assert 0 < short < long
    assert claude(address).count_tokens("Hi") == short


def test_a_wrong_key_is_refused(address: str) -> None:
    binding = claude(address, service_key="wrong-key-000000", max_retries=0)
    error = failure(lambda: DRIVER.run(binding.chat_result_flow(ASK), CallContext()))
    assert isinstance(error, errors.AuthenticationFailed)


def test_the_client_asks_it_with_and_without_asyncio(address: str) -> None:
    settings = {"host_address": address, "service_key": KEY, "model_name": "claude-haiku-4-5", "proxy": ""}
    with LollmsClient(llm_binding_name="anthropic", llm_binding_config=settings) as client:
        first = client.chat("Say hello.", max_tokens=8, temperature=0.0)

    async def ask() -> str:
        async with AsyncLollmsClient(llm_binding_name="anthropic", llm_binding_config=settings) as client:
            return (await client.chat("Say hello.", max_tokens=8, temperature=0.0)).text

    assert first.text == asyncio.run(ask()) != ""
