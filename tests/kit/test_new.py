"""What `lollms new` writes is a binding: it is listed, passes the checks, and its own test runs."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from lollms_client.cli import main
from lollms_client.manifest import BINDING_TYPES
from lollms_client.scaffold import KINDS
from lollms_client.testing import check_binding

GIVEN = (
    "--title", "Acme", "--author", "A tester", "--description", "Speaks with Acme's service, for the tests.",
    "--address", "https://api.acme.example.com/v1", "--env", "ACME_API_KEY",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize(("kind", "binding_type"), list(product(KINDS, BINDING_TYPES)))
def test_a_new_binding_is_bronze(tmp_path: Path, kind: str, binding_type: str) -> None:
    assert main(["new", binding_type, "acme", "--kind", kind, "--into", str(tmp_path), *GIVEN]) == 0
    report = check_binding(tmp_path / "acme")
    assert report.tier == "bronze", report.text()
    assert not report.of("advice"), report.text()
    for file in ("example.py", "test_acme.py"):
        compile((tmp_path / "acme" / file).read_text(encoding="utf-8"), file, "exec")


def test_what_only_the_author_knows_is_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "tts", "acme", "--kind", "http", "--into", str(tmp_path)]) == 0
    assert "lollms check" in capsys.readouterr().out
    findings = check_binding(tmp_path / "acme").of("failed")
    assert [finding.code for finding in findings] == ["M121"]
    assert [fault.split(":")[0] for fault in findings[0].faults] == ["author", "description"]


def test_its_test_file_is_complete(tmp_path: Path) -> None:
    assert main(["new", "tti", "acme", "--kind", "plain", "--into", str(tmp_path), *GIVEN]) == 0
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path / "acme" / "test_acme.py")]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["new"], "say MODALITY"),
        (["new", "tts", "acme"], "say --kind"),
        (["new", "smell", "acme", "--kind", "http"], "no modality"),
        (["new", "tts", "Acme Voice", "--kind", "http"], "no name"),
        (["new", "tts", "acme", "--kind", "http", "--address", "acme"], "no address"),
    ],
)
def test_mistakes_are_told(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "acme").mkdir()
    assert main(["new", "tts", "acme", "--kind", "http", "--into", str(tmp_path)]) == 2
    assert "exists" in capsys.readouterr().err
