"""A scripted chat service, clients on it, and a folder with bindings as somebody wrote them for the public package."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lollms_client import LollmsClient
from tests.loopback import Line, Loopback, Received, loopback

PLAIN_LLM = """
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.lollms_types import MSG_TYPE
BindingName = "PlainBinding"

class PlainBinding(LollmsLLMBinding):
    def __init__(self, **kwargs):
        super().__init__(BindingName, **kwargs)
        self.calls = []

    def generate_text(self, prompt, images=None, system_prompt="", n_predict=None, stream=None, temperature=None,
                      streaming_callback=None, split=False, user_keyword="!@>user:", ai_keyword="!@>assistant:"):
        self.calls.append({"prompt": prompt, "images": images, "system_prompt": system_prompt, "n_predict": n_predict,
                           "temperature": temperature, "split": split, "user_keyword": user_keyword})
        words = ["You ", "said ", prompt]
        if prompt == "fail":
            return {"status": False, "error": "the service is down"}
        if streaming_callback is not None:
            for word in words:
                if not streaming_callback(word, MSG_TYPE.MSG_TYPE_CHUNK):
                    break
        return "".join(words)

    def tokenize(self, text):
        return text.split(" ")

    def detokenize(self, tokens):
        return " ".join(tokens)

    def list_models(self):
        return [{"model_name": "small"}, {"model_name": "large"}]

    def get_ctx_size(self, model_name=None):
        return 4096

    def get_model_info(self):
        return {"name": "plain", "model_name": self.config.get("model_name"), "supports_vision": False}

    def load_model(self, model_name):
        self.config["model_name"] = model_name
        return True
"""
TOOLS = """
from lollms_client.lollms_tools_binding import LollmsToolBinding
BindingName = "Adder"

class Adder(LollmsToolBinding):
    def __init__(self, **kwargs):
        super().__init__(binding_name="adder", **kwargs)

    def discover_tools(self, **kwargs):
        properties = {"a": {"type": "integer"}, "b": {"type": "integer"}}
        schema = {"type": "object", "properties": properties, "required": ["a", "b"]}
        return [{"name": "add", "description": "Add two numbers.", "input_schema": schema}]

    def execute_tool(self, tool_name, params, **kwargs):
        return {"output": params["a"] + params["b"]}
"""
SPEAKER = """
from lollms_client.lollms_tts_binding import LollmsTTSBinding
BindingName = "Speaker"

class Speaker(LollmsTTSBinding):
    def __init__(self, **kwargs):
        super().__init__(binding_name=BindingName, **kwargs)

    def generate_audio(self, text, voice=None, **kwargs):
        return b"RIFF\\x24\\0\\0\\0WAVEfmt " + text.encode()

    def list_voices(self, **kwargs):
        return ["anna"]

    def list_models(self, **kwargs):
        return ["loud"]
"""
MANIFEST = """
title: Plain
author: Somebody
version: 0.1
description: Written for the public package.
input_parameters:
  - {name: model_name, type: str, description: The model., default: small}
  - {name: service_key, type: str, description: The key., default: "", is_secret: true}
"""


class Service:
    """What the chat service says next, and what it was asked."""

    def __init__(self, server: Loopback) -> None:
        self.server = server
        self.answers: list[Any] = []

    @property
    def url(self) -> str:
        return f"{self.server.url}/v1"

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [request.json() for request in self.server.requests if request.method == "POST"]

    def serve(self, line: Line, request: Received) -> None:
        if request.method == "GET":
            line.reply({"data": [{"id": "m", "context_length": 2000}, {"id": "n"}]})
            return
        body = request.json()
        if request.target.endswith("/embeddings"):
            texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
            line.reply({"data": [{"index": i, "embedding": [float(len(t)), 1.0]} for i, t in enumerate(texts)]})
            return
        answer = self.answers.pop(0) if self.answers else "Hello there"
        answer = answer(body) if callable(answer) else answer
        if isinstance(answer, tuple):
            line.reply(answer[1], status=answer[0])
            return
        message = answer if isinstance(answer, dict) else {"content": answer}
        finish = message.pop("finish", "tool_calls" if "tool_calls" in message else "stop")
        (self._stream if body.get("stream") else self._whole)(line, message, finish)

    def _whole(self, line: Line, message: dict[str, Any], finish: str) -> None:
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
        line.reply({"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 2}})

    def _stream(self, line: Line, message: dict[str, Any], finish: str) -> None:
        line.begin()
        words = str(message.get("content") or "").split(" ")
        events: list[Any] = [{"content": word + " " * (place < len(words) - 1)} for place, word in enumerate(words)]
        if "tool_calls" in message:
            calls = [{"index": place, **call} for place, call in enumerate(message["tool_calls"])]
            events = [{"tool_calls": calls}]
        for delta in events:
            self._event(line, {"choices": [{"index": 0, "delta": delta}]})
        self._event(line, {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        line.chunk(b"data: [DONE]\n\n")
        line.end()

    def _event(self, line: Line, data: dict[str, Any]) -> None:
        line.chunk(b"data: " + json.dumps(data).encode() + b"\n\n")


@pytest.fixture
def service() -> Iterator[Service]:
    serving: list[Service] = []
    with loopback(lambda line, request: serving[0].serve(line, request)) as server:
        serving.append(Service(server))
        yield serving[0]


def native_arguments(service: Service, **more: Any) -> dict[str, Any]:
    config = {"host_address": service.url, "model_name": "m"}
    return {"llm_binding_name": "openai_compatible", "llm_binding_config": config, **more}


@pytest.fixture
def client(service: Service) -> LollmsClient:
    """A client on a service that takes JSON Schemas."""
    return LollmsClient(**native_arguments(service))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Bindings as somebody wrote them for the public package."""
    for place, code in (
        ("llm_bindings/plain", PLAIN_LLM),
        ("tools_bindings/adder", TOOLS),
        ("tts_bindings/speaker", SPEAKER),
    ):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "__init__.py").write_text(code, encoding="utf-8")
        (tmp_path / place / "description.yaml").write_text(MANIFEST, encoding="utf-8")
    return tmp_path


Make = Callable[..., LollmsClient]


@pytest.fixture
def plain(folder: Path) -> LollmsClient:
    """A client on a binding that overrides the documented methods itself."""
    return LollmsClient("plain", llm_bindings_dir=folder / "llm_bindings")
