"""Looks through the places for binding folders, and reads or recalls the manifest of each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec

from lollms_client import errors
from lollms_client.errors import BindingLoadFailed, ConfigurationError
from lollms_client.manifest.model import BINDING_TYPES, Manifest
from lollms_client.registry.cache import ManifestCache, Record, pack, unpack
from lollms_client.registry.entries import BindingEntry
from lollms_client.registry.places import BUILT_IN, SearchPlace

MANIFEST_FILE = "description.yaml"
TYPE_FOLDERS = {f"{item}_bindings": item for item in BINDING_TYPES}
FOREIGN_TYPE_FOLDERS = ("mcp_bindings", "tools_bindings", "rag_bindings", "connection_bindings")
Stamp = tuple[int, ...]


def scan(places: list[SearchPlace], cache: ManifestCache) -> Iterator[BindingEntry]:
    """Every binding of every place, the most specific place first, bindings of a place by name."""
    for place in places:
        yield from _scan_place(place, cache)


def _scan_place(place: SearchPlace, cache: ManifestCache) -> Iterator[BindingEntry]:
    folder = str(place.folder.absolute())
    if not place.folder.is_dir():
        if place.source.startswith(("entry point", "argument")):
            yield _missing_place(place)
        return
    stamp = _stamp(folder)
    if place.folder.name in TYPE_FOLDERS and _stamp(folder, manifest_only=True) is None:
        stamp = None  # a folder of bindings that is a package, too
    own = _entry(place, folder, stamp, cache) if stamp and place.source != BUILT_IN else None
    if own is not None:
        yield own
        return
    for name, path in _subfolders(folder):
        if name in TYPE_FOLDERS and _stamp(path, manifest_only=True) is None:
            if place.only_type and TYPE_FOLDERS[name] != place.binding_type:
                continue
            inner = place._replace(binding_type=TYPE_FOLDERS[name], module=_inner(place.module, name), name="")
            for inner_name, inner_path in _subfolders(path):
                yield from _entries(inner, inner_name, inner_path, cache)
        elif name not in FOREIGN_TYPE_FOLDERS:
            yield from _entries(place, name, path, cache)


def _inner(module: str, name: str) -> str:
    return f"{module}.{name}" if module else ""


def _entries(place: SearchPlace, name: str, path: str, cache: ManifestCache) -> Iterator[BindingEntry]:
    stamp = _stamp(path)
    if stamp is None:
        return
    entry = _entry(place._replace(module=_inner(place.module, name), name=name), path, stamp, cache)
    if entry is not None:
        yield entry


def _subfolders(folder: str) -> list[tuple[str, str]]:
    try:
        with os.scandir(folder) as items:
            return sorted(
                (item.name, item.path)
                for item in items
                if item.name[0] not in "._" and item.is_dir() and not item.name.endswith((".dist-info", ".egg-info"))
            )
    except OSError:
        return []


def _stamp(folder: str, *, manifest_only: bool = False) -> Stamp | None:
    """The state of a folder's manifest and module; None if it holds neither."""
    found: list[int] = []
    for name in (MANIFEST_FILE,) if manifest_only else (MANIFEST_FILE, "__init__.py"):
        try:
            status = os.stat(f"{folder}/{name}")  # noqa: PTH116 - pathlib takes twice the time
        except (OSError, ValueError):
            found += (0, -1)
        else:
            found += (status.st_mtime_ns, status.st_size)
    return tuple(found) if any(found[1::2]) and max(found[1::2]) >= 0 else None


def _entry(place: SearchPlace, folder: str, stamp: Stamp, cache: ManifestCache) -> BindingEntry | None:
    """The binding in a folder; None where the folder is none, or of a modality that is not asked for."""
    record = cache.get(folder, stamp)
    if record is None:
        record = _read(Path(folder), stamp)
        cache.put(folder, record)
    problem = _problem(record)
    if not record.packed and problem is None:
        return None
    binding_type = record.binding_type or place.binding_type
    if place.only_type and record.binding_type not in ("", place.binding_type):
        return None
    name = place.name or os.path.split(folder)[1]
    return BindingEntry(
        name=name,
        binding_type=binding_type,
        folder=folder,
        source=place.source,
        title=record.title,
        manifest=None if not record.packed else partial(_manifest, record.packed, binding_type, name),
        problem=problem if binding_type or problem else _unknown_type(name, Path(folder)),
        module=place.module,
    )


def _manifest(packed: bytes, binding_type: str, name: str) -> Manifest:
    return msgspec.structs.replace(unpack(packed), binding_type=binding_type, name=name)


def _read(folder: Path, stamp: Stamp) -> Record:
    """Read a folder: its manifest, or what can be derived; the class only where no manifest names a modality."""
    from lollms_client.manifest.class_source import binding_type_of, parse_module, read_source, type_in_text
    from lollms_client.manifest.derivation import derive_manifest, syntax_failure
    from lollms_client.manifest.reading import load_manifest

    try:
        if stamp[1] >= 0:
            manifest = load_manifest(folder)
            if stamp[3] < 0:
                return _failed(stamp, manifest.binding_type, _no_code(folder))
            binding_type = manifest.binding_type or binding_type_of(folder)
            try:
                parse_module(folder / "__init__.py")
            except SyntaxError as error:
                failure = syntax_failure(folder.name, folder / "__init__.py", error)
                return _failed(stamp, binding_type, failure, manifest)
            return _good(stamp, binding_type, manifest)
        source = read_source(folder / "__init__.py")
        if not _speaks_of_bindings(source):
            return Record(stamp, "")
        manifest = derive_manifest(folder)
        if not manifest.binding_type and "BindingName" not in source:
            return Record(stamp, "")
        return _good(stamp, manifest.binding_type, manifest)
    except errors.BadManifest as error:
        return _failed(stamp, binding_type_of(folder), error)
    except BindingLoadFailed as error:
        return _failed(stamp, type_in_text(read_source(folder / "__init__.py")), error)
    except OSError as error:
        text = f"{folder} cannot be read: {error.strerror}; check its permissions"
        return _failed(stamp, "", BindingLoadFailed(text, binding=folder.name, file=str(folder)))


def _speaks_of_bindings(source: str) -> bool:
    return "BindingName" in source or ("Lollms" in source and "Binding" in source)


def _good(stamp: Stamp, binding_type: str, manifest: Manifest) -> Record:
    try:
        packed = pack(manifest)
    except (OverflowError, TypeError, ValueError, NotImplementedError, RecursionError) as error:
        from lollms_client.manifest.field_rules import bad_manifest

        rule = f"it holds a value that is too large or of no plain kind: {error}"
        return _failed(stamp, binding_type, bad_manifest(manifest.path or manifest.folder, 1, rule, "use plain values"))
    return Record(stamp, binding_type, manifest.title, manifest.derived, packed)


def _failed(stamp: Stamp, binding_type: str, error: ConfigurationError, manifest: Manifest | None = None) -> Record:
    problem = (type(error).__name__, error.message, error.details)
    if manifest is None:
        return Record(stamp, binding_type, problem=problem)
    good = _good(stamp, binding_type, manifest)
    return good if good.problem else msgspec.structs.replace(good, problem=problem)


def _problem(record: Record) -> ConfigurationError | None:
    if record.problem is None:
        return None
    kind, message, details = record.problem
    error: ConfigurationError = getattr(errors, kind)(message, **details)
    return error


def _no_code(folder: Path) -> BindingLoadFailed:
    return BindingLoadFailed(
        f"{folder} has a {MANIFEST_FILE} but no __init__.py; write one that names its class in BindingName",
        binding=folder.name, file=str(folder / "__init__.py"), line=1, rule="a binding has an __init__.py",
        cure="write one that names its class in BindingName",
    )  # fmt: skip


def _unknown_type(name: str, folder: Path) -> BindingLoadFailed:
    cure = "write `binding_type: tts` (or another of llm, tti, stt, tts, ttv, ttm) into its description.yaml"
    return BindingLoadFailed(
        f"the modality of the binding {name!r} in {folder} is unknown: its class derives from no base class of "
        f"lollms_client; {cure}",
        binding=name, file=str(folder / MANIFEST_FILE), line=1, rule="a binding has a modality", cure=cure,
    )  # fmt: skip


def _missing_place(place: SearchPlace) -> BindingEntry:
    what = f"the package {place.module}" if place.module else f"the folder {place.folder}"
    name = place.name or place.folder.name
    return BindingEntry(
        name=name, binding_type=place.binding_type, folder=place.folder, source=place.source,
        problem=BindingLoadFailed(
            f"{what} ({place.source}), which should hold bindings, does not exist; correct or remove its mention",
            binding=name, file=str(place.folder), rule="a place of bindings exists",
            cure="correct or remove its mention",
        ),
    )  # fmt: skip
