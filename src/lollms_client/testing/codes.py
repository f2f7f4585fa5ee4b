"""The table of all rules, for the documentation."""

from __future__ import annotations

from lollms_client.testing.rules import SUITES, all_rules


def codes_table() -> str:
    """A Markdown table of every rule for each suite: code, what holds, why, and how to mend it."""
    parts: list[str] = []
    for suite in sorted({rule.suite for rule in all_rules()}, key=list(SUITES.values()).index):
        parts += [f"### {suite.capitalize()}", "", "| Code | Rule | Why | Cure |", "|---|---|---|---|"]
        for rule in all_rules():
            if rule.suite == suite:
                title = rule.title if rule.required else f"{rule.title} (advice)"
                parts.append(f"| {rule.code} | {title} | {_cell(rule.reason)} | {_cell(rule.cure)} |")
        parts.append("")
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
