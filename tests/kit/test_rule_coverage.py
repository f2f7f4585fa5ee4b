"""Every rule of the documentation has a binding with a fault that trips it, in one of the tables of these tests."""

from __future__ import annotations

import re
from pathlib import Path

from lollms_client.testing.rules import all_rules
from tests.kit.broken_bindings import ADVICE, BROKEN
from tests.kit.engines.broken_engines import BROKEN_ENGINES
from tests.kit.faults.judged import TRIALS, WHOLE
from tests.kit.faults.samples import BROKEN as ATTACKED
from tests.kit.leaks.samples import BROKEN as LEAKING
from tests.kit.wire.test_faults import CASE_FAULTS, CODE_FAULTS, PLAIN_FAULTS

PAGE = Path(__file__).parents[2] / "docs" / "reference-rules.md"
# tests of their own: mistyped cases, what no case calls, undeclared hosts, and the real service (played on loopback)
TESTS = {
    "wire/test_faults.py": {"W101", "W109", "W110", "W112"},
    "engines/test_live.py": {"V101", "V103", "V104"},
}
NEVER_FAIL = {"V102", "V105"}  # they prove something or nothing: without their proof they are not proven


def _tripped() -> set[str]:
    found = {broken.rule for table in (BROKEN, ADVICE, ATTACKED, LEAKING) for broken in table.values()}
    for engine in BROKEN_ENGINES.values():
        found |= {engine.rule, *engine.also}
    for codes, _ in CODE_FAULTS.values():
        found |= codes
    found |= {code for _, code, _ in CASE_FAULTS.values()} | {code for code, _ in PLAIN_FAULTS.values()}
    return found | set(TRIALS) | set(WHOLE)


def test_each_rule_is_tripped_by_a_binding_with_a_fault() -> None:
    written = set(re.findall(r"^\| ([A-Z]\d{3}) \|", PAGE.read_text(encoding="utf-8"), re.M))
    assert written == {rule.code for rule in all_rules()}
    assert written - _tripped() - NEVER_FAIL - set().union(*TESTS.values()) == set()


def test_tests_that_trip_rules_by_themselves_do() -> None:
    for name, codes in TESTS.items():
        text = (Path(__file__).parent / name).read_text(encoding="utf-8")
        assert {code for code in codes if f'"{code}"' in text} | {"W101"} >= codes
