"""Words without meaning, the same for the same seed, and whole numbers out of anything that can be written down."""

from __future__ import annotations

import hashlib
import random

import msgspec

from lollms_client.types.media import Media

_WORDS = """
a the one this that many few every some bright quiet small green early open plain round slow warm new river
garden window letter morning road table friend number story field color answer house boat paper evening hill
market signal forest engine lesson finds keeps opens brings holds tells shows carries follows and but while near
under over after before with without along again often today slowly clearly there here
"""


def words(count: int, seed: int) -> list[str]:
    """That many words as sentences: capitals at their beginnings, full stops at their ends."""
    chance, known = random.Random(seed), _WORDS.split()
    found: list[str] = []
    left = 0
    for number in range(count):
        word = chance.choice(known)
        if left == 0:
            left, word = chance.randint(5, 11), word.capitalize()
        left -= 1
        found.append(word + "." if left == 0 or number == count - 1 else word)
    return found


def number_of(*values: object) -> int:
    """A whole number of 32 bits that depends on every value."""
    digest = hashlib.sha256()
    for value in values:
        digest.update(msgspec.json.encode(value, enc_hook=_hook) + b"\0")
    return int.from_bytes(digest.digest()[:4], "big")


def _hook(value: object) -> str:
    return hashlib.sha256(value).hexdigest() if isinstance(value, Media) else repr(value)
