"""Settles the words that are not in the lexicon: misspelt, near in meaning to something drawn, or not drawable."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

from lollms_client.engines.scene.description import Description
from lollms_client.engines.scene.lexicon import Lexicon
from lollms_client.engines.scene.tokens import Token

Nearest = Callable[[str, Mapping[str, str]], str | None]
"""Gives the candidate nearest in meaning to a phrase, or None where none is near; candidates are names, each with a
description."""

_ADJECTIVE_ENDINGS = ("ful", "ous", "less", "able", "ible", "ish", "ive")
_BEFORE_A_NOUN = (
    "article",
    "number",
    "relation",
    "and",
    "not",
    "of",
    "comma",
    "stop",
    "verb",
    "colour",
    "size",
    "decorative",
    "break",
    "motley",
    "position",
    "filler",
    "tone",
)


def settle_unknown(
    tokens: list[Token], lexicon: Lexicon, nearest: Nearest | None, description: Description
) -> list[Token]:
    """The tokens with every run of unknown words replaced by a thing, a place, or nothing, which is noted."""
    result: list[Token] = []
    position = 0
    while position < len(tokens):
        end = position
        while end < len(tokens) and tokens[end].kind == "word":
            end += 1
        if end == position:
            result.append(tokens[position])
            position += 1
            continue
        run = [token.said for token in tokens[position:end]]
        following = tokens[end].kind if end < len(tokens) else "stop"
        replacement = _settle(run, result, following, lexicon, nearest, description)
        if replacement:
            result.append(replacement)
        position = end
    return result


def _settle(
    run: list[str],
    before: list[Token],
    following: str,
    lexicon: Lexicon,
    nearest: Nearest | None,
    description: Description,
) -> Token | None:
    head = run[-1]
    previous = before[-1].kind if before else "stop"
    if following in ("object", "place") or not _is_noun(head, previous, before):
        description.ignored += run
        return None
    corrected = _misspelt(head, lexicon)
    if corrected:
        description.replaced.append((head, corrected.said))
        description.ignored += run[:-1]
        return corrected
    description.ignored += run[:-1] if len(run) > 2 else []
    return _nearest(" ".join(run[-2:]), head, lexicon, nearest, description)


def _is_noun(head: str, previous: str, before: list[Token]) -> bool:
    if len(head) < 3 or previous not in _BEFORE_A_NOUN:
        return False
    if head.endswith(("ing", "ed", "ly", "ize", *_ADJECTIVE_ENDINGS)):
        return False
    return not (previous == "filler" and before[-1].said in ("to", "can", "who", "that", "will"))


def _misspelt(word: str, lexicon: Lexicon) -> Token | None:
    if len(word) < 5:
        return None
    known = [phrase for phrase in lexicon.library.words if abs(len(phrase) - len(word)) < 3]
    close = difflib.get_close_matches(word, known, 1, 0.79 if len(word) > 6 else 0.92)
    if not close or close[0][0] != word[0]:
        return None
    object_id, plural = lexicon.library.words[close[0]]
    return Token("object", object_id, close[0], plural)


def _nearest(
    phrase: str, head: str, lexicon: Lexicon, nearest: Nearest | None, description: Description
) -> Token | None:
    """The drawable thing or place nearest in meaning, or a mark where something undrawable was named."""
    places = {phrases[0]: place for place, phrases in _place_phrases(lexicon).items()}
    things = {one.name: one.id for one in lexicon.library.objects.values()}
    found = nearest(phrase, _described(lexicon, places)) if nearest else None
    if found is None:
        description.unknown.append(phrase)
        return Token("unknown", None, phrase)
    description.replaced.append((phrase, found))
    if found in things:
        return Token("object", things[found], phrase, head.endswith("s") and not head.endswith("ss"))
    return Token("place", places[found], phrase)


def _described(lexicon: Lexicon, places: Mapping[str, str]) -> dict[str, str]:
    things = lexicon.library.objects.values()
    return {name: f"{name} (place)" for name in places} | {
        one.name: f"{', '.join(one.names[:3])} ({one.group})" for one in things
    }


def _place_phrases(lexicon: Lexicon) -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for words, meanings in lexicon.meanings.items():
        for one in meanings:
            if one.kind == "place":
                result.setdefault(one.value, []).append(" ".join(words))
    return result
