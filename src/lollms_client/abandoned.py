"""Ends somebody else's blocking code whose call was given up: the socket, loop or program it waits for is closed."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

# what a thread does when it begins another request
_REQUESTS = frozenset(("socket.connect", "http.client.connect", "http.client.send", "subprocess.Popen"))
_LONGEST_PAUSE = 0.5  # seconds
_given_up: set[int] = set()  # idents of threads that still run for a call that nobody waits for
_lock = threading.RLock()  # a generator that is collected inside the block may give up its call
_watching = False


class BlockingCall:
    """A block of blocking code, in the thread that enters it; `give_up`, from any other thread, ends its waiting.

    Given up, the code finds the connection that it waits on closed, the tasks of the event loop that it runs
    cancelled, the program that it waits for killed; and whatever it then begins (a connection, a request, a program)
    raises ConnectionAbortedError. So the service sees that nobody waits any more, and no retry of the code's own
    makes it work again. Code that computes is not stopped.
    """

    def __init__(self) -> None:
        self._ident: int | None = None
        self._outer: FrameType | None = None  # that entered the block; what waits is further in
        self._unwanted = False

    def __enter__(self) -> BlockingCall:
        with _lock:
            self._ident, self._outer = threading.get_ident(), sys._getframe(1)
            if self._unwanted:
                _refuse(self._ident)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _lock:
            _given_up.discard(threading.get_ident())
            self._ident = self._outer = None

    def give_up(self) -> None:
        """End what the code waits for, now and later; nothing happens where it has ended."""
        with _lock:
            if self._unwanted:
                return
            self._unwanted = True
            if self._ident is None:
                return
            _refuse(self._ident)
        if self._end_waiting():
            threading.Thread(target=self._end_all, name="lollms-giving-up", daemon=True).start()

    def _end_all(self) -> None:
        """Look again until the code has ended: it may have been about to wait, or waits for something else now."""
        pause = 0.001
        while self._end_waiting():
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _end_waiting(self) -> bool:
        """End what the code waits for at this moment. Whether it still runs."""
        with _lock:
            if self._ident is None:
                return False
            for end in _ends(sys._current_frames().get(self._ident), self._outer):
                with contextlib.suppress(OSError, RuntimeError):  # it ended by itself
                    end()
                break
            return True


def _refuse(ident: int) -> None:
    """Let that thread begin nothing any more. Python's audit events tell what it begins."""
    global _watching
    _given_up.add(ident)
    if not _watching:
        _watching = True
        sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _REQUESTS and threading.get_ident() in _given_up:
        raise ConnectionAbortedError("the call was given up")


def _ends(frame: FrameType | None, outer: FrameType | None) -> Iterator[Callable[[], Any]]:
    """How to end what a thread waits for, the innermost first."""
    while frame is not None and frame is not outer:
        for value in list(frame.f_locals.values()):
            end = _end_of(value, frame)
            if end is not None:
                yield end
        frame = frame.f_back


def _end_of(value: Any, frame: FrameType) -> Callable[[], Any] | None:
    if isinstance(value, subprocess.Popen):
        return value.kill if frame.f_globals.get("__name__") == "subprocess" else None
    if _is_running_loop(value):
        return lambda: value.call_soon_threadsafe(_cancel_all, value)
    found = value
    if not isinstance(value, socket.socket):
        own = _attributes(value)
        found = own.get("_sock", own.get("sock"))
    if not isinstance(found, socket.socket) or found.fileno() < 0:
        return None
    # the plain socket's own method: that of a TLS socket changes what the other thread is using
    return lambda: socket.socket.shutdown(found, socket.SHUT_RDWR)


def _attributes(value: Any) -> dict[str, Any]:
    """An object's own attributes, without running code of its class."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return found if type(found) is dict else {}


def _is_running_loop(value: Any) -> bool:
    if "asyncio" not in sys.modules:
        return False
    from asyncio import AbstractEventLoop

    return isinstance(value, AbstractEventLoop) and value.is_running()


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    from asyncio import all_tasks

    for task in all_tasks(loop):
        task.cancel()
