"""`lollms install` takes folders, wheels, zips and git repositories, shows everything before, and records it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from lollms_client import LollmsClient
from lollms_client.cli import main
from tests.installing.sources_made import (
    BINDING,
    MANIFEST,
    git,
    write_folder,
    write_repository,
    write_wheel,
    write_zip,
)


class Done(NamedTuple):
    code: int
    out: str
    err: str


Lollms = Callable[..., Done]


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def lollms(own_home: Path, capsys: pytest.CaptureFixture[str]) -> Lollms:
    def run(*words: str) -> Done:
        code = main(words)
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return run


def records(home: Path) -> dict[str, dict[str, object]]:
    content = json.loads((home / "lollms_bindings" / "installed.json").read_text())
    found: dict[str, dict[str, object]] = content["bindings"]
    return found


def folder_source(place: Path) -> str:
    return str(write_folder(place / "hummer", BINDING))


def zip_source(place: Path) -> str:
    return str(
        write_zip(place / "download.zip", {f"hummer-main/hummer/{name}": text for name, text in BINDING.items()})
    )


def top_zip_source(place: Path) -> str:
    return str(write_zip(place / "hummer.zip", dict(BINDING)))


def wheel_source(place: Path) -> str:
    files = {f"acme_hum/hummer/{name}": text for name, text in BINDING.items()} | {"acme_hum/__init__.py": ""}
    return str(write_wheel(place / "hummer-1.2-py3-none-any.whl", files))


def git_source(place: Path) -> str:
    write_repository(place / "repository", {f"inner/hummer/{name}": text for name, text in BINDING.items()})
    return f"git+{(place / 'repository').as_uri()}@v1#subdirectory=inner/hummer"


SOURCES = {
    "folder": folder_source,
    "zip": zip_source,
    "zip without a folder": top_zip_source,
    "wheel": wheel_source,
    "git": git_source,
}


@pytest.mark.parametrize("kind", SOURCES)
def test_each_source_ends_in_a_binding_that_works(kind: str, lollms: Lollms, own_home: Path, tmp_path: Path) -> None:
    source = SOURCES[kind](tmp_path)
    shown = lollms("install", source, "--dry-run")

    assert (shown.code, shown.err) == (0, "")
    digest = hashlib.sha256(MANIFEST.encode()).hexdigest()
    for words in (
        "tts.hummer: Hummer", "author: A. Stranger", "licence: MIT", "version: 1.2", "needs: msgspec (already there)",
        "may reach hosts: api.hum.example", "may reach processes: sox", "may reach paths: none declared",
        "checked: not checked", f"sha256:{digest}  description.yaml",
    ):  # fmt: skip
        assert words in shown.out
    assert not (own_home / "lollms_bindings" / "hummer").exists()
    assert lollms("list", "tts").out.count("hummer") == 0

    done = lollms("install", source, "--yes")
    assert (done.code, done.err) == (0, "")
    with LollmsClient(tts_binding_name="hummer") as client:
        assert client.speech("abc").audio.endswith(b"WAVE\1\1\1")
    record = records(own_home)["tts.hummer"]
    assert record["files"] == {
        name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(BINDING.items())
    }
    assert record["kind"] == kind.split()[0]
    assert str(record["installed"]).startswith("20")
    assert [item.name for item in (own_home / "lollms_bindings").iterdir() if item.name.startswith(".in")] == [
        ".installing.lock"
    ]


def test_a_repository_is_recorded_with_its_commit(lollms: Lollms, own_home: Path, tmp_path: Path) -> None:
    first = write_repository(tmp_path / "hummer", BINDING)
    write_folder(tmp_path / "hummer", {"description.yaml": MANIFEST.replace("1.2", "2.0")})
    git(tmp_path / "hummer", "commit", "--quiet", "--all", "--message", "second")
    address = (tmp_path / "hummer").as_uri()

    for ref, commit in (("@v1", first), (f"@{first}", first), (f"@{first[:10]}", first)):
        assert lollms("install", f"{address}{ref}", "--yes").code == 0
        assert records(own_home)["tts.hummer"]["commit"] == commit
        assert "version 1.2" in lollms("show", "hummer").out
        assert lollms("uninstall", "hummer").code == 0
    assert lollms("install", address, "--yes").code == 0
    shown = lollms("show", "hummer").out
    assert f"From {address}, commit {git(tmp_path / 'hummer', 'rev-parse', 'HEAD')[:12]}, installed 20" in shown


def test_upgrading_replaces_and_uninstalling_removes(lollms: Lollms, own_home: Path, tmp_path: Path) -> None:
    source = folder_source(tmp_path)
    assert lollms("install", source, "--yes").code == 0
    write_folder(tmp_path / "hummer", {"description.yaml": MANIFEST.replace("1.2", "1.3"), "new.py": ""})

    again = lollms("install", source, "--yes")
    assert (again.code, "--upgrade replaces it" in again.err) == (2, True)
    assert "version 1.2" in lollms("show", "hummer").out
    upgraded = lollms("install", "hummer", "--upgrade", "--yes")
    assert (upgraded.code, "version: 1.3 (replaces 1.2)" in upgraded.out) == (0, True)
    assert "version 1.3" in lollms("show", "hummer").out
    assert "the same files are installed" in lollms("install", source, "--yes").out

    assert lollms("uninstall", "tts.hummer").code == 0
    assert not (own_home / "lollms_bindings" / "hummer").exists()
    assert records(own_home) == {}
    assert lollms("uninstall", "hummer").code == 2


def test_changed_files_are_told(lollms: Lollms, own_home: Path, tmp_path: Path) -> None:
    assert lollms("install", folder_source(tmp_path), "--yes").code == 0
    place = own_home / "lollms_bindings" / "hummer"
    listed = lollms("list", "tts").out
    assert "WARNING" not in listed
    assert f"home, installed from {tmp_path / 'hummer'}" in listed
    (place / "sound.py").write_text("def hum(length):\n    return b''\n")
    (place / "extra.py").write_text("")
    (place / "__pycache__").mkdir(exist_ok=True)

    words = "WARNING: not as it was installed: sound.py was changed, extra.py was added"
    assert f"tts.hummer: {words}" in lollms("list", "tts").out
    assert words in lollms("show", "hummer").out
    facts = json.loads(lollms("show", "hummer", "--json").out)["installed_from"]
    assert facts["changes"] == ["sound.py was changed", "extra.py was added"]


def test_nothing_is_installed_unasked(
    lollms: Lollms, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = folder_source(tmp_path)
    unasked = lollms("install", source)
    assert (unasked.code, f"lollms install {source} --yes" in unasked.err) == (2, True)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: "n")
    assert lollms("install", source).code == 2
    assert not (own_home / "lollms_bindings" / "hummer").exists()
    monkeypatch.setattr("builtins.input", lambda prompt: "y")
    assert lollms("install", source).code == 0


def test_several_bindings_of_one_source(lollms: Lollms, own_home: Path, tmp_path: Path) -> None:
    for name in ("hummer", "singer"):
        write_folder(tmp_path / "many" / "bindings" / name, BINDING)
    assert lollms("install", str(tmp_path / "many"), "--only", "singer", "--yes").code == 0
    assert list(records(own_home)) == ["tts.singer"]
    assert lollms("install", str(tmp_path / "many"), "--name", "drone", "--yes").code == 2
    assert lollms("install", str(tmp_path / "many"), "--name", "../drone", "--only", "hummer", "--yes").code == 2
    assert lollms("install", str(tmp_path / "many"), "--only", "lost", "--yes").code == 2
    assert lollms("install", str(tmp_path / "many"), "--only", "hummer", "--name", "drone", "--yes").code == 0
    assert sorted(records(own_home)) == ["tts.drone", "tts.singer"]


def test_a_name_of_two_modalities(lollms: Lollms, own_home: Path, tmp_path: Path) -> None:
    music = {
        "__init__.py": "from lollms_client.lollms_ttm_binding import LollmsTTMBinding\nBindingName = 'M'\n\n\n"
        "class M(LollmsTTMBinding):\n    def generate_music(self, prompt, **kwargs):\n        return b'x'\n",
        "description.yaml": "title: Other\nbinding_type: ttm\n",
    }
    assert lollms("install", folder_source(tmp_path / "a"), "--yes").code == 0
    assert lollms("install", str(write_folder(tmp_path / "b" / "hummer", music)), "--yes").code == 0
    listed = json.loads(lollms("list", "--json").out)["bindings"]

    assert sorted(item["binding_type"] for item in listed if item["name"] == "hummer") == ["ttm", "tts"]


def test_what_the_author_does_not_say_is_said_aloud(lollms: Lollms, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "quiet", {**BINDING, "description.yaml": "title: Quiet\nbinding_type: tts\n"})
    out = lollms("install", str(source), "--dry-run").out

    assert "may reach NOT DECLARED" in out
    assert "licence: NOT STATED" in out
    assert "author: NOT STATED" in out


def test_a_folder_here_is_a_source_unless_a_binding_has_its_name(
    lollms: Lollms, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("hummer", "espeak"):
        write_folder(tmp_path / name, BINDING)
    monkeypatch.chdir(tmp_path)

    assert "tts.hummer: Hummer" in lollms("install", "hummer", "--dry-run").out
    assert lollms("install", "espeak", "--dry-run").out == "espeak: nothing to install\n"
    monkeypatch.chdir(tmp_path / "hummer")
    assert "tts.hummer: Hummer" in lollms("install", ".", "--dry-run").out


def test_a_downloaded_repository_is_named_without_its_branch(lollms: Lollms, own_home: Path, tmp_path: Path) -> None:
    files = {f"hummer-main/{name}": text for name, text in BINDING.items()}
    source = write_zip(tmp_path / "hummer-main.zip", {**files, "__MACOSX/hummer-main/._x": "x"})
    assert lollms("install", str(source), "--yes").code == 0

    assert list(records(own_home)) == ["tts.hummer"]


def test_imports_from_around_the_folder_are_told(lollms: Lollms, tmp_path: Path) -> None:
    code = BINDING["__init__.py"] + "from ..shared import thing\n"
    write_folder(
        tmp_path / "package" / "hummer", {**BINDING, "__init__.py": code, "inner/x.py": "from .. import sound\n"}
    )
    out = lollms("install", str(tmp_path / "package"), "--dry-run").out

    assert "WARNING: it imports from outside of its folder, which stays behind (__init__.py, line 17)" in out
    assert out.count("WARNING") == 1


def test_json_tells_the_same(lollms: Lollms, tmp_path: Path) -> None:
    offer = json.loads(lollms("install", folder_source(tmp_path), "--dry-run", "--json").out)["offers"][0]

    assert (offer["name"], offer["license"], offer["reach"]["hosts"]) == ("hummer", "MIT", ["api.hum.example"])
    assert len(offer["files"]) == 3


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_upgrading_puts_right_what_was_harmed(harm: str, lollms: Lollms, own_home: Path, tmp_path: Path) -> None:
    assert lollms("install", folder_source(tmp_path), "--yes").code == 0
    folder = own_home / "lollms_bindings" / "hummer"
    if harm == "changed":
        (folder / "sound.py").write_text("# mine\n", encoding="utf-8")
    else:
        shutil.rmtree(folder)
    upgraded = lollms("install", "hummer", "--upgrade", "--yes")
    assert (upgraded.code, "the same files" in upgraded.out) == (0, False)
    assert (folder / "sound.py").read_text(encoding="utf-8") == BINDING["sound.py"]


def test_a_damaged_record_hides_no_binding(lollms: Lollms, own_home: Path, tmp_path: Path) -> None:
    assert lollms("install", folder_source(tmp_path), "--yes").code == 0
    (own_home / "lollms_bindings" / "installed.json").write_text("{", encoding="utf-8")
    for words in (("list", "tts"), ("show", "hummer")):
        done = lollms(*words)
        assert (done.code, "Hummer" in done.out, "installed.json, which" in done.out) == (0, True, True)
    assert lollms("uninstall", "hummer").code == 2
