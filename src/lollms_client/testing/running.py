"""Runs rules on a binding and makes the report."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from lollms_client.errors import BadManifest
from lollms_client.testing.cases_reading import has_cases
from lollms_client.testing.live_costs import Terms
from lollms_client.testing.quality import read_exceptions
from lollms_client.testing.report import TIERS, Finding, Report
from lollms_client.testing.rules import SUITES, NotApplicable, Rule, Unproven, all_rules
from lollms_client.testing.subject import Subject, find_subject
from lollms_client.testing.tier_records import record_own


def check_binding(binding: str | Path, suites: Collection[str] = tuple(SUITES.values())) -> Report:
    """Check a binding by name, folder or file. Its code runs in a process of its own that reaches no network.

    `suites` limits the check; that of the manifest runs no code of the binding. No tier is given to what was left out.
    Raises UnknownBinding or BadSetting where there is no such binding, BadManifest for a wrong quality.yaml.
    """
    return check_subject(find_subject(binding), suites)


def check_and_record(binding: str | Path, terms: Terms | None = None, tier: str = "") -> Report:
    """Check a binding by all suites and keep its tier, which `lollms list` shows until the folder changes.

    On `terms` the real service is called, too. With `tier` only the suites up to that one are run, nothing is kept.
    """
    subject = find_subject(binding)
    subject.terms = terms
    if tier:
        return check_subject(subject, suites_up_to(tier))
    report = check_subject(subject)
    version = subject.manifest.version if subject.problem is None else ""
    record_own(f"{subject.binding_type}.{subject.name}", subject.folder, version, report.tier)
    return report


def suites_up_to(tier: str) -> list[str]:
    """The suites that a tier asks for, those of the tiers below it included."""
    wanted = list(TIERS)[: list(TIERS).index(tier) + 1]
    return [suite for name in wanted for suite in TIERS[name]]


def check_subject(subject: Subject, suites: Collection[str] = tuple(SUITES.values())) -> Report:
    """Check what was found already."""
    exceptions = read_exceptions(subject.folder)
    findings = tuple(apply_rule(rule, subject, exceptions) for rule in all_rules() if rule.suite in suites)
    return Report(subject.name, subject.binding_type, findings, tuple(_notes(subject, suites)))


def _notes(subject: Subject, suites: Collection[str]) -> Iterator[str]:
    if "wire" in suites and has_readable_cases(subject):
        yield subject.cases.words()
    if subject.terms is not None and "live" in suites:
        yield subject.live.words()


def has_readable_cases(subject: Subject) -> bool:
    """Whether the binding has wire cases; what is wrong in them a rule of its own tells."""
    try:
        return subject.problem is None and has_cases(subject.folder) and bool(subject.cases.cases)
    except (BadManifest, NotApplicable):
        return False


def apply_rule(rule: Rule, subject: Subject, exceptions: dict[str, str]) -> Finding:
    """What one rule says of a binding."""
    reason = rule.reason
    try:
        faults = tuple(rule.find(subject))
        state = "passed" if not faults else "failed" if rule.required else "advice"
    except NotApplicable as why:
        faults, state, reason = (), "skipped", str(why)
    except Unproven as why:
        faults, state, reason = (), "unproven", str(why)
    if faults and rule.code in exceptions:
        state, reason = "excepted", exceptions[rule.code]
    return Finding(rule.code, rule.suite, rule.title, state, faults, reason, rule.cure)
