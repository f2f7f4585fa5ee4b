"""The llama.cpp binding through the client: its documented methods, the typed API, settings, errors, the way out."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from lollms_client.async_client import AsyncLollmsClient
from lollms_client.cancel import CancelToken
from lollms_client.client import LollmsClient
from lollms_client.engines.llama.engine import DEFAULT_MODEL, LlamaSettings
from lollms_client.errors import BadSetting, Cancelled, ContextTooLong
from lollms_client.registry import Registry
from lollms_client.types import Finished, Message, TextDelta, Tool

CONFIG = {"n_ctx": 512, "batch_tokens": 64}


@pytest.fixture(scope="module")
def client() -> Iterator[LollmsClient]:
    with LollmsClient(llm_binding_name="llama_cpp", llm_binding_config=CONFIG) as made:
        yield made


def test_chat_streamed_and_whole(client: LollmsClient) -> None:
    whole = client.chat([Message.user("Why is the sky blue?")], max_tokens=40, temperature=0.0)
    assert "scatter" in whole.text
    with client.stream_chat("Why is the sky blue?", max_tokens=40, temperature=0.0) as stream:
        parts = list(stream)
    assert "".join([part.text for part in parts if isinstance(part, TextDelta)]) == whole.text
    assert isinstance(parts[-1], Finished)
    assert whole.usage.output_tokens == 40


def test_the_documented_methods(client: LollmsClient) -> None:
    llm: Any = client.llm
    assert isinstance(llm.generate_text("Say hello.", max_tokens=5), str)
    tokens = llm.tokenize("Hello, world!")
    assert llm.detokenize(tokens) == "Hello, world!"
    assert llm.count_tokens("Hello, world!") == len(tokens)
    assert llm.listModels()[0]["model_name"] == DEFAULT_MODEL
    assert len(llm.embed("a cat")) == 384
    failed = llm.generate_text("word " * 900)
    assert (failed["status"], failed["code"]) == ("error", "context_too_long")


def test_a_forced_tool_call(client: LollmsClient) -> None:
    tool = Tool(name="greet", parameters={"type": "object", "properties": {"polite": {"type": "boolean"}}})
    result = client.chat("Greet me.", tools=[tool], tool_choice="greet", max_tokens=60)
    assert [call.name for call in result.tool_calls] == ["greet"]


def test_failures_are_raised_with_their_names(client: LollmsClient) -> None:
    with pytest.raises(ContextTooLong):
        client.chat("word " * 900)
    with pytest.raises(BadSetting, match="temperature"):
        client.chat("x", temperature=-3.0)


def test_a_wrong_setting_is_refused_before_anything_is_loaded() -> None:
    with pytest.raises(BadSetting, match="slots"):
        LollmsClient(llm_binding_name="llama_cpp", llm_binding_config={"slots": 0}).chat("x")


def test_a_cancel_from_another_thread(client: LollmsClient) -> None:
    token = CancelToken()

    def read() -> None:
        for part in client.stream_chat("Tell me a story.", cancel=token, ignore_eos=True):
            if isinstance(part, TextDelta):
                threading.Thread(target=token.cancel).start()

    with pytest.raises(Cancelled):
        read()
    assert client.chat("Hello!", max_tokens=1).usage.output_tokens == 1  # the place is free again


def test_async_callers_are_served_at_the_same_time() -> None:
    async def ask(number: int, client: AsyncLollmsClient) -> str:
        result = await client.chat("Say a number.", grammar=f'root ::= "number {number}"')
        return result.text

    async def run() -> list[str]:
        async with AsyncLollmsClient(llm_binding_name="llama_cpp", llm_binding_config=CONFIG) as client:
            return await asyncio.gather(*[ask(number, client) for number in range(4)])

    assert asyncio.run(run()) == [f"number {number}" for number in range(4)]


def test_closing_unloads_and_the_next_call_loads_again() -> None:
    client = LollmsClient(llm_binding_name="llama_cpp", llm_binding_config=CONFIG)
    binding: Any = client.llm
    client.chat("Hello!", max_tokens=1)
    assert binding.loaded
    binding.close()
    assert not binding.loaded
    assert client.chat("Hello!", max_tokens=1).usage.output_tokens == 1
    client.close()


def test_manifest_and_engine_agree() -> None:
    manifest = Registry().find("llama_cpp", "llm").manifest
    assert manifest is not None
    defaults = {parameter.name: parameter.default for parameter in manifest.input_parameters}
    assert set(LlamaSettings.__struct_fields__) <= set(defaults)
    assert LlamaSettings(**{name: defaults[name] for name in LlamaSettings.__struct_fields__}) == LlamaSettings()


LEAVING = """
import json, sys
from lollms_client.client import LollmsClient
client = LollmsClient(llm_binding_name="llama_cpp", llm_binding_config=json.loads(sys.argv[1]))
stream = client.stream_chat("Tell me a story.", ignore_eos=True)
next(iter(stream))
print("leaving")
"""


def test_a_process_may_end_in_the_middle_of_an_answer() -> None:
    command = [sys.executable, "-W", "error", "-c", LEAVING, json.dumps(CONFIG)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "leaving\n", "")
