"""Runs `lollms` inside the test, with bindings of a stranger beside the built-in ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from lollms_client.cli import main

KEY = "canary-5f0c81d3e9aa"

_TALKER = """
import os, time
from lollms_client.errors import ContextTooLong
from lollms_client.lollms_llm_binding import LollmsLLMBinding
BindingName = "Talker"

class Talker(LollmsLLMBinding):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.mark = kwargs.get("mark")

    def chat(self, discussion, **kwargs):
        turns = discussion.export("openai_chat")
        if turns[-1]["content"] == "all alone" and len(turns) > 1:
            raise ContextTooLong(f"{len(turns)} turns do not fit")
        return self.generate_text(turns[-1]["content"], **kwargs)

    def generate_text(self, prompt, streaming_callback=None, temperature=None, **kwargs):
        if prompt == "wait":
            streaming_callback("first ", None)
            while not os.path.exists(os.environ["TALKER_GOES_ON"]):
                time.sleep(0.01)
            streaming_callback("second", None)
            return "first second"
        if prompt == "fail":
            raise RuntimeError("the talker is tired")
        return f"{prompt.upper()}{self.mark} t={temperature}"
"""
_PAINTER = """
import json
from lollms_client.lollms_tti_binding import LollmsTTIBinding
BindingName = "Painter"

class Painter(LollmsTTIBinding):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def generate_image(self, prompt, **kwargs):
        told = {name: value for name, value in kwargs.items() if value is not None}
        return b"\\x89PNG\\r\\n\\x1a\\n" + json.dumps({"prompt": prompt, **told}).encode()
"""
_KEYED = """
from lollms_client.lollms_tts_binding import LollmsTTSBinding
BindingName = "Keyed"

class Keyed(LollmsTTSBinding):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.service_key = kwargs["service_key"]

    def generate_audio(self, text, voice=None, **kwargs):
        raise RuntimeError(f"the service refused the key {self.service_key}")
"""
_HEAD = "title: {title}\nauthor: A stranger\nversion: '1'\ndescription: {title} of the tests.\nbinding_type: {kind}\n"
_MANIFESTS = {
    "talker": _HEAD.format(title="Talker", kind="llm")
    + """input_parameters:
  - {name: mark, type: str, description: What ends an answer, default: "!", options: ["!", "?"]}
generate_text_parameters:
  - {name: temperature, type: float, description: How free, min: 0, max: 2}
""",
    "painter": _HEAD.format(title="Painter", kind="tti")
    + """input_parameters:
  - {name: output, type: str, description: Not the file}
generate_image_parameters:
  - {name: width, type: int, description: Width, default: 64, min: 16, max: 512, unit: px}
  - {name: output, type: str, description: Clashes with the option for the file}
  - {name: fancy_frame, type: bool, description: With a frame, default: false}
  - {name: layers, type: list, description: Some layers}
  - {name: weights, type: dict, description: Some weights}
  - {name: style, type: str, description: A style, default: plain, options: [plain, wild]}
""",
    "keyed": _HEAD.format(title="Keyed", kind="tts")
    + """input_parameters:
  - {name: service_key, type: str, description: The key, is_secret: true, mandatory: true, env: KEYED_SERVICE_KEY}
  - {name: pace, type: float, description: The pace, default: 1.0, min: 0.5, max: 2.0}
generate_audio_parameters: []
""",
    "hungry": _HEAD.format(title="Hungry", kind="ttm") + "requirements: ['no-such-package-of-ours>=9']\n",
    "broken": "title: Broken\nbinding_type: llm\ninput_parameters:\n  - {name: size, type: enormous}\n",
}
_CODE = {
    "talker": _TALKER,
    "painter": _PAINTER,
    "keyed": _KEYED,
    "hungry": "import no_such_package_of_ours\n",
    "broken": "",
}


@pytest.fixture(scope="session")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with five bindings: two good ones, one that wants a key, one that lacks a package, one broken."""
    root = tmp_path_factory.mktemp("cli") / "bindings"
    for name, manifest in _MANIFESTS.items():
        folder = root / name
        folder.mkdir(parents=True)
        (folder / "description.yaml").write_text(manifest, encoding="utf-8")
        (folder / "__init__.py").write_text(_CODE[name], encoding="utf-8")
    return root


class Done(NamedTuple):
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


Lollms = Callable[..., Done]


@pytest.fixture
def lollms(
    strangers: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Lollms:
    """`lollms(word, …)` in a folder and a home of its own; the strangers' bindings are known."""
    own = tmp_path / "home"
    own.mkdir()
    (own / "assets").symlink_to(home / "assets", target_is_directory=True)
    monkeypatch.setenv("LOLLMS_HOME", str(own))
    monkeypatch.setenv("LOLLMS_BINDINGS_PATH", str(strangers))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)

    def run(*words: str) -> Done:
        code = main(words)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run
