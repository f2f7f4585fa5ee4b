"""Judges drafts of the demo's text by plain rules, because a model of 135 million parameters needs several attempts."""

from __future__ import annotations

import re
from typing import NamedTuple

PROMPT = "Write a few sentences about a lighthouse by the sea at night."
_TOPICS = (
    r"\blighthouses?\b",
    r"\b(night|dark\w*|moon\w*|stars?|starry|dusk|sunset|sun (dips|dipped|sets|set))\b",
    r"\b(sea|ocean|waves?|shore|coast|water|sailors?|ships?|boats?)\b",
)
_OUT_OF_PLACE = re.compile(r"\d|\b(assistant|language model|sure|here (is|are)|as an ai|i'm sorry)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?]+[.!?]+[\"”’]?")
_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?")


class Verdict(NamedTuple):
    """What is wrong with a draft; nothing at all makes it good."""

    faults: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether no rule is broken."""
        return not self.faults


def judge(text: str, *, complete: bool, quick: bool) -> Verdict:
    """Judge a draft: it keeps to the topic, is whole, is neither short nor long, and does not repeat itself."""
    lower = text.lower()
    words = words_of(text)
    sentences = _SENTENCE.findall(text)
    shortest, longest = (12, 60) if quick else (30, 95)
    faults = [
        fault
        for fault, found in (
            ("is cut off", not complete or text.rstrip()[-1:] not in (".", "!", "?", '"', "”")),
            ("is off the topic", not all(re.search(topic, lower) for topic in _TOPICS)),
            ("is too short", len(words) < shortest or len(sentences) < (1 if quick else 2)),
            ("is too long", len(words) > longest),
            ("repeats itself", _repeats(words)),
            ("holds what does not belong", _OUT_OF_PLACE.search(text) is not None or "\n" in text.strip()),
        )
        if found
    ]
    return Verdict(tuple(faults))


def words_of(text: str) -> list[str]:
    """The words in small letters, without punctuation."""
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]


def _repeats(words: list[str]) -> bool:
    """Whether three words in a row come twice, or one long word too often."""
    triples = list(zip(words, words[1:], words[2:], strict=False))
    often = max((words.count(word) for word in set(words) if len(word) > 5 and word != "lighthouse"), default=0)
    return len(triples) != len(set(triples)) or often > 2
