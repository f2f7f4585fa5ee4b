"""The rule that finds what the author of a new binding has left to do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lollms_client.testing.rules import rule
from lollms_client.testing.subject import Subject

_OPEN = re.compile(r"\bCHANGE ME\b:?\s*(?P<what>[^\n\"]*)")
_SUFFIXES = (".py", ".yaml")


@rule(
    "M122",
    "nothing is left to do",
    reason="`lollms new` marks what only the author can know.",
    cure="Do what the line says, and remove the mark.",
    required=False,
)
def _open(subject: Subject) -> Iterator[str]:
    for file in sorted(subject.folder.rglob("*")):
        if file.suffix not in _SUFFIXES or not file.is_file():
            continue
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for number, line in enumerate(lines, start=1):
            found = _OPEN.search(line)
            if found and ("#" in line[: found.start()] or file.suffix == ".py"):
                what = found["what"].strip() or line.strip()
                yield f"{file.relative_to(subject.folder).as_posix()}, line {number}: {what}"
