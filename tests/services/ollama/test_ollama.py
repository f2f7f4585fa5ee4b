"""Ollama's own API: requests against the project's document and SDK, replies in every shape and cut."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.types.accounting import Progress
from lollms_client.types.chat import ChatRequest, ResponseFormat, TextDelta, TokenLogprob, Tool
from lollms_client.types.embedding import EmbeddingRequest
from lollms_client.types.media import Media
from lollms_client.types.message import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from tests.loopback import Line, Received, loopback
from tests.services.native_cases import KEY, answer, body_of, captured, check, failure, folded, native, stream

PNG = Media(b"\x89PNG\r\n\x1a\n" + b"\0" * 16)
TOWN = {"type": "object", "properties": {"town": {"type": "string"}}}
WEATHER = Tool(name="weather", description="The weather of a town.", parameters=TOWN)
WIRE_TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "The weather of a town.", "parameters": TOWN},
}
DONE = {"model": "m", "done": True, "done_reason": "stop", "prompt_eval_count": 5, "eval_count": 7, "total_duration": 9}


def lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)


def reply(*values: Any) -> CannedReply:
    return CannedReply(headers={"Content-Type": "application/x-ndjson"}, chunks=(lines(*values),))


def ask(**fields: Any) -> ChatRequest:
    return ChatRequest(messages=(Message.user("Hello"),), **fields)


def ollama(**settings: Any) -> Any:
    return native("llm", "ollama", **{"model_name": "m", **settings})


def sent(request: ChatRequest, schema: str = "ChatRequest") -> tuple[dict[str, Any], list[str]]:
    """The body that goes out, which fits the project's document, and what was warned of."""
    result, driver = answer(ollama(), request, reply(DONE))
    body: dict[str, Any] = body_of(driver.requests[0])
    check("ollama.yaml", schema, body)
    return body, [f"{warning.kind} {warning.setting}" for warning in result.warnings]


SETTINGS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({}, {}, []),
    ({"model": "other"}, {"model": "other"}, []),
    (
        {"max_tokens": 9, "temperature": 0.5, "top_p": 0.9, "top_k": 4, "min_p": 0.1, "seed": 3, "stop": ("a", "b")},
        {
            "options": {
                "num_predict": 9,
                "temperature": 0.5,
                "top_p": 0.9,
                "top_k": 4,
                "min_p": 0.1,
                "seed": 3,
                "stop": ["a", "b"],
            }
        },
        [],
    ),
    (
        {"repeat_penalty": 1.1, "repeat_last_n": 64, "presence_penalty": 0.1, "frequency_penalty": 0.2},
        {"options": {"repeat_penalty": 1.1, "repeat_last_n": 64, "presence_penalty": 0.1, "frequency_penalty": 0.2}},
        [],
    ),
    (
        {"seed": 1, "extra": {"num_ctx": 4096, "use_mmap": False, "options": {"seed": 2, "mirostat": 1}}},
        {"options": {"seed": 2, "num_ctx": 4096, "use_mmap": False, "mirostat": 1}},
        [],
    ),
    ({"extra": {"keep_alive": "5m"}}, {"keep_alive": "5m"}, []),
    ({"extra": {"keep_alive": "-1"}}, {"keep_alive": -1}, []),
    ({"extra": {"keep_alive": "1.5"}}, {"keep_alive": 1.5}, []),
    ({"reasoning_effort": "none"}, {"think": False}, []),
    ({"reasoning_effort": "high"}, {"think": "high"}, []),
    ({"reasoning_effort": "minimal"}, {"think": "low"}, ["replaced reasoning_effort"]),
    ({"reasoning_effort": "xhigh"}, {"think": "max"}, ["replaced reasoning_effort"]),
    ({"reasoning_effort": "high", "extra": {"think": "true"}}, {"think": True}, []),
    ({"response_format": ResponseFormat(kind="json")}, {"format": "json"}, []),
    ({"response_format": ResponseFormat(kind="json_schema", json_schema=TOWN)}, {"format": TOWN}, []),
    ({"logprobs": 0}, {"logprobs": True}, []),
    ({"logprobs": 3}, {"logprobs": True, "top_logprobs": 3}, []),
    ({"tools": (WEATHER,)}, {"tools": [WIRE_TOOL]}, []),
    ({"tools": (WEATHER,), "tool_choice": "none"}, {}, []),
    ({"tools": (WEATHER,), "tool_choice": "required"}, {"tools": [WIRE_TOOL]}, ["unsupported tool_choice"]),
    ({"tools": (WEATHER,), "parallel_tool_calls": True}, {"tools": [WIRE_TOOL]}, ["dropped parallel_tool_calls"]),
    ({"count": 3}, {}, ["dropped count"]),
    ({"extra": {"suffix": "x"}}, {}, ["dropped suffix"]),
]


@pytest.mark.parametrize(("fields", "expected", "warned"), SETTINGS)
def test_settings_stand_in_the_body(fields: dict[str, Any], expected: dict[str, Any], warned: list[str]) -> None:
    body, warnings = sent(ask(**fields))
    assert body == {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hello"}], **expected}
    assert warnings == warned


def test_a_whole_conversation_is_carried() -> None:
    messages = (
        Message.system("Be brief."),
        Message(
            role="user",
            parts=(
                ImagePart(media=PNG),
                ImagePart(url=PNG.data_url()),
                FilePart(media=Media(b"a,b", "text/csv"), name="table.csv"),
                TextPart(text="What is this?"),
            ),
        ),
        Message(
            role="assistant",
            parts=(
                ReasoningPart(text="hm"),
                TextPart(text="Look:"),
                ToolCallPart(id="c1", name="weather", arguments={"town": "Bern"}),
            ),
        ),
        Message.tool("c1", "sunny"),
        Message(
            role="tool", parts=(ToolResultPart(call_id="c9", content=(TextPart(text="see"), ImagePart(media=PNG))),)
        ),
    )
    body, warnings = sent(ChatRequest(messages=messages))
    assert warnings == []
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "table.csv:\na,b\nWhat is this?", "images": [PNG.base64(), PNG.base64()]},
        {
            "role": "assistant",
            "content": "Look:",
            "thinking": "hm",
            "tool_calls": [{"function": {"name": "weather", "arguments": {"town": "Bern"}}}],
        },
        {"role": "tool", "content": "sunny", "tool_name": "weather"},
        {"role": "tool", "content": "see", "images": [PNG.base64()]},
    ]


PROMPTS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({}, {"raw": True}, []),
    ({"extra": {"raw": False}}, {}, []),
    ({"extra": {"suffix": "return x"}}, {"suffix": "return x"}, []),
    ({"tools": (WEATHER,), "seed": 2}, {"raw": True, "options": {"seed": 2}}, ["dropped tools"]),
]


@pytest.mark.parametrize(("fields", "expected", "warned"), PROMPTS)
def test_a_raw_prompt_goes_to_generate(fields: dict[str, Any], expected: dict[str, Any], warned: list[str]) -> None:
    body, warnings = sent(ChatRequest(messages=(), prompt="def f(", **fields), "GenerateRequest")
    assert body == {"model": "m", "stream": True, "prompt": "def f(", **expected}
    assert warnings == warned


def test_details_without_a_place_are_warned_of() -> None:
    picture = ImagePart(media=PNG, detail="low", cache=True)
    _, warnings = sent(ChatRequest(messages=(Message(role="user", parts=(picture,), name="Ann"),)))
    assert warnings == ["dropped name", "dropped detail", "unsupported cache"]


REFUSED: list[tuple[ChatRequest, type[errors.LollmsError]]] = [
    (ask(reasoning_effort="enormous"), errors.BadSetting),
    (
        ChatRequest(messages=(Message(role="user", parts=(ImagePart(url="https://example.org/x.png"),)),)),
        errors.BadMedia,
    ),
    (ChatRequest(messages=(Message(role="user", parts=(FilePart(media=Media(b"%PDF-\xff")),)),)), errors.Unsupported),
    (ChatRequest(messages=(Message(role="user", parts=(FilePart(url="https://x"),)),)), errors.Unsupported),
    (ChatRequest(messages=(Message(role="user", parts=(AudioPart(),)),)), errors.Unsupported),
]


@pytest.mark.parametrize(("request_", "kind"), REFUSED)
def test_what_the_server_cannot_take_is_refused_before_sending(
    request_: ChatRequest, kind: type[errors.LollmsError]
) -> None:
    driver = ScriptedDriver()
    assert type(failure(lambda: driver.run(ollama().chat_result_flow(request_)))) is kind
    assert driver.requests == []


def test_a_model_is_needed() -> None:
    error = failure(lambda: ScriptedDriver().run(ollama(model_name="").chat_result_flow(ask())))
    assert isinstance(error, errors.BadSetting)
    assert error.details["setting"] == "model_name"


def test_a_sound_with_its_words_and_broken_arguments_are_warned_of() -> None:
    sound = Message(role="user", parts=(AudioPart(media=Media(b"RIFF"), transcript="words"),))
    broken = Message(role="assistant", parts=(ToolCallPart(id="1", name="w", raw_arguments="{"),))
    body, warnings = sent(ChatRequest(messages=(sound, broken)))
    assert body["messages"][0]["content"] == "words"
    assert warnings == ["replaced messages", "dropped messages"]


def test_the_key_is_optional_and_goes_into_its_header() -> None:
    _, driver = answer(ollama(), ask(), reply(DONE))
    assert driver.requests[0].plain_headers()["Authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(driver.requests[0])
    _, driver = answer(
        ollama(service_key=None, host_address="box:11434", extra_body={"truncate": True}), ask(), reply(DONE)
    )
    assert "Authorization" not in driver.requests[0].plain_headers()
    assert driver.requests[0].url == "http://box:11434/api/chat"
    assert body_of(driver.requests[0])["truncate"] is True


# --- replies ---------------------------------------------------------------------------------------------------------

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


# --- embeddings and the server's models ------------------------------------------------------------------------------


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


# --- the official SDK sends the same ---------------------------------------------------------------------------------

USER = [{"role": "user", "content": "Hello"}]
SAME: list[tuple[str, ChatRequest, dict[str, Any]]] = [
    ("chat", ask(), {"messages": USER}),
    ("chat", ask(seed=3, max_tokens=4), {"messages": USER, "options": {"seed": 3, "num_predict": 4}}),
    ("chat", ask(tools=(WEATHER,)), {"messages": USER, "tools": [WIRE_TOOL]}),
    (
        "chat",
        ask(reasoning_effort="low", logprobs=2),
        {"messages": USER, "think": "low", "logprobs": True, "top_logprobs": 2},
    ),
    ("chat", ask(response_format=ResponseFormat(kind="json")), {"messages": USER, "format": "json"}),
    (
        "generate",
        ChatRequest(messages=(), prompt="x", extra={"keep_alive": "5m"}),
        {"prompt": "x", "raw": True, "keep_alive": "5m"},
    ),
]


def plain(value: Any) -> Any:
    """Without the nulls and empty lists that the SDK writes for what is not given."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item not in (None, [], "")}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("method", "ours", "theirs"), SAME)
def test_the_official_sdk_sends_the_same(method: str, ours: ChatRequest, theirs: dict[str, Any]) -> None:
    sdk = pytest.importorskip("ollama")

    def serve(line: Line, request: Received) -> None:
        line.begin(content_type="application/x-ndjson")
        line.chunk(lines({"message": {"role": "assistant", "content": "x"}, "response": "x", "created_at": "", **DONE}))
        line.end()

    def use_sdk(address: str) -> None:
        client = sdk.Client(host=address, trust_env=False)
        list(getattr(client, method)(model="m", stream=True, **theirs))
        client._client.close()

    def use_ours(address: str) -> None:
        binding = ollama(host_address=address)
        list(binding._driver().iterate(binding.chat_flow(ours), binding._context()))

    requests = [captured(serve, use)[0] for use in (use_sdk, use_ours)]
    assert requests[0].target == requests[1].target == f"/api/{method}"
    assert plain(requests[0].json()) == plain(requests[1].json())


CALLS: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any], Any]] = [
    (
        "embed",
        lambda sdk: sdk.embed(model="m", input=["a"], dimensions=3),
        lambda ours: ours.embedding_flow(EmbeddingRequest(texts=("a",), dimensions=3)),
        {"embeddings": [[1.0]], "model": "m"},
    ),
    ("tags", lambda sdk: sdk.list(), lambda ours: ours.models_flow(), {"models": []}),
    ("ps", lambda sdk: sdk.ps(), lambda ours: ours.running_models_flow(), {"models": []}),
    ("show", lambda sdk: sdk.show("m"), lambda ours: ours.show_model_flow("m"), {"model_info": {}, "modelinfo": {}}),
    (
        "pull",
        lambda sdk: list(sdk.pull("m", stream=True)),
        lambda ours: ours.pull_model_flow("m"),
        {"status": "success"},
    ),
]


@pytest.mark.parametrize(("path", "theirs", "ours", "body"), CALLS)
def test_the_official_sdk_calls_the_same(
    path: str, theirs: Callable[[Any], Any], ours: Callable[[Any], Any], body: Any
) -> None:
    sdk = pytest.importorskip("ollama")

    def use_sdk(address: str) -> None:
        client = sdk.Client(host=address, trust_env=False)
        theirs(client)
        client._client.close()

    def use_ours(address: str) -> None:
        binding = ollama(host_address=address)
        binding._driver().run(ours(binding), binding._context())

    requests = [captured(lambda line, _: line.reply(body), use)[0] for use in (use_sdk, use_ours)]
    assert requests[0].method == requests[1].method
    assert requests[0].target == requests[1].target == f"/api/{path}"
    if requests[0].body:
        usual = {"insecure": False, "stream": 0}  # which the SDK writes out and we do not
        assert {**plain(requests[0].json()), **usual} == {**plain(requests[1].json()), **usual}
