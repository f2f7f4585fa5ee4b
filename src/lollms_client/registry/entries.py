"""What the registry knows of a binding, of the places it shadows, and of what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from lollms_client.errors import ConfigurationError
from lollms_client.manifest.model import Manifest


class Place(msgspec.Struct, frozen=True):
    """Where a binding lies: `source` is built-in, home, environment, argument or `entry point: DIST`."""

    source: str
    folder: Path

    def __str__(self) -> str:
        return f"{self.source} ({self.folder})"


class BindingEntry:
    """One binding of one modality, as found; nothing of it was imported.

    `binding_type` is "" where it could not be told. `manifest` is None where it is wrong: `problem` says how. `shadows`
    are the less specific places that hold a binding of this name and modality. `module` is the dotted name that it is
    imported under, "" for a folder outside every package.
    """

    __slots__ = (
        "_folder", "_manifest", "_read_manifest", "binding_type", "module", "name", "problem", "shadows", "source",
        "title",
    )  # fmt: skip

    def __init__(
        self,
        *,
        name: str,
        binding_type: str,
        folder: Path | str,
        source: str,
        title: str = "",
        manifest: Manifest | Callable[[], Manifest] | None = None,
        problem: ConfigurationError | None = None,
        module: str = "",
    ) -> None:
        self.name = name
        self.binding_type = binding_type
        self._folder = folder
        self.source = source
        self.title = title or name
        self.problem = problem
        self.module = module
        self.shadows: tuple[Place, ...] = ()
        self._manifest = manifest if isinstance(manifest, Manifest) else None
        self._read_manifest = manifest if callable(manifest) else None

    @property
    def folder(self) -> Path:
        """Where it lies; made a Path when first looked at, which most entries of a long list never are."""
        if isinstance(self._folder, str):
            self._folder = Path(self._folder)
        return self._folder

    @property
    def manifest(self) -> Manifest | None:
        """The manifest, unpacked when it is first looked at."""
        if self._manifest is None and self._read_manifest is not None:
            self._manifest = self._read_manifest()
        return self._manifest

    def __repr__(self) -> str:
        return f"BindingEntry({self.binding_type or '?'} {self.name!r}, {self.source}, {self.folder})"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong with a binding or a place; the others are listed all the same."""

    name: str
    binding_type: str
    folder: Path
    source: str
    error: ConfigurationError

    @property
    def file(self) -> str:
        """The file that is wrong."""
        return str(self.error.details.get("file") or self.folder)

    @property
    def line(self) -> int | None:
        """The line, counted from 1, where it is known."""
        line = self.error.details.get("line")
        return int(line) if line is not None else None

    @property
    def rule(self) -> str:
        """What is broken."""
        return str(self.error.details.get("rule") or self.error.message)

    @property
    def cure(self) -> str:
        """How to mend it."""
        return str(self.error.details.get("cure") or "")

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "name": self.name,
            "binding_type": self.binding_type,
            "folder": str(self.folder),
            "source": self.source,
            "file": self.file,
            "line": self.line,
            "rule": self.rule,
            "cure": self.cure,
            "message": str(self.error),
        }
