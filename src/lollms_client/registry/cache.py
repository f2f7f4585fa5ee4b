"""Remembers parsed manifests between processes, keyed by the files' times and sizes; losing it costs only time."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import msgspec

from lollms_client.manifest.model import PACKAGE_FOLDER, Manifest

VERSION = 1  # of the form of this file


class Record(msgspec.Struct, frozen=True, array_like=True):
    """What reading one folder gave, and the state of its files then."""

    stamp: tuple[int, ...]  # modification time (ns) and size of the manifest, then of __init__.py
    binding_type: str
    title: str = ""
    derived: bool = False  # whether there is no manifest, and this was read out of the class
    packed: bytes = b""  # the manifest, unpacked when somebody looks at it
    problem: tuple[str, str, dict[str, Any]] | None = None  # kind, message, details of the error


class _Stored(msgspec.Struct, array_like=True):
    version: tuple[int, ...]
    records: dict[str, Record]


def pack(manifest: Manifest) -> bytes:
    """The manifest as bytes. OverflowError and the like where it holds what cannot be packed."""
    return msgspec.msgpack.encode(manifest, enc_hook=_encode)


def unpack(packed: bytes) -> Manifest:
    """The manifest that was packed."""
    return msgspec.msgpack.decode(packed, type=Manifest, dec_hook=_decode)


def _encode(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} cannot be stored")


def _decode(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(f"{kind.__name__} cannot be read")


@functools.cache
def _version() -> tuple[int, ...]:
    """Changes with the rules: the form of the file, and the times and sizes of the modules that read manifests."""
    statuses = [file.stat() for file in sorted((PACKAGE_FOLDER / "manifest").glob("*.py"))]
    return (VERSION, *(number for status in statuses for number in (status.st_mtime_ns, status.st_size)))


class ManifestCache:
    """The records of one cache file. A broken file is as good as none; a folder that cannot be written is no fault."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._records: dict[str, Record] | None = None
        self._changed = False

    def get(self, folder: str, stamp: tuple[int, ...]) -> Record | None:
        """What was read of a folder whose files were in this state."""
        record = self._all().get(folder)
        return record if record is not None and record.stamp == stamp else None

    def put(self, folder: str, record: Record) -> None:
        """Remember a record; `save` writes it."""
        self._all()[folder] = record
        self._changed = True

    def _all(self) -> dict[str, Record]:
        if self._records is None:
            self._records = self._read()
        return self._records

    def _read(self) -> dict[str, Record]:
        try:
            data = self.file.read_bytes()
            stored = msgspec.msgpack.decode(data, type=_Stored)
        except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
            return {}
        return stored.records if stored.version == _version() else {}

    def save(self) -> None:
        """Write what changed, together with what another process wrote meanwhile; dropped folders are forgotten."""
        if not self._changed:
            return
        self._changed = False
        merged = {**self._read(), **self._all()}
        if len(merged) > 2000:
            merged = {folder: record for folder, record in merged.items() if Path(folder).is_dir()}
        data = msgspec.msgpack.encode(_Stored(_version(), merged))
        beside = self.file.with_name(f".{self.file.name}.{os.getpid()}.{os.urandom(4).hex()}")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(data)
            beside.replace(self.file)
        except OSError:
            try:
                beside.unlink(missing_ok=True)
            except OSError:
                return
