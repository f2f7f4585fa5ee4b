"""The page about the kit says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from lollms_client.cli.reference import rules_page
from lollms_client.testing.report import TIERS
from lollms_client.testing.rules import SUITES

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "kit.md").read_text(encoding="utf-8")


def _rows(section: str) -> dict[str, str]:
    """The first two columns of the table of a section."""
    text = PAGE.partition(f"## {section}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    return {name: words for name, words in rows if not set(name) <= {"-"} and name[0].islower()}


def test_the_table_of_rules_follows_from_the_code() -> None:
    assert (DOCS / "reference-rules.md").read_text(encoding="utf-8") == rules_page()


def test_all_suites_are_told_of() -> None:
    assert list(_rows("The suites")) == list(SUITES.values())


def test_the_tiers_are_those_of_the_report() -> None:
    told = _rows("Tiers")
    assert list(told) == list(TIERS)
    for tier, suites in TIERS.items():
        assert all(re.search(rf"\b{suite}\b", told[tier]) for suite in suites), tier
