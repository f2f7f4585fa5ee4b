"""What was installed by `lollms install`, from where, and the hash of each of its files."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from lollms_client.assets_lock import FileLock
from lollms_client.errors import BadSetting
from lollms_client.home import lollms_home

FILE_NAME = "installed.json"
_IGNORED = "__pycache__"


class InstalledBinding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One installed binding. `files` maps each file's path in its folder to its SHA-256."""

    name: str
    binding_type: str
    folder: str
    source: str
    kind: str
    version: str = ""
    ref: str = ""
    commit: str = ""
    subdirectory: str = ""
    installed: str = ""  # date and time in UTC, as ISO 8601
    files: dict[str, str] = {}
    requirements: dict[str, tuple[str, ...]] = {}  # name==version with the hashes that were accepted
    allowed: tuple[str, ...] = ()  # what the user allowed that is refused otherwise
    reach: dict[str, Any] = {}

    @property
    def full_name(self) -> str:
        """Modality and name."""
        return f"{self.binding_type}.{self.name}"


class _File(msgspec.Struct, kw_only=True):
    version: int = 1
    bindings: dict[str, InstalledBinding] = {}


def bindings_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Where bindings of the user lie; it need not exist."""
    return lollms_home(environment) / "lollms_bindings"


def installed_bindings(environment: Mapping[str, str] | None = None) -> dict[str, InstalledBinding]:
    """The records by full name. Raises BadSetting where the file cannot be read."""
    return _read(bindings_folder(environment) / FILE_NAME).bindings


def _read(file: Path) -> _File:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_File)
    except FileNotFoundError:
        return _File()
    except (OSError, msgspec.MsgspecError) as error:
        raise BadSetting(
            f"{file}, which holds what was installed, cannot be read: {error}; correct it, or move it away",
            file=str(file),
        ) from error


@contextmanager
def changing_records(environment: Mapping[str, str] | None = None) -> Iterator[dict[str, InstalledBinding]]:
    """The records, to be changed inside; written in the end, unless something was raised. One process at a time."""
    folder = bindings_folder(environment)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".installing.lock")
    if not lock.try_acquire():
        raise BadSetting("another process is installing bindings now; try again when it is done", file=str(folder))
    try:
        content = _read(folder / FILE_NAME)
        yield content.bindings
        with tempfile.NamedTemporaryFile("wb", dir=folder, prefix=".installed-", delete=False) as part:
            part.write(msgspec.json.format(msgspec.json.encode(content)))
        Path(part.name).replace(folder / FILE_NAME)
    finally:
        lock.release()


def hash_files(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file, but for compiled code that Python makes by itself."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if _IGNORED in path.relative_to(folder).parts or not path.is_file():
            continue
        with path.open("rb") as stream:
            found[path.relative_to(folder).as_posix()] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


def record_of(folder: Path, environment: Mapping[str, str] | None = None) -> InstalledBinding | None:
    """The record of the binding in a folder; None where it was not installed by us."""
    place = str(folder.absolute())
    return next((item for item in installed_bindings(environment).values() if item.folder == place), None)


def changes_since(record: InstalledBinding) -> list[str]:
    """The files that were changed, removed or added since the binding was installed, each in words."""
    now = hash_files(Path(record.folder))
    changed = [f"{name} was changed" for name, known in record.files.items() if name in now and now[name] != known]
    changed += [f"{name} is gone" for name in record.files if name not in now]
    return changed + [f"{name} was added" for name in now if name not in record.files]


def origin_words(record: InstalledBinding) -> str:
    """Where a binding came from, for a person."""
    commit = f", commit {record.commit[:12]}" if record.commit else ""
    return f"{record.source}{commit}, installed {record.installed[:10]}"
