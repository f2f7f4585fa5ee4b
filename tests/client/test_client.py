"""The client through its public methods: choosing bindings, options, streams, jobs in steps and across processes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, CancelToken, LollmsClient, errors
from lollms_client.types.job import JobHandle
from tests.client.conftest import State
from tests.loopback import Loopback


def test_a_film_in_one_call_with_progress(arguments: dict[str, Any], server: Loopback) -> None:
    seen: list[float | None] = []
    client = LollmsClient(**arguments)
    result = client.video("a cat", seconds=2, style="fancy", on_progress=lambda p: seen.append(p.fraction))
    assert result.video.mime_type == "video/mp4"
    assert seen == [0.1, 0.2, 0.3]
    assert server.requests[0].json() == {"prompt": "a cat", "style": "fancy", "seconds": 2}
    assert server.requests[0].headers["authorization"] == "Bearer third-party-canary-key"


def test_a_job_in_steps(arguments: dict[str, Any], state: State) -> None:
    client = LollmsClient(**arguments)
    handle = client.jobs.submit("video", "a cat")
    assert JobHandle.from_json(handle.as_json()) == handle
    assert "canary" not in handle.as_json()
    assert client.jobs.check(handle).state == "running"
    assert client.jobs.check(handle.as_json()).finished is False
    assert client.jobs.collect(handle).video.startswith(b"\0\0\0\x18ftyp")
    client.jobs.cancel(json.loads(handle.as_json()))
    assert state.cancelled == ["/queue/j5"]


def test_a_job_goes_on_in_another_process(arguments: dict[str, Any], third_party: Path, server: Loopback) -> None:
    handle = LollmsClient(**arguments).jobs.submit("video", "a cat")
    code = (
        "import sys; from lollms_client import LollmsClient\n"
        "client = LollmsClient(bindings_dir=sys.argv[1], ttv_binding_name='films',"
        " ttv_binding_config={'host_address': sys.argv[2], 'service_key': 'another-key-1'})\n"
        "print(len(client.jobs.collect(sys.argv[3]).video))"
    )
    command = [sys.executable, "-c", code, str(third_party), server.url, handle.as_json()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "16\n"


def test_a_failed_job_says_why(arguments: dict[str, Any], state: State) -> None:
    state.failure = {"message": "the prompt was refused", "code": "content_filtered"}
    with pytest.raises(errors.ContentFiltered, match="refused") as caught:
        LollmsClient(**arguments).video("x")
    assert caught.value.details["job"] == "j5"
    state.failure = {"message": "out of film"}
    with pytest.raises(errors.JobFailed, match="out of film"):
        LollmsClient(**arguments).video("x")


def test_jobs_from_asyncio(arguments: dict[str, Any]) -> None:
    async def main() -> None:
        async with AsyncLollmsClient(**arguments) as client:
            handle = await client.jobs.submit("video", prompt="a cat")
            assert (await client.jobs.check(handle)).state == "running"
            assert (await client.jobs.collect(handle)).id == "j5"

    asyncio.run(main())


def test_what_works_in_no_jobs_says_so(arguments: dict[str, Any]) -> None:
    client = LollmsClient(**arguments)
    with pytest.raises(errors.Unsupported, match="does not work in jobs"):
        client.jobs.submit("music", "a tune")
    with pytest.raises(errors.BadSetting, match="choose one of"):
        client.jobs.submit("poem", "x")
    with pytest.raises(errors.BadSetting, match="needs prompt"):
        client.jobs.submit("video")
    with pytest.raises(errors.BadSetting, match="no job handle"):
        client.jobs.check("not json")
    with pytest.raises(errors.UnknownBinding):
        client.jobs.check(JobHandle(binding="gone", binding_type="ttv", method="video", id="1"))


@pytest.mark.parametrize(
    ("options", "pattern"),
    [
        ({"stile": "fancy"}, "stile.*style"),
        ({"style": "loud"}, "style.*plain.*fancy"),
        ({"strength": 2.0}, "strength"),
        ({"seconds": "long"}, "seconds"),
        ({"seconds": True}, "seconds"),
        ({"timeout": 0}, "timeout must be more than 0 seconds"),
        ({"timeout": "soon"}, "timeout must be .*, not 'soon'"),
        ({"timeout": [1]}, "timeout must be"),
        ({"timeout": True}, "timeout must be"),
        ({"cancel": True}, "cancel must be a CancelToken, not bool"),
        ({"on_progress": 5}, "on_progress must be a function"),
        ({"image": "/no/such/file.png"}, "no such file"),
        ({"image": 5}, "int is no media"),
    ],
)
def test_bad_options_are_refused_before_anything_is_sent(
    arguments: dict[str, Any], server: Loopback, options: dict[str, Any], pattern: str
) -> None:
    with pytest.raises(errors.ConfigurationError, match=pattern):
        LollmsClient(**arguments).video("x", **options)
    assert server.requests == []


MOCKS: Any = {f"{kind}_binding_name": "mock" for kind in ("llm", "stt", "tti", "tts")}


@pytest.mark.parametrize(
    ("call", "pattern"),
    [
        (lambda client: client.embed(None), "embed needs a text"),
        (lambda client: client.embed(5), "embed needs a text"),
        (lambda client: client.count_tokens(None), "count_tokens needs a text, not NoneType"),
        (lambda client: client.count_tokens("x", modle="m"), "count_tokens has no option 'modle'"),
        (lambda client: client.voices(language="de"), "voices has no option 'language'"),
        (lambda client: client.models("llm", owner="me"), "models has no option 'owner'"),
        (lambda client: client.transcribe(None), "NoneType is no media"),
        (lambda client: client.edit_image([5], "x"), "int is no media"),
    ],
)
def test_wrong_arguments_are_errors_of_the_tree(call: Callable[[Any], object], pattern: str) -> None:
    with pytest.raises(errors.LollmsError, match=pattern):
        call(LollmsClient(**MOCKS))


def test_streams_words_and_keeps_the_result(arguments: dict[str, Any], server: Loopback) -> None:
    client = LollmsClient(**arguments)
    with client.stream_chat("three", style="fancy") as stream:
        assert list(stream.texts()) == ["one ", "two ", "three"]
        result = stream.result
    assert (result.text, result.finish, result.usage.total_tokens, result.model) == (
        "one two three",
        "stop",
        3,
        "words-1",
    )
    assert client.chat("three") == result
    heard: list[str] = []
    assert client.llm.generate_text("x", streaming_callback=lambda text, kind: heard.append(text)) == "one two x"
    assert heard == ["one ", "two ", "x"]
    assert client.llm.generate_text("x", streaming_callback=lambda text: False) == "one "


def test_streams_from_asyncio(arguments: dict[str, Any]) -> None:
    async def main() -> None:
        async with AsyncLollmsClient(**arguments) as client:
            async with client.stream_chat("three") as stream:
                assert [text async for text in stream.texts()] == ["one ", "two ", "three"]
                assert (await stream.result()).finish == "stop"
            async with client.stream_chat("three") as stream:
                async for _ in stream:
                    break
                assert stream.partial.text == "one "

    asyncio.run(main())


def test_a_token_ends_a_call(arguments: dict[str, Any], state: State) -> None:
    state.until_done = 10**9
    token = CancelToken()
    seen = 0

    def progress(_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == 3:
            token.cancel("enough")

    with pytest.raises(errors.Cancelled, match="enough"):
        LollmsClient(**arguments).video("x", cancel=token, on_progress=progress)
    assert state.cancelled == ["/queue/j5"]


def test_a_call_has_a_time_limit(arguments: dict[str, Any], state: State) -> None:
    state.until_done = 10**9
    with pytest.raises(errors.TimedOut):
        LollmsClient(**arguments).video("x", timeout=0.3)
    arguments["ttv_binding_config"] = {**arguments["ttv_binding_config"], "timeout": 0.2}
    with pytest.raises(errors.TimedOut):
        LollmsClient(**arguments).video("x")
    with pytest.raises(errors.TimedOut):
        LollmsClient(**{**arguments, "timeout": 0.2}).video("x")


def test_documented_methods_give_error_dictionaries(arguments: dict[str, Any], state: State) -> None:
    state.failure = {"message": "broken"}
    reply = LollmsClient(**arguments).ttv.generate_video("x")
    assert isinstance(reply, dict)
    assert (reply["status"], reply["code"], reply["retryable"]) == ("error", "job_failed", False)
    assert "broken" in reply["message"]


def test_a_configuration_file_chooses_bindings(arguments: dict[str, Any], tmp_path: Path, server: Loopback) -> None:
    file = tmp_path / "lollms.yaml"
    file.write_text(
        f"bindings_dir: {arguments['bindings_dir']}\n"
        f"llm: {{binding: words, host_address: '{server.url}'}}\ntts: espeak\ntimeout: 30\n",
        encoding="utf-8",
    )
    client = LollmsClient(config=file)
    assert client.chat("x").text == "one two x"
    assert (client.binding_name("tts"), client.binding_name("tti")) == ("espeak", "scene_composer")
    again = LollmsClient(config=file, llm_binding_config={"host_address": "http://127.0.0.1:9", "timeout": 1.0})
    with pytest.raises(errors.CallError):
        again.chat("x")


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        ("llm: [broken", "line 1"),
        ("- a\n- b", "mapping"),
        ("lllm: x", "did you mean llm"),
        ("llm: 5", "must be a binding's name"),
    ],
)
def test_a_broken_configuration_file_says_where(tmp_path: Path, content: str, pattern: str) -> None:
    file = tmp_path / "lollms.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(errors.BadSetting, match=pattern):
        LollmsClient(config=file)
    with pytest.raises(errors.BadSetting, match="cannot be read"):
        LollmsClient(config=tmp_path / "absent.yaml")


def test_unknown_arguments_are_refused() -> None:
    with pytest.raises(errors.BadSetting, match="llm_binding_name"):
        LollmsClient(llm_binding_nam="x")  # type: ignore[call-arg]


def test_settings_change_all_or_none(arguments: dict[str, Any], server: Loopback) -> None:
    client = LollmsClient(**arguments)
    with pytest.raises(errors.BadSetting):
        client.ttv.set_settings({"timeout": 5.0, "host_adress": "x"})
    assert client.ttv.get_settings()["timeout"] == 20.0
    assert client.ttv.set_settings({"timeout": 5.0}) is True
    assert client.ttv.get_settings()["timeout"] == 5.0
    assert client.ttv.get_settings()["service_key"] == "***"
    assert "canary" not in repr(client.ttv.settings) + repr(vars(client.ttv)["_settings"])


def test_another_binding_takes_over_only_if_it_can(arguments: dict[str, Any], server: Loopback) -> None:
    client = LollmsClient(**arguments)
    before = client.llm
    with pytest.raises(errors.UnknownBinding):
        client.update_binding("llm", "wordz")
    assert client.llm is before
    client.update_binding("llm", "words", {"host_address": server.url})
    assert client.llm is not before
    assert client.chat("x").text == "one two x"


def test_a_key_from_the_environment_is_used(
    arguments: dict[str, Any], server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THIRD_PARTY_KEY", "from-the-environment")
    arguments["llm_binding_config"] = {"host_address": server.url}
    LollmsClient(**arguments).chat("x")
    assert server.requests[-1].headers["authorization"] == "Bearer from-the-environment"


def test_closing_a_client_ends_engine_calls_and_unloads(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    client = LollmsClient()
    outcome: list[BaseException] = []

    def compose() -> None:
        try:
            client.music("an endless march", seconds=600)
        except errors.LollmsError as error:
            outcome.append(error)

    begun = threading.Event()
    thread = threading.Thread(target=compose)
    composer: Any = client.ttm
    load = composer.load

    def load_and_tell() -> Any:
        begun.set()
        return load()

    monkeypatch.setattr(composer, "load", load_and_tell)
    thread.start()
    assert begun.wait(30)
    client.close()
    thread.join(30)
    assert [type(error) for error in outcome] == [errors.Cancelled]
    assert composer.loaded is False


def test_a_shared_token_keeps_nothing_of_finished_calls(arguments: dict[str, Any]) -> None:
    token = CancelToken()
    client = LollmsClient(**arguments)
    for _ in range(3):
        client.chat("x", cancel=token)
        client.speech("hello", cancel=token)
    assert len(token._callbacks) == 0
