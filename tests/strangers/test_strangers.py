"""Bindings written from the guide alone work everywhere a built-in one does, and their faults hurt nobody else."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, LollmsClient, LollmsDiscussion, errors
from tests.loopback import Line, Loopback, Received, loopback
from tests.strangers.folders import CODE, TTS, write_all, write_binding

CANARY = "canary-9d1e77ab42c0"
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
WAV = b"RIFF\x24\0\0\0WAVEfmt sound"


def _serve(line: Line, request: Received) -> None:
    if request.target == "/chat":
        said = request.json()["messages"][-1]["content"]
        line.reply({"words": ["You ", "said: ", said]})
    elif request.target == "/image":
        line.reply(PNG)
    elif request.target == "/stt":
        line.reply(b"heard " + str(len(request.body)).encode())
    elif request.target == "/video":
        line.reply({"id": "7"})
    elif request.target == "/video/7":
        line.reply(b"\0\0\0\x18ftypmp42film")
    else:
        line.reply(WAV)


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with loopback(_serve) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_all(tmp_path_factory.mktemp("strangers") / "lollms_bindings")


@pytest.fixture
def arguments(folder: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))
    found: dict[str, Any] = {"bindings_dir": folder}
    for kind in CODE:
        found[f"{kind}_binding_name"] = f"stranger_{kind}"
        found[f"{kind}_binding_config"] = {"host_address": server.url, "service_key": CANARY}
    return found


def test_all_are_listed_without_importing_any(arguments: dict[str, Any], folder: Path) -> None:
    code = (
        "import sys; from lollms_client.registry import Registry\n"
        "registry = Registry(bindings_dirs=[sys.argv[1]])\n"
        "print(*sorted(f'{e.name}:{e.binding_type}' for e in registry.list() if 'argument' in e.source))\n"
        "print(len(registry.problems()), [m for m in sys.modules if 'requests' in m or 'stranger' in m])"
    )
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    listed, problems = done.stdout.splitlines()
    for kind in CODE:
        assert f"stranger_{kind}:{kind}" in listed
    assert "no_manifest:stt" in listed
    assert problems.endswith(" []")
    assert int(problems.split()[0]) >= 2


def test_the_documented_methods_of_all_six(arguments: dict[str, Any], tmp_path: Path) -> None:
    client = LollmsClient(**arguments)
    discussion = LollmsDiscussion.from_messages([{"role": "user", "content": "hello"}])
    assert client.llm.chat(discussion) == "You said: hello"
    assert client.llm.generate_text("hi") == "You said: hi"
    assert client.llm.detokenize(client.llm.tokenize("né")) == "né"
    assert client.llm.listModels() == client.llm.list_models() == ["small", "large"]
    with pytest.raises(NotImplementedError):
        client.llm.embed("x")
    assert client.tti.generate_image("a cat") == PNG
    assert client.tti.edit_image([PNG], "a dog", mask=PNG) == PNG
    assert client.tti.list_models() == [{"model_name": "drawer", "display_name": "Drawer"}]
    assert client.tti.set_settings({"host_address": "http://nowhere"}) is True
    audio = tmp_path / "a.wav"
    audio.write_bytes(WAV)
    assert client.stt.transcribe_audio(str(audio)) == f"heard {len(WAV)}"
    assert client.tts.generate_audio("hello", "anna") == WAV
    assert client.tts.list_voices() == ["anna", "ben"]
    film = client.ttv.generate_video("a film")
    assert isinstance(film, bytes)
    assert film[4:8] == b"ftyp"
    assert client.ttm.generate_music("a tune") == WAV


def test_the_typed_calls_of_all_six(arguments: dict[str, Any]) -> None:
    client = LollmsClient(**arguments)
    result = client.chat([{"role": "system", "content": "be kind"}, {"role": "user", "content": "hello"}], seed=3)
    assert (result.text, result.finish) == ("You said: hello", "stop")
    with client.stream_chat("hello") as stream:
        assert list(stream.texts()) == ["You ", "said: ", "hello"]
    assert client.image("a cat", width=32, steps=4).image.mime_type == "image/png"
    assert client.edit_image(PNG, "a dog").image == PNG
    assert client.transcribe(WAV, language="en").text == f"heard {len(WAV)}"
    assert "language" in client.transcribe(WAV, language="en").warnings[0].setting
    assert client.speech("hi", voice="anna").audio.mime_type == "audio/wav"
    assert [voice.name for voice in client.voices()] == ["anna", "ben"]
    assert client.video("a film").video.mime_type == "video/mp4"
    assert client.music("a tune", seconds=3).audio == WAV
    assert [model.name for model in client.models("tti")] == ["drawer"]
    assert client.count_tokens("abc") == 3
    with pytest.raises(errors.Unsupported):
        client.embed("x")


def test_the_same_from_asyncio_at_once(arguments: dict[str, Any]) -> None:
    async def main() -> None:
        async with AsyncLollmsClient(**arguments) as client:
            chat, image, speech, video, music = await asyncio.gather(
                client.chat("hello"), client.image("x"), client.speech("x"), client.video("x"), client.music("x")
            )
            assert chat.text == "You said: hello"
            assert image.image == PNG
            assert speech.audio == music.audio == WAV
            assert video.video.mime_type == "video/mp4"
            async with client.stream_chat("hello") as stream:
                assert [text async for text in stream.texts()] == ["You ", "said: ", "hello"]

    asyncio.run(main())


def test_a_failing_service_is_an_error_dictionary_or_an_error(arguments: dict[str, Any]) -> None:
    arguments["llm_binding_config"] = {"host_address": "http://127.0.0.1:9", "service_key": CANARY}
    client = LollmsClient(**arguments)
    reply = client.llm.chat(LollmsDiscussion.from_messages("hello"))
    assert isinstance(reply, dict)
    assert reply["status"] == "error"
    with pytest.raises(errors.CallError):
        client.chat("hello")


def test_broken_ones_are_reported_with_place_and_cure(arguments: dict[str, Any]) -> None:
    client = LollmsClient(**arguments)
    named = {problem.name: problem for problem in client.registry.problems()}
    assert named["broken_manifest"].line is not None
    with pytest.raises(errors.ConfigurationError, match="broken_syntax"):
        LollmsClient(**{**arguments, "tts_binding_name": "broken_syntax"}).tts  # noqa: B018
    with pytest.raises(errors.UnknownBinding, match="stranger_tts"):
        LollmsClient(**{**arguments, "tts_binding_name": "stranger_tt"}).tts  # noqa: B018


def test_a_binding_without_manifest_runs(arguments: dict[str, Any]) -> None:
    client = LollmsClient(**{**arguments, "stt_binding_name": "no_manifest"})
    assert client.transcribe(WAV).text == f"heard {len(WAV)}"
    assert client.stt.manifest is not None
    assert client.stt.manifest.derived


def _shown(error: BaseException) -> str:
    text = "".join(traceback.format_exception(error)) + repr(error) + str(error)
    return text + (repr(error.as_dict()) if isinstance(error, errors.LollmsError) else "")


def test_a_key_given_to_failing_bindings_appears_nowhere(
    arguments: dict[str, Any], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    arguments |= {"tts_binding_name": "raises", "tti_binding_name": "raises_early"}
    arguments["tti_binding_config"] = arguments["tts_binding_config"] = {"service_key": CANARY}
    client = LollmsClient(**arguments)
    seen: list[str] = []
    for call in (
        lambda: client.speech("hello"),
        lambda: client.speech("hello", voice="dict"),
        lambda: client.image("x"),
        client.voices,
        lambda: asyncio.run(AsyncLollmsClient(**arguments).speech("hello")),
    ):
        with pytest.raises(errors.LollmsError) as caught:
            call()
        seen.append(_shown(caught.value))
    seen.append(repr(client.tts.get_settings()))
    seen.append(str(client.tts.generate_audio("hello", "dict")))
    with pytest.raises(RuntimeError) as raised:
        client.tts.generate_audio("hello")
    seen.append(_shown(raised.value))
    output = capfd.readouterr()
    seen += [output.out, output.err, caplog.text]
    for text in seen:
        assert CANARY not in text


def test_what_a_binding_prints_is_masked(folder: Path) -> None:
    code = (
        "import sys; from lollms_client import LollmsClient\n"
        "LollmsClient(bindings_dir=sys.argv[1], tts_binding_name='stranger_tts',"
        " tts_binding_config={'service_key': sys.argv[2]}).tts"
    )
    command = [sys.executable, "-c", code, str(folder), CANARY]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "speaking with ***" in done.stdout + done.stderr
    assert CANARY not in done.stdout + done.stderr


def test_a_constructor_that_installs_falls_under_the_policy(arguments: dict[str, Any], tmp_path: Path) -> None:
    code = TTS.replace("super().__init__", 'pm.ensure_packages(["no-such-package-7f3a"]); super().__init__')
    write_binding(tmp_path / "own" / "installer", code)
    client = LollmsClient(**{**arguments, "bindings_dir": tmp_path / "own", "tts_binding_name": "installer"})
    with pytest.raises(errors.MissingDependency, match="lollms install installer"):
        client.tts  # noqa: B018


def test_the_guides_own_test_block_runs(folder: Path) -> None:
    command = [sys.executable, str(folder / "stranger_llm" / "__init__.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("['small', 'large']")
