"""What installing a source would do, found without running any of it, and doing it once a person has agreed."""

from __future__ import annotations

import contextlib
import datetime
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from lollms_client.errors import BadSetting, LollmsError, UnknownBinding
from lollms_client.installing import records
from lollms_client.installing.fetching import fetch
from lollms_client.installing.inspecting import (
    Candidate,
    find_bindings,
    outside_imports,
    packages_not_named,
    renamed,
    startup_and_install_code,
    unreadable_code,
)
from lollms_client.installing.objections import KINDS, Objection, refuse
from lollms_client.installing.packages import bad_requirements, install_packages
from lollms_client.installing.records import InstalledBinding, bindings_folder, changing_records, hash_files
from lollms_client.installing.sources import Source
from lollms_client.installing.staging import Stage
from lollms_client.manifest.reach import reach_lines
from lollms_client.registry import Registry
from lollms_client.requirements import missing_requirements, requirements_of


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One binding that can be installed, and all that a person has to know before."""

    candidate: Candidate
    source: Source
    commit: str
    files: dict[str, str]
    notes: tuple[str, ...]
    replaces: InstalledBinding | None
    warnings: tuple[str, ...] = ()  # what may be a mistake, and does no harm

    @property
    def unchanged(self) -> bool:
        """Whether exactly this is installed already, and lies there as it was installed."""
        return (
            self.replaces is not None and self.replaces.files == self.files and not records.changes_since(self.replaces)
        )

    def lines(self, tier: str | None = None) -> Iterator[str]:
        """The offer for a person; `tier` is what a check of exactly these files found."""
        manifest = self.candidate.manifest
        yield f"{self.candidate.binding_type}.{self.candidate.name}: {manifest.title}"
        commit = f", commit {self.commit}" if self.commit else ""
        yield f"  from: {self.source.shown}{commit}"
        yield f"  author: {manifest.author or 'NOT STATED'}"
        yield f"  licence: {manifest.license or 'NOT STATED'}"
        yield f"  version: {manifest.version or 'not stated'}{self._replaced()}"
        missing = missing_requirements(manifest)
        for text in requirements_of(manifest):
            yield f"  needs: {text}{' (to be installed)' if text in missing else ' (already there)'}"
        for line in reach_lines(manifest):
            yield f"  may reach {line}"
        yield f"  checked: {tier or 'not checked'}; `lollms check` proves it"
        yield f"  files: {len(self.files)}"
        for name, digest in self.files.items():
            yield f"    sha256:{digest}  {name}"
        for note in self.notes:
            yield f"  ALLOWED by you: {note}"
        for warning in self.warnings:
            yield f"  WARNING: {warning}"

    def _replaced(self) -> str:
        if self.replaces is None:
            return ""
        return " (the same files are installed)" if self.unchanged else f" (replaces {self.replaces.version or 'one'})"


class Staging:
    """A source's files in a folder of ours, which goes away with the `with` block."""

    def __init__(self, source: Source, environment: Mapping[str, str] | None = None) -> None:
        self.source = source
        self.environment = environment

    def __enter__(self) -> Self:
        folder = bindings_folder(self.environment)
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix=".incoming-", dir=folder))
        try:
            self.stage = Stage(self._folder / "files", self.source.shown)
            self.stage.folder.mkdir()
            self.commit = fetch(self.source, self.stage).commit
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def offers(self, *, name: str = "", only: str = "", allowed: Collection[str] = ()) -> list[Offer]:
        """What can be installed of it. Raises InstallRefused, BadManifest, UnknownBinding where it holds no binding."""
        check_allowed(allowed)
        with self._told_by_its_source():
            return self._offers(name, only, allowed)

    @contextlib.contextmanager
    def _told_by_its_source(self) -> Iterator[None]:
        """Errors name files in the source that the user gave, not the copy of it that goes away."""
        try:
            yield
        except LollmsError as error:
            copy, shown = str(self.stage.folder), self.source.shown
            error.message = error.message.replace(copy, shown)
            error.args = (error.message,)
            error.details = {
                name: item.replace(copy, shown) if isinstance(item, str) else item
                for name, item in error.details.items()
            }
            raise

    def _offers(self, name: str, only: str, allowed: Collection[str]) -> list[Offer]:
        objections = [*self.stage.objections, *startup_and_install_code(self.stage.folder)]
        refuse(objections, allowed, self.source.shown)
        chosen = self._chosen(find_bindings(self.stage.folder, self.source.name), name, only)
        return [self._offer(item, allowed, [str(item) for item in objections]) for item in chosen]

    def _chosen(self, found: list[Candidate], name: str, only: str) -> list[Candidate]:
        chosen = [item for item in found if only in ("", item.name, f"{item.binding_type}.{item.name}")]
        if not chosen and name and len(found) == 1:
            chosen = found  # one that was renamed when it was installed first
        if not chosen:
            known = ", ".join(item.name for item in found)
            there = f"; there are {known}" if known else ": no folder with a description.yaml and an __init__.py"
            raise UnknownBinding(f"{self.source.shown} holds no binding{f' {only!r}' if only else ''}{there}")
        if name and len(chosen) > 1:
            names = ", ".join(item.name for item in chosen)
            raise BadSetting(f"--name is for one binding, and there are {names}; choose with --only", setting="name")
        return [renamed(item, name) for item in chosen]

    def _offer(self, item: Candidate, allowed: Collection[str], notes: list[str]) -> Offer:
        own = [*bad_requirements(item.manifest), *_shadowing(item, self.environment)]
        refuse(own, allowed, f"{item.name} of {self.source.shown}")
        replaces = records.installed_bindings(self.environment).get(f"{item.binding_type}.{item.name}")
        return Offer(
            candidate=item, source=self.source, commit=self.commit, files=hash_files(item.folder),
            notes=(*notes, *map(str, own)), replaces=replaces,
            warnings=tuple(_warnings(item, self.stage.folder)),
        )  # fmt: skip


def _warnings(item: Candidate, root: Path) -> Iterator[str]:
    for place in outside_imports(item.folder):
        yield f"it imports from outside of its folder, which stays behind ({place})"
    for place in unreadable_code(item.folder):
        yield f"Python cannot read its code ({place})"
    for text in packages_not_named(root, item.manifest):
        yield f"its wheel asks for {text}, which its description.yaml does not; it is not installed"


def check_allowed(allowed: Collection[str]) -> None:
    """Raise BadSetting for something that cannot be allowed."""
    for kind in allowed:
        if kind not in KINDS:
            raise BadSetting(f"{kind!r} cannot be allowed; choose of {', '.join(KINDS)}", setting="allow")


def _shadowing(item: Candidate, environment: Mapping[str, str] | None) -> Iterator[Objection]:
    for entry in Registry(environment=environment).list(item.binding_type):
        for source, folder in (
            (entry.source, entry.folder),
            *((place.source, place.folder) for place in entry.shadows),
        ):
            if entry.name == item.name and not folder.is_relative_to(bindings_folder(environment)):
                why = f"the name {item.binding_type}.{item.name} is taken by a binding that would be hidden ({source})"
                yield Objection(kind="shadowing", path="", why=why)


def install(
    offer: Offer, *, upgrade: bool = False, allowed: Collection[str] = (), environment: Mapping[str, str] | None = None
) -> InstalledBinding:
    """Put the binding in its place, whole or not at all, install its packages, and record it.

    Raises BadSetting where something is in its place and `upgrade` does not say to replace it.
    """
    item = offer.candidate
    with changing_records(environment) as known:
        target = _place(offer, known, upgrade, environment)
        requirements = install_packages(item.manifest, allowed)
        before = offer.replaces.requirements if offer.replaces is not None else {}
        record = InstalledBinding(
            name=item.name, binding_type=item.binding_type, folder=str(target), source=offer.source.shown,
            kind=offer.source.kind, version=item.manifest.version, ref=offer.source.ref, commit=offer.commit,
            subdirectory=offer.source.subdirectory, files=offer.files, requirements={**before, **requirements},
            installed=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), allowed=tuple(sorted(allowed)),
            reach=item.manifest.reach,
        )  # fmt: skip
        _move_in(item.folder, target)
        known[record.full_name] = record
    return record


def _place(
    offer: Offer, known: Mapping[str, InstalledBinding], upgrade: bool, environment: Mapping[str, str] | None
) -> Path:
    item = offer.candidate
    record = known.get(f"{item.binding_type}.{item.name}")
    if record is not None:
        if not upgrade:
            raise BadSetting(
                f"{record.full_name} is installed already, from {record.source}; --upgrade replaces it",
                binding=item.name,
            )
        return Path(record.folder)
    folder = bindings_folder(environment).absolute()
    target = folder / item.name
    if str(target) in {other.folder for other in known.values()}:
        target = folder / f"{item.binding_type}_bindings" / item.name  # the name is one of another modality, too
    if target.exists():
        raise BadSetting(
            f"{target} is there already, and was not installed by `lollms install`: move it away, or use --name",
            binding=item.name, folder=str(target),
        )  # fmt: skip
    return target


def _move_in(folder: Path, target: Path) -> None:
    """Move a folder to its place; what was there stays until the new one stands."""
    target.parent.mkdir(parents=True, exist_ok=True)
    old = folder.parent / ".replaced"
    if target.exists():
        target.rename(old)
    try:
        folder.rename(target)
    except OSError:
        with contextlib.suppress(OSError):
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def uninstall(full_name: str, *, environment: Mapping[str, str] | None = None) -> InstalledBinding:
    """Remove a binding that was installed, and its record; packages stay. Raises UnknownBinding."""
    with changing_records(environment) as known:
        found = [item for item in known.values() if full_name in (item.name, item.full_name)]
        if len(found) != 1:
            names = ", ".join(sorted(known)) or "none"
            what = "names several bindings" if found else "is no binding"
            raise UnknownBinding(
                f"{full_name!r} {what} that `lollms install` brought; those are: {names}", binding=full_name
            )
        record = known.pop(found[0].full_name)
        folder = Path(record.folder)
        if folder.exists():
            gone = Path(tempfile.mkdtemp(prefix=".removed-", dir=bindings_folder(environment)))
            folder.rename(gone / "binding")
            shutil.rmtree(gone, ignore_errors=True)
    return record
