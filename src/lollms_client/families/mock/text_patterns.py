"""Makes texts that match a regular expression, for the patterns of JSON Schemas."""

from __future__ import annotations

import random
import re
import string
from importlib import import_module
from typing import Any

from lollms_client.errors import BadSetting

_LETTERS = string.ascii_letters + string.digits + " _-"
_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits, "CATEGORY_WORD": string.ascii_letters + string.digits + "_",
    "CATEGORY_SPACE": " ", "CATEGORY_NOT_DIGIT": string.ascii_letters, "CATEGORY_NOT_WORD": " -.,",
    "CATEGORY_NOT_SPACE": string.ascii_letters,
}  # fmt: skip
_MORE = 3  # repetitions beyond the least


def matching_text(pattern: str, chance: random.Random, least: int = 0, most: int | None = None) -> str:
    """A text in which the pattern is found, from `least` to `most` letters long. Raises BadSetting where none is."""
    try:
        wanted = re.compile(pattern)
        tree = import_module("re._parser").parse(pattern)
    except (re.error, ImportError) as error:
        raise BadSetting(f"the pattern {pattern!r} cannot be read: {error}", setting="response_format") from error
    for attempt in range(60):
        more = _MORE + attempt * max(1, least) // 4
        text = _Sampler(chance, more if attempt % 2 == 0 else 0).sequence(tree)
        if len(text) < least and not pattern.endswith("$"):
            text += "".join(chance.choice(string.ascii_lowercase) for _ in range(least - len(text)))
        if wanted.search(text) and len(text) >= least and (most is None or len(text) <= most):
            return text
    raise BadSetting(f"no mock text was found for the pattern {pattern!r}", setting="response_format")


class _Sampler:
    def __init__(self, chance: random.Random, more: int) -> None:
        self.chance = chance
        self.more = more
        self.groups: dict[int, str] = {}

    def sequence(self, tree: Any) -> str:
        return "".join(self.one(str(kind), value) for kind, value in tree)

    def one(self, kind: str, value: Any) -> str:
        if kind == "LITERAL":
            return chr(value)
        if kind == "NOT_LITERAL":
            return self.chance.choice([letter for letter in _LETTERS if letter != chr(value)])
        if kind == "ANY":
            return self.chance.choice(_LETTERS)
        if kind == "IN":
            return self._member(value)
        if kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            low, high, inner = value
            times = self.chance.randint(low, max(low, min(int(high), low + self.more)))
            return "".join(self.sequence(inner) for _ in range(times))
        if kind == "BRANCH":
            return self.sequence(self.chance.choice(value[1]))
        if kind == "SUBPATTERN":
            text = self.sequence(value[3])
            if value[0] is not None:
                self.groups[value[0]] = text
            return text
        if kind == "ATOMIC_GROUP":
            return self.sequence(value)
        return self.groups.get(value, "") if kind == "GROUPREF" else ""  # what is left matches no letter itself

    def _member(self, items: Any) -> str:
        inside: set[str] = set()
        negated = False
        for kind, value in items:
            name = str(kind)
            if name == "NEGATE":
                negated = True
            elif name == "LITERAL":
                inside.add(chr(value))
            elif name == "RANGE":
                inside.update(map(chr, range(value[0], min(value[1], value[0] + 300) + 1)))
            else:
                inside.update(_CATEGORIES.get(str(value), ""))
        letters = sorted(set(_LETTERS) - inside) if negated else sorted(inside)
        return self.chance.choice(letters) if letters else ""
