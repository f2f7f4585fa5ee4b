"""The kit finds each fault by the rule that is there for it, and none where there is none."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lollms_client import errors
from lollms_client.cli import main
from lollms_client.testing import BindingSuite, check_binding, self_test
from lollms_client.testing.rules import SUITES, all_rules
from lollms_client.testing.running import check_subject
from tests.kit.broken_bindings import ADVICE, BROKEN, write_sample
from tests.kit.mutation import remembered
from tests.strangers.folders import CODE, write_binding

# faults that break a further rule by their nature
ALSO = {
    "no_method": {"M116"},
    "async_method": {"C208", "C214", "C213"},
    "more_arguments": {"C203"},
    "prints_key": {"L107"},
    "keeps_files": {"L103"},
    "prints_key_on_import": {"C105"},
    "shared_variable": {"M214"},
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))


def test_a_binding_without_fault_is_bronze(tmp_path: Path) -> None:
    report = check_binding(write_sample(tmp_path / "sample_voice"))
    assert not report.of("failed"), report.text()
    assert not report.of("advice"), report.text()
    assert report.tier == "bronze"


@pytest.mark.parametrize("name", BROKEN)
def test_each_fault_is_found_by_its_rule_alone(tmp_path: Path, name: str) -> None:
    broken = BROKEN[name]
    suites = ("manifest",) if broken.rule.startswith("M") else tuple(SUITES.values())
    subject = remembered(name, write_sample(tmp_path / "sample_voice", broken))
    failed = {finding.code: finding.faults for finding in check_subject(subject, suites).of("failed")}
    assert broken.rule in failed, failed
    assert set(failed) <= {broken.rule} | ALSO.get(name, set()), failed


@pytest.mark.parametrize("name", ADVICE)
def test_advice_is_given_where_it_is_due(tmp_path: Path, name: str) -> None:
    broken = ADVICE[name]
    suite = SUITES[broken.rule[0]]
    report = check_subject(remembered(name, write_sample(tmp_path / "sample_voice", broken)), (suite,))
    assert broken.rule in {finding.code for finding in report.of("advice")}, report.text()


@pytest.mark.parametrize("kind", CODE)
def test_bindings_written_from_the_guide_alone_are_bronze(tmp_path: Path, kind: str) -> None:
    write_binding(tmp_path / f"stranger_{kind}", CODE[kind])
    report = check_binding(tmp_path / f"stranger_{kind}")
    assert report.tier == "bronze", report.text()


def test_an_exception_needs_a_rule_and_a_reason_and_is_counted(tmp_path: Path) -> None:
    folder = write_sample(tmp_path / "sample_voice", BROKEN["plain_http"])
    quality = folder / "quality.yaml"
    quality.write_text("exceptions: {M211: The service runs in the laboratory's own network only.}\n")
    report = check_binding(folder)
    assert [finding.code for finding in report.of("excepted")] == ["M211"]
    assert report.tier == "bronze"
    assert "1 excepted" in report.text()
    for wrong in ("exceptions: {M999: A reason that is long enough.}", "exceptions: {M211: no}", "M211: because", "["):
        quality.write_text(wrong)
        with pytest.raises(errors.BadManifest):
            check_binding(folder)


def test_the_command_reports_as_text_json_and_badge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_sample(tmp_path / "sample_voice", BROKEN["prints_on_import"])
    assert main(["check", str(folder), "--badge", str(tmp_path / "badge.svg")]) == 1
    said = capsys.readouterr().out
    assert "✗ C105" in said
    assert "'loading'" in said
    assert "tier: none" in said
    assert "none" in ElementTree.fromstring((tmp_path / "badge.svg").read_text()).attrib["aria-label"]
    good = write_sample(tmp_path / "good_voice")
    assert main(["check", str(good), "--json", "--badge", str(tmp_path / "badge.json")]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["tier"] == "bronze"
    assert {finding["code"] for finding in report["findings"]} == {rule.code for rule in all_rules()}
    assert json.loads((tmp_path / "badge.json").read_text())["message"] == "bronze"


def test_an_unknown_name_is_an_error_with_near_names() -> None:
    with pytest.raises(errors.UnknownBinding, match="espeak"):
        check_binding("espeek")


def test_the_self_test_block_reports_and_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_sample(tmp_path / "sample_voice")
    with pytest.raises(SystemExit) as ended:
        self_test(folder / "__init__.py")
    assert ended.value.code == 0
    assert "tier: bronze" in capsys.readouterr().out


def test_every_rule_says_why_and_how_to_mend_it() -> None:
    assert {rule.suite for rule in all_rules()} == set(SUITES.values())
    for rule in all_rules():
        assert rule.reason.endswith(".")
        assert rule.cure.endswith(".")


class TestEspeak(BindingSuite):
    """The whole test file of a binding."""

    binding = "tts.espeak"
