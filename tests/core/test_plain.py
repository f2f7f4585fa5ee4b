"""Whatever shape a stranger's documented method gives back is read, or refused in words; with what it takes, sent."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from lollms_client import LollmsLLMBinding, LollmsTTIBinding, LollmsTTMBinding, LollmsTTSBinding, errors
from lollms_client.cancel import CancelToken
from lollms_client.drivers.asynchronous import AsyncDriver
from lollms_client.drivers.blocking import BlockingDriver
from lollms_client.drivers.context import CallContext
from lollms_client.flow import Timeouts
from lollms_client.lollms_discussion import LollmsDiscussion
from lollms_client.types import Media, TextDelta

PNG = b"\x89PNG\r\n\x1a\npixels"


class Painter(LollmsTTIBinding):
    """Gives back whatever it was made with."""

    def __init__(self, reply: Any = None, models: Any = None) -> None:
        self.reply = reply
        self.models = models
        self.seen: dict[str, Any] = {}

    def generate_image(self, prompt: str, width: int = 8, **kwargs: Any) -> Any:  # type: ignore[override]
        self.seen = {"prompt": prompt, "width": width, **kwargs}
        if isinstance(self.reply, BaseException):
            raise self.reply
        return self.reply

    def list_models(self, **kwargs: Any) -> Any:
        return self.models


def _image(reply: Any, **given: Any) -> Any:
    painter = Painter(reply)
    request = painter.image_request("generate_image", {"prompt": "x", **given})
    return BlockingDriver().run(painter.image_flow(request), CallContext()), painter


def test_media_in_every_shape(tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    file.write_bytes(PNG)
    shapes: list[Any] = [PNG, bytearray(PNG), [PNG], (PNG,), str(file), file, Media(PNG).data_url(), {"images": [PNG]}]
    shapes += [{"image": PNG, "status": "success"}, Media(PNG).base64() + "=" * 0]
    for shape in shapes:
        result, _ = _image(shape)
        assert (result.image, result.image.mime_type) == (PNG, "image/png")
    assert len(_image([PNG, PNG])[0].images) == 2


@pytest.mark.parametrize("reply", [None, b"", [], 5, {"unknown": 1}, "no file", [None], {"images": []}])
def test_what_is_no_media_is_a_bad_reply(reply: Any) -> None:
    with pytest.raises(errors.BadReply):
        _image(reply)


@pytest.mark.parametrize(
    ("reply", "kind", "pattern"),
    [
        ({"status": "error", "message": "no ink"}, errors.CallError, "no ink"),
        ({"status": False, "error": "no ink"}, errors.CallError, "no ink"),
        ({"error": "no ink"}, errors.CallError, "no ink"),
        ({"status": "error", "message": "wait", "code": "rate_limited", "retryable": True}, errors.RateLimited, "wait"),
        ({"status": "failed"}, errors.CallError, "no explanation"),
        (ValueError("bad width"), errors.CallError, r"Painter\.generate_image failed: ValueError: bad width"),
        (SystemExit("bye"), errors.CallError, "SystemExit"),
        (NotImplementedError("no drawing"), errors.Unsupported, "no drawing"),
        (errors.NotFound("no such model"), errors.NotFound, "no such model"),
    ],
)
def test_failures_are_errors_of_the_tree(reply: Any, kind: type[Exception], pattern: str) -> None:
    with pytest.raises(kind, match=pattern) as caught:
        _image(reply)
    assert isinstance(caught.value, errors.LollmsError)
    if isinstance(reply, dict) and "retryable" in reply:
        assert caught.value.retryable is True


def test_only_what_was_given_is_sent() -> None:
    _, painter = _image(PNG)
    assert painter.seen == {"prompt": "x", "width": 8}
    _, painter = _image(PNG, width=32, steps=5, count=2, brush="fine")
    assert painter.seen == {"prompt": "x", "width": 32, "steps": 5, "n": 2, "brush": "fine"}


def test_a_coroutine_in_place_of_a_reply_is_explained() -> None:
    async def late() -> bytes:
        return PNG

    with pytest.raises(errors.BadReply, match="async def"):
        _image(late())


@pytest.mark.parametrize(
    ("models", "names"),
    [
        (["a", "b"], ["a", "b"]),
        ([{"model_name": "a"}, {"name": "b"}, {"id": "c"}], ["a", "b", "c"]),
        ({"a": {}, "b": {}}, ["a", "b"]),
        ({"models": ["a"]}, ["a"]),
        ({"data": [{"id": "a", "context_length": 5}]}, ["a"]),
        ([], []),
    ],
)
def test_models_in_every_shape(models: Any, names: list[str]) -> None:
    found = BlockingDriver().run(Painter(models=models).models_flow(), CallContext())
    assert [model.name for model in found] == names


@pytest.mark.parametrize("models", [5, None, [{"nameless": 1}], {"status": "error", "message": "down"}])
def test_what_is_no_list_of_models_is_an_error(models: Any) -> None:
    with pytest.raises(errors.CallError):
        BlockingDriver().run(Painter(models=models).models_flow(), CallContext())


class Talker(LollmsLLMBinding):
    """Answers through whichever method it has."""

    def __init__(self) -> None:
        self.seen: list[Any] = []


class ChatTalker(Talker):
    def chat(self, discussion: Any, streaming_callback: Any = None, n_predict: int = 0) -> Any:  # type: ignore[override]
        self.seen.append((discussion.export("openai_chat"), n_predict))
        for piece in ("a", "b", "c"):
            if streaming_callback is not None and not streaming_callback(piece, 0):
                return "stopped"
        return "abc"


class TextTalker(Talker):
    def generate_text(self, prompt: str, system_prompt: str = "", images: Any = None) -> str:  # type: ignore[override]
        self.seen.append((prompt, system_prompt, images))
        return "abc"

    def tokenize(self, text: str) -> list[str]:
        return list(text)

    def embed(self, text: Any) -> Any:  # type: ignore[override]
        return [float(len(text)), 1]


class MessagesTalker(Talker):
    def generate_from_messages(self, messages: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        self.seen.append((messages, sorted(kwargs)))
        return {"status": "error", "message": "broken"}


CONVERSATION = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]


@pytest.mark.parametrize("asynchronous", [False, True])
def test_chat_reaches_whichever_method_there_is(asynchronous: bool) -> None:
    def ask(binding: Talker, **given: Any) -> Any:
        flow = binding.chat_result_flow(binding.chat_request(CONVERSATION, given))
        if asynchronous:
            return asyncio.run(AsyncDriver().run(flow, CallContext()))
        return BlockingDriver().run(flow, CallContext())

    chatting, writing, failing = ChatTalker(), TextTalker(), MessagesTalker()
    result = ask(chatting, max_tokens=7, temperature=0.5)
    assert (result.text, result.finish) == ("abc", "stop")
    (messages, n_predict) = chatting.seen[0]
    assert [message["role"] for message in messages] == ["system", "user"]
    assert (messages[1]["content"], n_predict) == ("u", 7)
    assert [warning.setting for warning in result.warnings] == ["temperature"]
    assert ask(writing).text == "abc"
    assert writing.seen == [("u", "s", None)]
    with pytest.raises(errors.CallError, match="broken"):
        ask(failing, stop=["x"])
    assert failing.seen[0][0][1] == CONVERSATION[1]
    with pytest.raises(errors.Unsupported):
        ask(Talker())


def test_a_stream_ends_early_where_the_reader_stops() -> None:
    binding = ChatTalker()
    stream = BlockingDriver().iterate(binding.chat_flow(binding.chat_request("u", {})), CallContext())
    first = next(stream)
    assert isinstance(first[0], TextDelta)
    stream.close()


def test_several_turns_become_one_prompt() -> None:
    binding = TextTalker()
    turns = [*CONVERSATION, {"role": "assistant", "content": "a"}, {"role": "user", "content": "v"}]
    BlockingDriver().run(binding.chat_result_flow(binding.chat_request(turns, {})), CallContext())
    assert binding.seen == [("user: u\nassistant: a\nuser: v\nassistant:", "s", None)]


def test_counts_and_embeds_through_the_documented_methods() -> None:
    binding, driver = TextTalker(), BlockingDriver()
    assert binding.count_tokens("four") == 4
    assert driver.run(binding.token_count_flow("four"), CallContext()) == 4
    result = driver.run(binding.embedding_flow(binding.embedding_request(["a", "bcd"], {})), CallContext())
    assert result.vectors == ((1.0, 1.0), (3.0, 1.0))
    assert result.dimensions == 2
    for wrong in ([], [5], ""):
        if wrong != "":
            with pytest.raises(errors.BadSetting):
                binding.embedding_request(wrong, {})  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError):
        ChatTalker().embed("x")
    with pytest.raises(NotImplementedError):
        ChatTalker().tokenize("x")


def test_what_a_base_class_lacks_is_unsupported() -> None:
    for call in (
        lambda: LollmsTTIBinding().generate_image("x"),
        lambda: LollmsTTIBinding().edit_image(PNG, "x"),
        lambda: LollmsTTSBinding().generate_audio("x"),
        lambda: LollmsTTSBinding().list_voices(),
        lambda: LollmsTTMBinding().generate_music("x"),
        lambda: LollmsTTMBinding().list_models(),
        lambda: LollmsLLMBinding().generate_text("x"),
        lambda: LollmsLLMBinding().chat(LollmsDiscussion.from_messages("x")),
    ):
        with pytest.raises(NotImplementedError):
            call()


def test_bad_arguments_of_documented_methods_are_error_dictionaries() -> None:
    class Flow(LollmsTTIBinding):
        speaks_flows = True

    binding = Flow()
    for reply in (
        binding.generate_image(5),  # type: ignore[arg-type]
        binding.generate_image("x", width="wide"),  # type: ignore[arg-type]
        binding.edit_image([], "x"),
        binding.edit_image("/no/such/file", "x"),
    ):
        assert isinstance(reply, dict)
        assert (reply["status"], reply["binding"]) == ("error", "Flow")


class Sleeper(LollmsTTIBinding):
    """Hangs until it is let go, as a service without a time limit does."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.threads: list[threading.Thread] = []

    def generate_image(self, prompt: str, **kwargs: Any) -> bytes:  # type: ignore[override]
        self.threads.append(threading.current_thread())
        self.release.wait(0.0 if prompt == "quick" else 30.0)
        return PNG


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("how", ["timeout", "token"])
def test_a_hanging_binding_is_left_when_the_caller_gives_up(asynchronous: bool, how: str) -> None:
    binding = Sleeper()
    token = CancelToken()
    context = CallContext(timeouts=Timeouts(total=0.3)) if how == "timeout" else CallContext(cancel=token)
    if how == "token":
        threading.Timer(0.2, token.cancel).start()
    flow = binding.image_flow(binding.image_request("generate_image", {"prompt": "x"}))
    with pytest.raises(errors.TimedOut if how == "timeout" else errors.Cancelled):
        _ = asyncio.run(AsyncDriver().run(flow, context)) if asynchronous else BlockingDriver().run(flow, context)
    binding.release.set()


def test_an_unbounded_call_stays_in_the_callers_thread() -> None:
    binding = Sleeper()
    request = binding.image_request("generate_image", {"prompt": "quick"})
    BlockingDriver().run(binding.image_flow(request), CallContext())
    assert binding.threads == [threading.current_thread()]
