"""Calls that are answered well, again and again and at once: good bindings pass, each fault is found by its rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from lollms_client.testing.evidence import Evidence
from lollms_client.testing.rules import Rule, all_rules
from lollms_client.testing.running import apply_rule
from lollms_client.testing.subject import Subject, find_subject
from tests.kit.faults.samples import SAMPLES
from tests.kit.leaks.samples import BROKEN, PAID, write_sample
from tests.kit.mutation import remembered

LOOKED_AT = ("C219", "C220", "C221", "C222", "L101", "L102", "L103", "L105", "L106", "L107", "L108")
# faults that break a further rule by their nature
ALSO = {
    "keeps_the_history": {"C221"},
    "appends_to_a_default_argument": {"C221"},
    "remembers_the_last_question": {"C221"},
    "answers_with_what_was_said_before": {"C221", "L103"},
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Subject]:
    """The bindings without fault, and what their calls without a network show: that of the broken ones, too."""
    folder = tmp_path_factory.mktemp("good")
    return {name: find_subject(write_sample(folder / f"sample_{name}", name)) for name in SAMPLES}


def _rules(*codes: str) -> list[Rule]:
    return [rule for rule in all_rules() if rule.code in codes]


def _failed(subject: Subject, *codes: str) -> dict[str, tuple[str, ...]]:
    found = [apply_rule(rule, subject, {}) for rule in _rules(*codes)]
    return {finding.code: finding.faults for finding in found if finding.state == "failed"}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_binding_without_fault_leaves_nothing_behind(good: dict[str, Subject], name: str) -> None:
    found = [apply_rule(rule, good[name], {}) for rule in _rules(*LOOKED_AT)]
    assert [finding for finding in found if finding.state in ("failed", "unproven")] == []
    skipped = {finding.code for finding in found if finding.state == "skipped"}
    assert skipped == ({"C222", "L108"} if name == "plain" else set())


@pytest.mark.parametrize("name", [name for name in BROKEN if name not in PAID])
def test_each_fault_is_found_by_its_rule_alone(tmp_path: Path, good: dict[str, Subject], name: str) -> None:
    broken = BROKEN[name]
    subject = remembered(f"leaks {name}", write_sample(tmp_path / f"sample_{broken.sample}", name))
    without_network: Evidence = good[broken.sample].evidence
    vars(subject).setdefault("evidence", without_network)
    failed = _failed(subject, *LOOKED_AT)
    assert broken.rule in failed, subject.steady
    assert set(failed) <= {broken.rule} | ALSO.get(name, set()), failed


@pytest.mark.parametrize("name", PAID)
def test_what_is_paid_is_not_repeated_however_patient_the_user_is(tmp_path: Path, name: str) -> None:
    subject = find_subject(write_sample(tmp_path / f"sample_{BROKEN[name].sample}", name))
    assert set(_failed(subject, "E108")) == {"E108"}
