"""A tokenizer without a vocabulary: a token is a piece of at most six bytes, and its number holds the piece itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from lollms_client.errors import BadSetting

_PIECES = re.compile(r" ?\w+|\s+|[^\w\s]")
_LONGEST = 6  # bytes


def pieces_of(text: str) -> list[str]:
    """The text cut into tokens; joined they are the text again."""
    found: list[str] = []
    for word in _PIECES.findall(text):
        piece = ""
        for letter in word:
            if len((piece + letter).encode("utf-8", "surrogatepass")) > _LONGEST:
                found.append(piece)
                piece = ""
            piece += letter
        found.append(piece)
    return found


def tokens_of(text: str) -> list[int]:
    """The numbers of the tokens."""
    return [int.from_bytes(b"\1" + piece.encode("utf-8", "surrogatepass"), "big") for piece in pieces_of(text)]


def text_of(tokens: Sequence[Any]) -> str:
    """The text of tokens. Raises BadSetting for a number that is none of them."""
    pieces: list[bytes] = []
    for token in tokens:
        data = token.to_bytes(8, "big").lstrip(b"\0") if isinstance(token, int) and 1 < token < 1 << 56 else b""
        if data[:1] != b"\1" or len(data) < 2:
            raise BadSetting(f"{token!r} is no token of the mock tokenizer", setting="tokens")
        pieces.append(data[1:])
    return b"".join(pieces).decode("utf-8", "replace")
