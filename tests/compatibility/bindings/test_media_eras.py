"""Media bindings of all eras, tool bindings, and the modules of old names."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from lollms_client import errors
from lollms_client.lollms_mcp_binding import LollmsMCPBinding
from lollms_client.lollms_tools_binding import LollmsToolBinding, create_tool_binding, list_tool_bindings
from lollms_client.lollms_utilities import ImageTokenizer, _convert_to_bool, encode_image, to_float, to_int

from .eras import client_with
from .fake_services import IMAGE, MP4, PNG, WAV

SAVED = "import base64\nPNG = base64.b64decode('" + IMAGE + "')\n"


@pytest.mark.parametrize(
    ("signature", "check"),
    [
        ("images, prompt, mask=None, **kwargs", "isinstance(images, list) and bytes(images[0]) == PNG"),
        ("prompt: str, image: 'Union[str, Path]', mask: 'Optional[Path]' = None", "Path(image).read_bytes() == PNG"),
        ("image, prompt, **kwargs", "bytes(image) == PNG"),
        ("images: 'Union[str, List[str]]', prompt, **kwargs", "base64.b64decode(images[0]) == PNG"),
        ("images: 'str | bytes | list', prompt, **kwargs", "bytes(images[0]) == PNG"),
    ],
)
def test_images_reach_every_form_of_edit_image(tmp_path: Path, signature: str, check: str) -> None:
    body = f"""
    def edit_image(self, {signature}):
        from pathlib import Path
        assert prompt == "make it red"
        assert {check}
        return PNG
    """
    client = client_with(tmp_path, "tti", body, SAVED)
    assert client.edit_image(PNG, "make it red").images[0] == PNG


@pytest.mark.parametrize(
    "reply", ["PNG", "[PNG, PNG]", "TTIGenerationResult(images=[PNG], text='so')", "base64.b64encode(PNG).decode()"]
)
def test_every_form_of_an_image_reply(tmp_path: Path, reply: str) -> None:
    before = SAVED + "from lollms_client.lollms_tti_binding import TTIGenerationResult\n"
    body = f"""
    def __init__(self, **kwargs):
        super().__init__(BindingName, supports_omni=True, supports_text_output=True, **kwargs)
        assert self.supports_omni

    def generate_image(self, prompt, negative_prompt="", width=512, height=512, **kwargs):
        assert negative_prompt == "" and width == 64
        return {reply}
    """
    client = client_with(tmp_path, "tti", body, before)
    assert client.image("a house", width=64).images[0] == PNG
    made = client.tti.generate("a house", width=64)  # type: ignore[attr-defined]
    assert made.first_image_bytes() == PNG


def test_a_binding_that_only_generates(tmp_path: Path) -> None:
    before = SAVED + "from lollms_client.lollms_tti_binding import TTIGenerationResult\n"
    body = """
    def generate(self, prompt, images=None, **kwargs):
        return TTIGenerationResult(images=[PNG] if images is None else [bytes(images[0])])
    """
    client = client_with(tmp_path, "tti", body, before)
    assert client.image("a house").images == (PNG,)
    assert client.edit_image(PNG, "red").images == (PNG,)


def test_an_empty_result_is_said_so(tmp_path: Path) -> None:
    before = "from lollms_client.lollms_tti_binding import TTIGenerationResult\n"
    body = """
    def generate_image(self, prompt, **kwargs):
        return TTIGenerationResult().first_image_bytes()
    """
    with pytest.raises(errors.CallError, match="no image"):
        client_with(tmp_path, "tti", body, before).image("a house")


def test_images_are_marked(tmp_path: Path) -> None:
    body = """
    def generate_image(self, prompt, **kwargs):
        return self.process_image(PNG, metadata={"Prompt": prompt}, watermark_path=base64.b64encode(PNG).decode())
    """
    made = client_with(tmp_path, "tti", body, SAVED).image("a house").images[0]
    with Image.open(io.BytesIO(made)) as image:
        assert image.info["Prompt"] == "a house"
        assert image.info["AI-Generated"] == "True"
        assert image.mode == "RGBA"


def test_a_list_of_models_as_a_property(tmp_path: Path) -> None:
    body = """
    def __init__(self):
        pass

    @property
    def list_models(self):
        return {"fast": "quick", "good": "slow"}

    def generate_video(self, prompt):
        return self.config.get("nothing") or str(PLACE)
    """
    place = tmp_path / "made.mp4"
    place.write_bytes(MP4)
    client = client_with(tmp_path, "ttv", body, f"PLACE = {str(place)!r}\n")
    assert [model.name for model in client.models("ttv")] == ["fast", "good"]
    assert client.ttv.list_models() == {"fast": "quick", "good": "slow"}
    assert client.video("a house").video == MP4


def test_a_static_list_and_an_error_dictionary_in_its_place(tmp_path: Path) -> None:
    body = """
    @staticmethod
    def list_models():
        return ["base", "large"]

    def transcribe_audio(self, audio_source, model=None, **kwargs):
        assert isinstance(audio_source, str)
        return "words"
    """
    client = client_with(tmp_path, "stt", body)
    assert [model.name for model in client.models("stt")] == ["base", "large"]
    assert client.transcribe(WAV).text == "words"
    wrong = "def list_models(self, **kwargs):\n    return {'status': False, 'error': 'no server'}"
    with pytest.raises(errors.CallError, match="no server"):
        client_with(tmp_path / "wrong", "tts", wrong).models("tts")


def test_a_voice_without_super_reads_its_settings(tmp_path: Path) -> None:
    body = """
    def __init__(self, host="localhost", **kwargs):
        self.url = f"{host}:{self.config.get('port', 80)} {self.service_key} {self.verify_ssl_certificate}"

    def generate_audio(self, text, voice=None, language="en"):
        return (self.url + language).encode() + bytes(1000)
    """
    manifest = "title: W\nauthor: A\ndescription: D\ninput_parameters:\n"
    manifest += "  - {name: port, type: int, description: P, default: 9}\n"
    client = client_with(tmp_path, "tts", body, manifest=manifest)
    assert client.speech("hi").audio.startswith(b"localhost:9 None Trueen")


def test_music_and_songs(tmp_path: Path) -> None:
    body = """
    def generate_music(self, prompt, duration=30, **kwargs):
        return f"{prompt} {duration}".encode() + bytes(1000)
    """
    client = client_with(tmp_path, "ttm", body)
    assert client.music("a waltz", seconds=5).audio.startswith(b"a waltz 5")
    assert client.ttm.generate_song("a waltz").startswith(b"a waltz 30")  # type: ignore[attr-defined]
    with pytest.raises(NotImplementedError):
        client.ttm.generate_song_from_lyrics("a waltz", "la la")  # type: ignore[attr-defined]


TOOLS = """
from lollms_client.{module} import {base}
BindingName = "Tools"

class Tools({base}):
    def __init__(self, folder="", **kwargs):
        super().__init__(binding_name="tools")
        self.folder = folder

    def discover_tools(self, **kwargs):
        schema = {{"properties": {{"a": {{"type": "integer", "description": "A number"}}}}, "required": ["a"]}}
        return [{{"name": "double", "description": "Doubles.", "input_schema": schema}}]

    def execute_tool(self, tool_name, params, **kwargs):
        return {{"output": params["a"] * 2, "folder": self.folder}}
"""


@pytest.mark.parametrize(
    ("folder", "module", "base"),
    [
        ("tools_bindings", "lollms_tools_binding", "LollmsToolBinding"),
        ("mcp_bindings", "lollms_mcp_binding", "LollmsMCPBinding"),
    ],
)
def test_tool_bindings_of_both_names(tmp_path: Path, folder: str, module: str, base: str) -> None:
    place = tmp_path / folder / "doubling"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text(TOOLS.format(module=module, base=base), "utf-8")
    for given in (tmp_path, tmp_path / folder):
        assert list_tool_bindings(given) == ["doubling"]
        binding = create_tool_binding("doubling", given, {"folder": "here", "binding_name": "x"})
        assert binding.execute_tool("double", {"a": 4}) == {"output": 8, "folder": "here"}
        assert binding.to_chat_tool_specs()["double"]["callable"](a=5)["output"] == 10
        parameters = binding.list_tools()[0]["parameters"]
        assert parameters == [{"name": "a", "type": "int", "description": "A number", "optional": False}]
    with pytest.raises(errors.UnknownBinding, match="doubling"):
        create_tool_binding("trebling", tmp_path)


def test_the_old_names_mean_the_same() -> None:
    assert LollmsMCPBinding is LollmsToolBinding
    from lollms_client import lollms_tti_binding, lollms_ttv_binding

    assert lollms_tti_binding.TTIGenerationResult().images == []
    assert lollms_ttv_binding.MediaInput is not None
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = lollms_tti_binding.Nonsense


def test_the_old_utilities(tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(PNG)
    assert base64.b64decode(encode_image(str(file))) == PNG
    assert encode_image(IMAGE) == IMAGE
    with Image.open(io.BytesIO(base64.b64decode(encode_image(file, max_image_width=16)))) as image:
        assert image.size == (16, 16)
    with pytest.raises(FileNotFoundError):
        encode_image(tmp_path / "none.png")
    assert ImageTokenizer("gpt-4o").count_image_tokens(IMAGE) > 0
    assert ImageTokenizer("any").count_image_tokens("no image") == -1
    values: list[Any] = ["7", 7.9, "x", None, "", True]
    assert [to_int(value, -1) for value in values] == [7, 7, -1, -1, -1, 1]
    assert to_float("1.5") == 1.5
    assert [_convert_to_bool(value) for value in ("Yes", "off", 1, None)] == [True, False, True, False]
