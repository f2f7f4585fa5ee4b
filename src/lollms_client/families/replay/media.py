"""Media of a recording: small ones in the file itself, larger ones beside it under the hash of their bytes."""

from __future__ import annotations

import base64
import hashlib
import os
import uuid
from pathlib import Path
from typing import Any

from lollms_client.families.replay.failures import BadRecording
from lollms_client.types.media import Media

_INLINE = 1024  # bytes
_NAMES = {"type", "sha256", "bytes", "base64"}


def identity(media: Media) -> dict[str, Any]:
    """What tells a piece of media from any other."""
    return {"type": media.mime_type, "sha256": hashlib.sha256(media).hexdigest(), "bytes": len(media)}


class MediaStore:
    """The folder beside a recording; it is made when it is first needed."""

    def __init__(self, recording: Path) -> None:
        self.folder = recording.with_name(f"{recording.stem}_media")

    def keep(self, media: Media) -> dict[str, Any]:
        """Put the bytes away, and say what stands for them in the recording."""
        found = identity(media)
        if len(media) <= _INLINE:
            return {**found, "base64": media.base64()}
        path = self._path(found["sha256"], media.extension)
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
            fresh.write_bytes(media)
            os.replace(fresh, path)  # noqa: PTH105 (whole or not at all)
        return found

    def _path(self, digest: str, extension: str) -> Path:
        return self.folder / f"{digest[:32]}{extension}"

    def revive(self, value: Any) -> Any:
        """Plain values with the media in them put back. Raises BadRecording where one is missing or was changed."""
        if isinstance(value, dict):
            if "sha256" in value and set(value) <= _NAMES:
                return self._find(value)
            return {key: self.revive(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.revive(item) for item in value]
        return value

    def _find(self, value: dict[str, Any]) -> Media:
        digest, kind = str(value["sha256"]), str(value.get("type", ""))
        if "base64" in value:
            try:
                data = base64.b64decode(str(value["base64"]), validate=True)
            except ValueError as error:
                raise BadRecording("a piece of media in the recording is no base64") from error
        else:
            path = self._path(digest, Media(b"", kind).extension)
            try:
                data = path.read_bytes()
            except OSError as error:
                raise BadRecording(f"the recording's file {path.name} is missing in {self.folder.name}") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise BadRecording(f"a piece of media ({kind}, {len(data)} bytes) is not what was recorded")
        return Media(data, kind)


def without_bytes(value: Any) -> Any:
    """Plain values in which media show only what they are, for comparing."""
    if isinstance(value, dict):
        if "sha256" in value and set(value) <= _NAMES:
            return {name: value[name] for name in ("type", "sha256") if name in value}
        return {key: without_bytes(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_bytes(item) for item in value]
    return value
