"""Packages of an installed binding: built ones alone, of the accepted hash, and what is there keeps its version."""

from __future__ import annotations

import hashlib
import json
import os
import site
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lollms_client.isolation.uv import find_uv
from lollms_client.manifest.model import PACKAGE_FOLDER
from tests.installing.sources_made import BINDING, write_folder
from tests.isolation.wheelhouse import make_wheel

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The Python of an empty environment, which sees the packages of this one."""
    place = tmp_path / "environment"
    uv = find_uv(os.environ)
    subprocess.run([uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(place)], check=True)
    return place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


@pytest.fixture
def lollms(python: Path, tmp_path: Path) -> Run:
    def run(*words: str, path: str = "") -> subprocess.CompletedProcess[str]:
        seen = [str(PACKAGE_FOLDER.parent), *site.getsitepackages()]
        variables = {
            **os.environ, "PYTHONPATH": os.pathsep.join(seen), "LOLLMS_HOME": str(tmp_path / "home"),
            "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(tmp_path / "wheels"), "UV_CACHE_DIR": str(tmp_path / "cache"),
            "PATH": path or os.pathsep.join([str(Path(find_uv(os.environ)).parent), os.environ["PATH"]]),
        }  # fmt: skip
        command = [str(python), "-m", "lollms_client.cli", *words]
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    return run


def source(folder: Path, requirement: str) -> str:
    manifest = BINDING["description.yaml"].replace("[msgspec]", f"['{requirement}']")
    return str(write_folder(folder / "hummer", {**BINDING, "description.yaml": manifest}))


def test_packages_are_installed_by_hash_and_recorded(lollms: Run, python: Path, tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    wheel = make_wheel(tmp_path / "wheels", "tiny_value", "1.0", "one", requires="msgspec")
    given = source(tmp_path, "tiny_value>=1")
    shown = lollms("install", given, "--dry-run")
    assert "needs: tiny_value>=1 (to be installed)" in shown.stdout

    done = lollms("install", given, "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    record = json.loads((tmp_path / "home/lollms_bindings/installed.json").read_text())["bindings"]["tts.hummer"]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert record["requirements"] == {"tiny-value==1.0": [f"sha256:{digest}"]}
    ask = [str(python), "-I", "-c", "import tiny_value; print(tiny_value.VALUE)"]
    assert subprocess.run(ask, capture_output=True, text=True, check=True).stdout == "one\n"


def test_a_package_that_would_be_built_is_refused(lollms: Run, tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    trap = write_folder(tmp_path / "tiny_value-1.0", {"setup.py": f"open({str(tmp_path / 'RAN')!r}, 'w')\n"})
    (trap / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: tiny_value\nVersion: 1.0\n")
    with tarfile.open(tmp_path / "wheels" / "tiny_value-1.0.tar.gz", "w:gz") as archive:
        archive.add(trap, "tiny_value-1.0")
    done = lollms("install", source(tmp_path, "tiny_value==1.0"), "--yes")

    assert done.returncode == 3
    assert "could not find the packages that it needs" in done.stderr
    assert not (tmp_path / "RAN").exists()
    assert not (tmp_path / "home/lollms_bindings/hummer").exists()


def test_pip_does_it_where_uv_is_not_there(lollms: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wheels").mkdir()
    wheel = make_wheel(tmp_path / "wheels", "tiny_value", "1.0", "one")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("HOME", str(tmp_path))
    done = lollms("install", source(tmp_path, "tiny_value>=1"), "--yes", path=str(tmp_path))

    assert (done.returncode, done.stderr) == (0, "")
    record = json.loads((tmp_path / "home/lollms_bindings/installed.json").read_text())["bindings"]["tts.hummer"]
    assert record["requirements"] == {"tiny-value==1.0": [f"sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"]}
