"""Words and their times out of espeak-ng's events, which know only where something is spoken, not what or how long."""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

import msgspec
import numpy as np

from lollms_client.engines.espeak.library import Sound, SpokenEvent
from lollms_client.types import Word

_AUDIBLE = 150  # of 32767
_TAG = re.compile(r"<[^>]*>")


class _Spoken(msgspec.Struct, kw_only=True):
    """A stretch of the text and the sample it starts at."""

    text: str
    sample: int


def words_of(text: str, sound: Sound, sample_rate: int, *, markup: bool, spaces: bool) -> list[Word]:
    """The words of `text` with their times in seconds from the start of `sound`.

    A word is what stands between spaces, without the punctuation around it; where a language has no spaces
    (`spaces` False) it is what espeak-ng takes for a word. With `markup`, tags are no words.
    """
    plain = _TAG.sub(lambda tag: " " * len(tag.group()), text) if markup else text
    heard = [event for event in sound.events if event.kind == "word"]
    spoken = list(_by_token(plain, heard) if spaces else _by_event(plain, heard))
    if not spoken:
        return []
    ends = [after.sample for after in spoken[1:]] + [len(sound.samples)]
    words: list[Word] = []
    for one, end in zip(spoken, ends, strict=True):
        audible_end = _last_audible(sound.samples, one.sample, max(one.sample, end))
        name = _bare(html.unescape(one.text) if markup else one.text)
        words += _shared(name, one.sample / sample_rate, audible_end / sample_rate)
    return words


def _by_event(text: str, events: list[SpokenEvent]) -> Iterator[_Spoken]:
    """A word reaches to the start of the next one, since espeak-ng names only the first letter of some."""
    firsts: dict[int, int] = {}
    for event in events:
        if event.position >= max(firsts, default=0):
            firsts.setdefault(event.position, event.sample)
    for position, following in pairwise([*firsts, len(text)]):
        if part := text[position:following].strip():
            yield _Spoken(text=part, sample=firsts[position])


def _by_token(text: str, events: list[SpokenEvent]) -> Iterator[_Spoken]:
    """Put each event to its word; words without an event of their own were spoken together with the one before."""
    tokens = [token.span() for token in re.finditer(r"\S+", text)]
    starts = [start for start, _ in tokens]
    first_samples: dict[int, int] = {}
    latest = 0
    for event in events:
        number = max(0, bisect_right(starts, event.position) - 1)
        if tokens and event.position >= tokens[number][1] and number + 1 < len(tokens):
            number += 1
        latest = max(latest, number)
        first_samples.setdefault(latest, event.sample)
    for number, following in pairwise([*first_samples, len(tokens)]):
        together = [text[slice(*tokens[each])] for each in range(number, following)]
        silent = [word for word in together[1:] if any(letter.isalnum() for letter in word)]
        yield _Spoken(text=" ".join([*together[:1], *silent]), sample=first_samples[number])


def _last_audible(samples: np.ndarray[tuple[int], np.dtype[np.int16]], start: int, end: int) -> int:
    loud = np.flatnonzero(np.abs(samples[start:end].astype(np.int32)) > _AUDIBLE)
    return start + int(loud[-1]) + 1 if len(loud) else end


def _shared(text: str, start: float, end: float) -> Iterator[Word]:
    """Divide the time of words that were spoken together by their lengths."""
    parts = [_bare(part) for part in text.split()] or [text]
    letters = sum(map(len, parts)) or 1
    for part in parts:
        stop = start + (end - start) * len(part) / letters if len(parts) > 1 else end
        yield Word(text=part, start=round(start, 4), end=round(max(start, stop), 4))
        end, start, letters = end, stop, letters - len(part) or 1


def _bare(text: str) -> str:
    """Take the punctuation off both ends, unless nothing else is there."""
    left, right = 0, len(text)
    while left < right and unicodedata.category(text[left]).startswith("P"):
        left += 1
    while right > left and unicodedata.category(text[right - 1]).startswith("P"):
        right -= 1
    return text[left:right] or text
