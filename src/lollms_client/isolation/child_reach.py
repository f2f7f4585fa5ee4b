"""Refuses in the worker process what the manifest does not declare: a seat belt against mistakes, no prison.

It hears Python's audit events. Native code that calls the system itself is not heard, and code that wants to get around
it can.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lollms_client.home import lollms_home
from lollms_client.manifest import Manifest
from lollms_client.manifest.model import PACKAGE_FOLDER
from lollms_client.manifest.reach import (
    declared_reach,
    host_is_declared,
    hosts_of_settings,
    ordinary_places,
    path_is_declared,
    process_is_declared,
)

_STARTING = {"subprocess.Popen": 0, "os.system": 0, "os.exec": 0, "os.posix_spawn": 0}
_CHANGING = frozenset(
    {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown"}
)
_PATH_EVENTS = _CHANGING | {"open", "os.listdir", "os.scandir"}


class _Guard:
    """What is declared, and what follows from it."""

    def __init__(self, manifest: Manifest, settings: Mapping[str, Any]) -> None:
        self.manifest = manifest
        proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
        self.hosts = (*declared_reach(manifest, "hosts"), *hosts_of_settings(settings), *hosts_of_settings(proxies))
        self.processes = declared_reach(manifest, "processes")
        own = [text for value in settings.values() if isinstance(text := value, str) and _looks_like_path(text)]
        self.writable = (*declared_reach(manifest, "paths"), *ordinary_places(manifest), *own)
        python = [*sys.path, sys.prefix, sys.base_prefix, sys.exec_prefix]
        self.readable = (*self.writable, str(manifest.folder), str(PACKAGE_FOLDER), *filter(None, python))
        self.home = (str(Path("~").expanduser()), str(lollms_home()))
        self.addresses: set[str] = set()  # of the hosts that may be reached
        self._inside = threading.local()

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit event; raises PermissionError for what is not declared."""
        if getattr(self._inside, "busy", False):
            return
        if event not in _PATH_EVENTS and event not in _STARTING and not event.startswith("socket."):
            return
        self._inside.busy = True
        try:
            self._judge(event, arguments)
        finally:
            self._inside.busy = False

    def _judge(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.getaddrinfo":
            self._name(arguments[0])
        elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
            self._address(str(arguments[1][0]))
        elif event in _STARTING:
            program = arguments[0]
            self._process(os.fsdecode(program if isinstance(program, str | bytes | os.PathLike) else program[0]))
        elif event == "open":
            self._path(arguments[0], changes=_writes(arguments))
        elif event in _PATH_EVENTS:
            self._path(arguments[0], changes=event in _CHANGING)

    def _name(self, host: Any) -> None:
        name = os.fsdecode(host) if isinstance(host, str | bytes) else ""
        if name and name not in self.addresses and not host_is_declared(name, self.hosts):
            raise self._refusal("host", name, "hosts")

    def _address(self, address: str) -> None:
        if address not in self.addresses and not host_is_declared(address, self.hosts):
            raise self._refusal("host", address, "hosts")

    def _process(self, program: str) -> None:
        word = program.split()[0] if program.split() else program
        if not process_is_declared(word, self.processes):
            raise self._refusal("process", word, "processes")

    def _path(self, path: Any, *, changes: bool) -> None:
        """Writing is open where it is declared; reading is closed in the user's own folders alone."""
        if not isinstance(path, str | bytes | os.PathLike):
            return
        text = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 (no resolving: the path may not exist)
        if changes:
            if not path_is_declared(text, self.writable):
                raise self._refusal("path", text, "paths")
        elif path_is_declared(text, self.home) and not path_is_declared(text, self.readable):
            raise self._refusal("path", text, "paths")

    def _refusal(self, what: str, seen: str, kind: str) -> PermissionError:
        text = f"the {what} {seen} is not declared in the manifest of {self.manifest.name} under reach: {kind}"
        return PermissionError(errno.EACCES, text)


def _writes(arguments: tuple[Any, ...]) -> bool:
    mode, flags = (*arguments[1:3], None, None)[:2]
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def _looks_like_path(text: str) -> bool:
    return (os.sep in text or text.startswith("~")) and "://" not in text


def enforce_reach(manifest: Manifest, settings: Mapping[str, Any]) -> None:
    """Refuse from now on what the manifest, and the user's own settings, do not name. It cannot be undone."""
    guard = _Guard(manifest, settings)
    resolve = socket.getaddrinfo

    def remembering(host: Any, *arguments: Any, **options: Any) -> Any:
        found = resolve(host, *arguments, **options)
        guard.addresses.update(str(entry[4][0]) for entry in found)
        return found

    socket.getaddrinfo = remembering
    sys.addaudithook(guard.hear)
