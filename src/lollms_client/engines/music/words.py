"""Finds in free text what a composer can use: genre, mood, tempo, key, metre, length, instruments."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Protocol, TypeVar

import msgspec

from lollms_client.engines.music.catalogue import genres, instruments, moods
from lollms_client.engines.music.theory import Key, parse_key

TEMPO_WORDS = {
    "larghissimo": 0.6, "grave": 0.62, "largo": 0.66, "very slow": 0.68, "lento": 0.72, "adagio": 0.76, "slow": 0.8,
    "slowly": 0.8, "andante": 0.9, "moderato": 1.0, "mid-tempo": 1.0, "midtempo": 1.0, "medium tempo": 1.0,
    "allegretto": 1.1, "allegro": 1.2, "very fast": 1.4, "fast": 1.22, "quick": 1.2, "uptempo": 1.18, "up-tempo": 1.18,
    "vivace": 1.28, "presto": 1.4, "prestissimo": 1.5, "rapid": 1.3,
}  # fmt: skip
ENERGY_WORDS = {
    "minimal": -0.3, "sparse": -0.3, "intimate": -0.3, "low energy": -0.3, "low-energy": -0.3, "subtle": -0.2,
    "loud": 0.25, "intense": 0.3, "huge": 0.3, "massive": 0.3, "anthemic": 0.25, "explosive": 0.35, "heavy": 0.25,
}  # fmt: skip
ERAS = {  # a genre that stands for the time, where none is named
    "medieval": "folk", "renaissance": "baroque", "17th century": "baroque", "18th century": "classical",
    "19th century": "classical", "victorian": "waltz", "1920s": "swing", "1930s": "swing", "1940s": "swing",
    "1950s": "swing", "50s": "swing", "1960s": "rock", "60s": "rock",
    "sixties": "rock", "1970s": "disco", "70s": "disco", "seventies": "disco", "1980s": "synthwave",
    "80s": "synthwave", "eighties": "synthwave", "1990s": "hip hop", "90s": "hip hop", "nineties": "hip hop",
    "futuristic": "techno", "sci-fi": "synthwave",
}  # fmt: skip
VOCAL_WORDS = ("vocals", "vocal", "singing", "singer", "sung", "lyrics", "rapping", "rapper", "sings", "a cappella")
DRUM_WORDS = ("drums", "drum", "percussion", "drum kit", "beat", "beats", "drum machine", "drummer", "cymbals")
UNKNOWN_INSTRUMENTS = (
    "theremin", "didgeridoo", "hurdy-gurdy", "hurdy gurdy", "tabla", "erhu", "oud", "duduk", "hang drum", "handpan",
    "turntable", "scratching", "vocoder", "beatbox", "glass harmonica", "singing bowl", "singing bowls", "kazoo",
    "talkbox", "mellotron", "ocarina", "gamelan", "gong",
)  # fmt: skip
_NUMBER_WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty-five": 45, "fifty": 50,
    "sixty": 60, "ninety": 90, "half a": 0.5,
}  # fmt: skip
_NUMBER = r"(\d{1,5}(?:\.\d{1,3})?|" + "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True)) + ")"
_LENGTH = re.compile(rf"(?<![\w.#]){_NUMBER}[\s-]*(seconds?|secs?|s|minutes?|mins?|min)\b(?!\s*(?:/|per))")
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):([0-5]\d)(?![\d:])")
_BPM = re.compile(r"(?<![\d.])(\d{2,3}(?:\.\d{1,2})?)\s*(?:bpm|beats per minute|beats a minute)\b")
_BPM_AFTER = re.compile(r"\b(?:tempo|bpm)\s*(?:of|:|=)?\s*(\d{2,3}(?:\.\d{1,2})?)\b")
_METER = re.compile(r"(?<![\d/])(\d{1,2})\s*/\s*(\d{1,2})(?![\d/])")
_KEY = re.compile(
    r"\b([A-Ga-g])((?:\s*[#♯♭]|(?<=[A-G])b|(?<=[a-g])b(?=\s+m)|[\s-](?:sharp|flat))?)[\s-]*"
    r"(major|minor|dorian|phrygian|lydian|mixolydian|maj|min)\b"
)
_BEFORE_KEY = re.compile(r"\b(?:in|of)\s+$")
_AFTER_KEY = re.compile(r"\s*(?:$|[,.;:!?)]|(?:at|with|for|and|on|by)\b)")
_IN_KEY = re.compile(r"\b(?:in|key of|key:)\s+([A-G](?:#|♯|b|♭|[\s-](?:sharp|flat))?m?)(?=[\s,.;!?]|$)")
_NEGATION = re.compile(r"\b(?:no|without|not|except|minus|avoid|free of|non)\s+(?:any\s+)?(?:the\s+)?$")
_MODE = re.compile(r"\b(?:major|minor|dorian|lydian|phrygian|mixolydian)\b")
_SOLO = re.compile(r"\b(solo|only|unaccompanied|just|alone)\b")


T = TypeVar("T")


class _Named(Protocol):
    @property
    def words(self) -> tuple[str, ...]: ...


class Found(msgspec.Struct, kw_only=True):
    """What the words say; None and empty where they say nothing."""

    genre: str | None = None
    other_genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    tempo: float | None = None
    tempo_factor: float | None = None
    key: Key | None = None
    mode: str | None = None
    meter: str | None = None
    seconds: float | None = None
    instruments: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    drums: bool | None = None
    solo: bool = False
    energy: float = 0.0
    era: str | None = None
    vocals: bool = False
    unknown_instruments: tuple[str, ...] = ()


def read_words(text: str) -> Found:
    """Read a prompt. Any text is fine; what is not understood is left out."""
    text = text[:4000]
    lower = text.lower()
    found = Found(seconds=_length(lower), meter=_meter(lower), tempo=_tempo(lower), key=_key(text))
    found.tempo_factor = _first(lower, TEMPO_WORDS)
    named = _mentions(lower)
    found.instruments = _names(named, "instruments")
    found.excluded = tuple(name for (kind, name), negated in named.items() if kind == "instruments" and negated)
    styles = _names(named, "genres")
    found.genre, found.other_genres = (styles[0] if styles else None), styles[1:]
    found.moods = _names(named, "moods")[:3]
    found.vocals = bool(_names(named, "vocals"))
    found.unknown_instruments = _names(named, "unknown")
    drums = [negated for (kind, _), negated in named.items() if kind == "drums"]
    found.drums = not all(drums) if drums else None
    _read_details(lower, found)
    return found


def _read_details(lower: str, found: Found) -> None:
    found.solo = bool(found.instruments) and _SOLO.search(lower) is not None
    found.energy = _first(lower, ENERGY_WORDS) or 0.0
    found.era = _first(lower, ERAS)
    if found.key is None:
        mode = _MODE.search(lower)
        found.mode = mode.group() if mode else None


@functools.cache
def _index() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Each known phrase with all that it may mean: (table, name)."""
    index: dict[str, tuple[tuple[str, str], ...]] = {}
    tables: dict[str, Mapping[str, _Named]] = {"instruments": instruments(), "genres": genres(), "moods": moods()}
    rows = [(kind, name, (name, *entry.words)) for kind, table in tables.items() for name, entry in table.items()]
    rows += [("drums", "drums", DRUM_WORDS), ("vocals", "vocals", VOCAL_WORDS)]
    rows += [("unknown", name, (name,)) for name in UNKNOWN_INSTRUMENTS]
    for kind, name, words in rows:
        for word in dict.fromkeys(words):
            index[word] = (*index.get(word, ()), (kind, name))
    return index


@functools.cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(r"(?<![\w-])(?:" + "|".join(re.escape(word) for word in longest_first) + r")(?!\w)")


def _mentions(text: str) -> dict[tuple[str, str], bool]:
    """What is named, in order of mention, and whether it is negated; of overlapping phrases the longest counts."""
    seen: dict[tuple[str, str], bool] = {}
    for match in _pattern(tuple(_index())).finditer(text):
        before = text[max(0, match.start() - 24) : match.start()]
        for meaning in _index()[match.group()]:
            seen.setdefault(meaning, _NEGATION.search(before) is not None)
    return seen


def _names(named: Mapping[tuple[str, str], bool], kind: str) -> tuple[str, ...]:
    return tuple(name for (table, name), negated in named.items() if table == kind and not negated)


def _first(text: str, table: Mapping[str, T]) -> T | None:
    match = _pattern(tuple(table)).search(text)
    return table[match.group()] if match else None


def _length(text: str) -> float | None:
    total = 0.0
    for match in _LENGTH.finditer(text):
        if match.group(2) == "s" and match.group(0).replace(" ", "") in ERAS:
            continue  # "80s" is a decade
        amount = _NUMBER_WORDS.get(match.group(1)) or float(match.group(1).replace("half a", "0.5") or 0)
        total += amount * (60.0 if match.group(2).startswith("m") else 1.0)
    if total == 0.0 and (clock := _CLOCK.search(text)):
        total = int(clock.group(1)) * 60.0 + int(clock.group(2))
    return total or None


def _tempo(text: str) -> float | None:
    match = _BPM.search(text) or _BPM_AFTER.search(text)
    return float(match.group(1)) if match else None


def _meter(text: str) -> str | None:
    for match in _METER.finditer(text):
        if match.group(2) in ("2", "4", "8", "16"):
            return f"{int(match.group(1))}/{match.group(2)}"
    return "3/4" if re.search(r"\bwaltz time|triple (?:time|meter|metre)\b", text) else None


def _key(text: str) -> Key | None:
    for match in _KEY.finditer(text):
        article = match.group(1) == "a" and not match.group(2) and match.group(3) in ("major", "minor")
        if article and not (_BEFORE_KEY.search(text[: match.start()]) and _AFTER_KEY.match(text[match.end() :])):
            continue  # "a minor role", "a major event"
        return parse_key(f"{match.group(1)}{match.group(2).strip()} {match.group(3)}")
    named = _IN_KEY.search(text)
    return parse_key(named.group(1)) if named else None
