"""Zip files and wheels, unpacked without trusting what they say of themselves."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from lollms_client.installing.staging import Stage

_PIECE = 1 << 18
_HIGHEST_RATIO = 200  # unpacked to packed, of a file of any size worth naming
_RATIO_FROM = 10_000_000  # bytes
_UNIX = 3  # the system that writes POSIX modes


def fetch_archive(file: Path, stage: Stage, *, wheel: bool) -> None:
    """Unpack into the stage; a wheel's files must be those that its RECORD names. Raises InstallRefused."""
    try:
        with zipfile.ZipFile(file) as archive:
            hashes = {
                item.filename: _unpack(archive, item, stage) for item in archive.infolist() if _wanted(item, stage)
            }
            if wheel:
                _check_record(archive, hashes, stage)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError) as error:
        raise stage.refusal(file.name, f"it cannot be unpacked: {error}") from error


def _wanted(item: zipfile.ZipInfo, stage: Stage) -> bool:
    mode = item.external_attr >> 16
    if item.flag_bits & 0x1:
        raise stage.refusal(item.filename, "it is encrypted")
    if item.create_system == _UNIX and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
        raise stage.refusal(item.filename, "it is neither a file nor a folder")
    if stat.S_ISLNK(mode):
        stage.object("links", item.filename, "it is a link; it would be left out")
        return False
    if item.is_dir():
        if ".." in item.filename.split("/") or item.filename.startswith("/"):
            raise stage.refusal(item.filename, "its path leads elsewhere")
        return False
    return stage.wants(item.filename)


def _unpack(archive: zipfile.ZipFile, item: zipfile.ZipInfo, stage: Stage) -> str:
    """Write one file, and give the SHA-256 of its content as wheels write it."""
    digest = hashlib.sha256()

    def pieces() -> Iterator[bytes]:
        size = 0
        with archive.open(item) as stream:
            while piece := stream.read(_PIECE):
                size += len(piece)
                if size > _RATIO_FROM and size > _HIGHEST_RATIO * max(1, item.compress_size):
                    raise stage.refusal(item.filename, "it is packed as tightly as nothing honest is")
                digest.update(piece)
                yield piece

    stage.add(item.filename, item.external_attr >> 16, pieces())
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()


def _check_record(archive: zipfile.ZipFile, hashes: dict[str, str], stage: Stage) -> None:
    records = [name for name in archive.namelist() if name.endswith(".dist-info/RECORD") and name.count("/") == 1]
    if len(records) != 1:
        raise stage.refusal("", "a wheel has one RECORD of its files; this file has not")
    try:
        rows = list(csv.reader(io.StringIO(archive.read(records[0]).decode("utf-8"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise stage.refusal(records[0], "it cannot be read") from error
    known = {row[0]: row[1] for row in rows if len(row) >= 2}
    for name, found in hashes.items():
        if name == records[0] or name.startswith(records[0] + "."):
            continue
        if known.get(name) != f"sha256={found}":
            what = "its content is not what RECORD says" if known.get(name) else "RECORD has no hash of it"
            raise stage.refusal(name, what)
