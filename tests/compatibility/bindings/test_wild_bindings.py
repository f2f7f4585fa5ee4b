"""A few bindings of the public package's wheels, unmodified, against the fake services; the page has all of them."""

from __future__ import annotations

import json

import pytest

from tests.compatibility.wheels import VERSIONS

from .cases import cases
from .matrix import run_all
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


def test_the_page_shows_what_was_found(written: Outcomes) -> None:
    assert PAGE.read_text("utf-8") == render(written)


def test_nearly_all_bindings_that_can_be_tried_work(written: Outcomes) -> None:
    tried = [outcome for outcome in written.values() if outcome["load"] == "ok"]
    assert len(tried) >= 160
    assert sum(state(outcome) == "works" for outcome in tried) / len(tried) >= 0.8


def test_every_version_is_on_the_page(written: Outcomes) -> None:
    assert {label.partition("/")[0] for label in written} == set(VERSIONS)
    assert len(written) == sum(1 for version in VERSIONS for _ in cases(version))
