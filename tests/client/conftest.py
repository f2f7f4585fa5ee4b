"""A folder with typed bindings written on the families, as a third party would, and a server for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import Line, Loopback, Received, loopback

_MANIFEST = """
title: {name}
author: A third party
version: "1.0.0"
description: Written on the families.
binding_type: {kind}
capabilities: [generate]
reach: {{hosts: ["127.0.0.1"]}}
input_parameters:
  - {{name: host_address, type: str, description: Where the service lives., default: "http://127.0.0.1:9"}}
  - {{name: service_key, type: str, description: The key., is_secret: true, env: THIRD_PARTY_KEY}}
  - {{name: proxy, type: str, description: A proxy., default: ""}}
  - {{name: timeout, type: float, description: Seconds for a call., default: 20.0, min: 0.1}}
{method}_parameters:
  - {{name: style, type: str, description: A style., default: plain, options: [plain, fancy]}}
  - {{name: strength, type: float, description: How much., default: 0.5, min: 0.0, max: 1.0}}
"""

_FILMS = """
from lollms_client.families.http import HttpBinding
from lollms_client.families.jobs import JobBinding
from lollms_client.lollms_ttv_binding import LollmsTTVBinding
from lollms_client.types import Progress, VideoResult
from lollms_client.types.job import JobStatus

BindingName = "Films"

class Films(JobBinding, HttpBinding, LollmsTTVBinding):
    poll_first = 0.01

    async def submit(self, request):
        body = {"prompt": request.prompt, "style": self.parameter(request, "style"), "seconds": request.seconds}
        reply = await self.post("jobs", body)
        return self.handle(request, reply["id"], place=reply["place"])

    async def check(self, handle):
        reply = await self.get(f"{handle.state['place']}/{handle.id}")
        progress = Progress(fraction=reply["progress"])
        return JobStatus(state=reply["state"], progress=progress, error=reply.get("failure"))

    async def collect(self, handle):
        return VideoResult(video=await self.download(f"{handle.state['place']}/{handle.id}/file"), id=handle.id)

    async def cancel_job(self, handle):
        await self.delete(f"{handle.state['place']}/{handle.id}")
"""

_WORDS = """
from lollms_client.families.http import HttpBinding
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.types import Finished, TextDelta, Usage

BindingName = "Words"

class Words(HttpBinding, LollmsLLMBinding):
    async def chat_flow(self, request):
        body = {"text": request.messages[-1].text, "style": self.parameter(request, "style")}
        async for events in self.events(self.request("POST", "stream", json=body)):
            yield [TextDelta(text=event.data.decode()) for event in events if event.data != b"[DONE]"]
        yield [Finished(finish="stop", usage=Usage(input_tokens=1, output_tokens=2), model="words-1")]
"""


@pytest.fixture(scope="session")
def third_party(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("third_party")
    for name, kind, method, code in (
        ("films", "ttv", "generate_video", _FILMS),
        ("words", "llm", "chat", _WORDS),
    ):
        folder = root / name
        folder.mkdir()
        (folder / "__init__.py").write_text(code, encoding="utf-8")
        (folder / "description.yaml").write_text(
            _MANIFEST.format(name=name, kind=kind, method=method), encoding="utf-8"
        )
    return root


class State:
    """What the fake service knows, and may be told to do."""

    def __init__(self) -> None:
        self.looks = 0
        self.until_done = 2
        self.failure: dict[str, Any] | None = None
        self.cancelled: list[str] = []


@pytest.fixture
def state() -> State:
    return State()


@pytest.fixture
def server(state: State) -> Iterator[Loopback]:
    def handler(line: Line, request: Received) -> None:
        if request.target == "/jobs":
            line.reply({"id": "j5", "place": "queue"})
        elif request.target == "/stream":
            line.begin()
            for word in ("one ", "two ", request.json()["text"]):
                line.chunk(f"data: {word}\n\n".encode())
            line.chunk(b"data: [DONE]\n\n")
            line.end()
        elif request.target.endswith("/file"):
            line.reply(b"\0\0\0\x18ftypmp42film", content_type="video/mp4")
        elif request.method == "DELETE":
            state.cancelled.append(request.target)
            line.reply({})
        elif state.failure is not None:
            line.reply({"state": "failed", "progress": 0.5, "failure": state.failure})
        else:
            state.looks += 1
            done = state.looks > state.until_done
            line.reply({"state": "done" if done else "running", "progress": min(1.0, state.looks / 10)})

    with loopback(handler) as running:
        yield running


@pytest.fixture
def arguments(third_party: Path, server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))
    config = {"host_address": server.url, "service_key": "third-party-canary-key"}
    return {
        "bindings_dir": third_party,
        "ttv_binding_name": "films",
        "ttv_binding_config": config,
        "llm_binding_name": "words",
        "llm_binding_config": config,
    }
