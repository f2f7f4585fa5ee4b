"""Bindings, requests and replies that the tests of this folder share."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from lollms_client.binding import Construction, constructing
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM
from lollms_client.manifest.reading import load_manifest
from lollms_client.settings import resolve_settings
from lollms_client.types import ChatAccumulator, ChatResult, StreamPart

KEY = "canary-key-91c04dd2"
FOLDER = Path(__file__).parents[3] / "src" / "lollms_client" / "llm_bindings"
SPECS = Path(__file__).parents[4] / "shared" / "specs"


def binding(name: str = "openai", **settings: Any) -> OpenAICompatibleLLM:
    """A service's binding with a model and a key, nothing of this machine's settings."""
    manifest = load_manifest(FOLDER / name)
    given = {"service_key": KEY, "model_name": "some-model", "proxy": "", "max_retries": 0, **settings}
    given = {name: value for name, value in given.items() if value is not None}
    resolved = resolve_settings(manifest, given, environment={}, saved={}, keyring=False)
    module = importlib.import_module(f"lollms_client.llm_bindings.{name}")
    made = getattr(module, module.BindingName)
    with constructing(Construction(manifest.name, manifest, resolved)):
        found = made()
    assert isinstance(found, OpenAICompatibleLLM)
    return found


def services() -> list[str]:
    """Every service of the family."""
    found = []
    for folder in sorted(FOLDER.iterdir()):
        file = folder / "__init__.py"
        if file.is_file() and "openai_compatible.llm" in file.read_text("utf-8"):
            found.append(folder.name)
    return found


def sent(driver: ScriptedDriver, number: int = 0) -> dict[str, Any]:
    """The JSON body of a request that the driver saw."""
    body = driver.requests[number].body
    assert body is not None
    found: dict[str, Any] = json.loads(body)
    return found


def ask(service: OpenAICompatibleLLM, reply: Any, messages: Any = "Hi", **given: Any) -> tuple[ChatResult, Any]:
    """A whole call: the result, and the body that was sent."""
    driver = ScriptedDriver([reply if isinstance(reply, CannedReply) else CannedReply(body=reply)])
    result = driver.run(service.chat_result_flow(service.chat_request(messages, given)))
    driver.finish()
    return result, sent(driver)


def stream(
    service: OpenAICompatibleLLM, reply: CannedReply, messages: Any = "Hi", **given: Any
) -> tuple[list[StreamPart], ChatResult, Any]:
    """A streamed call: its parts, what they fold into, and the body that was sent."""
    driver = ScriptedDriver([reply])
    request = service.chat_request(messages, given)
    parts = [part for batch in driver.iterate(service.chat_flow(request)) for part in batch]
    accumulator = ChatAccumulator()
    accumulator.add_all(parts)
    return parts, accumulator.result(), sent(driver)


def sse(*events: Any, done: bool = True, chunks: int | None = None) -> CannedReply:
    """A stream of server-sent events, each as one piece, or cut into pieces of `chunks` bytes."""
    lines = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events]
    if done:
        lines.append(b"data: [DONE]\n\n")
    if chunks is not None:
        whole = b"".join(lines)
        lines = [whole[start : start + chunks] for start in range(0, len(whole), chunks)]
    return CannedReply(headers={"Content-Type": "text/event-stream"}, chunks=tuple(lines))


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """One chunk of a streamed chat completion."""
    choice = {"index": fields.pop("index", 0), "delta": delta or {}, "finish_reason": finish}
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "some-model-1"}
    return {**base, "choices": [choice], **fields}


def completion(message: dict[str, Any] | None = None, finish: str = "stop", **fields: Any) -> dict[str, Any]:
    """A whole chat completion."""
    spoken = {"role": "assistant", "content": "Hello.", "refusal": None, **(message or {})}
    choice = {"index": 0, "message": spoken, "finish_reason": finish, "logprobs": None}
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 12,
        "total_tokens": 21,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    base = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "some-model-1"}
    return {**base, "choices": [choice], "usage": usage, **fields}
