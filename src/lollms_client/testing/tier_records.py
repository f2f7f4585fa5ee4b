"""Tiers as data: those of the bindings in this package, and those that the user's own checks found."""

from __future__ import annotations

import functools
import hashlib
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from lollms_client.home import lollms_home

PACKAGE = Path(__file__).parent.parent
FILE = Path(__file__).parent / "tiers.json"
_TEXTS = {".py", ".yaml", ".yml", ".json", ".md", ".txt", ".toml"}
_CODE = re.compile(rb'^    "([A-Z]\d{3})",$', re.M)


class TierRecord(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a check found, and of what: it holds as long as nothing of that has changed."""

    tier: str  # "" for none
    version: str  # of the binding
    content: str  # hash of the binding's folder
    rules: str  # hash of the codes of the rules
    code: str = ""  # hash of the families, engines and bases that a bundled binding uses; else this package's version
    uses: str = ""  # which group of files `code` is of


class TierTable(msgspec.Struct, kw_only=True):
    """The tiers of the bindings in this package, by modality and name."""

    bindings: dict[str, TierRecord] = {}
    groups: dict[str, list[str]] = {}  # files of this package, by the name that records give in `uses`


@functools.cache
def packaged() -> TierTable:
    """The table that comes with this package."""
    try:
        return msgspec.json.decode(FILE.read_bytes(), type=TierTable)
    except (OSError, msgspec.MsgspecError):
        return TierTable()


def tier_of(full_name: str, folder: Path) -> str | None:
    """The tier of a binding (`tts.espeak`) as it stands in its folder; "" for none, None where nobody knows.

    What was changed since it was checked, or was checked by other rules, has no tier.
    """
    if folder.is_relative_to(PACKAGE):
        record = packaged().bindings.get(full_name)
        fresh = record is not None and record.code == files_hash(packaged().groups.get(record.uses, ()))
    else:
        record = _own(full_name)
        fresh = record is not None and record.code == _version()
    if record is None or not fresh or record.rules != rules_hash() or record.content != content_hash(folder):
        return None
    return record.tier


def record_own(full_name: str, folder: Path, version: str, tier: str) -> None:
    """Keep what a check of a binding outside of this package found, for `lollms list` and `lollms show`."""
    if folder.is_relative_to(PACKAGE):
        return
    record = TierRecord(tier=tier, version=version, content=content_hash(folder), rules=rules_hash(), code=_version())
    place = _own_file(full_name)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("wb", dir=place.parent, delete=False) as file:
            file.write(msgspec.json.format(msgspec.json.encode(record)))
        Path(file.name).replace(place)
    except OSError:
        return  # a home that cannot be written costs the mark in a list, not the check


def _own(full_name: str) -> TierRecord | None:
    try:
        return msgspec.json.decode(_own_file(full_name).read_bytes(), type=TierRecord)
    except (OSError, msgspec.MsgspecError):
        return None


def _own_file(full_name: str) -> Path:
    return lollms_home() / "tiers" / f"{full_name}.json"


def _version() -> str:
    from lollms_client import __version__

    return f"lollms_client {__version__}"


def content_hash(folder: Path) -> str:
    """A hash of everything in a folder but what Python and editors leave there."""
    files = (path for path in folder.rglob("*") if path.is_file() and not _is_trace(path.relative_to(folder)))
    return _hash((path.relative_to(folder).as_posix(), path) for path in files)


def files_hash(files: Iterable[str]) -> str:
    """A hash of files of this package, named as they lie in it."""
    return _hash((name, PACKAGE / name) for name in files)


def _is_trace(path: Path) -> bool:
    return "__pycache__" in path.parts or path.suffix == ".pyc" or any(part.startswith(".") for part in path.parts)


def _hash(files: Iterable[tuple[str, Path]]) -> str:
    whole = hashlib.sha256()
    for name, path in sorted(files):
        whole.update(f"{name}\0{_file_hash(path, _changed(path))}\n".encode())
    return whole.hexdigest()[:32]


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@functools.cache
def _file_hash(path: Path, changed: int) -> str:
    """The hash of one file; lines end alike on every system."""
    try:
        data = path.read_bytes()
    except OSError:
        return "missing"
    if path.suffix in _TEXTS:
        data = data.replace(b"\r\n", b"\n")
    return hashlib.sha256(data).hexdigest()


@functools.cache
def rules_hash() -> str:
    """A hash of the codes of all rules: a tier is given by a certain set of them."""
    found: set[bytes] = set()
    for path in Path(__file__).parent.glob("*_rules.py"):
        found.update(_CODE.findall(path.read_bytes().replace(b"\r\n", b"\n")))
    return hashlib.sha256(b" ".join(sorted(found))).hexdigest()[:16]
