"""How words are pronounced: by the dictionary, by parts of the word, or by espeak-ng's rules where it is installed."""

from __future__ import annotations

import re
from collections.abc import Callable

from lollms_client.errors import EngineFailed, MissingDependency

Lookup = Callable[[str], str | None]

_VOICE = "gmw/en-US"
# espeak-ng's American sounds in the phone set of the recogniser's model.
_PHONES = {
    "aɪ": "AY", "aɪə": "AY AH", "aɪɚ": "AY ER", "aʊ": "AW", "b": "B", "d": "D", "dʒ": "JH", "eɪ": "EY", "f": "F",
    "h": "HH", "i": "IY", "iə": "IY AH", "iː": "IY", "iːː": "IY", "j": "Y", "k": "K", "l": "L", "m": "M", "n": "N",
    "n̩": "AH N", "o": "OW", "oʊ": "OW", "p": "P", "r": "R", "s": "S", "t": "T", "tʃ": "CH", "uː": "UW", "v": "V",
    "w": "W", "x": "K", "z": "Z", "æ": "AE", "ð": "DH", "ŋ": "NG", "ɐ": "AH", "ɑː": "AA", "ɑːɹ": "AA R", "ɑ̃": "AA N",
    "ɔ": "AO", "ɔɪ": "OY", "ɔː": "AO", "ɔːɹ": "AO R", "ə": "AH", "əl": "AH L", "ɚ": "ER", "ɛ": "EH", "ɛɹ": "EH R",
    "ɜː": "ER", "ɡ": "G", "ɡʲ": "G Y", "ɪ": "IH", "ɪɹ": "IH R", "ɬ": "L", "ɹ": "R", "ɾ": "D", "ʃ": "SH", "ʊ": "UH",
    "ʊɹ": "UH R", "ʌ": "AH", "ʒ": "ZH", "ʔ": "T", "θ": "TH", "ᵻ": "IH",
}  # fmt: skip
_VOICELESS = ("P", "T", "K", "F", "TH")
_HISSING = ("S", "Z", "SH", "ZH", "CH", "JH")
_VARIANTS = 6


def pronunciations(word: str, lookup: Lookup) -> list[str]:
    """The pronunciations of a word as phones with spaces between; empty where there is no way to tell.

    `word` may be written in any case; `lookup` asks the recogniser's dictionary, which is in lower case.
    """
    plain = word.lower()
    known = [lookup(plain), *(lookup(f"{plain}({number})") for number in range(2, _VARIANTS))]
    found = [phones for phones in known if phones]
    if found:
        return found
    built = _spelled(word, lookup) or _with_ending(plain, lookup) or _in_parts(plain, lookup) or _by_rule(plain)
    return [built] if built else []


def _spelled(word: str, lookup: Lookup) -> str | None:
    """Capitals such as GPU are spoken letter by letter."""
    if not re.fullmatch(r"[A-Z]{2,6}", word):
        return None
    return _joined([lookup(f"{letter.lower()}.") for letter in word])


def _with_ending(word: str, lookup: Lookup) -> str | None:
    for ending in ("'s", "s'", "s"):
        base = lookup(word.removesuffix(ending)) if word.endswith(ending) and len(word) > len(ending) + 2 else None
        if base:
            last = base.rpartition(" ")[2]
            return base + (" IH Z" if last in _HISSING else " S" if last in _VOICELESS else " Z")
    return None


def _in_parts(word: str, lookup: Lookup) -> str | None:
    parts = [part for part in re.split(r"[-_.]", word) if part]
    return _joined([lookup(part) for part in parts]) if len(parts) > 1 else None


def _by_rule(word: str) -> str | None:
    from lollms_client.engines.espeak.library import open_library

    if not re.fullmatch(r"[^\W\d_][^\W_]*(['-][^\W_]+)*", word):
        return None
    try:
        sounds = open_library().phonemes(word, _VOICE)
    except (MissingDependency, EngineFailed):
        return None
    return _joined([_PHONES.get(sound) for sound in sounds])


def _joined(parts: list[str | None]) -> str | None:
    known = [part for part in parts if part]
    return " ".join(known) if known and len(known) == len(parts) else None
