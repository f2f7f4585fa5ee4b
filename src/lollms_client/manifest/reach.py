"""What a binding may reach (hosts, paths, processes): as its manifest declares it, against what was seen of it."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any, Literal

import msgspec

from lollms_client.home import lollms_home
from lollms_client.manifest.model import Manifest

ReachKind = Literal["hosts", "paths", "processes"]
REACH_KINDS: tuple[ReachKind, ...] = ("hosts", "paths", "processes")
# a name, an address, or a pattern with `*`; with a port where only that one is meant
HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+|[^\s/:@?#\[\]]+)(:(\*|[0-9]{1,5}))?")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s/@]*@)?(\[[^\]/]*\]|[^\s/:?#]+)(?::(\d+))?")
_ADDRESS_SETTINGS = ("host", "host_address", "base_url", "server", "url", "endpoint", "api_base")
_OWN_FOLDERS = ("assets", "cache", "data")  # of the home of lollms_client, open to every binding


class ReachFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a binding reached and that its manifest does not declare."""

    kind: ReachKind
    seen: str
    declared: tuple[str, ...]

    def __str__(self) -> str:
        what = {"hosts": "the host", "paths": "the path", "processes": "the process"}[self.kind]
        known = f"declared are {', '.join(self.declared)}" if self.declared else "none is declared"
        return f"it reached {what} {self.seen}, which its manifest does not declare under reach: {self.kind} ({known})"


def declared_reach(manifest: Manifest, kind: ReachKind) -> tuple[str, ...]:
    """The hosts, paths or processes that a manifest declares; () where it declares none."""
    value = manifest.reach.get(kind) or ()
    return (value,) if isinstance(value, str) else tuple(map(str, value))


def reach_is_declared(manifest: Manifest) -> bool:
    """Whether the author said anything of what the binding reaches; an empty list says that there is nothing."""
    return bool(manifest.reach) or manifest.offline


def compare_reach(
    manifest: Manifest,
    seen_hosts: Iterable[str] = (),
    seen_paths: Iterable[str | os.PathLike[str]] = (),
    seen_processes: Iterable[str] = (),
    *,
    settings: Mapping[str, Any] | None = None,
) -> tuple[ReachFinding, ...]:
    """What was reached without being declared, each once, in the order in which it was seen.

    `seen_hosts` are names or addresses, with or without a port; `seen_paths` files or folders that were written;
    `seen_processes` the programs that were started (a name, a path, or a command line's first word). A host that the
    user's own `settings` name is declared by the user.
    """
    hosts = (*declared_reach(manifest, "hosts"), *hosts_of_settings(settings or {}))
    paths = (*declared_reach(manifest, "paths"), *ordinary_places(manifest))
    processes = declared_reach(manifest, "processes")
    found: dict[tuple[ReachKind, str], None] = {}
    for host in seen_hosts:
        if not host_is_declared(host, hosts):
            found["hosts", host] = None
    for path in (os.fspath(item) for item in seen_paths):
        if not path_is_declared(path, paths):
            found["paths", path] = None
    for process in seen_processes:
        if not process_is_declared(process, processes):
            found["processes", process] = None
    return tuple(ReachFinding(kind=kind, seen=seen, declared=declared_reach(manifest, kind)) for kind, seen in found)


def hosts_of_settings(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The hosts that the user's settings name: in addresses, and in settings such as `host`."""
    found: list[str] = []
    for name, value in settings.items():
        if not isinstance(value, str):
            continue
        match = _ADDRESS.match(value)
        if match is not None:
            found.append(match[1].strip("[]"))
        elif name in _ADDRESS_SETTINGS and HOST.fullmatch(value):
            found.append(split_port(value)[0])
    return tuple(found)


def host_is_declared(seen: str, declared: Iterable[str]) -> bool:
    """Whether a host, with or without a port, is one of those declared; `*` in them stands for anything."""
    host, port = split_port(seen)
    for pattern in declared:
        name, wanted = split_port(pattern)
        if wanted not in ("", "*") and port and wanted != port:
            continue
        if _pattern(name).fullmatch(host):
            return True
    return False


def _pattern(name: str) -> re.Pattern[str]:
    pieces = re.split(r"\*|\{[^}]*\}", name.lower())
    return re.compile(".+".join(map(re.escape, pieces)))


def split_port(host: str) -> tuple[str, str]:
    """A host, in lower case and without brackets, and its port ("" where none is said)."""
    text = host.strip().lower().rstrip(".")
    if text.startswith("["):
        name, _, rest = text[1:].partition("]")
        return name, rest.removeprefix(":")
    if text.count(":") == 1:
        name, _, port = text.partition(":")
        return name.rstrip("."), port
    return text, ""


def path_is_declared(seen: str, declared: Iterable[str]) -> bool:
    """Whether a path is one of those declared or lies inside one; `~` and variables such as $HOME are understood."""
    path = _resolved(seen)
    for text in declared:
        place = _resolved(text)
        if path == place or place in path.parents:
            return True
        if "*" in text and any(item.match(str(place)) for item in (path, *path.parents)):
            return True
    return False


def _resolved(text: str) -> Path:
    expanded = os.path.expandvars(Path(text).expanduser())
    return Path(os.path.realpath(expanded))


def ordinary_places(manifest: Manifest) -> tuple[str, ...]:
    """Where every binding may write without saying so: temporary files, and its data in the home of lollms_client."""
    home = lollms_home()
    places = [tempfile.gettempdir(), os.devnull, *(str(home / name) for name in _OWN_FOLDERS)]
    places.append(str(manifest.folder / "__pycache__"))
    if sys.platform.startswith("linux"):
        places += ["/dev", "/proc/self"]
    return tuple(places)


def process_is_declared(seen: str, declared: Iterable[str]) -> bool:
    """Whether a program is one of those declared: by its name, or by its path where a path is declared."""
    name = _program(seen)
    for text in declared:
        if text == "*" or text == seen:
            return True
        if ("/" in text or "\\" in text) and _resolved(text) == _resolved(seen):
            return True
        wanted = _program(text)
        if "/" not in text and (name == wanted or (wanted == "python" and re.fullmatch(r"python[\d.]*", name))):
            return True
    return False


def _program(command: str) -> str:
    name = PurePath(command.replace("\\", "/")).name.lower()
    return name.removesuffix(".exe")


def reach_lines(manifest: Manifest) -> list[str]:
    """What a binding may reach, a line for each kind, for a person who decides whether to install it."""
    if not manifest.reach:
        if manifest.offline:
            return ["hosts: none; it says that it works offline"]
        return ["NOT DECLARED: its author does not say which hosts, paths and processes it reaches"]
    lines = []
    for kind in REACH_KINDS:
        declared = declared_reach(manifest, kind)
        if declared:
            lines.append(f"{kind}: {', '.join(declared)}")
        else:
            lines.append(f"{kind}: none" if kind in manifest.reach else f"{kind}: none declared")
    return lines
