"""Parts of a clause while it is being read: what stands before a noun, and relations that wait for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lollms_client.engines.scene.lexicon import Verb
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
