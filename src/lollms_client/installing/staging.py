"""The files of a source, written one by one into a folder of ours: safe names, limited sizes, no permissions."""

from __future__ import annotations

import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from lollms_client.installing.objections import InstallRefused, Objection, refusal

MOST_FILES = 5_000
MOST_BYTES = 200_000_000
_LONGEST_PATH = 240
DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}
_LEFT_OUT = {
    "__pycache__",
    ".git",
    ".hg",
    ".svn",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    "__MACOSX",
    ".DS_Store",
}


class Stage:
    """Takes files under their relative paths. `objections` gathers what the user has to allow."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder
        self.source = source
        self.objections: list[Objection] = []
        self._seen: dict[str, str] = {}
        self._folders: dict[str, str] = {}
        self._bytes = 0

    def object(self, kind: str, path: str, why: str) -> None:
        """Note something that the user has to allow."""
        self.objections.append(Objection(kind=kind, path=path, why=why))

    def wants(self, path: str) -> bool:
        """Whether a file is taken at all: compiled code and a repository's own data are left out."""
        parts = path.split("/")
        return not (_LEFT_OUT.intersection(parts) or path.endswith((".pyc", ".pyo")))

    def add(self, path: str, mode: int, pieces: Iterable[bytes]) -> None:
        """Write one file. `mode` holds POSIX permission bits, of which none are kept. Raises InstallRefused."""
        self._check_name(path)
        if mode & (stat.S_ISUID | stat.S_ISGID):
            self.object("setuid", path, "it has setuid or setgid permission")
        target = self.folder.joinpath(*path.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as stream:
            for piece in pieces:
                self._bytes += len(piece)
                if self._bytes > MOST_BYTES:
                    raise self.refusal(path, f"there is more than {MOST_BYTES // 10**6} MB")
                stream.write(piece)

    def refusal(self, path: str, why: str) -> InstallRefused:
        """The error for something that nobody may allow."""
        return refusal(self.source, path, why)

    def _check_name(self, path: str) -> None:
        parts = path.split("/")
        if path.startswith(("/", "~")) or "\\" in path or ":" in path or PurePosixPath(path).is_absolute():
            raise self.refusal(path, "its path is absolute, or no plain path")
        if ".." in parts or "." in parts or "" in parts:
            raise self.refusal(path, "its path leads elsewhere")
        if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in path):
            raise self.refusal(ascii(path), "its name holds characters that are not seen")
        if len(path) > _LONGEST_PATH:
            raise self.refusal(path[:80] + "…", f"its path is longer than {_LONGEST_PATH} characters")
        for part in parts:
            if part.partition(".")[0].lower().strip() in DEVICES or part.endswith((".", " ")):
                raise self.refusal(path, "its name means something else on Windows")
        self._check_collisions(path, parts)
        if len(self._seen) > MOST_FILES:
            raise self.refusal("", f"there are more than {MOST_FILES} files")

    def _check_collisions(self, path: str, parts: list[str]) -> None:
        """Two names that are one on some systems, or a name that is a file and a folder."""
        folded = unicodedata.normalize("NFC", path).casefold()
        for count in range(1, len(parts)):
            prefix = "/".join(parts[:count])
            key = unicodedata.normalize("NFC", prefix).casefold()
            if key in self._seen or self._folders.setdefault(key, prefix) != prefix:
                raise self.refusal(path, f"it collides with {self._seen.get(key) or self._folders[key]}")
        if folded in self._seen or folded in self._folders:
            other = self._seen.get(folded) or self._folders[folded]
            raise self.refusal(path, f"it collides with {other} on systems that take both names for one")
        self._seen[folded] = path
