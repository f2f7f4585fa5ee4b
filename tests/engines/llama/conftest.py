"""One loaded engine with the default model for all tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lollms_client.engines.llama.engine import LlamaEngine, LlamaSettings


@pytest.fixture(scope="session")
def engine() -> Iterator[LlamaEngine]:
    made = LlamaEngine(LlamaSettings(n_ctx=512, batch_tokens=64))
    yield made
    made.close()
