"""The same call through other vendors' official packages and through their bindings: the requests mean the same."""

from __future__ import annotations

import importlib
from typing import Any

from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from tests.loopback import Line, Received, loopback
from tests.services.openai_llm.cases import KEY, binding, completion, sent
from tests.services.openai_llm.test_chat_requests import WEATHER

MESSAGES: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What?"}]
TOOLS: list[Any] = [{"type": "function", "function": WEATHER}]
SCHEMA = {"title": "thing", "type": "object", "properties": {"a": {"type": "string"}}}
FORM: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {"name": "thing", "schema": SCHEMA, "strict": True},
}


def captured(make: Any) -> Received:
    """The first request that reaches a server on loopback while `make` calls it."""

    def handler(line: Line, request: Received) -> object:
        line.reply(completion())
        return None

    with loopback(handler) as server:
        make(server.url)
        return server.requests[0]


def compare(name: str, theirs: Received, given: dict[str, Any], address: str) -> None:
    """Our request has the path, key and body of theirs; fields that they send empty are not counted."""
    service = binding(name, model_name="some-model")
    driver = ScriptedDriver([CannedReply(body=completion())])
    driver.run(service.chat_result_flow(service.chat_request(MESSAGES, given)))
    request = driver.requests[0]
    assert request.url == address + theirs.target
    assert request.plain_headers()["Authorization"] == theirs.headers["authorization"]
    wanted = {field: value for field, value in theirs.json().items() if value is not None and field != "stream"}
    assert sent(driver) == wanted


def test_groq() -> None:
    package: Any = importlib.import_module("groq")
    given = {"max_tokens": 9, "temperature": 0.5, "seed": 3, "reasoning_effort": "low", "reasoning_format": "parsed",
             "tools": [WEATHER], "tool_choice": "required", "service_tier": "flex"}  # fmt: skip
    theirs = {**given, "tools": TOOLS, "max_completion_tokens": 9}
    del theirs["max_tokens"]

    def make(address: str) -> None:
        with package.Groq(api_key=KEY, base_url=address, max_retries=0) as client:
            client.chat.completions.create(model="some-model", messages=MESSAGES, **theirs)

    compare("groq", captured(make), given, "https://api.groq.com")


def test_cerebras() -> None:
    package: Any = importlib.import_module("cerebras.cloud.sdk")
    given = {"max_tokens": 9, "top_p": 0.5, "stop": ["x"], "logprobs": 2, "reasoning_effort": "low",
             "response_format": SCHEMA, "disable_reasoning": False, "user": "u"}  # fmt: skip
    theirs = {**given, "max_completion_tokens": 9, "logprobs": True, "top_logprobs": 2, "response_format": FORM}
    del theirs["max_tokens"]

    def make(address: str) -> None:
        options = {"warm_tcp_connection": False, "max_retries": 0}
        with package.Cerebras(api_key=KEY, base_url=address, **options) as client:
            client.chat.completions.create(model="some-model", messages=MESSAGES, **theirs)

    compare("cerebras", captured(make), given, "https://api.cerebras.ai")


def test_mistral() -> None:
    importlib.import_module("mistralai")
    try:
        package: Any = importlib.import_module("mistralai.client")
        kind = package.Mistral
    except (ImportError, AttributeError):
        kind = importlib.import_module("mistralai").Mistral
    given = {"max_tokens": 9, "temperature": 0.5, "seed": 3, "stop": ["x"], "safe_prompt": True, "count": 2,
             "tools": [WEATHER], "tool_choice": "required"}  # fmt: skip
    theirs = {**given, "tools": TOOLS, "tool_choice": "any", "random_seed": 3, "n": 2}
    del theirs["seed"], theirs["count"]

    def make(address: str) -> None:
        with kind(api_key=KEY, server_url=address) as client:
            client.chat.complete(model="some-model", messages=MESSAGES, **theirs)

    compare("mistral", captured(make), given, "https://api.mistral.ai")
