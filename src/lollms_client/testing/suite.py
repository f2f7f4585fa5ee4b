"""The kit in pytest: a class with a name is a whole test file; and the one line of a binding's self-test block."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

from lollms_client.testing.quality import read_exceptions
from lollms_client.testing.report import Finding
from lollms_client.testing.rules import all_rules
from lollms_client.testing.running import apply_rule, check_binding
from lollms_client.testing.subject import Subject, find_subject

_subjects: dict[str, Subject] = {}


class BindingSuite:
    """Checks of one binding, one test for each rule. Derive a class whose name begins with Test, and say which:

    class TestMine(BindingSuite):
        binding = "path or name"
    """

    binding: ClassVar[str | Path] = ""

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Make one test of each rule."""
        if "rule_code" in metafunc.fixturenames:
            metafunc.parametrize("rule_code", [rule.code for rule in all_rules()])

    def test_rule(self, rule_code: str) -> None:
        """The rule holds, or the binding's quality.yaml says why it does not."""
        import pytest

        finding = self.finding(rule_code)
        if finding.state in ("skipped", "excepted", "unproven"):
            pytest.skip(finding.reason)
        if finding.state == "failed":
            faults = "\n".join(finding.faults)
            pytest.fail(f"{finding.code} {finding.title}\n{faults}\nwhy: {finding.reason}\ncure: {finding.cure}", False)

    def finding(self, rule_code: str) -> Finding:
        """What one rule says of this binding."""
        key = str(self.binding)
        if key not in _subjects:
            _subjects[key] = find_subject(self.binding)
        rule = next(rule for rule in all_rules() if rule.code == rule_code)
        return apply_rule(rule, _subjects[key], read_exceptions(_subjects[key].folder))


def self_test(file: str | Path) -> None:
    """Check the binding whose `__init__.py` this is, write the report, and leave with 0 or 1:

    if __name__ == "__main__":
        self_test(__file__)
    """
    report = check_binding(Path(file).absolute().parent)
    sys.stdout.write(report.text() + "\n")
    sys.exit(0 if report.passed else 1)
