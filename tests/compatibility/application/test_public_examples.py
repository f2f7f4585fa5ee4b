"""The examples of the public package's own description run, as far as they are about bindings and models."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import lollms_client
from lollms_client import LollmsClient
from tests.compatibility.wheels import unpacked

_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
_NOT_OURS = re.compile(r"Personality|_mcp|with_rag|memorize")
_FAILED = re.compile(r"error|failed|traceback|unexpected", re.IGNORECASE)
KEYS = ("OPENAI_API_KEY", "GEMINI_API_KEY", "ANTHROPIC_API_KEY", "OPENROUTER_API_KEY", "GROQ_API_KEY", "HF_API_KEY")


class MockedClient(LollmsClient):
    """The client of an example, with mocks in the place of services."""

    made = 0

    def __init__(self, **arguments: Any) -> None:
        for kind in ("llm", "tti", "stt", "tts", "ttv", "ttm"):
            if f"{kind}_binding_name" in arguments:
                arguments |= {f"{kind}_binding_name": "mock", f"{kind}_binding_config": {}}
        type(self).made += 1
        super().__init__(**arguments)


def test_the_examples_of_the_description_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (description,) = unpacked("1.6.2").parent.glob("*.dist-info/METADATA")
    monkeypatch.setattr(lollms_client, "LollmsClient", MockedClient)
    monkeypatch.setattr(MockedClient, "made", 0)
    monkeypatch.chdir(tmp_path)
    for name in KEYS:
        monkeypatch.setenv(name, "canary")
    examples = [text for text in _BLOCK.findall(description.read_text("utf-8")) if not _NOT_OURS.search(text)]
    assert len(examples) >= 15
    for number, example in enumerate(examples):
        exec(compile(example, f"example {number}", "exec"), {"__name__": "__main__", "Path": Path})
        said = capsys.readouterr()
        wrong = [line for line in (said.out + said.err).splitlines() if _FAILED.search(line)]
        assert wrong == [], example
    assert MockedClient.made >= 12
