"""Any binding can be recorded and replayed: in flows, as an engine, and as a stranger's plain class."""

from __future__ import annotations

import asyncio
import socket
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, LollmsClient, LollmsDiscussion
from lollms_client.cancel import CancelToken
from lollms_client.errors import BadSetting, Cancelled, ForbiddenAddress, LollmsError, RateLimited, Unsupported
from lollms_client.families.replay.failures import BadRecording, NotRecorded
from lollms_client.testing import recording, replaying
from lollms_client.types import Media, Progress, TextDelta
from tests.loopback import Line, Received, loopback

PLAIN = """
import record_me_absent_package
from lollms_client.lollms_{kind}_binding import Lollms{up}Binding

BindingName = "Plain"

class Plain(Lollms{up}Binding):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.key = kwargs["service_key"]
        self.times = 0
{body}
"""
BODIES = {
    "llm": '''
        def chat(self, discussion, n_predict=None, streaming_callback=None, **kwargs):
            text = ""
            for word in ("You ", "said ", discussion.messages[-1].content):
                text += word
                if streaming_callback and streaming_callback(word) is False:
                    return text
            return text
        def tokenize(self, text):
            return [len(word) for word in text.split()]
        def listModels(self):
            return ["plain-1", "plain-2"]
        def embed(self, text, **kwargs):
            return [0.5, float(len(text))]
        def count_tokens(self, text):
            return len(text.split())
    ''',
    "tts": '''
        def generate_audio(self, text, voice=None, **kwargs):
            if text == "fail":
                return {"status": "error", "message": "the key " + self.key + " is wrong", "code": "permission_denied"}
            self.times += 1
            return b"RIFF\\x04\\x00\\x00\\x00WAVE" + bytes(2000) + bytes([self.times])
        def list_voices(self):
            return ["one", "two"]
    ''',
}  # fmt: skip
MANIFEST = """
title: Plain
author: Me
description: A plain class of somebody.
input_parameters:
  - {name: service_key, type: str, description: The key., is_secret: true, mandatory: true}
"""
KEY = "plain-secret-4711"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Plain bindings that need a key, and a package that is there only while `package` is in use."""
    for kind, body in BODIES.items():
        place = tmp_path / "bindings" / f"plain_{kind}"
        place.mkdir(parents=True)
        (place / "description.yaml").write_text(f"binding_type: {kind}\n{MANIFEST}")
        text = PLAIN.format(kind=kind, up=kind.upper(), body=textwrap.indent(textwrap.dedent(body), "    "))
        (place / "__init__.py").write_text(text)
    return tmp_path


@pytest.fixture
def package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    (folder / "packages").mkdir()
    (folder / "packages" / "record_me_absent_package.py").write_text("")
    monkeypatch.syspath_prepend(str(folder / "packages"))
    return monkeypatch


def plain_client(folder: Path, kind: str, **config: Any) -> LollmsClient:
    arguments: dict[str, Any] = {f"{kind}_binding_name": f"plain_{kind}", f"{kind}_binding_config": config}
    return LollmsClient(bindings_dir=folder / "bindings", **arguments)


def mock(kind: str = "llm", **config: Any) -> LollmsClient:
    arguments: dict[str, Any] = {f"{kind}_binding_name": "mock", f"{kind}_binding_config": config}
    return LollmsClient(**arguments)


def replay(kind: str, file: Path, **config: Any) -> LollmsClient:
    arguments: dict[str, Any] = {f"{kind}_binding_name": "replay"}
    arguments[f"{kind}_binding_config"] = {"recording": str(file), **config}
    return LollmsClient(**arguments)


def test_a_plain_binding_is_replayed_without_package_or_key(folder: Path, package: pytest.MonkeyPatch) -> None:
    file = folder / "calls.yaml"
    real = plain_client(folder, "llm", service_key=KEY, record_to=str(file))
    with real.stream_chat("hello") as stream:
        live = [part.text for part in stream if isinstance(part, TextDelta)]
    spoken = real.llm.chat(_discussion("hi there"))
    values = (
        real.models(),
        real.llm.listModels(),
        real.llm.tokenize("a bc"),
        real.llm.embed("abc"),
        real.count_tokens("a b"),
    )
    assert spoken == "You said hi there"
    package.undo()
    sys.modules.pop("record_me_absent_package")
    for again in (plain_client(folder, "llm", replay_from=str(file)), replay("llm", file)):
        with again.stream_chat("hello") as stream:
            assert [part.text for part in stream if isinstance(part, TextDelta)] == live
        assert again.llm.chat(_discussion("hi there")) == spoken
        assert _values(again) == values
        assert again.chat("hello").text == "You said hello"  # recorded as a stream, asked whole
    assert KEY not in file.read_text()


def _values(client: LollmsClient) -> tuple[Any, ...]:
    llm: Any = client.llm
    return (client.models(), llm.listModels(), llm.tokenize("a bc"), llm.embed("abc"), client.count_tokens("a b"))


def _discussion(text: str) -> Any:
    made: Any = LollmsDiscussion()
    made.add_message(sender="user", sender_type="user", content=text)
    return made


def test_media_errors_and_equal_calls_come_back_in_their_order(folder: Path, package: pytest.MonkeyPatch) -> None:
    file = folder / "sounds.yaml"
    real = plain_client(folder, "tts", service_key=KEY, record_to=str(file))
    sounds = [real.speech("hello").audio, real.tts.generate_audio("hello")]
    failed = real.tts.generate_audio("fail")
    voices = (real.tts.list_voices(), real.voices())
    again = replay("tts", file)
    assert [again.speech("hello").audio for _ in range(3)] == [*sounds, sounds[1]]
    assert isinstance(again.speech("hello").audio, Media)
    assert isinstance(failed, dict)
    assert again.tts.generate_audio("fail") == {**failed, "binding": "replay"}
    assert failed["code"] == "permission_denied"
    assert (again.tts.list_voices(), again.voices()) == voices
    assert sounds[0] != sounds[1]
    assert KEY not in file.read_text()
    with again.stream_speech("hello") as stream:
        assert stream.read() in sounds


def test_an_engine_is_recorded_with_its_progress(tmp_path: Path) -> None:
    file = tmp_path / "music.yaml"
    told: list[Progress] = []
    config = {"ttm_binding_name": "composer", "ttm_binding_config": {"record_to": str(file)}}
    made = LollmsClient(**config).music("a waltz", seconds=2, seed=1, on_progress=told.append)  # type: ignore[arg-type]
    again: list[Progress] = []
    with replaying(file) as tape:
        found = LollmsClient(ttm_binding_name="composer").music("a waltz", seconds=2, seed=1, on_progress=again.append)
    assert found == made
    assert again == told
    assert told
    assert (tape.played, tape.recorded, tape.refused, tape.unused()) == (1, 0, [], [])


def answer(line: Line, request: Received) -> None:
    said = request.json()["messages"][-1]["content"]
    if said == "limit":
        line.reply({"error": {"message": "slow down"}}, status=429, retry_after="7")
    else:
        message = {"role": "assistant", "content": f"Hello {said}"}
        line.reply({"choices": [{"message": message, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3}})


def test_a_service_is_recorded_and_replayed_with_nothing_going_out(tmp_path: Path) -> None:
    file = tmp_path / "service.yaml"
    with loopback(answer) as server:
        config = {
            "host_address": f"http://127.0.0.1:{server.port}/v1", "service_key": "sk-service-secret-1234567890",
            "model_name": "m", "max_retries": 0,
        }  # fmt: skip
        arguments: dict[str, Any] = {"llm_binding_name": "openai_compatible", "llm_binding_config": config}
        with recording(file) as tape:
            client = LollmsClient(**arguments)
            made = client.chat("you")
            with pytest.raises(RateLimited):
                client.chat("limit")
        assert (tape.recorded, tape.played) == (2, 0)
        assert client.chat("me").text == "Hello me"  # the recording is closed
        requests = len(server.requests)
        with replaying(file) as tape:
            again = LollmsClient(**arguments)
            assert again.chat("you") == made
            with pytest.raises(RateLimited) as caught:
                again.chat("limit")
            assert caught.value.details["retry_after"] == 7
            with pytest.raises(NotRecorded):
                again.chat("me")
            assert len(server.requests) == requests
            with pytest.raises(ForbiddenAddress, match="nothing goes out"):
                socket.create_connection(("127.0.0.1", server.port))
            with pytest.raises(ForbiddenAddress):
                client.chat("over the connection of before")
            assert len(server.requests) == requests
            assert tape.refused
        socket.create_connection(("127.0.0.1", server.port)).close()
    assert "secret" not in file.read_text()


def test_what_is_missing_is_recorded_and_the_rest_replayed(tmp_path: Path) -> None:
    file = tmp_path / "calls.yaml"
    for prompts, counts in ((["a", "b"], (0, 2)), (["b", "c"], (1, 1))):
        with recording(file) as tape:
            client = LollmsClient(ttm_binding_name="composer")
            for prompt in prompts:
                client.music(prompt, seconds=2, seed=1)
            assert (tape.played, tape.recorded) == counts
    assert file.read_text().count("call: music") == 3
    with replaying(file) as tape:
        LollmsClient(ttm_binding_name="composer").music("a", seconds=2, seed=1)
        assert [item.partition(": ")[2] for item in tape.unused()] == ["music of ttm.composer"] * 2


def test_recording_anew_replaces_the_same_requests_only(tmp_path: Path) -> None:
    file = tmp_path / "calls.yaml"
    old = mock(answers=["old"], record_to=str(file))
    assert [old.chat(text).text for text in ("a", "a", "b")] == ["old"] * 3
    mock(answers=["new"], record_to=str(file)).chat("a")
    again = replay("llm", file)
    assert [again.chat(text).text for text in ("a", "a", "b")] == ["new", "new", "old"]


def test_a_stream_fails_and_ends_early_as_it_was_recorded(tmp_path: Path) -> None:
    file = tmp_path / "calls.yaml"
    made = mock(answers=["a b c d", {"text": "x y z", "error": "unavailable", "after_chunks": 2}], record_to=str(file))
    with made.stream_chat("early") as stream:
        assert [next(stream), next(stream)]
    with pytest.raises(LollmsError):
        list(made.stream_chat("broken"))
    again = replay("llm", file)
    with again.stream_chat("early") as stream:
        assert [next(stream), next(stream)] == [TextDelta(text="a"), TextDelta(text=" b")]
        with pytest.raises(BadRecording, match="its caller ended it"):
            next(stream)
    broken = again.stream_chat("broken")
    with pytest.raises(LollmsError) as caught:
        list(broken)
    assert (caught.value.code, broken.partial.text) == ("unavailable", "x y")


def test_replayed_calls_can_be_cancelled(tmp_path: Path) -> None:
    file = tmp_path / "calls.yaml"
    made = mock(answers=["a b c d"], record_to=str(file))
    list(made.stream_chat("?"))
    token = CancelToken()
    again = replay("llm", file)
    stream = again.stream_chat("?", cancel=token)
    assert next(stream) == TextDelta(text="a")
    token.cancel()
    with pytest.raises(Cancelled):
        next(stream)
    with pytest.raises(Cancelled):
        again.chat("?", cancel=token)
    cancelled = mock(record_to=str(tmp_path / "none.yaml"))
    with pytest.raises(Cancelled):
        cancelled.chat("?", cancel=token)
    assert not (tmp_path / "none.yaml").exists()


def test_the_async_client_records_and_replays(tmp_path: Path) -> None:
    file = tmp_path / "calls.yaml"

    async def calls(config: dict[str, Any]) -> list[Any]:
        name = "mock" if "record_to" in config else "replay"
        async with AsyncLollmsClient(llm_binding_name=name, llm_binding_config=config) as client:
            async with client.stream_chat("stream") as stream:
                texts = [text async for text in stream.texts()]
            return [texts, *await asyncio.gather(*(client.chat(f"call {number}") for number in range(5)))]

    live = asyncio.run(calls({"record_to": str(file), "latency": 0.001}))
    assert asyncio.run(calls({"recording": str(file)})) == live


def test_jobs_are_replayed_step_by_step_and_without_waiting(tmp_path: Path) -> None:
    file = tmp_path / "film.yaml"
    made = mock("ttv", job_steps=2, job_pause=0.001, width=16, height=16, fps=4.0, record_to=str(file))
    handle = made.jobs.submit("video", "waves")
    states = [made.jobs.check(handle).state, made.jobs.check(handle).state]
    film = made.jobs.collect(handle)
    text = file.read_text().replace("retry_after: 0.001", "retry_after: 3600")
    file.write_text(text)
    again = replay("ttv", file)
    found = again.jobs.submit("video", "waves")
    assert (found.id, found.binding) == (handle.id, "replay")
    assert [again.jobs.check(found).state, again.jobs.check(found).state] == states
    assert again.jobs.collect(found) == film
    with pytest.raises(Unsupported):
        LollmsClient(ttm_binding_name="composer", ttm_binding_config={"record_to": str(file)}).jobs.submit("music", "x")


def test_many_threads_write_and_read_whole_calls(tmp_path: Path) -> None:
    file = tmp_path / "calls.yaml"
    made = mock(record_to=str(file))
    failures: list[BaseException] = []

    def run(client: LollmsClient, number: int) -> None:
        try:
            for turn in range(10):
                assert client.chat(f"{number} {turn} " + "long " * 300).text.startswith(f"{number} {turn}")
        except BaseException as error:
            failures.append(error)

    for client in (made, replay("llm", file)):
        threads = [threading.Thread(target=run, args=(client, number)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


def test_a_request_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "calls.yaml"
    made = mock(record_to=str(file))
    made.chat("good morning", temperature=0.5)
    made.chat("something else", max_tokens=3, seed=4)
    again = replay("llm", file)
    with pytest.raises(NotRecorded) as caught:
        again.chat("good evening", temperature=0.5)
    assert "(line 6) differs: messages[0].parts[0].text is 'good evening', recorded 'good morning'" in str(caught.value)
    with pytest.raises(NotRecorded, match=r"temperature was 0.5, not asked now"):
        again.chat("good morning")
    with pytest.raises(NotRecorded, match=r"holds no embed; it holds chat \(2\)"):
        again.embed("x")
    with pytest.raises(NotRecorded, match=r"calls of llm.mock"):
        replay("llm", file, binding="other").chat("good morning")


def test_secrets_are_never_written(tmp_path: Path) -> None:
    file = tmp_path / "calls.yaml"
    made = mock(record_to=str(file), answers=["known-secret-778899"])
    from lollms_client.secret import Secret

    secret = Secret("known-secret-778899")
    assert made.chat("hi").text == secret.reveal()  # the caller gets what was said
    assert replay("llm", file).chat("hi").text == "***"
    for text in (secret.reveal(), "my key is sk-proj-abcdefghijklmnopqrstuvwx"):
        with pytest.raises(BadRecording, match="not recorded"):
            made.chat(text)
    with pytest.raises(BadRecording, match="api_key is named as a secret"):
        made.chat("hello", api_key="hunter2")
    for name in ("pass_word", "Authorization"):
        with pytest.raises(BadRecording, match=f"{name} is named as a secret"):
            made.chat("hello", **{name: "hunter2"})
    assert "secret-7788" not in file.read_text()
    assert "hunter2" not in file.read_text()


@pytest.mark.parametrize("name", ["hook-code", "hook_code", "HookCode", "pin"])
def test_a_parameter_that_the_manifest_calls_secret_is_never_written(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "bindings" / "hooked"
    folder.mkdir(parents=True)
    rows = "[{name: hook-code, type: str, is_secret: true}, {name: pin, type: str, is_secret: true}]"
    text = f"title: Hooked\nbinding_type: llm\ngenerate_text_parameters: {rows}\n"
    (folder / "description.yaml").write_text(text, encoding="utf-8")
    code = PLAIN.replace("import record_me_absent_package", "").replace('kwargs["service_key"]', "''")
    body = "    def generate_text(self, prompt, **kwargs):\n        return prompt\n"
    (folder / "__init__.py").write_text(code.format(kind="llm", up="LLM", body=body), encoding="utf-8")
    file = tmp_path / "calls.yaml"
    client = LollmsClient(bindings_dir=folder.parent, llm_binding_name="hooked",
                          llm_binding_config={"record_to": str(file)})  # fmt: skip
    assert client.chat("hello").text == "hello"
    with pytest.raises(BadRecording, match=r"is a secret, as the manifest says"):
        client.chat("hello", **{name: "4711000"})
    assert "4711000" not in file.read_text()


def test_mocks_are_recorded_as_all_bindings_are(tmp_path: Path) -> None:
    with recording(tmp_path / "calls.yaml") as tape:
        assert mock(answers=["one"]).chat("hi").text == "one"
    assert tape.recorded == 1
    with replaying(tmp_path / "calls.yaml"):
        assert mock(answers=["two"]).chat("hi").text == "one"
        with pytest.raises(NotRecorded):
            mock(answers=["two"]).chat("ho")


def record_two(file: Path) -> str:
    made = mock(record_to=str(file))
    made.chat("one")
    made.chat("two")
    return file.read_text()


def test_a_crash_in_the_middle_loses_the_call_in_flight_alone(tmp_path: Path) -> None:
    file = tmp_path / "calls.yaml"
    text = record_two(file)
    start = text.rindex("---")
    for end in range(start + 4, len(text) - 1, 7):
        file.write_text(text[:end])
        again = replay("llm", file)
        assert again.chat("one").text == "one"
        with pytest.raises(NotRecorded, match="is cut off"):
            again.chat("two")
    mock(record_to=str(file)).chat("three")  # goes on behind the piece that is cut off
    assert replay("llm", file).chat("three").text == "three"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lollms_recording: 1", "lollms_recording: 2", "format is 2"),
        ("lollms_recording: 1", "something: else", "no recording"),
        ("text: one", "text: [one", "line 1[0-9]: it is no YAML"),
        ("call: chat", "kind: chat", "line 6: this is no call"),
        ("role: assistant", "role: nobody", "cannot be read"),
    ],
)
def test_a_damaged_recording_says_where(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = tmp_path / "calls.yaml"
    file.write_text(record_two(file).replace(old, new, 1))
    with pytest.raises(BadRecording, match=said):
        replay("llm", file).chat("one")


def test_media_that_are_missing_or_changed_are_told(tmp_path: Path) -> None:
    file = tmp_path / "pictures.yaml"
    mock("tti", record_to=str(file)).image("a kite")
    (picture,) = (tmp_path / "pictures_media").iterdir()
    assert picture.suffix == ".png"
    data = picture.read_bytes()
    picture.write_bytes(data[:-1])
    with pytest.raises(BadRecording, match="not what was recorded"):
        replay("tti", file).image("a kite")
    picture.unlink()
    with pytest.raises(BadRecording, match="is missing"):
        replay("tti", file).image("a kite")
    picture.write_bytes(data)
    assert replay("tti", file).image("a kite").image == data
    with pytest.raises(BadRecording, match="there is no recording"):
        replay("tti", tmp_path / "nowhere.yaml").image("a kite")
    with pytest.raises(BadSetting, match="needs the file"):
        LollmsClient(tti_binding_name="replay").image("a kite")


def test_settings_that_exclude_each_other_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="only one of"):
        mock(record_to=str(tmp_path / "a"), replay_from=str(tmp_path / "b")).chat("?")
    with pytest.raises(BadSetting, match="no mode"), recording(tmp_path / "a", "sometimes"):  # type: ignore[arg-type]
        pass


def test_a_recording_of_two_bindings_wants_to_know_which(folder: Path, package: pytest.MonkeyPatch) -> None:
    file = folder / "both.yaml"
    mock(record_to=str(file)).chat("hi")
    plain_client(folder, "llm", service_key=KEY, record_to=str(file)).chat("hi")
    with pytest.raises(BadSetting, match="is of mock, plain_llm"):
        replay("llm", file).chat("hi")
    assert replay("llm", file, binding="mock").chat("hi").text == "hi"
    assert replay("llm", file, binding="llm.plain_llm").chat("hi").text == "You said hi"
