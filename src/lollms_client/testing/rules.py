"""The rules of the kit: each is one function with a code, a reason and a cure; this module keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lollms_client.testing.subject import Subject

Finder = Callable[["Subject"], Iterator[str]]
SUITES = {  # by the letter that begins the codes
    "M": "manifest", "C": "contract", "W": "wire", "E": "errors", "X": "cancellation", "S": "secrets",
    "A": "adversaries", "D": "media", "L": "leaks", "Q": "equality", "V": "live",
}  # fmt: skip
_HOMES = (
    "manifest_rules", "parameter_rules", "import_rules", "contract_rules", "secret_rules",
    "certificate_rules", "leak_rules", "media_rules", "engine_rules", "equality_rules", "live_rules", "wire_rules",
    "error_rules", "cancellation_rules", "adversary_rules", "draft_rules",
)  # fmt: skip


class NotApplicable(Exception):
    """A rule that says nothing about this binding, by what the binding is; the text says why."""


class Unproven(Exception):
    """A rule that could not be tried here; the text says what is missing. No tier is given over it."""


class Rule(NamedTuple):
    """One rule: `find` yields a text for each fault. `required` rules decide the tier, the others advise."""

    code: str
    suite: str
    title: str
    reason: str
    cure: str
    required: bool
    find: Finder


_rules: dict[str, Rule] = {}


def rule(code: str, title: str, *, reason: str, cure: str, required: bool = True) -> Callable[[Finder], Finder]:
    """Register a function as a rule; the letter of its code names the suite."""

    def register(find: Finder) -> Finder:
        if code in _rules:
            raise ValueError(f"the code {code} is taken")
        _rules[code] = Rule(code, SUITES[code[0]], title, reason, cure, required, find)
        return find

    return register


def all_rules() -> list[Rule]:
    """All rules, by suite and code."""
    for home in _HOMES:
        import_module(f"lollms_client.testing.{home}")
    order = list(SUITES)
    return sorted(_rules.values(), key=lambda item: (order.index(item.code[0]), item.code))
