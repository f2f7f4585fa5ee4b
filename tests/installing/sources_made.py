"""Bindings as folders, zips, wheels and git repositories, good ones and bad ones."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

CODE = """
from lollms_client.lollms_tts_binding import LollmsTTSBinding
from .sound import hum

BindingName = "Hummer"


class Hummer(LollmsTTSBinding):
    def generate_audio(self, text, voice=None, **kwargs):
        return hum(len(text))

    def list_voices(self):
        return ["deep"]

    def list_models(self):
        return ["hum-1"]
"""
SOUND = "def hum(length):\n    return b'RIFF\\x00\\x00\\x00\\x00WAVE' + b'\\x01' * length\n"
MANIFEST = """title: Hummer
author: A. Stranger
version: "1.2"
license: MIT
binding_type: tts
reach: {hosts: [api.hum.example], processes: [sox]}
requirements: [msgspec]
"""
BINDING = {"__init__.py": CODE, "sound.py": SOUND, "description.yaml": MANIFEST}
# what runs if anything of it is imported, built or checked out
TRAP = "import pathlib\npathlib.Path(__file__).with_name('RAN').write_text('x')\n"


def write_folder(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def write_zip(file: Path, files: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file


def write_wheel(
    file: Path, files: Mapping[str, str], *, wrong: str = "", unrecorded: str = "", requires: str = ""
) -> Path:
    info = "hummer-1.2.dist-info"
    content = {
        **files,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: hummer\nVersion: 1.2\n"
        + (f"Requires-Dist: {requires}\n" if requires else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    for name, text in content.items():
        seen = (text + "changed" if name == wrong else text).encode()
        digest = base64.urlsafe_b64encode(hashlib.sha256(seen).digest()).rstrip(b"=").decode()
        if name != unrecorded:
            rows.append(f"{name},sha256={digest},{len(seen)}")
    content[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    return write_zip(file, content)


def git(folder: Path, *words: str) -> str:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main", *words]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def write_repository(folder: Path, files: Mapping[str, str]) -> str:
    """A repository with one commit, tagged v1; gives the commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet")
    write_folder(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    git(folder, "tag", "v1")
    return git(folder, "rev-parse", "HEAD")
