"""Cuts a prompt into phrases with one meaning each: the ambiguous ones are settled by their neighbours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lollms_client.engines.scene.lexicon import Lexicon, Meaning

_WORD = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+|[.,;:!?&+]")
_INDOORS = ("room", "bedroom", "kitchen", "moon")  # a school or Mars is a thing unless something is in or on it
_SKIPPED_BACK = ("article", "decorative", "filler", "word")


@dataclass
class Token:
    """A phrase and its meaning; kind `word` is unknown, kind `stop` ends a clause, kind `comma` parts a list."""

    kind: str
    value: Any
    said: str
    plural: bool = False


def words_of(text: str) -> list[str]:
    """The words, numbers and punctuation marks of a text, in lower case, without possessive endings."""
    plain = re.sub(r"['’]s\b", "", text.lower()).replace("'", " ").replace("’", " ")
    return _WORD.findall(plain)


def tokens_of(text: str, lexicon: Lexicon) -> list[Token]:
    """The phrases of a prompt, each with the one meaning that fits its neighbours."""
    words = lexicon.rewrite(words_of(text))
    phrases: list[tuple[str, list[Meaning]]] = []
    position = 0
    while position < len(words):
        length, meanings = lexicon.at(words, position)
        said = " ".join(words[position : position + max(1, length)])
        phrases.append((said, meanings or [_literal(said)]))
        position += max(1, length)
    result: list[Token] = []
    for index, (said, meanings) in enumerate(phrases):
        following = [one for _, one in phrases[index + 1 :]]
        chosen = meanings[0] if len(meanings) == 1 else _choose(meanings, result, following)
        result.append(Token(chosen.kind, chosen.value, said, chosen.plural))
    return result


def _literal(word: str) -> Meaning:
    if word[0].isdecimal():
        return Meaning("number", max(0, int(float(word[:6]))))
    if word == ",":
        return Meaning("comma")
    return Meaning("stop") if word in ".;:!?" else Meaning("word", word)


def _choose(meanings: list[Meaning], before: list[Token], following: list[list[Meaning]]) -> Meaning:
    by_kind = {one.kind: one for one in meanings}
    kinds = set(by_kind)
    previous = before[-1].kind if before else None
    if "object" in kinds and kinds & {"colour", "size", "decorative"}:
        adjective = next(one for one in meanings if one.kind in ("colour", "size", "decorative"))
        return adjective if _noun_follows(following) or previous == "copula" else by_kind["object"]
    if "tone" in kinds:
        return by_kind["tone"] if _kinds(following, 0) & {"colour"} else _other(meanings, "tone")
    if "copula" in kinds:
        coloured = _kinds(following, 0) & {"colour", "tone", "decorative"}
        return by_kind["copula"] if coloured else _other(meanings, "copula")
    if "object" in kinds and kinds & {"filler", "style"}:
        meant = any(token.kind in ("relation", "number", "object") for token in before[-3:])
        return by_kind["object"] if meant else _other(meanings, "object")
    if "verb" in kinds:
        return _verb_or_other(by_kind, meanings, before, following)
    if "place" in kinds and "object" in kinds:
        return by_kind["object" if _is_thing(by_kind["place"].value, before) else "place"]
    if "part" in kinds and "object" in kinds:
        return by_kind["part" if _belongs_to_something(before) else "object"]
    order = ("weather", "place", "object", "part", "break", "number", "decorative")
    return next((by_kind[kind] for kind in order if kind in kinds), meanings[0])


def _verb_or_other(
    by_kind: dict[str, Meaning], meanings: list[Meaning], before: list[Token], following: list[list[Meaning]]
) -> Meaning:
    verb, other = by_kind["verb"], _other(meanings, "verb")
    previous = before[-1] if before else None
    if other.kind == "decorative" and _noun_follows(following):
        return other
    if verb.value.participle:
        made = previous is not None and previous.kind in ("object", "pronoun", "copula", "part")
        return other if other.kind == "object" and not made else verb
    if previous is None:
        return other
    acts = previous.kind in ("object", "pronoun", "part") or previous.said in ("to", "that", "who", "which", "can")
    return verb if acts else other


def _other(meanings: list[Meaning], kind: str) -> Meaning:
    others = [one for one in meanings if one.kind != kind]
    return next((one for one in others if one.kind == "object"), others[0] if others else meanings[0])


def _kinds(following: list[list[Meaning]], index: int) -> set[str]:
    return {one.kind for one in following[index]} if index < len(following) else set()


def _noun_follows(following: list[list[Meaning]]) -> bool:
    """Whether the words that follow are further adjectives and then a noun."""
    for index in range(len(following)):
        kinds = _kinds(following, index)
        if kinds & {"object", "word", "place"} and not kinds & {"colour"}:
            return True
        if "and" in kinds and not _kinds(following, index + 1) & {"colour", "size", "tone"}:
            return False
        if not kinds & {"colour", "size", "tone", "decorative", "and", "motley"}:
            return False
    return False


def _is_thing(place: str, before: list[Token]) -> bool:
    """Whether a word that may be a backdrop is meant as a single thing: counted, coloured, sized or referred to."""
    for token in reversed(before):
        if token.kind in ("colour", "size"):
            return True
        if token.kind == "number":
            return bool(token.value != 1)
        if token.kind == "relation":
            return token.value not in ("inside", "on", "across", "above") and token.said != "at"
        if token.kind not in _SKIPPED_BACK:
            break
    return place in _INDOORS


def _belongs_to_something(before: list[Token]) -> bool:
    """Whether the words before say that this is a part: `a house with a red` (door)."""
    kinds = [token for token in before if token.kind in ("relation", "object", "comma", "stop", "verb")]
    return len(kinds) > 1 and kinds[-1].said == "with" and kinds[-2].kind == "object"
