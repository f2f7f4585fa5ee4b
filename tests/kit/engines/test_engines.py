"""The kit really calls what works on this machine, and finds each fault of it by the rule that is there for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lollms_client.testing import Report, check_binding
from lollms_client.testing.rules import SUITES
from lollms_client.testing.running import check_subject
from tests.kit.engines.broken_engines import BROKEN_ENGINES
from tests.kit.engines.samples import SAMPLES, write_engine
from tests.kit.mutation import remembered

_NEVER = ("live", "wire", "adversaries")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))


def _found(report: Report) -> set[str]:
    return {finding.code for finding in (*report.of("failed"), *report.of("advice"))}


@pytest.mark.parametrize("name", SAMPLES)
def test_an_engine_without_fault_is_gold_and_nothing_is_left_open(tmp_path: Path, name: str) -> None:
    report = check_subject(remembered(f"engine {name}", write_engine(tmp_path / name, SAMPLES[name])))
    assert not _found(report), report.text()
    assert report.tier == "gold", report.text()
    assert {finding.suite for finding in report.of("unproven")} == {"live"}, report.text()


@pytest.mark.parametrize("name", BROKEN_ENGINES)
def test_each_fault_of_an_engine_is_found_by_its_rule_alone(tmp_path: Path, name: str) -> None:
    broken = BROKEN_ENGINES[name]
    slow = () if broken.rule.startswith("Q") else ("equality",)
    suites = [suite for suite in SUITES.values() if suite not in (*_NEVER, *slow)]
    folder = write_engine(tmp_path / "sample", SAMPLES[broken.sample], broken.old, broken.new)
    report = check_subject(remembered(f"engine {name}", folder), suites)
    assert broken.rule in _found(report), report.text()
    assert _found(report) <= {broken.rule} | broken.also, report.text()


def test_an_engine_whose_package_is_missing_is_not_proven(tmp_path: Path) -> None:
    begin = "        self.known(request)\n"
    folder = write_engine(tmp_path / "sample", SAMPLES["painter"], begin, "        import surely_not_there\n" + begin)
    report = check_binding(folder, ("contract", "media", "leaks", "errors", "cancellation", "equality"))
    reasons = {finding.reason for finding in report.of("unproven")}
    assert len(reasons) == 1, report.text()
    assert "surely_not_there" in reasons.pop()
    assert report.tier == ""


def test_an_engine_whose_data_cannot_be_fetched_is_not_proven(tmp_path: Path) -> None:
    begin = "        self.known(request)\n"
    fetch = "        import urllib.request\n        urllib.request.urlopen('http://weights.example.com/')\n"
    folder = write_engine(tmp_path / "sample", SAMPLES["painter"], begin, fetch + begin)
    report = check_binding(folder, ("contract", "media"))
    assert "tried to reach weights.example.com" in report.text()
    assert not report.of("failed"), report.text()


def test_an_engine_that_needs_a_setting_is_not_proven_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = (
        "input_parameters:\n  - {name: weights, type: str, description: The file of weights., mandatory: true, "
        "env: SAMPLE_WEIGHTS}\n"
    )
    sample = SAMPLES["hearer"]
    folder = write_engine(
        tmp_path / "sample", sample, "transcribe_audio_parameters:", setting + "transcribe_audio_parameters:"
    )
    report = check_binding(folder, ("contract", "media"))
    assert "weights" in report.text()
    assert not report.of("failed"), report.text()
    assert report.of("unproven")
    monkeypatch.setenv("SAMPLE_WEIGHTS", "here.bin")
    report = check_binding(folder, ("contract", "media"))
    assert not report.of("unproven"), report.text()


def test_a_plain_class_that_works_offline_is_really_called(tmp_path: Path) -> None:
    folder = tmp_path / "plain_voice"
    folder.mkdir()
    (folder / "description.yaml").write_text(
        "title: Plain voice\nauthor: A tester\nversion: '1.0.0'\nlicense: MIT\nbinding_type: tts\noffline: true\n"
        "description: Hums, for tests of the kit.\n"
    )
    (folder / "__init__.py").write_text(
        '"""Hums."""\n\nfrom lollms_client.lollms_tts_binding import LollmsTTSBinding\n'
        "from lollms_client.testing.cases_media import tone\n\nBindingName = 'Hum'\n\n\n"
        "class Hum(LollmsTTSBinding):\n    def __init__(self, **kwargs):\n"
        "        super().__init__('plain', **kwargs)\n\n"
        "    def generate_audio(self, text, voice=None, **kwargs):\n        return bytes(tone(0.2))\n\n"
        "    def list_voices(self):\n        return ['hum']\n\n    def list_models(self):\n        return ['one']\n"
    )
    report = check_binding(folder)
    assert not report.of("failed"), report.text()
    assert report.tier == "gold", report.text()
    states = {finding.code: finding.state for finding in report.findings}
    assert states["D107"] == states["C217"] == states["Q103"] == "passed"
