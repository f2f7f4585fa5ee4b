"""Texts that streams bring in halves of signs, made such that any database and any service can take them."""

from __future__ import annotations

import msgspec

from lollms_client.types.message import Part, ReasoningPart, TextPart


def mended(text: str) -> str:
    """The text with halves of a sign put together, as streams may bring them; a half alone becomes the sign U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def mended_part(part: Part) -> Part:
    """A part whose words any database and any service can take."""
    if isinstance(part, (TextPart, ReasoningPart)) and (text := mended(part.text)) is not part.text:
        return msgspec.structs.replace(part, text=text)
    return part
