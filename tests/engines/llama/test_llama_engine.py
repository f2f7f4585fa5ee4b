"""The real engine around its calls: tokens, many callers, cancelling, unloading, models, embeddings."""

from __future__ import annotations

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lollms_client.cancel import CancelToken
from lollms_client.engines.asset_catalogue import SMOLLM2, SMOLLM2_FILE
from lollms_client.engines.llama.engine import DEFAULT_MODEL, LlamaEngine, LlamaSettings
from lollms_client.errors import (
    BadSetting,
    Cancelled,
    ContextTooLong,
    EngineFailed,
    NotFound,
)
from lollms_client.types import (
    ChatRequest,
    EmbeddingRequest,
    ProgressPart,
    StreamPart,
    TextDelta,
)

from .llama_calls import ask, drain, settings_of, user

# --- tokens ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "Hello world", "  spaces\n\tand lines ", "Grüße, 世界! 👩‍🚀", "x" * 2000])
def test_tokens_there_and_back(engine: LlamaEngine, text: str) -> None:
    tokens = engine.tokenize(text)
    assert engine.detokenize(tokens) == text
    assert engine.count_tokens(text) == len(tokens)


def test_token_counts_are_those_of_the_model(engine: LlamaEngine) -> None:
    text = "The quick brown fox jumps over the lazy dog."
    assert ask(engine, messages=(), prompt=text, max_tokens=1).usage.input_tokens == engine.count_tokens(text)


# --- together, cancelled, unloaded ----------------------------------------------------------------------------------


def test_more_callers_than_slots_all_get_their_own_answer(engine: LlamaEngine) -> None:
    def one(number: int) -> str:
        return ask(engine, messages=(), prompt="x", extra={"grammar": f'root ::= "answer {number}"'}).text

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(one, range(5))) == [f"answer {number}" for number in range(5)]


def calls_running() -> int:
    return sum(thread.name == "llama.cpp call" for thread in threading.enumerate())


def ended(before: int) -> bool:
    """Whether no more calls run than before; one that was told to stop may need its step's end."""
    for _ in range(200):
        if calls_running() <= before:
            return True
        time.sleep(0.05)
    return False


def test_closing_a_stream_stops_the_engine(engine: LlamaEngine) -> None:
    before = calls_running()
    stream = engine.chat(ChatRequest(messages=user("Tell me a story."), extra={"ignore_eos": True}))
    for part in stream:
        if isinstance(part, TextDelta):
            break
    assert calls_running() == before + 1
    stream.close()
    assert ended(before)


@pytest.mark.parametrize("awaited", [ProgressPart, TextDelta])
def test_a_cancel_acts_while_reading_and_while_writing(engine: LlamaEngine, awaited: type[StreamPart]) -> None:
    token = CancelToken()
    text = " ".join([f"word{number}" for number in range(70)])
    seen: list[StreamPart] = []
    before = calls_running()

    def call() -> None:
        for part in engine.chat(ChatRequest(messages=user(text), extra={"ignore_eos": True}), token):
            seen.append(part)
            if isinstance(part, awaited):
                token.cancel()

    with pytest.raises(Cancelled):
        call()
    assert len([part for part in seen if isinstance(part, TextDelta)]) == (awaited is TextDelta)
    assert ended(before)


def listening_tcp_sockets() -> set[str]:
    own = {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if Path(table).exists():
            rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
            found |= {row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in own}
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="memory and files are read from /proc: run this on Linux")
def test_nobody_else_can_reach_the_listener(engine: LlamaEngine) -> None:
    ask(engine, max_tokens=1)
    assert listening_tcp_sockets() == set()
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()]
    sockets = [Path(row[-1]) for row in rows if row[-1].endswith("/engine.sock")]
    own = [path for path in sockets if path.exists()]
    assert own
    assert all(path.parent.stat().st_mode & 0o077 == 0 for path in own)


def threads_running() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def resident_megabytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(sys.platform != "linux", reason="memory and files are read from /proc: run this on Linux")
def test_closing_gives_memory_and_threads_back_and_the_next_call_loads_again() -> None:
    own = LlamaEngine(LlamaSettings(n_ctx=2048, slots=2))
    ask(own, max_tokens=1)
    own.close()
    empty, threads = resident_megabytes(), threads_running()
    streams = [own.chat(ChatRequest(messages=user("Go on."), extra={"ignore_eos": True})) for _ in range(2)]
    for stream in streams:
        assert any(isinstance(part, TextDelta) for part in stream)
    assert resident_megabytes() > empty + 60
    own.close()
    assert resident_megabytes() < empty + 30  # though nobody closed the streams
    assert threads_running() <= threads
    with pytest.raises(EngineFailed, match="ended without"):
        list(streams[0])
    assert ask(own, max_tokens=1).usage.output_tokens == 1
    own.close()


# --- models ---------------------------------------------------------------------------------------------------------


def test_a_model_of_the_users_own(engine: LlamaEngine, tmp_path: Path) -> None:
    drain(engine.prepare(None, None))
    model = tmp_path / "sub" / "Mine.gguf"
    model.parent.mkdir()
    os.link(SMOLLM2.folder / SMOLLM2_FILE, model)
    (tmp_path / "broken.gguf").write_bytes(b"GGUF")
    own = LlamaEngine(LlamaSettings(models_folder=str(tmp_path), n_ctx=512, slots=1, system_prompt="Be brief."))
    try:
        assert {info.name for info in own.models()} == {DEFAULT_MODEL, "Mine"}
        assert ask(own, model="mine", max_tokens=1).model == "Mine"
        assert ask(own, max_tokens=1).model == DEFAULT_MODEL  # swapped
        with pytest.raises(BadSetting, match="not a usable GGUF"):
            ask(own, model="broken")
    finally:
        own.close()
    named = LlamaEngine(LlamaSettings(model_path=str(model), n_ctx=100_000, slots=1))
    try:
        result = ask(named, max_tokens=1)
        assert (result.model, result.extra["n_ctx"]) == ("Mine", 8192)
        assert settings_of(result) == {("n_ctx", "clamped")}
    finally:
        named.close()


@pytest.mark.parametrize("content", [b"no model at all", b""])
def test_a_file_that_is_no_model_is_refused_at_the_first_call(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    with pytest.raises(BadSetting, match=r"x\.gguf is not a usable GGUF"):
        ask(LlamaEngine(LlamaSettings(model_path=str(path))))


def test_a_model_file_cut_short_is_reported(engine: LlamaEngine, tmp_path: Path) -> None:
    drain(engine.prepare(None, None))
    path = tmp_path / "cut.gguf"
    path.write_bytes((SMOLLM2.folder / SMOLLM2_FILE).read_bytes()[:5_000_000])
    with pytest.raises(EngineFailed, match=r"cut\.gguf"):
        ask(LlamaEngine(LlamaSettings(model_path=str(path))))


# --- embeddings -----------------------------------------------------------------------------------------------------


def test_embeddings_by_default_and_what_they_cannot_do(engine: LlamaEngine) -> None:
    texts = ("a kitten", "a cat", "a rocket", "long " * 300)
    result = drain(engine.embed(EmbeddingRequest(texts=texts, dimensions=7, purpose="query", extra={"odd": 1})))
    kitten, cat, rocket, _ = result.vectors

    def dot(one: tuple[float, ...], other: tuple[float, ...]) -> float:
        return sum(a * b for a, b in zip(one, other, strict=True))

    assert result.dimensions == 384
    assert dot(kitten, cat) > dot(kitten, rocket)
    assert result.usage.input_tokens == 4 + 4 + 4 + 256
    assert {warning.setting for warning in result.warnings} == {"texts", "dimensions", "purpose", "odd"}
    assert drain(engine.embed(EmbeddingRequest(texts=()))).vectors == ()
    with pytest.raises(NotFound, match="all-minilm-l6-v2"):
        drain(engine.embed(EmbeddingRequest(texts=("x",), model="ada")))


def test_embeddings_by_a_model_file(engine: LlamaEngine) -> None:
    drain(engine.prepare(None, None))
    path = str(SMOLLM2.folder / SMOLLM2_FILE)  # no good at it, but it shows that the path works
    own = LlamaEngine(LlamaSettings(embedding_model_path=path, n_ctx=256))
    try:
        texts = tuple(f"text {number}" for number in range(20))
        result = drain(own.embed(EmbeddingRequest(texts=texts)))
        assert (len(result.vectors), result.dimensions, result.model) == (20, 576, DEFAULT_MODEL)
        assert abs(sum(number * number for number in result.vectors[3]) - 1.0) < 1e-3
        with pytest.raises(ContextTooLong, match="text number 0"):
            drain(own.embed(EmbeddingRequest(texts=("word " * 400,))))
    finally:
        own.close()
