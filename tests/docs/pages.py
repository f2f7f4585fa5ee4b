"""Reads the fenced blocks of a page, with the directive in the comment above each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(
    r"^(?:<!-- (?P<directive>not run|file|change|prints|ends with \d+): (?P<words>[^\n]+?) -->\n)?"
    r"```(?P<info>[^\n]*)\n(?P<text>.*?)^```[ ]*$",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    """One fenced block: `file` is where it is written to, `change` what it changes, `reason` why it is not run.

    `prints` is a pattern of what its commands print, `code` what the last of them ends with.
    """

    page: str
    line: int
    language: str
    text: str
    file: str
    change: str
    prints: str
    code: int
    reason: str


def pages() -> list[str]:
    """README.md and every page of the documentation."""
    return ["README.md", *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))]


def blocks(page: str, text: str | None = None) -> Iterator[Block]:
    """The blocks of one page in their order."""
    content = (ROOT / page).read_text(encoding="utf-8") if text is None else text
    for found in _FENCE.finditer(content):
        directive, words = found["directive"] or "", found["words"] or ""
        yield Block(
            page,
            content.count("\n", 0, found.start("info")) + 1,
            found["info"].strip(),
            found["text"],
            file=words if directive == "file" else "",
            change=words if directive == "change" else "",
            prints=words if directive == "prints" else "",
            code=int(directive.removeprefix("ends with ")) if directive.startswith("ends") else 0,
            reason=words if directive == "not run" else "",
        )
