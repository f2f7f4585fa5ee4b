"""Bindings that people wrote for the public package, with what they take for granted, run as they are."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from lollms_client import LollmsClient, errors
from lollms_client.cli import main
from tests.compatibility.bindings.eras import client_with, write

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
WAVE = b"RIFF\x24\0\0\0WAVEfmt "
MANIFEST = """
    title: Wild
    input_parameters:
      - {name: model_name, type: str, description: The model.}
      - {name: service_key, type: str, description: The key., default: ""}
"""


def test_a_sound_reaches_a_method_for_paths_as_a_file(tmp_path: Path) -> None:
    body = """
        def __init__(self, host_address, model_name, service_key, verify_ssl_certificate, **kwargs):
            super().__init__(binding_name=BindingName)
            self.given = (host_address, model_name, service_key, verify_ssl_certificate)
            self.seen = []

        def transcribe_audio(self, audio_path, model=None, **kwargs):
            import os
            self.seen.append(audio_path)
            return f"{os.path.getsize(audio_path)} bytes{model or ''}"

        def list_models(self, **kwargs):
            return []
    """
    client: Any = client_with(tmp_path, "stt", body)
    assert client.stt.given == (None, None, None, None)
    assert client.stt.transcribe_audio(WAVE) == f"{len(WAVE)} bytes"
    assert client.stt.transcribe_audio(audio_path=bytearray(WAVE), model="m") == f"{len(WAVE)} bytesm"
    assert client.transcribe_audio(WAVE) == f"{len(WAVE)} bytes"
    given = tmp_path / "given.wav"
    given.write_bytes(WAVE)
    assert client.stt.transcribe_audio(str(given)) == f"{len(WAVE)} bytes"
    *made, last = client.stt.seen
    assert all(isinstance(path, str) and not Path(path).exists() for path in made)
    assert last == str(given)


@pytest.mark.parametrize("parameter", ["audio_source", "audio: bytes", "audio: 'str | bytes'", "data"])
def test_a_sound_reaches_a_method_for_sounds_as_it_is(tmp_path: Path, parameter: str) -> None:
    name = parameter.partition(":")[0]
    body = f"""
        def transcribe_audio(self, {parameter}, model=None):
            return type({name}).__name__
    """
    client: Any = client_with(tmp_path, "stt", body)
    assert client.stt.transcribe_audio(WAVE) == "bytes"


MANY = f"""
    PNG = {PNG!r}

    def generate_image(self, prompt, **kwargs):
        return [self.PNG, self.PNG + b"2"]

    def edit_image(self, images, prompt, **kwargs):
        return [self.PNG]
"""


def test_an_image_is_one_also_where_a_binding_gives_several(tmp_path: Path) -> None:
    client: Any = client_with(tmp_path, "tti", MANY)
    with pytest.warns(UserWarning, match="one of 2 images"):
        assert client.tti.generate_image("a cat") == PNG
    assert client.tti.edit_image([PNG], "a dog") == PNG
    assert [len(image) for image in client.image("a cat").images] == [len(PNG), len(PNG) + 1]
    assert client.generate_image("a cat") == PNG
    assert len(client.tti.generate("a cat", n=2).images) == 2


def test_an_exception_that_cannot_say_what_it_is(tmp_path: Path) -> None:
    before = """
class Mute(Exception):
    def __str__(self):
        raise ValueError("no words")
"""
    body = """
        def generate_text(self, prompt, n_predict=None, **kwargs):
            raise Mute

        def list_models(self):
            raise Mute
    """
    client: Any = client_with(tmp_path, "llm", body, before)
    with pytest.raises(errors.CallError, match="Mute"):
        client.chat("hi")
    with pytest.raises(errors.CallError, match="Mute"):
        client.models("llm")
    with pytest.raises(errors.CallError):
        client.generate_text("hi")


@pytest.mark.parametrize("kind", ["llm", "tts"])
def test_a_folder_of_one_modality_may_hold_folders_of_all(tmp_path: Path, kind: str) -> None:
    write(tmp_path, "llm", "wild", 'def generate_text(self, prompt, **kwargs):\n    return "words"\n')
    write(tmp_path, "tts", "wild", f"def generate_audio(self, text, **kwargs):\n    return {WAVE!r}\n")
    arguments: Any = {f"{kind}_binding_name": "wild", f"{kind}_bindings_dir": tmp_path}
    client: Any = LollmsClient(**arguments)
    assert type(client.binding(kind)).__name__ == "Wild"
    assert client.generate_text("hi") == "words" if kind == "llm" else client.generate_audio("hi") == WAVE
    other = "tts" if kind == "llm" else "llm"
    assert "wild" not in [entry.name for entry in client.list_bindings(other)]


SETTINGS = """
    def __init__(self, **kwargs):
        super().__init__(BindingName, **kwargs)
        self.given = kwargs
        self.many = kwargs.get("many")

    def generate_text(self, prompt, **kwargs):
        return f"{self.config.get('greeting', 'Hello')} {self.user_name}"
"""


@pytest.mark.parametrize("value", [True, 3, 0.5, {"a": 1}, ["a"]])
def test_settings_without_a_manifest_are_taken_in_any_type(tmp_path: Path, value: Any) -> None:
    client: Any = client_with(tmp_path, "llm", SETTINGS, many=value)
    assert client.llm.many == value


def test_settings_that_the_code_reads_anywhere(tmp_path: Path) -> None:
    client: Any = client_with(tmp_path, "llm", SETTINGS, manifest=MANIFEST, greeting="Hi", user_name="ann")
    assert client.generate_text("x") == "Hi ann"
    assert client.llm.given == {"greeting": "Hi", "user_name": "ann"}  # the key's default is no key
    other: Any = LollmsClient(llm_binding_name="wild", llm_bindings_dir=tmp_path, llm_binding_config={"greting": "Hi"})
    with pytest.raises(errors.BadSetting, match="greting"):
        other.generate_text("x")


def test_the_names_of_who_speaks_cross_to_a_worker_process(tmp_path: Path) -> None:
    write(tmp_path, "llm", "wild", SETTINGS, MANIFEST)
    with LollmsClient(
        llm_binding_name="wild",
        llm_bindings_dir=tmp_path,
        llm_binding_config={"isolation": "process"},
        user_name="ann",
    ) as client:
        assert client.generate_text("x") == "Hello ann"


NEEDS_MODEL = """
    def __init__(self, model_name, **kwargs):
        super().__init__(BindingName, **kwargs)
        self.model_name = model_name

    def generate_text(self, prompt, **kwargs):
        return f"{self.model_name}: {prompt}"
"""
TAKES_MODEL = """
    def generate_text(self, prompt, model_name=None, **kwargs):
        return f"{model_name}: {prompt}"
"""


@pytest.mark.parametrize("body", [NEEDS_MODEL, TAKES_MODEL])
@pytest.mark.parametrize("manifest", ["", MANIFEST])
def test_the_command_line_names_the_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str, manifest: str
) -> None:
    write(tmp_path, "llm", "wild", body, manifest)
    assert main(["chat", "-b", "wild", "--bindings-dir", str(tmp_path), "-m", "big", "hi"]) == 0
    said = capsys.readouterr()
    assert said.out.strip() == "big: hi"
    assert "model" not in said.err


STREAM_BREAKS = """
    tries = 0

    def generate_text(self, prompt, streaming_callback=None, stream=None, **kwargs):
        if streaming_callback is None:
            return "all at once"
        type(self).tries += 1
        BREAK

    def list_models(self):
        return []
"""


@pytest.mark.parametrize(
    "broken",
    [
        "return [].choices",
        'return {"status": "error", "message": "\'Event\' object has no attribute \'choices\'"}',
        'return ""',
    ],
)
def test_a_stream_that_breaks_in_the_bindings_own_code_comes_whole(tmp_path: Path, broken: str) -> None:
    client: Any = client_with(tmp_path, "llm", STREAM_BREAKS.replace("BREAK", broken))
    for _ in range(2):
        told: list[Any] = []
        assert client.llm.generate_text("hi", streaming_callback=lambda text, kind, told=told: told.append(text)) == (
            "all at once"
        )
        assert told == ["all at once"]
    assert client.llm.tries == 1


@pytest.mark.parametrize(
    "failing", ['raise RuntimeError("the service is down")', 'return {"status": False, "error": "the service is down"}']
)
def test_what_a_service_says_is_asked_for_once(tmp_path: Path, failing: str) -> None:
    client: Any = client_with(tmp_path, "llm", STREAM_BREAKS.replace("BREAK", failing))
    try:
        reply = client.llm.generate_text("hi", streaming_callback=lambda text, kind: None)
    except RuntimeError as error:
        reply = {"error": str(error)}
    assert "the service is down" in str(reply)
    assert client.llm.tries == 1


JOINS = """
    def generate_from_messages(self, messages, **kwargs):
        return " / ".join(message["content"] for message in messages)

    def generate_text(self, prompt, images=None, system_prompt="", **kwargs):
        return f"{system_prompt} {prompt} {len(images or ())}"

    def count_tokens(self, text):
        return tiktoken.encode(text)

    def embed(self, text, **kwargs):
        return self.client.embeddings(text)

    class client:
        class embeddings:
            @staticmethod
            def create(input, model):
                class Item:
                    embedding = [1, 2]
                class Reply:
                    data = [Item]
                return Reply
"""


def test_code_that_breaks_on_parts_gets_words(tmp_path: Path) -> None:
    client: Any = client_with(
        tmp_path, "llm", JOINS.replace("client.embeddings(text)", "client.embeddings.missing(text)")
    )
    talk = [{"role": "system", "content": "SYS"}, {"role": "user", "content": "hi"}]
    assert client.chat(talk).text == "SYS / hi"
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(PNG).decode()}}
    seen = client.chat([{"role": "user", "content": [{"type": "text", "text": "look"}, picture]}])
    assert seen.text == " look 1"
    assert [warning.kind for warning in seen.warnings] == ["unsupported"]
    assert client.chat(talk).text == "SYS / hi"  # the next conversation goes the first way again
    counted = client.count_tokens("some words")
    assert (counted > 1, counted.estimated) == (True, True)
    assert list(client.embed("x")) == [1.0, 2.0]


ROUTES = """
    def __init__(self, model_profiles=None, **kwargs):
        super().__init__(BindingName, **kwargs)
        self.profiles = model_profiles
        for profile in model_profiles.values():
            profile["binding_config"]["user_name"] = self.user_name

    def generate_text(self, prompt, **kwargs):
        return prompt
"""


def test_a_router_gets_whole_profiles_of_its_own(tmp_path: Path) -> None:
    config = {"host_address": "http://localhost:1"}
    profiles = {
        "fast": {"binding_name": "openai_compatible", "model_name": "m", "binding_config": config},
        "ollama/big": {"routing_profile": {"priority": 1}},
        "own": {"binding_name": "mock", "binding_config": {"model_name": "its own"}, "model_name": "m"},
    }
    client: Any = client_with(tmp_path, "llm", ROUTES, model_profiles=profiles)
    found = {
        alias: (profile["binding_name"], profile["binding_config"]) for alias, profile in client.llm.profiles.items()
    }
    assert found == {
        "fast": ("openai_compatible", {**config, "model_name": "m", "user_name": "user"}),
        "ollama/big": ("ollama", {"model_name": "big", "user_name": "user"}),
        "own": ("mock", {"model_name": "its own", "user_name": "user"}),
    }
    assert config == {"host_address": "http://localhost:1"}
