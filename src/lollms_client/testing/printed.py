"""A stream that stands for the standard ones, and tells what was printed from what a log wrote."""

from __future__ import annotations

import io

from lollms_client.testing.own_frames import OwnCode, is_logging

_MOST = 20  # pieces that are kept
_LONGEST = 120  # letters of one


class Printed(io.StringIO):
    """Keeps everything that is written; `pieces` holds the beginnings of what no log and no console wrote.

    With `own` only what was written in the course of that code counts: not what Python says of the kit's own threads.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.own: OwnCode | None = None

    def write(self, text: str, /) -> int:
        """Take down a piece."""
        words = text.strip()
        if words and len(self.pieces) < _MOST and not is_logging() and self._is_own():
            piece = words[:_LONGEST]
            if piece not in self.pieces:
                self.pieces.append(piece)
        return super().write(text)

    def _is_own(self) -> bool:
        return self.own is None or self.own.frame() is not None
