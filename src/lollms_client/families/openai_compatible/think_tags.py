"""Tells reasoning between tags at the start of an answer from the answer, however the text is cut."""

from __future__ import annotations

from collections.abc import Sequence

Piece = tuple[bool, str]  # whether it is reasoning, and its words


class ThinkSplitter:
    """Takes an answer's text piece by piece; without tags it passes everything on as it comes."""

    __slots__ = ("_begun", "_closing", "_opening", "_rest", "_state")

    def __init__(self, tags: Sequence[str] = ()) -> None:
        self._opening, self._closing = (tags[0], tags[1]) if len(tags) == 2 else ("", "")
        self._rest = ""
        self._begun = False  # whether words of reasoning were given
        self._state = "start" if self._opening else "answer"

    def feed(self, text: str) -> list[Piece]:
        """What is certain now."""
        if self._state == "answer":
            return [(False, text)] if text else []
        self._rest += text
        found: list[Piece] = []
        if self._state == "start":
            self._begin(found)
        if self._state == "reasoning":
            self._reason(found)
        if self._state == "gap":
            self._end_of_gap(found)
        return found

    def finish(self) -> list[Piece]:
        """What was held back, at the end of the answer."""
        rest, self._rest = self._rest, ""
        return [(self._state == "reasoning", rest)] if rest and self._state != "gap" else []

    def _begin(self, found: list[Piece]) -> None:
        start = self._rest.lstrip()
        if start.startswith(self._opening):
            self._state, self._rest = "reasoning", start[len(self._opening) :]
        elif not self._opening.startswith(start):
            self._state = "answer"
            found.append((False, self._rest))
            self._rest = ""

    def _reason(self, found: list[Piece]) -> None:
        rest = self._rest if self._begun else self._rest.lstrip("\n")
        words, closing, after = rest.partition(self._closing)
        if closing:
            self._state, self._rest = "gap", after
            words = words.rstrip("\n")
        else:
            certain = words[: len(words) - _beginning_of(self._closing, words)].rstrip("\n")
            self._rest, words = words[len(certain) :], certain
        if words:
            self._begun = True
            found.append((True, words))

    def _end_of_gap(self, found: list[Piece]) -> None:
        answer = self._rest.lstrip()
        self._rest = ""
        if answer:
            self._state = "answer"
            found.append((False, answer))


def _beginning_of(tag: str, text: str) -> int:
    """How many letters at the end of the text may be the beginning of the tag."""
    for length in range(min(len(tag) - 1, len(text)), 0, -1):
        if tag.startswith(text[-length:]):
            return length
    return 0
