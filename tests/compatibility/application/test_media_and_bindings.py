"""Media methods, managers and lists of bindings, as applications of the public package call them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lollms_client
from lollms_client import LollmsClient, errors, get_binding_desc, list_bindings
from lollms_client.lollms_bindings_utils import list_bindings as older_list_bindings
from lollms_client.lollms_llm_binding import LollmsLLMBindingManager, get_available_bindings, list_binding_models
from lollms_client.lollms_tti_binding import LollmsTTIBindingManager
from lollms_client.lollms_tts_binding import LollmsTTSBindingManager
from lollms_client.lollms_tts_binding import list_binding_models as list_tts_models
from tests.strangers.folders import write_all


@pytest.fixture
def strangers(tmp_path: Path) -> Path:
    """Bindings of all six modalities with the documented methods."""
    return write_all(tmp_path / "lollms_bindings")


@pytest.fixture(scope="module")
def offline() -> LollmsClient:
    """The engines that come with the package."""
    return LollmsClient()


def test_an_image_comes_as_bytes(offline: LollmsClient) -> None:
    image = offline.generate_image("a red ball on grass", "", 64, 48)
    assert isinstance(image, bytes)
    assert image.startswith(b"\x89PNG")
    both = offline.generate_omni("a red ball on grass", width=64, height=48, modalities=["image"])
    assert both["images"][0] == both.first_image_bytes()
    assert both["metadata"]


def test_several_images_are_told_of(offline: LollmsClient, caplog: pytest.LogCaptureFixture) -> None:
    image = offline.generate_image("a ball", width=32, height=32, n=2)
    assert isinstance(image, bytes)
    assert "one of 2 images" in caplog.text


def test_sound_comes_as_bytes(folder: Path) -> None:
    client = LollmsClient(tts_binding_name="speaker", bindings_dir=folder)
    assert client.generate_audio("hello", "anna").endswith(b"hello")
    assert client.generate_speech("hello").startswith(b"RIFF")
    assert client.tts.list_voices() == ["anna"]


def test_music_and_songs_come_as_bytes(offline: LollmsClient) -> None:
    assert offline.generate_music("a calm tune", seconds=2).startswith(b"RIFF")
    assert isinstance(offline.generate_song_from_lyrics("a calm tune", "la la", seconds=2), bytes)


def test_what_a_binding_cannot_do_is_unsupported(offline: LollmsClient) -> None:
    with pytest.raises(errors.Unsupported, match="edit_music"):
        offline.edit_music(b"x")


def test_turns_of_several_speakers(offline: LollmsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from lollms_client.types.transcription import Segment, TranscriptionResult

    segments = [
        Segment(text="Hello.", start=0.0, end=1.0, speaker="S1"),
        Segment(text="Is it you?", start=1.0, end=2.0, speaker="S1"),
        Segment(text="Yes.", start=2.0, end=3.0, speaker="S2"),
    ]
    result = TranscriptionResult(text="", segments=tuple(segments))
    monkeypatch.setattr(offline, "transcribe", lambda audio, **given: result, raising=False)
    assert offline.transcribe_audio_with_diarization(b"sound", ["Ann"]) == [
        {"speaker": "Ann", "text": "Hello. Is it you?", "start": 0.0, "end": 2.0},
        {"speaker": "Speaker 1", "text": "Yes.", "start": 2.0, "end": 3.0},
    ]


# --- replacing -------------------------------------------------------------------------------------------------------


def test_bindings_are_replaced_or_stay(folder: Path) -> None:
    client = LollmsClient(bindings_dir=folder)
    client.update_tts_binding("speaker", {"model_name": "loud"})
    assert client.generate_audio("hi").endswith(b"hi")
    with pytest.raises(ValueError, match="nobody") as caught:
        client.update_tts_binding("nobody")
    assert isinstance(caught.value, errors.LollmsError)
    assert caught.value.details["reason"] == "unknown_binding"
    assert client.generate_audio("hi").endswith(b"hi")


def test_models_of_what_is_in_use(folder: Path) -> None:
    client = LollmsClient("plain", tts_binding_name="speaker", bindings_dir=folder)
    client.generate_audio("hi")
    assert client.list_models() == [{"model_name": "small"}, {"model_name": "large"}, "loud"]
    assert client.listModels() == [{"model_name": "small"}, {"model_name": "large"}]


# --- lists -----------------------------------------------------------------------------------------------------------


def test_bindings_by_name(folder: Path) -> None:
    assert "openai_compatible" in list_bindings()
    assert {"espeak"} <= set(list_bindings("tts"))
    assert list_bindings("llm", folder / "llm_bindings") == ["plain"]
    assert older_list_bindings("tts", str(folder / "tts_bindings")) == ["speaker"]
    assert list_bindings("mcp", folder / "tools_bindings") == ["adder"]
    with pytest.raises(errors.BadSetting, match="no modality"):
        list_bindings("smell")


def test_descriptions(folder: Path) -> None:
    found = get_binding_desc("espeak", "tts")
    assert found["binding_name"] == "espeak"
    assert {"name", "type", "description", "default", "mandatory"} <= set(found["input_parameters"][0])
    assert found["global_input_parameters"] == found["input_parameters"]
    assert found["generate_audio_parameters"]
    with pytest.raises(errors.UnknownBinding, match="espeak"):
        get_binding_desc("espeek", "tts")
    with pytest.raises(errors.BadSetting):
        get_binding_desc("espeak", "")


def test_no_description_shows_the_default_of_a_secret(folder: Path) -> None:
    manifest = folder / "llm_bindings" / "plain" / "description.yaml"
    manifest.write_text(manifest.read_text("utf-8").replace('default: "", is', "default: canary, is"), "utf-8")
    (found,) = get_available_bindings(folder / "llm_bindings")
    key = next(item for item in found["input_parameters"] if item["name"] == "service_key")
    assert (key["is_secret"], key["default"]) == (True, None)


def test_managers(folder: Path) -> None:
    manager = LollmsLLMBindingManager(folder / "llm_bindings")
    assert [item["binding_name"] for item in manager.get_available_bindings()] == ["plain"]
    assert manager.create_binding("mock").generate_text("hi") == "hi"  # others can be made all the same
    binding = manager.create_binding(binding_name="plain", model_name="large")
    assert binding.generate_text("hi") == "You said hi"
    assert [item["title"] for item in LollmsLLMBindingManager.get_bindings_list(folder / "llm_bindings")] == ["Plain"]
    assert LollmsTTSBindingManager(tts_bindings_dir=folder / "tts_bindings").get_available_bindings() == ["speaker"]
    assert "scene_composer" in LollmsTTIBindingManager().get_available_bindings()
    assert LollmsTTIBindingManager._get_fallback_description("a_b")["title"] == "A B"
    with pytest.raises(errors.UnknownBinding):
        manager.create_binding("nobody")


@pytest.mark.parametrize("kind", ["LLM", "TTI", "STT", "TTS", "TTV", "TTM"])
def test_each_module_has_its_manager_and_functions(kind: str, strangers: Path) -> None:
    from importlib import import_module

    module = import_module(f"lollms_client.lollms_{kind.lower()}_binding")
    manager = getattr(module, f"Lollms{kind}BindingManager")
    assert manager is getattr(lollms_client, f"Lollms{kind}BindingManager")
    names = {item["binding_name"] for item in module.get_available_bindings(strangers)}
    assert f"stranger_{kind.lower()}" in names
    with pytest.raises(AttributeError):
        module.LollmsOtherBindingManager  # noqa: B018


def test_models_of_a_binding_that_no_client_holds(folder: Path) -> None:
    models = [{"model_name": "small"}, {"model_name": "large"}]
    assert list_binding_models("plain", {"model_name": "small"}, folder / "llm_bindings") == models
    assert list_binding_models(llm_binding_name="plain", llm_bindings_dir=folder / "llm_bindings") == models
    assert list_tts_models("speaker", tts_bindings_dir=folder / "tts_bindings") == ["loud"]
    with pytest.raises(errors.BadSetting):
        list_binding_models()


def test_what_a_client_can_choose_from(folder: Path) -> None:
    client = LollmsClient("plain", bindings_dir=folder)
    descriptions: list[Any] = client.get_available_llm_bindings()
    assert "plain" in [item["binding_name"] for item in descriptions]
    assert "speaker" in client.get_available_tts_bindings()
    assert client.tts_binding_manager.create_binding("speaker").list_voices() == ["anna"]
