"""Details of messages that a service has no place for: each is warned of once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lollms_client.types.message import FilePart, ImagePart, Message, TextPart

Warn = Callable[[str, str, str], None]


def warn_of_details(messages: Iterable[Message], warn: Warn, service: str, *, cache: bool = False) -> None:
    """Warn of names of speakers, of `detail` of images, and of `cache` marks unless the service has them (`cache`)."""
    parts = [part for message in messages for part in message.parts]
    if any(message.name for message in messages):
        warn("dropped", "name", f"{service} has no names of speakers")
    if any(isinstance(part, ImagePart) and part.detail for part in parts):
        warn("dropped", "detail", f"{service} has no detail of single images")
    if not cache and any(isinstance(part, (TextPart, ImagePart, FilePart)) and part.cache for part in parts):
        warn("unsupported", "cache", f"{service} takes no marks for its prompt cache")
