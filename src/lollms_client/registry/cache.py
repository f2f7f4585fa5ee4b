"""Remembers parsed manifests between processes, keyed by the files' times and sizes; losing it costs only time."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import msgspec

from lollms_client.manifest.model import Manifest

VERSION = 1


class Record(msgspec.Struct, frozen=True, array_like=True):
    """What reading one folder gave, and the state of its files then."""

    stamp: tuple[int, ...]  # modification time (ns) and size of the manifest, then of __init__.py
    binding_type: str
    manifest: Manifest | None
    problem: tuple[str, str, dict[str, Any]] | None = None  # kind, message, details of the error


class _Stored(msgspec.Struct, array_like=True):
    version: int
    records: dict[str, Record]


def _encode(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} cannot be stored")


def _decode(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(f"{kind.__name__} cannot be read")


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
        try:
            msgspec.msgpack.encode(record, enc_hook=_encode)
        except (OverflowError, TypeError, NotImplementedError, ValueError, RecursionError):
            return  # values that cannot be stored are read again each time
        self._all()[folder] = record
        self._changed = True

    def _all(self) -> dict[str, Record]:
        if self._records is None:
            self._records = self._read()
        return self._records

    def _read(self) -> dict[str, Record]:
        try:
            data = self.file.read_bytes()
            stored = msgspec.msgpack.decode(data, type=_Stored, dec_hook=_decode)
        except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
            return {}
        return stored.records if stored.version == VERSION else {}

    def save(self) -> None:
        """Write what changed, together with what another process wrote meanwhile; dropped folders are forgotten."""
        if not self._changed:
            return
        self._changed = False
        merged = {**self._read(), **self._all()}
        if len(merged) > 2000:
            merged = {folder: record for folder, record in merged.items() if Path(folder).is_dir()}
        data = msgspec.msgpack.encode(_Stored(VERSION, merged), enc_hook=_encode)
        beside = self.file.with_name(f".{self.file.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(data)
            beside.replace(self.file)
        except OSError:
            try:
                beside.unlink(missing_ok=True)
            except OSError:
                return
