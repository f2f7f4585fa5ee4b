"""Against a real server on loopback: llama.cpp's, as the package xllamacpp carries it, with a small model."""

from __future__ import annotations

import asyncio
import importlib
import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, LollmsClient, errors
from lollms_client.assets import ensure
from lollms_client.drivers.blocking import BlockingDriver
from lollms_client.drivers.context import CallContext
from lollms_client.engines.asset_catalogue import SMOLLM2, SMOLLM2_FILE
from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM
from lollms_client.types import ChatAccumulator, ChatResult, Message, TextDelta, ToolCallPart
from tests.services.openai_llm.cases import binding

xllamacpp: Any = importlib.import_module("xllamacpp")

DRIVER = BlockingDriver()
SERVER_KEY = "key-of-the-test-server"
WEATHER = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
SCHEMA = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}


def started(*, embedding: bool) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [SERVER_KEY]
    parameters.model.path = str(ensure(SMOLLM2) / SMOLLM2_FILE)
    parameters.n_ctx = 1024
    parameters.n_parallel = 2
    parameters.embedding = embedding
    parameters.endpoint_slots = True
    parameters.warmup = False
    parameters.verbosity = 0
    for processors in (parameters.cpuparams, parameters.cpuparams_batch):
        processors.n_threads = 1
        processors.poll = 0
    if embedding:
        parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    return xllamacpp.Server(parameters)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = started(embedding=False)
    yield str(server.listening_address).rstrip("/")
    del server


@pytest.fixture
def embedder() -> Iterator[OpenAICompatibleLLM]:
    server = started(embedding=True)
    host = str(server.listening_address).rstrip("/") + "/v1"
    yield binding("llama_cpp_server", host_address=host, service_key=SERVER_KEY, model_name="smollm2")
    del server


@pytest.fixture
def service(address: str) -> OpenAICompatibleLLM:
    return binding("llama_cpp_server", host_address=f"{address}/v1", service_key=SERVER_KEY, model_name="smollm2")


def whole(service: OpenAICompatibleLLM, text: Any = "Say hello.", **given: Any) -> ChatResult:
    given = {"max_tokens": 12, "temperature": 0.0, **given}
    return DRIVER.run(service.chat_result_flow(service.chat_request(text, given)), CallContext())


def streamed(service: OpenAICompatibleLLM, text: Any = "Say hello.", **given: Any) -> tuple[list[str], ChatResult]:
    given = {"max_tokens": 12, "temperature": 0.0, **given}
    accumulator = ChatAccumulator()
    texts: list[str] = []
    for batch in DRIVER.iterate(service.chat_flow(service.chat_request(text, given)), CallContext()):
        accumulator.add_all(batch)
        texts += [part.text for part in batch if isinstance(part, TextDelta)]
    return texts, accumulator.result()


@pytest.mark.parametrize("wire", ["chat", "responses"])
def test_chats_whole_and_streamed_are_the_same(service: OpenAICompatibleLLM, wire: str) -> None:
    first = whole(service, wire=wire)
    pieces, second = streamed(service, wire=wire)
    assert first.text
    assert len(pieces) > 1
    assert second.text == "".join(pieces) == first.text
    assert first.usage.output_tokens == second.usage.output_tokens
    assert first.usage.input_tokens


@pytest.mark.parametrize("name", ["openai_compatible", "vllm"])
def test_other_bindings_of_the_family_speak_with_it_too(address: str, name: str) -> None:
    service = binding(name, host_address=f"{address}/v1", service_key=SERVER_KEY, model_name="smollm2")
    for wire in ("chat", "responses"):
        assert whole(service, wire=wire).text == streamed(service, wire=wire)[1].text != ""


def test_the_client_asks_it_with_and_without_asyncio(address: str) -> None:
    settings = {"host_address": f"{address}/v1", "service_key": SERVER_KEY, "model_name": "smollm2", "proxy": ""}
    with LollmsClient(llm_binding_name="llama_cpp_server", llm_binding_config=settings) as client:
        first = client.chat("Say hello.", max_tokens=8, temperature=0.0)
        assert client.count_tokens("Hello, world!") > 2

    async def ask() -> tuple[str, str]:
        async with AsyncLollmsClient(llm_binding_name="llama_cpp_server", llm_binding_config=settings) as waiting:
            answer = await waiting.chat("Say hello.", max_tokens=8, temperature=0.0)
            stream = waiting.stream_chat("Say hello.", max_tokens=8, temperature=0.0)
            return answer.text, "".join([text async for text in stream.texts()])

    assert asyncio.run(ask()) == (first.text, first.text)


def test_a_raw_prompt_is_carried_on(service: OpenAICompatibleLLM) -> None:
    pieces, result = streamed(service, "unused", prompt="One, two, three, four,", max_tokens=6)
    assert "five" in result.text
    assert len(pieces) > 1
    assert result.finish == "length"


def test_logprobs_seed_stop_and_sampling_reach_the_server(service: OpenAICompatibleLLM) -> None:
    result = whole(service, logprobs=2, seed=5, top_k=20, min_p=0.1, repeat_penalty=1.1, stop=["zzz"])
    assert len(result.logprobs) >= 3
    assert len(result.logprobs[0].alternatives) == 2
    assert result.warnings == ()


def test_tools_and_what_they_answered_are_read(service: OpenAICompatibleLLM) -> None:
    call = Message(role="assistant", parts=(ToolCallPart(id="c1", name="weather", arguments={"city": "Paris"}),))
    talk = [Message.user("The weather in Paris?"), call, Message.tool("c1", "sunny")]
    without = whole(service, "The weather in Paris?")
    tools = whole(service, "The weather in Paris?", tools=[WEATHER], tool_choice="auto")
    answered, _ = whole(service, talk, tools=[WEATHER]), streamed(service, talk, tools=[WEATHER])
    assert without.usage.input_tokens is not None
    assert tools.usage.input_tokens is not None
    assert answered.usage.input_tokens is not None
    assert without.usage.input_tokens <= tools.usage.input_tokens < answered.usage.input_tokens
    assert answered.text


def test_an_answer_fits_its_schema(service: OpenAICompatibleLLM) -> None:
    result = whole(service, "Anna is 30 years old. How old is Anna?", response_format=SCHEMA, max_tokens=32)
    assert isinstance(json.loads(result.text)["age"], int)


def test_tokens_there_and_back(service: OpenAICompatibleLLM) -> None:
    tokens = service.tokenize("Hello, world!")
    assert len(tokens) == service.count_tokens("Hello, world!") > 2
    assert service.detokenize(tokens) == "Hello, world!"


def test_texts_become_vectors(embedder: OpenAICompatibleLLM) -> None:
    request = embedder.embedding_request(["a cat", "a small cat", "the stock market fell"], {})
    result = DRIVER.run(embedder.embedding_flow(request), CallContext())
    first, second, third = result.vectors
    assert len(first) == len(second) == result.dimensions > 100

    def likeness(left: tuple[float, ...], right: tuple[float, ...]) -> float:
        return sum(a * b for a, b in zip(left, right, strict=True))

    assert likeness(first, second) > likeness(first, third)
    assert result.usage.input_tokens


def test_the_model_is_listed(service: OpenAICompatibleLLM) -> None:
    models = DRIVER.run(service.models_flow(), CallContext())
    assert [model.name.endswith(".gguf") or bool(model.name) for model in models] == [True]


def test_a_wrong_key_is_refused(address: str) -> None:
    wrong = binding("llama_cpp_server", host_address=f"{address}/v1", service_key="a-wrong-key", model_name="smollm2")
    with pytest.raises(errors.AuthenticationFailed) as caught:
        whole(wrong)
    assert "a-wrong-key" not in str(caught.value.as_dict())


def test_a_prompt_that_is_too_long_is_said(service: OpenAICompatibleLLM) -> None:
    with pytest.raises(errors.ContextTooLong):
        whole(service, "word " * 3000)


def slots_at_work(address: str) -> int:
    request = urllib.request.Request(f"{address}/slots", headers={"Authorization": f"Bearer {SERVER_KEY}"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        return sum(1 for slot in json.load(reply) if slot["is_processing"])


def test_a_cancel_frees_the_slot(service: OpenAICompatibleLLM, address: str) -> None:
    given = {"max_tokens": 900, "temperature": 0.0, "ignore_eos": True}
    batches = DRIVER.iterate(service.chat_flow(service.chat_request("Tell a long story.", given)), CallContext())
    next(batches)
    assert slots_at_work(address) == 1
    batches.close()
    end = time.monotonic() + 20
    while slots_at_work(address) and time.monotonic() < end:
        time.sleep(0.05)
    assert slots_at_work(address) == 0


def test_leaving_an_asynchronous_stream_frees_the_slot(address: str) -> None:
    settings = {"host_address": f"{address}/v1", "service_key": SERVER_KEY, "model_name": "smollm2", "proxy": ""}

    async def leave() -> int:
        async with AsyncLollmsClient(llm_binding_name="llama_cpp_server", llm_binding_config=settings) as client:
            stream = client.stream_chat("Tell a long story.", max_tokens=900, ignore_eos=True)
            await anext(stream)
            await stream.aclose()
            end = time.monotonic() + 20
            while (busy := await asyncio.to_thread(slots_at_work, address)) and time.monotonic() < end:
                await asyncio.sleep(0.05)
            return busy

    assert asyncio.run(leave()) == 0
