"""Embeddings in batches and encodings, lists of models, and the ways to count tokens."""

from __future__ import annotations

import base64
import hashlib
import logging
import struct
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM
from lollms_client.types import EmbeddingResult
from tests.services.openai_llm.cases import binding, sent


def rows(*vectors: list[float], encoded: bool = False, backwards: bool = False) -> dict[str, Any]:
    def value(vector: list[float]) -> Any:
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode() if encoded else vector

    data = [{"object": "embedding", "index": place, "embedding": value(row)} for place, row in enumerate(vectors)]
    usage = {"prompt_tokens": 2 * len(vectors), "total_tokens": 2 * len(vectors)}
    return {"object": "list", "data": data[::-1] if backwards else data, "model": "m-1", "usage": usage}


def embedded(service: OpenAICompatibleLLM, *replies: Any, **given: Any) -> tuple[EmbeddingResult, ScriptedDriver]:
    driver = ScriptedDriver([CannedReply(body=reply) for reply in replies])
    request = service.embedding_request(given.pop("texts", ["a", "b"]), given)
    result = driver.run(service.embedding_flow(request))
    driver.finish()
    return result, driver


@pytest.mark.parametrize("encoded", [False, True])
def test_vectors_come_in_the_order_of_their_index(encoded: bool) -> None:
    reply = rows([0.5, -1.0], [2.0, 0.25], encoded=encoded, backwards=True)
    result, driver = embedded(binding("openai"), reply, dimensions=2)
    assert result.vectors == ((0.5, -1.0), (2.0, 0.25))
    assert (result.usage.input_tokens, result.model) == (4, "m-1")
    wanted = {"model": "some-model", "input": ["a", "b"], "dimensions": 2, "encoding_format": "base64"}
    assert sent(driver) == wanted
    assert driver.requests[0].url == "https://api.openai.com/v1/embeddings"


def test_many_texts_go_in_batches() -> None:
    texts = [str(number) for number in range(1030)]
    replies = [
        rows(*[[float(start + place)] for place in range(count)]) for start, count in ((0, 512), (512, 512), (1024, 6))
    ]
    result, driver = embedded(binding("mistral"), *replies, texts=texts)
    assert [vector[0] for vector in result.vectors] == [float(number) for number in range(1030)]
    assert [len(sent(driver, number)["input"]) for number in range(3)] == [512, 512, 6]
    assert result.usage.input_tokens == 2060


def test_a_purpose_that_the_service_has_no_word_for_is_said() -> None:
    result, driver = embedded(binding("openai"), rows([1.0], [1.0]), purpose="query")
    assert [(warning.kind, warning.setting) for warning in result.warnings] == [("dropped", "purpose")]
    assert "purpose" not in sent(driver)


@pytest.mark.parametrize(
    "reply",
    [
        rows([1.0]),
        {"data": "none"},
        {"data": [{"embedding": [1.0]}, {"embedding": "?!"}]},
        {"data": [{"embedding": [1.0]}, {"embedding": ["x"]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}]},
        {"data": [{"embedding": [1.0]}, {"embedding": None}]},
    ],
)
def test_replies_that_do_not_fit_are_errors(reply: Any) -> None:
    with pytest.raises(errors.BadReply):
        embedded(binding("openai"), reply)


def test_a_service_without_embeddings_says_so() -> None:
    with pytest.raises(errors.Unsupported, match="embeddings"):
        embedded(binding("groq"))


@pytest.mark.parametrize(
    ("reply", "names"),
    [
        ({"object": "list", "data": [{"id": "a", "created": 5, "owned_by": "x"}, {"id": "b"}]}, ["a", "b"]),
        ([{"id": "a"}, {"id": "b"}], ["a", "b"]),
        ({"models": [{"name": "a"}, {"model": "b"}, {}]}, ["a", "b"]),
    ],
)
def test_lists_of_models(reply: Any, names: list[str]) -> None:
    driver = ScriptedDriver([CannedReply(body=reply)])
    models = driver.run(binding("openai").models_flow())
    assert [model.name for model in models] == names
    assert (driver.requests[0].method, driver.requests[0].url) == ("GET", "https://api.openai.com/v1/models")


def test_what_a_list_says_about_a_model_is_kept() -> None:
    row = {
        "id": "maker/model",
        "name": "Model",
        "description": "Good.",
        "created": 1700000000,
        "context_length": 131072,
        "pricing": {"prompt": "0.1"},
        "capabilities": {"vision": True, "audio": False},
    }
    (model,) = ScriptedDriver([CannedReply(body={"data": [row]})]).run(binding("openrouter").models_flow())
    assert (model.title, model.description, model.context_tokens) == ("Model", "Good.", 131072)
    assert model.capabilities == ("vision",)
    assert model.extra["pricing"] == {"prompt": "0.1"}


def test_a_list_of_no_known_shape_is_an_error() -> None:
    with pytest.raises(errors.BadReply, match="list of models"):
        ScriptedDriver([CannedReply(body={"object": "list"})]).run(binding("openai").models_flow())


def test_the_service_counts_where_it_offers_that() -> None:
    driver = ScriptedDriver([CannedReply(body={"object": "response.input_tokens", "input_tokens": 11})])
    assert driver.run(binding("openai").token_count_flow("Hello")) == 11
    assert driver.requests[0].url == "https://api.openai.com/v1/responses/input_tokens"
    assert sent(driver) == {"model": "some-model", "input": "Hello"}


def test_a_local_server_gives_its_tokens() -> None:
    driver = ScriptedDriver([CannedReply(body={"tokens": [5, 6, 7]})])
    assert driver.run(binding("llama_cpp_server").token_count_flow("Hello")) == 3
    assert driver.requests[0].url == "http://localhost:8080/tokenize"
    assert sent(driver) == {"content": "Hello"}


def test_without_a_tokenizer_the_count_is_an_estimate_that_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert ScriptedDriver().run(binding("groq").token_count_flow("four letters a token")) == 5
        assert ScriptedDriver().run(binding("groq").token_count_flow("日本語です")) == 3
        assert ScriptedDriver().run(binding("groq").token_count_flow("")) == 0
    assert "estimated" in caplog.text


def test_the_vocabulary_of_tiktoken_is_used_only_where_it_is_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Encoding:
        def encode(self, text: str, disallowed_special: Any) -> list[int]:
            return [0] * 42

    fake = types.ModuleType("tiktoken")
    monkeypatch.setattr(fake, "encoding_name_for_model", lambda model: "o200k_base", raising=False)
    monkeypatch.setattr(fake, "get_encoding", lambda name: Encoding(), raising=False)
    monkeypatch.setitem(sys.modules, "tiktoken", fake)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert ScriptedDriver().run(binding("groq").token_count_flow("aaaa")) == 1
    address = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
    (tmp_path / hashlib.sha1(address.encode()).hexdigest()).write_bytes(b"x")
    assert ScriptedDriver().run(binding("groq").token_count_flow("aaaa")) == 42


def test_a_tokenizer_file_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", types.ModuleType("tokenizers"))
    with pytest.raises(errors.BadSetting, match="tokenizer_file"):
        ScriptedDriver().run(binding("groq", tokenizer_file="nowhere.json").token_count_flow("a"))
