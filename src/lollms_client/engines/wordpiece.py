"""The uncased BERT tokenizer: clean, lower-case, split, and cut words into the pieces of a vocabulary."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

_LONGEST_WORD = 100  # characters; longer words are unknown
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPiece:
    """A tokenizer over a `vocab.txt` with one piece a line; pieces that go on inside a word begin with `##`."""

    def __init__(self, vocabulary: Path) -> None:
        lines = vocabulary.read_text(encoding="utf-8").split("\n")
        self._numbers = {piece: number for number, piece in enumerate(lines) if piece}
        self._unknown = self._numbers["[UNK]"]
        self._start = self._numbers["[CLS]"]
        self._end = self._numbers["[SEP]"]

    def encode(self, text: str, limit: int) -> list[int]:
        """Token numbers with the start and end marks, at most `limit` of them: what is beyond is cut."""
        numbers = [self._start]
        for word in _words(text):
            numbers.extend(self._pieces(word))
            if len(numbers) >= limit:
                break
        return [*numbers[: limit - 1], self._end]

    def _pieces(self, word: str) -> list[int]:
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        numbers: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                number = self._numbers.get(prefix + word[start:end])
                if number is not None:
                    numbers.append(number)
                    start = end
                    break
            else:
                return [self._unknown]
        return numbers


def _words(text: str) -> Iterator[str]:
    word: list[str] = []
    for character in _normalised(text):
        if character.isspace() or _stands_alone(character):
            if word:
                yield "".join(word)
                word = []
            if not character.isspace():
                yield character
        else:
            word.append(character)
    if word:
        yield "".join(word)


def _normalised(text: str) -> str:
    cleaned = "".join([_clean(character) for character in text])
    plain = [letter for letter in unicodedata.normalize("NFD", cleaned) if unicodedata.category(letter) != "Mn"]
    return "".join([letter.lower() for letter in plain])


def _clean(character: str) -> str:
    if character in "\t\n\r":
        return " "
    category = unicodedata.category(character)
    if character == "\ufffd" or category in ("Cc", "Cf", "Cs", "Co"):
        return ""
    return " " if category == "Zs" else character


def _stands_alone(character: str) -> bool:
    code = ord(character)
    if code < 128:
        return 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return unicodedata.category(character).startswith("P") or any(low <= code <= high for low, high in _IDEOGRAPHS)
