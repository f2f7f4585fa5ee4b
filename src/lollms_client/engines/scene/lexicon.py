"""The words a prompt may use and what they mean, read once from lexicon.yaml and joined with the names of the art."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lollms_client.engines.scene.art_library import ArtLibrary

LONGEST_PHRASE = 6


@dataclass(frozen=True)
class Meaning:
    """One thing a phrase can mean: `kind` is object, number, colour, relation …; `value` depends on it."""

    kind: str
    value: Any = None
    plural: bool = False


@dataclass(frozen=True)
class Verb:
    """What a verb does: its motion in a film, its pose in a picture, and how it binds the object that follows."""

    base: str
    motion: str = "sway"
    pose: str | None = None
    takes: str | None = None
    participle: bool = False  # the word said ends in -ing


@functools.cache
def facts() -> dict[str, Any]:
    """The whole of lexicon.yaml."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (Path(__file__).parent / "lexicon.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=loader)  # type: ignore[no-any-return]  # noqa: S506 - a safe loader


def verb_forms(base: str) -> Iterator[tuple[str, bool]]:
    """The regular forms of a verb, each with whether it is the -ing form."""
    stem = base[:-1] if base.endswith("e") and not base.endswith("ee") else base
    doubled = len(base) <= 5 and base[-1] in "bdgmnpt" and base[-2] in "aeiou" and base[-3:-2] not in tuple("aeiou")
    last = base[-1] if doubled else ""
    yield base, False
    yield (
        (
            base + "es"
            if base.endswith(("s", "sh", "ch", "x"))
            else base[:-1] + "ies"
            if _ends_in_y(base)
            else base + "s"
        ),
        False,
    )
    yield stem + last + "ing", True
    yield (base[:-1] + "ied" if _ends_in_y(base) else stem + last + "ed"), False


def _ends_in_y(word: str) -> bool:
    return word.endswith("y") and word[-2] not in "aeiou"


class Lexicon:
    """Phrases with every meaning they can have."""

    def __init__(self, library: ArtLibrary) -> None:
        self.library = library
        self.meanings: dict[tuple[str, ...], list[Meaning]] = {}
        rewritten: dict[str, str] = facts()["rewritten"]
        self._rewritten = {tuple(old.split()): new.split() for old, new in rewritten.items()}
        self._add_facts(facts())
        self._add_verbs(facts())
        for phrase, kinds in facts()["people_kinds"].items():
            if kinds[0] in library:
                self._add(phrase, Meaning("object", kinds[0], True))
        self._add("of", Meaning("of"))
        for phrase, (object_id, plural) in library.words.items():
            self._add(phrase, Meaning("object", object_id, plural))

    def _add(self, phrase: str, meaning: Meaning) -> None:
        known = self.meanings.setdefault(tuple(str(phrase).replace("'", " ").replace("-", " ").split()), [])
        if meaning not in known:
            known.append(meaning)

    def _add_facts(self, data: dict[str, Any]) -> None:
        for kind, section in (
            ("number", "numbers"),
            ("colour", "colours"),
            ("tone", "tones"),
            ("size", "sizes"),
            ("article", "articles"),
        ):
            for phrase, value in data[section].items():
                self._add(phrase, Meaning(kind, value))
        for kind, section in (
            ("relation", "relations"), ("position", "positions"), ("time", "times"),
            ("weather", "weather"), ("season", "seasons"), ("place", "places"),
        ):  # fmt: skip
            for value, phrases in data[section].items():
                for phrase in phrases:
                    self._add(phrase, Meaning(kind, value))
        for kind, section in (
            ("motley", "many_coloured"), ("part", "parts"), ("decorative", "decorative"), ("style", "styles"),
            ("filler", "fillers"), ("copula", "copulas"), ("and", "conjunctions"), ("not", "negations"),
            ("pronoun", "pronouns"), ("break", "clause_breaks"), ("coating", "coatings"),
        ):  # fmt: skip
            for phrase in data[section]:
                self._add(phrase, Meaning(kind, phrase))

    def _add_verbs(self, data: dict[str, Any]) -> None:
        verbs = {base: Verb(base, **entry) for base, entry in data["verbs"].items()}
        for base, verb in verbs.items():
            for form, participle in verb_forms(base):
                self._add_verb(form, verb, participle)
        for form, base in data["irregular_forms"].items():
            self._add_verb(form, verbs[base], form.endswith("ing"))

    def _add_verb(self, form: str, verb: Verb, participle: bool) -> None:
        said = Verb(verb.base, verb.motion, verb.pose, verb.takes, participle)
        self._add(form, Meaning("verb", said))

    def rewrite(self, words: list[str]) -> list[str]:
        """The words with phrases replaced that are better said otherwise: `polar bear` is a white bear in the snow."""
        result: list[str] = []
        position = 0
        while position < len(words):
            for length in range(min(4, len(words) - position), 0, -1):
                instead = self._rewritten.get(tuple(words[position : position + length]))
                if instead is not None:
                    result += instead
                    position += length
                    break
            else:
                result.append(words[position])
                position += 1
        return result

    def at(self, words: list[str], start: int) -> tuple[int, list[Meaning]]:
        """The longest known phrase at a position: its length in words (0 where there is none) and its meanings."""
        for length in range(min(LONGEST_PHRASE, len(words) - start), 0, -1):
            found = self.meanings.get(tuple(words[start : start + length]))
            if found:
                return length, found
        return 0, []
