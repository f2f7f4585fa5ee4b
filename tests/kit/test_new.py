"""What `lollms new` writes is a binding: it is listed, passes the checks as it is written, and its own test runs."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from lollms_client.cli import main
from lollms_client.manifest import BINDING_TYPES, load_manifest
from lollms_client.scaffold import KINDS
from lollms_client.testing import Report, check_binding
from tests.kit.openapi_documents import DOCUMENTS, SPEECH

GIVEN = (
    "--title", "Acme", "--author", "A tester", "--description", "Speaks with Acme's service, for the tests.",
    "--address", "https://api.acme.example.com/v1", "--env", "ACME_API_KEY",
)  # fmt: skip
QUICK = ("manifest", "contract", "wire")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))


def left_to_do(report: Report) -> list[str]:
    return [fault.partition(",")[0] for finding in report.of("advice") for fault in finding.faults]


@pytest.mark.parametrize(("kind", "binding_type"), list(product(KINDS, BINDING_TYPES)))
def test_every_new_binding_has_a_good_manifest(tmp_path: Path, kind: str, binding_type: str) -> None:
    assert main(["new", binding_type, "acme", "--kind", kind, "--into", str(tmp_path)]) == 0
    report = check_binding(tmp_path / "acme", ("manifest",))
    assert not report.of("failed"), report.text()
    assert [item.code for item in report.of("advice")] == ["M122"], report.text()
    compile((tmp_path / "acme" / "__init__.py").read_text(encoding="utf-8"), "__init__.py", "exec")


@pytest.mark.parametrize(
    ("kind", "binding_type"),
    [
        ("http", "llm"), ("http", "tti"), ("job", "tts"), ("engine", "ttm"), ("wire", "stt"), ("wire", "ttv"),
        ("plain", "stt"),
    ],
)  # fmt: skip
def test_a_new_binding_passes_as_it_is_written(tmp_path: Path, kind: str, binding_type: str) -> None:
    assert main(["new", binding_type, "acme", "--kind", kind, "--into", str(tmp_path), *GIVEN]) == 0
    report = check_binding(tmp_path / "acme", QUICK)
    assert not report.of("failed"), report.text()
    assert not [item for item in report.of("unproven") if item.suite == "wire"], report.text()
    assert [item.code for item in report.of("advice")] in ([], ["M122"]), report.text()
    for file in ("example.py", "test_acme.py"):
        compile((tmp_path / "acme" / file).read_text(encoding="utf-8"), file, "exec")
    assert (tmp_path / "acme" / "wire_cases.yaml").exists() == (kind != "engine")


@pytest.mark.parametrize(("kind", "binding_type"), [("http", "tts"), ("job", "ttv")])
def test_a_new_service_is_silver(tmp_path: Path, kind: str, binding_type: str) -> None:
    assert main(["new", binding_type, "acme", "--kind", kind, "--into", str(tmp_path), *GIVEN]) == 0
    report = check_binding(tmp_path / "acme", ("manifest", "contract", "wire", "errors", "cancellation", "secrets"))
    assert report.tier == "silver", report.text()


def test_a_new_plain_class_sends_its_key_nowhere_else(tmp_path: Path) -> None:
    assert main(["new", "llm", "acme", "--kind", "plain", "--into", str(tmp_path), *GIVEN]) == 0
    report = check_binding(tmp_path / "acme", ("adversaries",))
    failed = {item.code for item in report.of("failed")}
    assert not failed & {"A104", "A109", "A112", "A114"}, report.text()


def test_what_only_the_author_knows_is_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "tts", "acme", "--kind", "http", "--into", str(tmp_path)]) == 0
    assert "lollms check" in capsys.readouterr().out
    report = check_binding(tmp_path / "acme", ("manifest", "contract"))
    assert not report.of("failed"), report.text()
    assert [finding.code for finding in report.of("advice")] == ["M122"]
    assert left_to_do(report) == ["__init__.py", *["description.yaml"] * 3, "wire_cases.yaml"]
    for file in (tmp_path / "acme").iterdir():
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("CHANGE ME", "Done"), encoding="utf-8")
    assert not check_binding(tmp_path / "acme", ("manifest",)).of("advice")


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_document_fills_in_what_it_says(tmp_path: Path, name: str) -> None:
    binding_type, kind, path, document = DOCUMENTS[name]
    file = tmp_path / ("api.json" if name == "speech" else "api.yaml")
    file.write_text(json.dumps(document) if name == "speech" else yaml.safe_dump(document), encoding="utf-8")
    words = [
        "new",
        binding_type,
        "acme",
        "--kind",
        kind,
        "--openapi",
        str(file),
        "--path",
        path,
        "--into",
        str(tmp_path),
    ]
    assert main(words) == 0
    report = check_binding(tmp_path / "acme", QUICK)
    assert not report.of("failed"), report.text()
    assert not [item for item in report.of("unproven") if item.suite == "wire"], report.text()


def test_parameters_key_and_address_are_those_of_the_document(tmp_path: Path) -> None:
    file = tmp_path / "api.json"
    file.write_text(json.dumps(SPEECH), encoding="utf-8")
    assert main(["new", "tts", "acme", "--openapi", str(file), "--path", "/v1/speech", "--into", str(tmp_path)]) == 0
    manifest = load_manifest(tmp_path / "acme" / "description.yaml")
    parameters: dict[str, Any] = {item.name: item for item in manifest.method("generate_audio")}
    assert set(parameters) == {"voice", "speed", "output_format", "stability", "emotion", "service_timeout"}
    assert (parameters["speed"].min, parameters["speed"].max) == (0.5, 2)
    assert parameters["output_format"].options == ("wav", "mp3")
    assert (parameters["stability"].type, parameters["stability"].default) == ("float", 0.4)
    assert parameters["emotion"].description == "How it sounds."
    host = manifest.setting("host_address")
    assert host is not None
    assert (host.default, manifest.reach) == ("https://api.voices.example.com", {"hosts": ["api.voices.example.com"]})
    (case, full) = yaml.safe_load((tmp_path / "acme" / "wire_cases.yaml").read_text(encoding="utf-8"))["cases"]
    request = full["exchanges"][0]["request"]
    assert request["headers"] == {"x-voice-key": "${service_key}"}
    assert request["json"]["settings_version"] == 3
    assert set(case["exchanges"][0]["request"]["json"]) == {"text", "voice_id", "stability", "settings_version"}


@pytest.mark.parametrize(
    ("binding_type", "fields", "kept"),
    [
        ("tts", {"text": {}, "class": {}, "self": {"type": "boolean"}}, {"service_class", "service_self"}),
        ("tti", {"prompt": {}, "width": {"type": "integer"}, "size": {}}, {"width", "size"}),
    ],
)
def test_odd_names_of_a_document_become_arguments(
    tmp_path: Path, binding_type: str, fields: dict[str, Any], kept: set[str]
) -> None:
    properties = {name: {"type": "string"} | facts for name, facts in fields.items()}
    document = tmp_path / "odd.json"
    document.write_text(
        json.dumps({
            "openapi": "3.1.0",
            "servers": [{"url": "https://{place}.example.com/v1", "variables": {"place": {"default": "eu"}}}],
            "paths": {"/make": {"post": {
                "requestBody": {"content": {"application/json": {"schema": {"properties": properties}}}},
                "responses": {"200": {"content": {"*/*": {}}}},
            }}},
        }),
        encoding="utf-8",
    )  # fmt: skip
    words = ["new", binding_type, "acme", "--into", str(tmp_path), "--openapi", str(document), "--path", "/make"]
    assert main([*words, *GIVEN[2:6]]) == 0
    report = check_binding(tmp_path / "acme", QUICK)
    assert not report.of("failed"), report.text()
    manifest = load_manifest(tmp_path / "acme")
    (parameters,) = manifest.method_parameters.values()
    assert {item.name for item in parameters} == kept


def test_all_kinds_are_clean_code(tmp_path: Path) -> None:
    for kind, binding_type in product(KINDS, BINDING_TYPES):
        assert (
            main(["new", binding_type, f"{kind}_{binding_type}", "--kind", kind, "--into", str(tmp_path), *GIVEN]) == 0
        )
    words = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("binding_type", "made"), [("stt", ""), ("tti", "image.png"), ("llm", "")])
def test_its_example_runs(tmp_path: Path, binding_type: str, made: str) -> None:
    assert main(["new", binding_type, "acme", "--kind", "engine", "--into", str(tmp_path), *GIVEN]) == 0
    words = [sys.executable, str(tmp_path / "acme" / "example.py")]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (f"wrote {made}\n" if made else done.stdout)
    assert not made or (tmp_path / made).read_bytes().startswith(b"\x89PNG")


def test_its_example_tells_an_error_in_one_line(tmp_path: Path) -> None:
    given = [*GIVEN[:-3], "http://127.0.0.1:9", "--env", "ACME_API_KEY"]
    assert main(["new", "stt", "acme", "--kind", "plain", "--into", str(tmp_path), *given]) == 0
    words = [sys.executable, str(tmp_path / "acme" / "example.py")]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "127.0.0.1:9" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_its_test_file_is_complete(tmp_path: Path) -> None:
    assert main(["new", "tti", "acme", "--kind", "engine", "--into", str(tmp_path), *GIVEN]) == 0
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "M1 or C1"]
    file = str(tmp_path / "acme" / "test_acme.py")
    done = subprocess.run([*words, file], cwd=tmp_path, capture_output=True, text=True, check=False)
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
        (["new", "tts", "acme", "--kind", "http", "--env", "MY KEY"], "no name of an environment variable"),
        (["new", "tts", "acme", "--openapi", "api.json"], "go together"),
        (["new", "tts", "acme", "--kind", "wire", "--openapi", "api.json", "--path", "/x"], "not wire"),
        (["new", "tts", "acme", "--openapi", "nowhere.json", "--path", "/x"], "cannot be read"),
        (["new", "tts", "acme", "--openapi", "api.json", "--path", "/v1/speach"], "did you mean /v1/speech"),
        (["new", "tts", "acme", "--openapi", "other.yaml", "--path", "/x"], "no OpenAPI document"),
    ],
)
def test_mistakes_are_told(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("api.json").write_text(json.dumps(SPEECH), encoding="utf-8")
    Path("other.yaml").write_text("swagger: '2.0'\n", encoding="utf-8")
    assert main(words) == 2
    assert said in capsys.readouterr().err
    assert not Path("acme").exists()


def test_on_a_terminal_it_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["tts", "acme", "http", "Acme voices", "Me", "", "https://api.acme.example.com", "ACME_KEY"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    assert main(["new", "--into", str(tmp_path)]) == 0
    manifest = load_manifest(tmp_path / "acme" / "description.yaml")
    assert (manifest.title, manifest.author) == ("Acme voices", "Me")
    assert list(answers) == []


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "acme").mkdir()
    assert main(["new", "tts", "acme", "--kind", "http", "--into", str(tmp_path)]) == 2
    assert "exists" in capsys.readouterr().err
