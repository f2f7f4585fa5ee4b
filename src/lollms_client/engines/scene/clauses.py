"""The state of reading a prompt clause by clause, and what in it tells the setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lollms_client.engines.scene.description import Description
from lollms_client.engines.scene.lexicon import Lexicon, Verb
from lollms_client.engines.scene.tokens import Token


@dataclass
class Modifier:
    """What is said before a noun: how many, of what colours, how large, what it is doing."""

    count: int | None = None
    colours: list[str] = field(default_factory=list)
    size: float = 1.0
    verb: Verb | None = None
    definite: bool = False

    def empty(self) -> bool:
        return self.count is None and not self.colours and self.size == 1.0


@dataclass
class Pending:
    """A relation whose reference (or, where it was fronted, whose subject) is still to come."""

    kind: str
    subjects: list[int]
    word: str = ""
    spread: bool = False  # it has had a reference already, and an `and` follows


def is_joined(tokens: Sequence[Token], index: int) -> bool:
    """Whether a comma or an `and` stands between the noun at an index and the noun before it."""
    for token in reversed(tokens[:index]):
        if token.kind in ("and", "comma"):
            return True
        if token.kind in ("object", "stop", "verb", "relation"):
            return False
    return False


def subject_follows(tokens: Sequence[Token], index: int) -> bool:
    """Whether a noun that is the clause's subject comes after the reference of the relation at an index."""
    seen = 0
    for token in tokens[index + 1 :]:
        if token.kind in ("stop", "break") or (token.kind in ("and", "relation") and seen):
            break
        seen += token.kind in ("object", "place")
    return seen >= 2


class ClauseReader:
    """The state of reading a description, and what tells the setting: place, time, weather, season, clause ends."""

    def __init__(self, lexicon: Lexicon, description: Description, tokens: list[Token]) -> None:
        self.lexicon = lexicon
        self.description = description
        self.tokens = tokens
        self.modifiers = [Modifier()]
        self.subjects: list[int] = []  # what the clause is about
        self.last: list[int] = []  # what was mentioned last
        self.pending: Pending | None = None
        self.fronted: list[tuple[str, list[int]]] = []  # relations whose subject follows: kind, references
        self.between: tuple[list[int], int] | None = None
        self.tone = 0.0
        self.negated = False
        self.next_position: str | None = None
        self.fronted_verb: Verb | None = None
        self.place_fixed = False  # something is said to be in or on the place
        self.previous = Token("stop", None, "")
        self.index = 0

    def _next(self, skipped: tuple[str, ...] = ("filler", "decorative")) -> Token:
        for token in self.tokens[self.index + 1 :]:
            if token.kind not in skipped:
                return token
        return Token("stop", None, "")

    def _style(self, token: Token) -> None:
        self.description.styles.append(token.said)

    def _place(self, token: Token) -> None:
        if self.negated:
            self.negated = False
        elif self.description.place is None or not self.place_fixed:
            self.description.place = token.value
            self.place_fixed = self.pending is not None and self.pending.kind in ("inside", "on")
        if self.pending is not None and self.pending.kind == "above":
            for index in self.pending.subjects:
                thing = self.description.things[index]
                thing.position = thing.position or ("sky" if token.value not in ("room", "kitchen") else None)
        self.modifiers, self.pending = [Modifier()], None

    def _time(self, token: Token) -> None:
        self.description.time = token.value
        self.modifiers, self.pending = [Modifier()], None

    def _weather(self, token: Token) -> None:
        target: set[Any] = self.description.removed_settings if self.negated else self.description.weather
        target.add(token.value)
        self.negated = False
        self.modifiers, self.pending = [Modifier()], None

    def _season(self, token: Token) -> None:
        self.description.season = token.value
        self.modifiers, self.pending = [Modifier()], None

    def _stop(self, token: Token) -> None:
        self.subjects, self.pending, self.fronted, self.between = [], None, [], None
        self.modifiers, self.negated, self.tone = [Modifier()], False, 0.0

    def _break(self, token: Token) -> None:
        self._stop(token)

    def _comma(self, token: Token) -> None:
        if self.previous.kind != "colour" or self.modifiers[-1].empty():
            self.pending = None
