"""Notes what holds up an event loop: waiting of a binding's code in the loop's own thread, seen as it begins."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from lollms_client.testing.own_frames import OwnCode, frames

_NAMES = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")


class LoopWatch:
    """Watches the calls that wait. `found` holds each of them once, in words. Make one only: audit hooks stay."""

    def __init__(self, own: OwnCode) -> None:
        self.found: list[str] = []
        self._own = own
        self._on = False
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on or asyncio._get_running_loop() is None:
            return
        if event == "socket.connect" and _waits(arguments[0]):
            self._note("opens a connection and waits for it")
        elif event in _NAMES:
            self._note("looks up a host name and waits for it")

    def _note(self, what: str) -> None:
        frame = self._own.frame(2)
        if frame is None or _starts_a_thread():
            return
        words = f"{self._own.place(frame.f_code.co_filename, frame.f_lineno)} {what}"
        if words not in self.found:
            self.found.append(words)

    @contextlib.contextmanager
    def ready(self) -> Iterator[None]:
        """Put the watched functions in place; inside this the binding is loaded, which may take them by name."""
        with contextlib.ExitStack() as stack:
            for holder, name, what in _WAITING:
                changed = self._noting(getattr(holder, name), what)
                stack.enter_context(mock.patch.object(holder, name, changed))
            yield

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        """Watch inside."""
        self._on = True
        try:
            yield
        finally:
            self._on = False

    def _noting(self, really: Callable[..., Any], what: str) -> Callable[..., Any]:
        def noting(*arguments: Any, **named: Any) -> Any:
            if self._on and asyncio._get_running_loop() is not None and not _at_once(arguments, named):
                self._note(what)
            return really(*arguments, **named)

        return noting


_WAITING: tuple[tuple[Any, str, str], ...] = (
    (time, "sleep", "sleeps"),
    (subprocess.Popen, "wait", "waits for a process"),
    (subprocess.Popen, "communicate", "waits for a process"),
    (threading.Thread, "join", "waits for a thread"),
    (threading.Condition, "wait", "waits for another thread"),
)


def _at_once(arguments: tuple[Any, ...], named: dict[str, Any]) -> bool:
    """Whether a call waits no time at all."""
    return any(value == 0 for value in (*arguments[:2], *named.values()) if isinstance(value, int | float))


def _waits(sock: Any) -> bool:
    return isinstance(sock, socket.socket) and sock.gettimeout() != 0


def _starts_a_thread() -> bool:
    """Whether it is the start of a thread, which waits for that thread's first breath."""
    return any(frame.f_code is _START for frame in frames(3))


_START = threading.Thread.start.__code__

__all__ = ["LoopWatch"]
