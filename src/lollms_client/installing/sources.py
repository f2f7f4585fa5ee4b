"""Where a binding is to be installed from: a folder, a wheel, a zip or a git repository, told by how it is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

import msgspec

from lollms_client.errors import BadSetting

SourceKind = Literal["folder", "wheel", "zip", "git"]
_SCHEME = re.compile(r"(?:git\+)?(https|ssh|file|http|git|ext)://", re.IGNORECASE)
_SCP = re.compile(r"(?:git\+)?([A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:)(?!//)(\S+)")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One place. `address` is a path or a git address; `ref` a branch, tag or commit ("" for the usual branch)."""

    kind: SourceKind
    address: str
    ref: str = ""
    subdirectory: str = ""

    @property
    def shown(self) -> str:
        """The source for a person and for the records, without a password."""
        ref = f"@{self.ref}" if self.ref else ""
        inner = f"#subdirectory={self.subdirectory}" if self.subdirectory else ""
        address = self.address
        if self.kind == "git" and not address.startswith("ssh://"):
            address = _CREDENTIALS.sub("", address)
        return f"{address}{ref}{inner}"

    @property
    def name(self) -> str:
        """What the source itself is called, for a binding that lies at its top."""
        path = self.subdirectory or self.address.rstrip("/\\")
        last = re.split(r"[/\\:]", path.rstrip("/\\"))[-1]
        for ending in (".git", ".whl", ".zip"):
            last = last.removesuffix(ending)
        return last


def looks_like_source(text: str) -> bool:
    """Whether a text is a source rather than the name of a binding that is there already."""
    if _SCHEME.match(text) or _SCP.fullmatch(text) or text.lower().endswith((".whl", ".zip", ".git")):
        return True
    return "/" in text or "\\" in text or text in (".", "..")


def read_source(text: str) -> Source:
    """The source that a text names. Raises BadSetting where it is none that can be installed from."""
    given = text.strip()
    if _SCHEME.match(given) or _SCP.fullmatch(given):
        return _git(given)
    path = Path(given).expanduser()
    if path.is_dir():
        return Source(kind="folder", address=str(path.resolve()))
    if not path.exists():
        raise _bad(f"there is no file or folder {given!r}")
    kind: SourceKind | None = {".whl": "wheel", ".zip": "zip"}.get(path.suffix.lower())  # type: ignore[assignment]
    if kind is None:
        raise _bad(f"{given!r} is neither a folder nor a .whl or .zip file")
    return Source(kind=kind, address=str(path.resolve()))


def _git(text: str) -> Source:
    address, _, fragment = text.removeprefix("git+").partition("#")
    inner = ""
    for part in fragment.split("&"):
        key, _, value = part.partition("=")
        if key == "subdirectory":
            inner = unquote(value).strip("/")
        elif key and key != "egg":
            raise _bad(f"{part!r} after # is not understood: write #subdirectory=FOLDER")
    scheme = _SCHEME.match(address)
    if scheme is not None and scheme[1].lower() not in ("https", "ssh", "file"):
        raise _bad(f"{scheme[1]}:// is not safe to install from: use https, ssh or file")
    if address.lower().endswith((".whl", ".zip", ".tar.gz")):
        raise _bad("files are not fetched from the network: download it, look at it, and give its path")
    start = address.index("://") + 3 if scheme is not None else address.index(":")
    path_start = address.find("/", start) if scheme is not None else start
    path, at, ref = address[path_start:].rpartition("@") if path_start >= 0 else ("", "", "")
    if at and not Path(unquote(address[path_start:])).is_dir():
        address = address[:path_start] + path
    else:
        at = ref = ""
    if ref.startswith("-") or (at and not ref) or any(letter.isspace() or ord(letter) < 32 for letter in address + ref):
        raise _bad("the address or what follows its @ is not understood")
    if ".." in inner.split("/"):
        raise _bad("the subdirectory leads out of the repository")
    return Source(kind="git", address=address, ref=ref, subdirectory=inner)


def _bad(why: str) -> BadSetting:
    forms = (
        "a folder, a .whl or .zip file, or a git address such as https://example.org/me/it.git@v1#subdirectory=inner"
    )
    return BadSetting(f"{why}; install takes the name of a binding, {forms}", setting="source")
