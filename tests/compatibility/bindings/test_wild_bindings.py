"""A few bindings of the public package's wheels, unmodified, against the fake services; the page has all of them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.compatibility.wheels import VERSIONS, unpacked

from .cases import cases
from .environments import python_of
from .matrix import ROOT, run_all
from .page import FOUND, PAGE, Outcomes, cleaned, render, state

# of each modality and era, those that need few packages
TRIED = (
    "1.6.2/llm/lollms_webui", "1.6.2/llm/novita_ai", "1.14.24/llm/grok", "1.18.0/llm/litellm", "1.21.1/llm/ollama",
    "1.6.2/tti/leonardo_ai", "1.21.1/tti/stability_ai", "1.21.1/stt/lollms", "1.21.1/tts/xtts",
    "1.21.1/ttv/novita_ai_ttv", "1.6.2/ttm/topmediai",
)  # fmt: skip


@pytest.fixture(scope="module")
def written() -> Outcomes:
    found: Outcomes = json.loads(FOUND.read_text("utf-8"))
    return found


def test_bindings_do_what_the_page_says(written: Outcomes) -> None:
    chosen = [case for version in VERSIONS for case in cases(version) if case.label in TRIED]
    assert {case.label for case in chosen} == set(TRIED)
    found = {case.label: result["outcome"] for case, result in run_all(chosen, environment="light")}
    for label, outcome in found.items():
        assert {step: cleaned(text) for step, text in outcome.items()} == written[label], label


TOOLS = """
import sys, warnings
warnings.simplefilter("ignore")
from lollms_client.lollms_tools_binding import create_tool_binding
tools = create_tool_binding(sys.argv[1], sys.argv[2]).to_chat_tool_specs()
print("found", len(tools), all(callable(tool["callable"]) for tool in tools.values()))
"""


@pytest.mark.parametrize(
    ("version", "folder", "name", "least"), [("1.6.2", "mcp", "local_mcp", 0), ("1.21.1", "tools", "lcp", 20)]
)
def test_tool_bindings_load_and_list_their_tools(
    version: str, folder: str, name: str, least: int, tmp_path: Path
) -> None:
    done = subprocess.run(
        [python_of("light"), "-c", TOOLS, name, unpacked(version) / f"{folder}_bindings"],
        env={**os.environ, "HOME": str(tmp_path), "LOLLMS_HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "src")},
        capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False,
    )  # fmt: skip
    said = [line.split() for line in done.stdout.splitlines() if line.startswith("found")]
    assert said, done.stderr
    assert int(said[0][1]) >= least
    assert said[0][2] == "True"


def test_the_page_shows_what_was_found(written: Outcomes) -> None:
    assert PAGE.read_text("utf-8") == render(written)


def test_nearly_all_bindings_that_can_be_tried_work(written: Outcomes) -> None:
    tried = [outcome for outcome in written.values() if outcome["load"] == "ok"]
    assert len(tried) >= 160
    assert sum(state(outcome) == "works" for outcome in tried) / len(tried) >= 0.8


def test_every_version_is_on_the_page(written: Outcomes) -> None:
    assert {label.partition("/")[0] for label in written} == set(VERSIONS)
    assert len(written) == sum(1 for version in VERSIONS for _ in cases(version))
