"""What a person sees while a command works: a progress bar on a terminal, plain lines elsewhere, notes, tables."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
import unicodedata
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self, TextIO

from lollms_client.secret import redact
from lollms_client.types.accounting import CallWarning, Progress

_BAR = 24  # characters
_PATIENCE = 4.0  # seconds before plain lines tell of progress
_REDRAW = 0.05  # seconds between two drawings of the bar
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_STYLE = re.compile(rf"(\x1b\[(?:0|{'|'.join(_STYLES.values())})m)")
_ACTING = ("Cc", "Cf", "Cs")  # categories: control characters, what is not seen, halves of characters


def styled(text: str, style: str, stream: TextIO | None = None) -> str:
    """The text in a style where the stream is a terminal that wants colours, else as it is."""
    stream = sys.stdout if stream is None else stream
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


def visible(text: str) -> str:
    """The text with what would act on a terminal (all but our styles) written out as Python writes it."""
    return "".join(
        piece if number % 2 else "".join(map(_visible_letter, piece)) for number, piece in enumerate(_STYLE.split(text))
    )


def _visible_letter(letter: str) -> str:
    acts = letter not in "\n\t\u200c\u200d" and unicodedata.category(letter) in _ACTING
    return ascii(letter)[1:-1] if acts else letter


def note(text: str) -> None:
    """A remark on the error output."""
    print(styled(f"note: {visible(redact(text))}", "yellow", sys.stderr), file=sys.stderr)


def tell_warnings(warnings: Iterable[CallWarning], *, quiet: bool = False) -> None:
    """Say which settings were not honoured."""
    for warning in () if quiet else warnings:
        note(str(warning))


class ProgressDisplay:
    """Shows the progress of one call on the error output; use it in a `with` block and give it as `on_progress`."""

    def __init__(self, title: str, *, quiet: bool = False) -> None:
        self._title = title
        self._quiet = quiet
        self._live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._began = self._drawn = time.monotonic()
        self._stage = ""
        self._width = 0

    def __call__(self, progress: Progress) -> None:
        """Show how far the call is."""
        if self._quiet:
            return
        now = time.monotonic()
        if self._live:
            if now - self._drawn >= _REDRAW:
                self._drawn = now
                self._draw(progress)
        elif progress.stage != self._stage and now - self._began > _PATIENCE:
            print(f"{self._title}: {redact(progress.stage)}", file=sys.stderr, flush=True)
            self._stage = progress.stage

    def _draw(self, progress: Progress) -> None:
        words = redact(" ".join(part for part in (progress.stage, progress.detail) if part))
        if progress.fraction is None:
            line = f"{self._title}: {words}"
        else:
            part = min(1.0, max(0.0, progress.fraction))
            done = round(part * _BAR)
            line = f"{self._title} [{'█' * done}{'░' * (_BAR - done)}] {part:4.0%} {words}"
        line = line[: shutil.get_terminal_size().columns - 1]
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = len(line)

    def clear(self) -> None:
        """Take the bar away."""
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
            self._width = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()


def table(rows: Sequence[Sequence[str]], titles: Sequence[str]) -> str:
    """Rows in columns under titles; the last column is as long as it is."""
    cells = [list(titles), *[[visible(cell) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(titles))]
    lines = [
        "  ".join(cell if number == len(row) - 1 else cell.ljust(widths[number]) for number, cell in enumerate(row))
        for row in cells
    ]
    lines[0] = styled(lines[0], "bold")
    return "\n".join(line.rstrip() for line in lines)


def size_words(count: int) -> str:
    """A number of bytes for a person."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
