"""multipart/form-data bodies (RFC 7578) for uploads."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lollms_client.types.media import Media


class FormFile(NamedTuple):
    """A file of a form: the field's name, the bytes, and the file's name (made from the type where not given)."""

    field: str
    media: Media
    name: str | None = None


def encode_form(
    fields: Iterable[tuple[str, str]], files: Sequence[FormFile], boundary: str | None = None
) -> tuple[bytes, str]:
    """The body and its Content-Type."""
    boundary = boundary or f"lollms-{secrets.token_hex(16)}"
    pieces: list[bytes] = []
    for name, value in fields:
        pieces.append(_head(boundary, name, None, None) + value.encode("utf-8") + b"\r\n")
    for file in files:
        file_name = file.name or f"{file.field.rstrip('[]')}{file.media.extension}"
        pieces.append(_head(boundary, file.field, file_name, file.media.mime_type) + bytes(file.media) + b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode("ascii"))
    return b"".join(pieces), f"multipart/form-data; boundary={boundary}"


def _head(boundary: str, name: str, file_name: str | None, mime_type: str | None) -> bytes:
    lines = [f"--{boundary}", f'Content-Disposition: form-data; name="{_quoted(name)}"']
    if file_name is not None:
        lines[1] += f'; filename="{_quoted(file_name)}"'
    if mime_type is not None:
        lines.append(f"Content-Type: {mime_type}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
