"""The official SDKs take the exports and send them unchanged to a server on this machine."""

from __future__ import annotations

import importlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.discussion.sample_conversations import PNG, everything

ANSWERS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ok"}}],
    },
    "/v1/responses": {"id": "1", "object": "response", "created_at": 1, "model": "m", "output": []},
    "/v1/messages": {
        "id": "1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": "ok"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    "/v1/models/m:generateContent": {"candidates": [{"content": {"role": "model", "parts": [{"text": "ok"}]}}]},
    "/api/chat": {"model": "m", "message": {"role": "assistant", "content": "ok"}, "done": True},
}


class Server(ThreadingHTTPServer):
    """Answers every interface and keeps what it was sent."""

    daemon_threads = True
    received: list[dict[str, Any]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(json.loads(body))
        answer = json.dumps(ANSWERS[self.path.partition("?")[0]]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.received = []
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_openai_takes_the_exports(server: Server) -> None:
    openai = importlib.import_module("openai")
    from openai.types.chat import ChatCompletionMessageParam
    from openai.types.responses import ResponseInputParam
    from pydantic import TypeAdapter

    messages, request = everything().export("openai_chat"), everything().export("openai_responses")
    TypeAdapter(list[ChatCompletionMessageParam]).validate_python(messages)
    TypeAdapter(ResponseInputParam).validate_python(request["input"])
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
        client.chat.completions.create(model="m", messages=messages)
        client.responses.create(model="m", **request)
    assert server.received[0]["messages"] == messages
    assert server.received[1]["input"] == request["input"]


def test_anthropic_takes_the_export(server: Server) -> None:
    anthropic = importlib.import_module("anthropic")
    from anthropic.types import MessageParam
    from pydantic import TypeAdapter

    request = everything().export("anthropic")
    TypeAdapter(list[MessageParam]).validate_python(request["messages"])
    with anthropic.Anthropic(base_url=server.url, api_key="none") as client:
        client.messages.create(model="m", max_tokens=10, **request)
    assert server.received[0]["messages"] == request["messages"]
    assert server.received[0]["system"] == "SYS"
    roles = [message["role"] for message in request["messages"]]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]


def test_google_takes_the_export(server: Server) -> None:
    genai = importlib.import_module("google.genai")
    request = everything().export("gemini")
    contents = [genai.types.Content.model_validate(content) for content in request["contents"]]
    assert contents[0].parts[1].inline_data.data == bytes(PNG)
    options = genai.types.HttpOptions(base_url=server.url, api_version="v1")
    client = genai.Client(api_key="none", http_options=options)
    config = genai.types.GenerateContentConfig(system_instruction=request["systemInstruction"])
    client.models.generate_content(model="m", contents=contents, config=config)
    client.close()
    sent = [genai.types.Content.model_validate(content) for content in server.received[0]["contents"]]
    assert sent == contents


def test_ollama_takes_the_export(server: Server) -> None:
    ollama = importlib.import_module("ollama")
    messages = everything().export("ollama_chat")
    with ollama.Client(host=server.url) as client:
        client.chat(model="m", messages=messages)
    assert server.received[0]["messages"] == messages
