"""Vectors of texts by hashing their words and letters: of length 1, near each other where the texts share words."""

from __future__ import annotations

import hashlib
import math
import re

_WORD = re.compile(r"\w+")


def vector(text: str, dimensions: int) -> tuple[float, ...]:
    """The vector of a text, the same at every time and place."""
    found = [0.0] * dimensions
    for feature, weight in _features(text):
        digest = hashlib.blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        place = int.from_bytes(digest[:6], "big") % dimensions
        found[place] += weight if digest[7] & 1 else -weight
    length = math.sqrt(sum(value * value for value in found))
    if length == 0:
        found[0], length = 1.0, 1.0
    return tuple(value / length for value in found)


def _features(text: str) -> list[tuple[str, float]]:
    lowered = text.lower()
    found = [(f"text {text}", 0.1)]  # so that different texts never have quite the same vector
    for word in _WORD.findall(lowered):
        found.append((f"word {word}", 1.0))
        padded = f" {word} "
        found += [(f"letters {padded[start : start + 3]}", 0.3) for start in range(len(padded) - 2)]
    return found
