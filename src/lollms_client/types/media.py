"""Media: bytes that know their MIME type and how to save themselves."""

from __future__ import annotations

import base64
import mimetypes
import os
from pathlib import Path
from typing import Any, Self

from lollms_client.errors import BadMedia

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"BM", "image/bmp"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"MThd", "audio/midi"),
    (0, b"%PDF-", "application/pdf"),
)
_EXTENSIONS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/heic": ".heic",
    "image/svg+xml": ".svg",
    "audio/wav": ".wav",
    "audio/mpeg": ".mp3",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg",
    "audio/opus": ".opus",
    "audio/aac": ".aac",
    "audio/mp4": ".m4a",
    "audio/webm": ".weba",
    "audio/pcm": ".pcm",
    "audio/midi": ".mid",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/ogg": ".ogv",
    "video/quicktime": ".mov",
    "video/x-msvideo": ".avi",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
}
_TYPES_BY_EXTENSION = {extension: mime for mime, extension in _EXTENSIONS.items()} | {
    ".jpeg": "image/jpeg",
    ".midi": "audio/midi",
    ".oga": "audio/ogg",
}
_ALIASES = {"audio/x-wav": "audio/wav", "audio/wave": "audio/wav", "audio/mp3": "audio/mpeg", "image/jpg": "image/jpeg"}


def sniff_mime_type(data: bytes) -> str | None:
    """Tell the MIME type from the first bytes, or None where they say nothing."""
    for offset, signature, mime in _SIGNATURES:
        if data[offset : offset + len(signature)] == signature:
            if offset == 8 and data[:4] != b"RIFF":
                continue
            return mime
    if data[:4] == b"OggS":
        return "audio/opus" if b"OpusHead" in data[:64] else "video/ogg" if b"theora" in data[:64] else "audio/ogg"
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        return "audio/aac" if data[1] & 0xF6 == 0xF0 else "audio/mpeg"
    head = data[:512].lstrip().lower()
    if head.startswith(b"<svg") or (head.startswith(b"<?xml") and b"<svg" in head):
        return "image/svg+xml"
    return None


class Media(bytes):
    """Bytes of an image, a sound or a film, with their MIME type.

    It *is* `bytes`: write it to a file, compare it, send it. `mime_type` is what the bytes say of themselves, else what
    the caller says, else `application/octet-stream`.
    """

    mime_type: str

    def __new__(cls, data: bytes = b"", mime_type: str | None = None) -> Self:
        self = super().__new__(cls, data)
        plain = (mime_type or "").partition(";")[0].strip().lower()
        self.mime_type = _ALIASES.get(plain, plain) or sniff_mime_type(data) or "application/octet-stream"
        return self

    @classmethod
    def of(cls, source: bytes | bytearray | memoryview | str | Path, mime_type: str | None = None) -> Media:
        """Make Media from bytes, a path, a `data:` URL or bare base64 text.

        Raises BadMedia where the file is missing or empty, the text is neither a file nor base64, and for all else.
        """
        if isinstance(source, Media) and mime_type is None:
            return source
        if isinstance(source, (bytes, bytearray, memoryview)):
            return cls(bytes(source), mime_type)
        if isinstance(source, str) and source.startswith("data:"):
            return cls._from_data_url(source)
        if not isinstance(source, (str, os.PathLike)):
            raise BadMedia(
                f"{type(source).__name__} is no media: give bytes, a path, base64 or a data: URL", setting="media"
            )
        path = Path(source)
        if _is_file(path):
            return cls._from_file(path, mime_type)
        data = _from_base64(source) if isinstance(source, str) and len(source) >= 16 else None
        if data is not None and (mime_type or sniff_mime_type(data)):  # else it is a name that looks like base64
            return cls(data, mime_type)
        shown = str(source)
        raise BadMedia(f"no such file: {shown if len(shown) <= 200 else shown[:200] + '…'}", setting="media")

    @classmethod
    def _from_file(cls, path: Path, mime_type: str | None) -> Media:
        data = path.read_bytes()
        if not data:
            raise BadMedia(f"the file is empty: {path}", setting="media")
        guessed = _TYPES_BY_EXTENSION.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0]
        return cls(data, mime_type or sniff_mime_type(data) or guessed)

    @classmethod
    def _from_data_url(cls, url: str) -> Media:
        header, comma, body = url.partition(",")
        data = _from_base64(body) if header.endswith(";base64") else None
        if not comma or data is None:
            raise BadMedia("a data: URL needs the form data:<type>;base64,<data>", setting="media")
        return cls(data, header[len("data:") :].removesuffix(";base64") or None)

    @property
    def extension(self) -> str:
        """The usual file extension with its dot, `.bin` for an unknown type."""
        return _EXTENSIONS.get(self.mime_type) or mimetypes.guess_extension(self.mime_type) or ".bin"

    @property
    def kind(self) -> str:
        """`image`, `audio`, `video`, `text` or `application`: the first half of the MIME type."""
        return self.mime_type.partition("/")[0]

    def base64(self) -> str:
        """The bytes in base64, without line breaks."""
        return base64.b64encode(self).decode("ascii")

    def data_url(self) -> str:
        """The bytes as a `data:` URL."""
        return f"data:{self.mime_type};base64,{self.base64()}"

    def save(self, path: str | Path) -> Path:
        """Write the bytes to `path`; without a suffix the usual extension is added. Returns the path written."""
        target = Path(path)
        if not target.suffix:
            target = target.with_suffix(self.extension)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(self)
        return target

    def __repr__(self) -> str:
        return f"Media({self.mime_type}, {len(self)} bytes)"

    __str__ = __repr__

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (bytes(self), self.mime_type))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        return None
