"""Ollama's own API: the official SDK sends the same."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest

from lollms_client.types.chat import ChatRequest, ResponseFormat
from lollms_client.types.embedding import EmbeddingRequest
from tests.loopback import Line, Received
from tests.services.native_cases import captured
from tests.services.ollama.cases import DONE, WEATHER, WIRE_TOOL, ask, lines, ollama

USER = [{"role": "user", "content": "Hello"}]
SAME: list[tuple[str, ChatRequest, dict[str, Any]]] = [
    ("chat", ask(), {"messages": USER}),
    ("chat", ask(seed=3, max_tokens=4), {"messages": USER, "options": {"seed": 3, "num_predict": 4}}),
    ("chat", ask(tools=(WEATHER,)), {"messages": USER, "tools": [WIRE_TOOL]}),
    (
        "chat",
        ask(reasoning_effort="low", logprobs=2),
        {"messages": USER, "think": "low", "logprobs": True, "top_logprobs": 2},
    ),
    ("chat", ask(response_format=ResponseFormat(kind="json")), {"messages": USER, "format": "json"}),
    (
        "generate",
        ChatRequest(messages=(), prompt="x", extra={"keep_alive": "5m"}),
        {"prompt": "x", "raw": True, "keep_alive": "5m"},
    ),
]


def plain(value: Any) -> Any:
    """Without the nulls and empty lists that the SDK writes for what is not given."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item not in (None, [], "")}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("method", "ours", "theirs"), SAME)
def test_the_official_sdk_sends_the_same(method: str, ours: ChatRequest, theirs: dict[str, Any]) -> None:
    sdk = importlib.import_module("ollama")

    def serve(line: Line, request: Received) -> None:
        line.begin(content_type="application/x-ndjson")
        line.chunk(lines({"message": {"role": "assistant", "content": "x"}, "response": "x", "created_at": "", **DONE}))
        line.end()

    def use_sdk(address: str) -> None:
        client = sdk.Client(host=address, trust_env=False)
        list(getattr(client, method)(model="m", stream=True, **theirs))
        client._client.close()

    def use_ours(address: str) -> None:
        binding = ollama(host_address=address)
        list(binding._driver().iterate(binding.chat_flow(ours), binding._context()))

    requests = [captured(serve, use)[0] for use in (use_sdk, use_ours)]
    assert requests[0].target == requests[1].target == f"/api/{method}"
    assert plain(requests[0].json()) == plain(requests[1].json())


CALLS: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any], Any]] = [
    (
        "embed",
        lambda sdk: sdk.embed(model="m", input=["a"], dimensions=3),
        lambda ours: ours.embedding_flow(EmbeddingRequest(texts=("a",), dimensions=3)),
        {"embeddings": [[1.0]], "model": "m"},
    ),
    ("tags", lambda sdk: sdk.list(), lambda ours: ours.models_flow(), {"models": []}),
    ("ps", lambda sdk: sdk.ps(), lambda ours: ours.running_models_flow(), {"models": []}),
    ("show", lambda sdk: sdk.show("m"), lambda ours: ours.show_model_flow("m"), {"model_info": {}, "modelinfo": {}}),
    (
        "pull",
        lambda sdk: list(sdk.pull("m", stream=True)),
        lambda ours: ours.pull_model_flow("m"),
        {"status": "success"},
    ),
]


@pytest.mark.parametrize(("path", "theirs", "ours", "body"), CALLS)
def test_the_official_sdk_calls_the_same(
    path: str, theirs: Callable[[Any], Any], ours: Callable[[Any], Any], body: Any
) -> None:
    sdk = importlib.import_module("ollama")

    def use_sdk(address: str) -> None:
        client = sdk.Client(host=address, trust_env=False)
        theirs(client)
        client._client.close()

    def use_ours(address: str) -> None:
        binding = ollama(host_address=address)
        binding._driver().run(ours(binding), binding._context())

    requests = [captured(lambda line, _: line.reply(body), use)[0] for use in (use_sdk, use_ours)]
    assert requests[0].method == requests[1].method
    assert requests[0].target == requests[1].target == f"/api/{path}"
    if requests[0].body:
        usual = {"insecure": False, "stream": 0}  # which the SDK writes out and we do not
        assert {**plain(requests[0].json()), **usual} == {**plain(requests[1].json()), **usual}
