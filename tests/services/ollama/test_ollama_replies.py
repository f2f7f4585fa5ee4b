"""Ollama's own API: replies in every shape and cut, embeddings, the server's models."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.types.accounting import Progress
from lollms_client.types.chat import ChatRequest, TextDelta, TokenLogprob
from lollms_client.types.embedding import EmbeddingRequest
from lollms_client.types.message import (
    ReasoningPart,
    TextPart,
    ToolCallPart,
)
from tests.loopback import Line, Received, loopback
from tests.services.native_cases import answer, body_of, check, failure, folded, stream
from tests.services.ollama.cases import DONE, PNG, ask, lines, ollama, reply

RICH = (
    {
        "model": "m",
        "created_at": "2026-11-22T10:00:00Z",
        "message": {"role": "assistant", "content": "", "thinking": "Let "},
    },
    {"model": "m", "message": {"role": "assistant", "content": "", "thinking": "me."}, "from_tomorrow": [1]},
    {
        "message": {"content": "Grüße "},
        "logprobs": [
            {"token": "Grüße ", "logprob": -0.5, "bytes": [1], "top_logprobs": [{"token": "Hi", "logprob": -1.5}]}
        ],
    },
    {"message": {"content": "🙂"}},
    {"message": {"content": "", "tool_calls": [{"function": {"name": "weather", "arguments": {"town": "Bern"}}}]}},
    {"message": {"content": "", "tool_calls": [{"id": "call_x", "function": {"name": "time", "arguments": {}}}]}},
    {"message": {"content": ""}, **DONE},
)


def test_a_stream_folds_into_the_whole_answer_however_it_is_cut() -> None:
    data, binding = lines(*RICH), ollama()
    for at in range(1, len(data)):
        canned = CannedReply(chunks=(data[:at], data[at:]))
        result = folded(stream(binding, ask(), ScriptedDriver([canned])))
        assert [type(part) for part in result.message.parts] == [ReasoningPart, TextPart, ToolCallPart, ToolCallPart]
        assert (result.reasoning, result.text) == ("Let me.", "Grüße 🙂")
    first, second = result.tool_calls
    assert (first.name, first.arguments, second.id, second.name) == ("weather", {"town": "Bern"}, "call_x", "time")
    assert first.id.startswith("call_")
    assert first.id != second.id
    assert result.finish == "tool_calls"
    assert (result.usage.input_tokens, result.usage.output_tokens, result.model) == (5, 7, "m")
    assert result.extra == {"done_reason": "stop", "total_duration": 9}
    alternative = TokenLogprob(token="Hi", logprob=-1.5)
    assert result.logprobs == (TokenLogprob(token="Grüße ", logprob=-0.5, alternatives=(alternative,)),)


def test_one_byte_at_a_time_gives_the_same() -> None:
    data = lines(*RICH)
    driver = ScriptedDriver([CannedReply(chunks=tuple(data[at : at + 1] for at in range(len(data))))])
    assert folded(stream(ollama(), ask(), driver)).text == "Grüße 🙂"


@pytest.mark.parametrize("kept", range(len(RICH)))
def test_a_stream_that_is_cut_off_is_a_bad_reply_after_what_came(kept: int) -> None:
    driver = ScriptedDriver([reply(*RICH[:kept])])
    parts: list[Any] = []

    def run() -> None:
        for piece in driver.iterate(ollama().chat_flow(ask())):
            parts.extend(piece)

    assert isinstance(failure(run), errors.BadReply)
    assert any(isinstance(part, TextDelta) for part in parts) is (kept > 2)


@pytest.mark.parametrize(
    ("line", "finish"),
    [
        ({"done_reason": "stop"}, "stop"),
        ({"done_reason": "length"}, "length"),
        ({"done_reason": "load"}, "other"),
        ({"done_reason": None}, "stop"),
    ],
)
def test_reasons_for_the_end(line: dict[str, Any], finish: str) -> None:
    result, _ = answer(ollama(), ask(), reply({"message": {"content": "x"}, **DONE, **line}))
    assert (result.text, result.finish) == ("x", finish)


def test_a_raw_prompts_answer_and_an_image_are_read() -> None:
    text = reply({"response": "a", "thinking": "t", "done": False}, {"response": "b", **DONE})
    result, _ = answer(ollama(), ChatRequest(messages=(), prompt="x"), text)
    assert (result.text, result.reasoning) == ("ab", "t")
    picture = reply({"message": {"content": "", "images": [base64.b64encode(PNG).decode()]}, **DONE})
    result, _ = answer(ollama(), ask(), picture)
    assert result.message.images[0].media == PNG


def test_a_reply_cannot_name_a_file_of_this_machine_as_its_image(tmp_path: Path) -> None:
    file = tmp_path / "secret.png"
    file.write_bytes(PNG)
    named = reply({"message": {"content": "", "images": [str(file)]}}, DONE)
    assert isinstance(failure(lambda: answer(ollama(), ask(), named)), errors.BadReply)


FAILURES: list[tuple[CannedReply, type[errors.LollmsError]]] = [
    (CannedReply(status=404, body={"error": "model 'm' not found"}), errors.NotFound),
    (CannedReply(status=400, body={"error": "does not support tools"}), errors.Rejected),
    (CannedReply(status=401, body={"error": "unauthorized"}), errors.AuthenticationFailed),
    (CannedReply(status=429, body={"error": "too many"}), errors.RateLimited),
    (CannedReply(status=500, body={"error": "llama runner process has terminated"}), errors.Unavailable),
    (CannedReply(status=200, body={"error": "input exceeds the context length"}), errors.ContextTooLong),
    (reply({"message": {"content": "so"}}, {"error": "unexpected EOF"}), errors.CallError),
    (CannedReply(body=b"<html>", headers={"content-type": "text/html"}), errors.BadReply),
]


@pytest.mark.parametrize(("canned", "kind"), FAILURES)
def test_errors(canned: CannedReply, kind: type[errors.LollmsError]) -> None:
    driver = ScriptedDriver([canned])
    assert type(failure(lambda: driver.run(ollama(max_retries=0).chat_result_flow(ask())))) is kind


def test_embeddings() -> None:
    canned = CannedReply(body={"model": "e", "embeddings": [[1, 0.5], [0, 2]], "prompt_eval_count": 8})
    driver = ScriptedDriver([canned])
    extra = {"truncate": False, "keep_alive": "5m", "num_ctx": 512}
    request = EmbeddingRequest(texts=("a", "b"), dimensions=2, purpose="query", extra=extra)
    result = driver.run(ollama(embedding_model_name="e").embedding_flow(request))
    body = body_of(driver.requests[0])
    check("ollama.yaml", "EmbedRequest", body)
    assert body == {
        "model": "e",
        "input": ["a", "b"],
        "dimensions": 2,
        "truncate": False,
        "keep_alive": "5m",
        "options": {"num_ctx": 512},
    }
    assert result.vectors == ((1.0, 0.5), (0.0, 2.0))
    assert (result.usage.input_tokens, result.model) == (8, "e")
    assert [warning.setting for warning in result.warnings] == ["purpose"]


@pytest.mark.parametrize("body", [{"embeddings": [[1.0]]}, {"embedding": [1.0]}, []])
def test_embeddings_in_another_shape_are_a_bad_reply(body: Any) -> None:
    driver = ScriptedDriver([CannedReply(body=body)])
    error = failure(lambda: driver.run(ollama().embedding_flow(EmbeddingRequest(texts=("a", "b")))))
    assert isinstance(error, errors.BadReply)


def test_the_models_of_the_server_are_listed() -> None:
    row = {
        "name": "llama3",
        "model": "llama3",
        "size": 4,
        "digest": "d",
        "modified_at": "2026-01-01T00:00:00Z",
        "details": {"family": "llama"},
    }
    driver = ScriptedDriver(
        [
            CannedReply(body={"models": [row]}),
            CannedReply(body={"models": [{**row, "size_vram": 2, "context_length": 8192}]}),
        ]
    )
    (model,) = driver.run(ollama().models_flow())
    assert (model.name, model.size_bytes, model.owner, model.created) == ("llama3", 4, "llama", 1767225600)
    (running,) = driver.run(ollama().running_models_flow())
    assert (running.context_tokens, running.extra["size_vram"]) == (8192, 2)
    assert [request.url.rpartition("/")[2] for request in driver.requests] == ["tags", "ps"]
    bad = ScriptedDriver([CannedReply(body={})])
    assert isinstance(failure(lambda: bad.run(ollama().models_flow())), errors.BadReply)


def test_a_model_is_shown() -> None:
    driver = ScriptedDriver([CannedReply(body={"capabilities": ["completion"]}), CannedReply(body={})])
    assert driver.run(ollama().show_model_flow())["capabilities"] == ["completion"]
    driver.run(ollama().show_model_flow("x", verbose=True))
    assert [body_of(request) for request in driver.requests] == [{"model": "m"}, {"model": "x", "verbose": True}]
    check("ollama.yaml", "ShowRequest", body_of(driver.requests[1]))


def test_pulling_reports_progress_and_ends_in_success() -> None:
    steps = (
        {"status": "pulling manifest"},
        {"status": "pulling abc", "digest": "abc", "total": 10, "completed": 5},
        {"status": "success"},
    )
    driver = ScriptedDriver([reply(*steps)])
    seen: list[Progress] = []
    assert driver.run(ollama().pull_model_flow("m"), driver.context(on_progress=seen.append)) == "success"
    assert [progress.fraction for progress in seen] == [None, 0.5, None]
    check("ollama.yaml", "PullRequest", body_of(driver.requests[0]))


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        (({"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"}), errors.CallError),
        (({"status": "pulling manifest"},), errors.BadReply),
        ((), errors.BadReply),
    ],
)
def test_a_pull_that_fails_or_breaks_off(rows: tuple[Any, ...], kind: type[errors.LollmsError]) -> None:
    driver = ScriptedDriver([reply(*rows)])
    assert isinstance(failure(lambda: driver.run(ollama().pull_model_flow("m"))), kind)


def test_the_documented_methods_speak_with_a_server() -> None:
    def serve(line: Line, request: Received) -> None:
        if request.target == "/api/show":
            line.reply({"capabilities": ["completion"]})
        elif request.target == "/api/ps":
            line.reply({"models": [{"model": "m"}]})
        elif request.target == "/api/pull" and request.json()["model"] == "none":
            line.reply(lines({"error": "pull model manifest: file does not exist"}))
        elif request.target == "/api/pull":
            line.reply(lines({"status": "pulling manifest"}, {"status": "success"}))
        else:
            line.reply(lines({"message": {"content": "Hi"}}, {"message": {"content": " there"}, **DONE}))

    with loopback(serve) as server:
        binding = ollama(host_address=server.url)
        pieces: list[str] = []
        assert binding.generate_text("Hello") == "Hi there"
        assert binding.generate_text("Hello", streaming_callback=lambda text, kind: pieces.append(text)) == "Hi there"
        assert "".join(pieces) == "Hi there"
        assert binding.show_model() == {"capabilities": ["completion"]}
        assert binding.running_models() == ["m"]
        assert binding.pull_model("m") == "success"
        failed = binding.pull_model("none")
    assert (failed["status"], failed["binding"]) == ("error", "ollama")
    assert "does not exist" in failed["message"]
