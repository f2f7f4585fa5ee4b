"""A discussion with real clients and a binding written from the guide alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lollms_client.async_client import AsyncLollmsClient
from lollms_client.client import LollmsClient
from lollms_client.lollms_discussion import LollmsDiscussion

BINDING = """
from lollms_client.lollms_llm_binding import LollmsLLMBinding

BindingName = "Echo"


class Echo(LollmsLLMBinding):
    def __init__(self, **kwargs):
        super().__init__(binding_name="echo", **kwargs)

    def chat(self, discussion, branch_tip_id=None, streaming_callback=None, **kwargs):
        messages = discussion.get_messages(branch_tip_id)
        words = [f"{len(messages)}:", *messages[-1].content.split(), f"{len(messages[-1].images)}"]
        said = ""
        for word in words:
            said += word + " "
            if streaming_callback is not None and not streaming_callback(word + " ", 0):
                break
        return said

    def count_tokens(self, text):
        return len(text.split())
"""
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
def bindings(tmp_path: Path) -> Path:
    folder = tmp_path / "echo"
    folder.mkdir()
    (folder / "__init__.py").write_text(BINDING)
    (folder / "description.yaml").write_text("title: Echo\nauthor: me\ndescription: It echoes.\ninput_parameters: []\n")
    return tmp_path


def test_a_binding_from_the_guide_answers_and_is_stored(bindings: Path) -> None:
    with LollmsClient(llm_binding_name="echo", llm_bindings_dir=bindings) as client:
        discussion = LollmsDiscussion(client)
        pieces: list[str] = []
        discussion.chat("hello", streaming_callback=lambda text, kind: pieces.append(text))
        answer = discussion.chat("there", images=[PNG], max_context_tokens=2_000)["ai_message"]
        assert answer.content == "3: there 1 "
        assert (answer.status, answer.binding_name) == ("complete", "echo")
        assert "".join(pieces) == "1: hello 0 "
        stopped = discussion.chat("a b c", streaming_callback=lambda text: len(discussion.messages) < 1)["ai_message"]
        assert stopped.status == "partial"


def test_the_client_counts_for_the_context(bindings: Path) -> None:
    with LollmsClient(llm_binding_name="echo", llm_bindings_dir=bindings) as client:
        discussion = LollmsDiscussion.from_messages(["one two three", "four"], client)
        assert [turn.text for turn in discussion.to_messages(max_allowed_tokens=7)] == ["four"]


def test_the_same_with_the_asynchronous_client(bindings: Path) -> None:
    async def main() -> LollmsDiscussion:
        client = AsyncLollmsClient(llm_binding_name="echo", llm_bindings_dir=bindings)
        discussion = LollmsDiscussion(client)
        await discussion.achat("hello", max_context_tokens=100)
        await client.close()
        return discussion

    assert asyncio.run(main()).get_messages()[-1].content == "1: hello 0 "
