"""The outcome of a check: findings by rule, the tier that they amount to, as text, as JSON, and as a badge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

# suites that must be clean, from the lowest tier up; a tier is given only for what was computed
TIERS = {
    "bronze": ("manifest", "contract"),
    "silver": ("wire", "errors", "cancellation", "secrets"),
    "gold": ("adversaries", "media", "leaks"),
    "platinum": ("live",),
}
_COLOURS = {"none": "#9f9f9f", "bronze": "#a9713a", "silver": "#7d8894", "gold": "#b8860b", "platinum": "#4b7f8c"}
_MARKS = {"passed": "✓", "failed": "✗", "advice": "•", "excepted": "–", "unproven": "?", "skipped": " "}


class Finding(NamedTuple):
    """What one rule said. `state`: passed, failed, advice (not required), excepted, unproven or skipped."""

    code: str
    suite: str
    title: str
    state: str
    faults: tuple[str, ...]
    reason: str  # of the rule; of the exception; why it was skipped or is unproven
    cure: str


class Report(NamedTuple):
    """All findings about one binding."""

    binding: str
    binding_type: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()  # what else is to be told, such as what was spent

    @property
    def tier(self) -> str:
        """The highest tier whose suites were run and are clean, "" for none."""
        reached = ""
        for tier, suites in TIERS.items():
            if not all(self._clean(suite) for suite in suites):
                break
            reached = tier
        return reached

    @property
    def passed(self) -> bool:
        """Whether no required rule is broken."""
        return not self.of("failed")

    def of(self, state: str) -> list[Finding]:
        """The findings in one state."""
        return [finding for finding in self.findings if finding.state == state]

    def _clean(self, suite: str) -> bool:
        found = [finding for finding in self.findings if finding.suite == suite]
        return bool(found) and all(item.state not in ("failed", "unproven") for item in found)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "binding": self.binding, "binding_type": self.binding_type, "tier": self.tier or None,
            "counts": {state: len(self.of(state)) for state in _MARKS},
            "notes": list(self.notes),
            "findings": [{**finding._asdict(), "faults": list(finding.faults)} for finding in self.findings],
        }  # fmt: skip

    def text(self, *, everything: bool = False) -> str:
        """For people: what is wrong and how to mend it; with `everything` the rules that hold, too."""
        return "\n".join(self._lines(everything))

    def _lines(self, everything: bool) -> Iterator[str]:
        yield f"{self.binding_type or '?'}.{self.binding}"
        for finding in self.findings:
            if finding.state in ("passed", "skipped", "unproven") and not everything:
                continue
            yield f"{_MARKS[finding.state]} {finding.code} {finding.title}{_note(finding)}"
            yield from (f"    {fault}" for fault in finding.faults)
            if finding.state in ("failed", "advice"):
                yield f"    why: {finding.reason}"
                yield f"    cure: {finding.cure}"
        if not everything:
            yield from self._unproven()
        yield from self.notes
        counts = [f"{len(self.of(state))} {state}" for state in _MARKS if self.of(state)]
        yield f"{', '.join(counts)}; tier: {self.tier or 'none'}"

    def _unproven(self) -> Iterator[str]:
        """What could not be tried: all rules with the same reason together."""
        for reason in dict.fromkeys(finding.reason for finding in self.of("unproven")):
            codes = [finding.code for finding in self.of("unproven") if finding.reason == reason]
            yield f"{_MARKS['unproven']} {', '.join(codes)} not proven: {reason}"

    def badge_json(self) -> dict[str, Any]:
        """The badge in the form that shields.io reads from an address."""
        tier = self.tier or "none"
        return {"schemaVersion": 1, "label": "lollms check", "message": tier, "color": _COLOURS[tier]}

    def badge_svg(self) -> str:
        """The badge as a picture of its own."""
        return badge_svg(self.tier)


def badge_svg(tier: str) -> str:
    """The badge of a tier ("" for none) as an SVG picture."""
    tier = tier or "none"
    text = escape(f"lollms check: {tier}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="168" height="20" role="img" aria-label="{text}">'
        f'<title>{text}</title><rect width="94" height="20" fill="#444"/>'
        f'<rect x="94" width="74" height="20" fill="{_COLOURS[tier]}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="47" y="14">lollms check</text><text x="131" y="14">{escape(tier)}</text></g></svg>\n'
    )


def _note(finding: Finding) -> str:
    if finding.state == "excepted":
        return f" (excepted: {finding.reason})"
    words = {"skipped": "not applicable", "unproven": "not proven"}.get(finding.state)
    return f" ({words}: {finding.reason})" if words else ""


__all__ = ["TIERS", "Finding", "Report", "badge_svg"]
