"""No rule of the kit could be gone, and few conditions be turned round, without a broken binding going uncaught.

What the processes saw of the broken bindings is taken over from the tests that ran before; only rules run here.
"""

from __future__ import annotations

import pytest

from lollms_client.testing.rules import Rule, all_rules
from lollms_client.testing.subject import Subject
from tests.kit.mutation import NOTHING, broken_subjects, mutants, survivors

SHARE = 0.95  # of the mutants that must be found out
# suites whose broken bindings are wire cases and attacks: they have tables of their own
ELSEWHERE = ("wire", "adversaries", "live")


@pytest.fixture(scope="module")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Subject]]:
    return broken_subjects(tmp_path_factory.mktemp("broken"))


def _rules(subjects: dict[str, list[Subject]]) -> list[Rule]:
    return [rule for rule in all_rules() if rule.code in subjects]


def test_every_required_rule_has_a_broken_binding(subjects: dict[str, list[Subject]]) -> None:
    ours = [rule for rule in all_rules() if rule.suite not in ELSEWHERE and _is_local(rule)]
    assert {rule.code for rule in ours if rule.required} - set(subjects) == set()


def _is_local(rule: Rule) -> bool:
    """E1, X1 … are of services under attack; E3, X3 of what works on this machine."""
    return rule.suite not in ("errors", "cancellation") or rule.code[1] == "3"


def test_mutants_of_the_rules_are_found_out(subjects: dict[str, list[Subject]]) -> None:
    rules = _rules(subjects)
    living = survivors(rules, subjects)
    assert [mutant.code for mutant in living if mutant.change == NOTHING] == []
    count = sum(1 for rule in rules for _ in mutants(rule))
    assert len(living) <= (1 - SHARE) * count, "\n".join(f"{mutant.code} {mutant.change}" for mutant in living)
