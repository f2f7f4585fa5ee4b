"""Bindings without fault withstand every attack; each single fault is found by the rule that is there for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lollms_client.testing import check_binding, evidence
from lollms_client.testing.rules import SUITES
from tests.kit.faults.samples import BROKEN, SAMPLES, write_sample

ATTACKED = ("errors", "cancellation", "adversaries")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_binding_without_fault_withstands_everything(tmp_path: Path, name: str) -> None:
    report = check_binding(write_sample(tmp_path / f"sample_{name}", name), ATTACKED)
    assert not report.of("failed"), report.text()
    assert not report.of("unproven"), report.text()
    assert len(report.of("passed")) >= 25


@pytest.mark.parametrize("name", BROKEN)
def test_each_fault_is_found_by_its_rule(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = BROKEN[name]
    if name == "repeats_without_end":  # it does so without a network, too, which another rule tells of
        monkeypatch.setattr(evidence, "PATIENCE", 3.0)
    folder = write_sample(tmp_path / f"sample_{broken.sample}", broken.sample, broken)
    report = check_binding(folder, (SUITES[broken.rule[0]],))
    failed = {finding.code: finding.faults for finding in report.of("failed")}
    assert broken.rule in failed, report.text(everything=True)
    assert all(fault.strip() for fault in failed[broken.rule])


def test_a_binding_that_never_gives_up_is_told_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert evidence.PATIENCE < 60
    monkeypatch.setattr(evidence, "PATIENCE", 3.0)
    folder = write_sample(tmp_path / "sample_stream", "stream", BROKEN["repeats_without_end"])
    report = check_binding(folder, ("contract",))
    failed = {finding.code: finding.faults for finding in report.of("failed")}
    assert failed["C102"] == ("it did not come to an end within 3 seconds",)


def test_without_cases_nothing_is_proven(tmp_path: Path) -> None:
    folder = write_sample(tmp_path / "sample_stream", "stream")
    (folder / "wire_cases.yaml").unlink()
    report = check_binding(folder, ATTACKED)
    assert not report.of("failed")
    assert not report.of("passed")
    ours = [finding for finding in report.findings if finding.code[1] == "1"]
    assert {finding.state for finding in ours} == {"unproven"}
