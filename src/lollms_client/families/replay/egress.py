"""Refuses network connections of this process while a recording is replayed."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from lollms_client.drivers.gate import guards
from lollms_client.errors import ForbiddenAddress

_EVENTS = frozenset({
    "socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname",
    "socket.gethostbyaddr",
})  # fmt: skip
_lock = threading.Lock()
_refused: list[list[str]] = []  # one list for each guard in force
_hooked = False


@contextlib.contextmanager
def refusing() -> Iterator[list[str]]:
    """Inside, every attempt of Python code to reach an internet address raises ForbiddenAddress.

    So does every request of a binding in flows, also over a connection that was made before.

    Gives the list of the addresses that were tried. It holds for all threads of the process.
    """
    global _hooked
    tried: list[str] = []
    with _lock:
        if not _hooked:
            sys.addaudithook(_watch)
            _hooked = True
        _refused.append(tried)
        if _refuse_request not in guards:
            guards.append(_refuse_request)
    try:
        yield tried
    finally:
        with _lock:
            _refused[:] = [item for item in _refused if item is not tried]
            if not _refused:
                guards.remove(_refuse_request)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _refused or event not in _EVENTS:
        return
    address = _address(event, arguments)
    if address is not None:
        _refuse(address)


def _refuse_request(url: str) -> None:
    parts = urlsplit(url)
    _refuse(f"{parts.hostname}:{parts.port or parts.scheme}")


def _refuse(address: str) -> None:
    for tried in list(_refused):
        tried.append(address)
    raise ForbiddenAddress(f"{address} was not reached: nothing goes out while a recording is replayed", host=address)


def _address(event: str, arguments: tuple[Any, ...]) -> str | None:
    """The internet address that is tried, None for one of this machine's own sockets."""
    target = arguments[0] if event.startswith("socket.get") else arguments[1]
    if isinstance(target, tuple):
        target = f"{target[0]}:{target[1]}"
    elif not event.startswith("socket.get") or target is None:
        return None  # a path of this machine, or no host at all
    name = target.decode("ascii", "replace") if isinstance(target, bytes) else str(target)
    if sys.platform == "win32" and name.startswith("127.0.0.1:"):
        return None  # event loops are woken over such a connection there
    return name
