"""What the registry knows of a binding, of the places it shadows, and of what is wrong."""

from __future__ import annotations

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


class BindingEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One binding of one modality, as found; nothing of it was imported."""

    name: str
    binding_type: str  # "" where it could not be told
    folder: Path
    source: str
    manifest: Manifest | None = None  # None: it is wrong, see `problem`
    problem: ConfigurationError | None = None
    shadows: tuple[Place, ...] = ()  # less specific places that hold a binding of this name and modality
    module: str = ""  # the dotted name it is imported under; "" for a folder outside every package

    @property
    def title(self) -> str:
        """The manifest's title, or else the name."""
        return self.manifest.title if self.manifest and self.manifest.title else self.name


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
            "name": self.name, "binding_type": self.binding_type, "folder": str(self.folder), "source": self.source,
            "file": self.file, "line": self.line, "rule": self.rule, "cure": self.cure, "message": str(self.error),
        }  # fmt: skip
