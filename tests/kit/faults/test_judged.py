"""Rules of attacks find each fault in what a process saw; none of them could be gone without that being noticed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lollms_client.testing import attack_evidence
from lollms_client.testing.rules import all_rules
from lollms_client.testing.running import apply_rule
from lollms_client.testing.subject import Subject
from tests.kit.faults.judged import ATTACKED, TRIALS, WHOLE, judged_subject, show
from tests.kit.mutation import NOTHING, mutants, outcome

BY_CODE = {rule.code: rule for rule in all_rules()}
ALL = [code for code, rule in BY_CODE.items() if rule.suite in ATTACKED and code[1] == "1" and code != "E108"]
SHARE = 0.9  # of the mutants that must be found out


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    attack_evidence._known.clear()


def _finds(subject: Subject, code: str) -> str:
    show(subject)
    return apply_rule(BY_CODE[code], subject, {}).state


def test_every_rule_of_attacks_is_judged_here() -> None:
    assert {*TRIALS, *WHOLE} == set(ALL)


def test_each_fault_is_found_by_its_rule_and_a_good_binding_by_none(tmp_path: Path) -> None:
    good = judged_subject(tmp_path / "good" / "sample_plain")
    assert {code: _finds(good, code) for code in ALL} == dict.fromkeys(ALL, "passed")
    for code in ALL:
        assert _finds(judged_subject(tmp_path / code / "sample_plain", code), code) == "failed", code


def test_mutants_of_the_rules_are_found_out(tmp_path: Path) -> None:
    good = judged_subject(tmp_path / "good" / "sample_plain")
    living: list[str] = []
    count = 0
    for code in ALL:
        subjects = [good, judged_subject(tmp_path / code / "sample_plain", code)]
        for mutant in mutants(BY_CODE[code]):
            count += 1
            if not any(_differs(subject, code, mutant.find) for subject in subjects):
                living.append(f"{code} {mutant.change}")
    assert not [words for words in living if words.endswith(NOTHING)]
    assert count >= len(ALL)
    assert len(living) <= (1 - SHARE) * count, "\n".join(living)


def _differs(subject: Subject, code: str, find: object) -> bool:
    show(subject)
    return outcome(BY_CODE[code].find, subject) != outcome(find, subject)
