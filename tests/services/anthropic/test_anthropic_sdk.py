"""Requests to Anthropic: the official SDK sends the same."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.loopback import Line, Received
from tests.services.anthropic.cases import HELLO, NEW, TOOL, WEATHER, ask
from tests.services.native_cases import KEY, captured, failure, native

SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"max_tokens": 100}, {"max_tokens": 100}),
    (
        {"max_tokens": 100, "tools": (WEATHER,), "tool_choice": "weather"},
        {"max_tokens": 100, "tools": [TOOL], "tool_choice": {"type": "tool", "name": "weather"}},
    ),
    (
        {"max_tokens": 9, "stop": ("a",), "reasoning_effort": "low"},
        {
            "max_tokens": 9,
            "stop_sequences": ["a"],
            "thinking": {"type": "adaptive"},
            "output_config": {"effort": "low"},
        },
    ),
    (
        {"max_tokens": 9, "extra": {"service_tier": "auto", "metadata": {"user_id": "u"}}},
        {"max_tokens": 9, "service_tier": "auto", "metadata": {"user_id": "u"}},
    ),
]


@pytest.mark.parametrize(("ours", "theirs"), SAME)
def test_the_official_sdk_sends_the_same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    sdk = importlib.import_module("anthropic")

    def refuse(line: Line, request: Received) -> None:
        line.reply({"type": "error", "error": {"type": "invalid_request_error", "message": "captured"}}, status=400)

    def use_sdk(address: str) -> None:
        client = sdk.Anthropic(api_key=KEY, base_url=address, max_retries=0)
        with pytest.raises(sdk.BadRequestError):
            client.messages.create(model=NEW, messages=[HELLO], stream=True, **theirs)
        client.close()

    def use_ours(address: str) -> None:
        binding = native("llm", "anthropic", host_address=address, key_header="authorization")
        list(binding._driver().iterate(binding.chat_flow(ask(model=NEW, **ours)), binding._context()))

    (sdk_request,) = captured(refuse, use_sdk)
    requests: list[Received] = []

    def keep(line: Line, request: Received) -> None:
        requests.append(request)
        refuse(line, request)

    failure(lambda: captured(keep, use_ours))
    (our_request,) = requests
    assert (our_request.method, our_request.target) == (sdk_request.method, sdk_request.target)
    assert our_request.json() == sdk_request.json()
    for name in ("authorization", "anthropic-version", "content-type"):
        assert our_request.headers[name] == sdk_request.headers[name]
