"""Words as search sees them: without case, accents, punctuation; in scripts that put no spaces, every sign is one."""

from __future__ import annotations

import re
import unicodedata

_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]")
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"  # kana and Han
)
_EACH_SIGN = re.compile(f"([{_UNSPACED}])")
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0981-\u0983\u09bc-\u09cd"
    "\u0a01-\u0a03\u0a3c-\u0a4d\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b4d\u0bbe-\u0bcd\u0c00-\u0c04"
    "\u0c3e-\u0c56\u0c81-\u0c83\u0cbc-\u0ccd\u0d00-\u0d03\u0d3b-\u0d4d\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
)  # signs that belong to the letter before them, which `\w` does not match
_WORD = re.compile(f"[^\\W_](?:[^\\W_]|[{_MARKS}])*")
_AROUND = 80  # characters on each side of a match


def folded(text: str) -> str:
    """The text without case and accents, in one form of its letters."""
    if text.isascii():
        return text.lower()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", plain.casefold()))


def searchable(text: str) -> str:
    """The words of a text, one space between them: what search looks into."""
    plain = folded(text.encode("utf-8", "replace").decode())
    if not plain.isascii():
        plain = _EACH_SIGN.sub(r" \1 ", plain)
    return " ".join(_WORD.findall(plain))


def phrases(query: str) -> list[list[str]]:
    """The words that are searched for; a word of several parts (`foo_bar`, two signs) is all of them in a row."""
    return [found for word in query.split() if (found := searchable(word).split())]


def holds(words: str, wanted: list[list[str]]) -> bool:
    """Whether searchable words have all that is wanted; of the last word its beginning is enough."""
    padded = f" {words} "
    whole = all(f" {' '.join(phrase)} " in padded for phrase in wanted[:-1])
    return whole and f" {' '.join(wanted[-1])}" in padded


def around(text: str, wanted: list[list[str]]) -> str:
    """The part of a text where the first of what is wanted stands."""
    starts = tuple(phrase[0] for phrase in wanted)
    place = 0
    for match in _WORD.finditer(text):
        word = folded(match.group())
        if word.startswith(starts):
            place = match.start()
            break
        signs = [word.find(start) for start in starts if _EACH_SIGN.match(start)]
        if found := [offset for offset in signs if offset >= 0]:
            place = match.start() + min(found)
            break
    start, end = max(0, place - _AROUND), place + 2 * _AROUND
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
