"""Leads threads through a binding's own code line by line, side by side: each waits until all have come as far."""

from __future__ import annotations

import threading
from types import FrameType
from typing import Any

from lollms_client.testing.own_frames import OwnCode

_MOST_LINES = 400  # of one thread; after them it runs on alone
_PATIENCE = 0.4  # seconds for which the others are waited for; who is busy elsewhere is then left out
_GONE = 10**9


class Turns:
    """Make one for some calls at once, and let their threads be traced with `trace`."""

    def __init__(self, count: int, own: OwnCode) -> None:
        self._own = own
        self._count = count
        self._reached: dict[int, int] = {}  # lines by thread
        self._late: set[int] = set()
        self._moved = threading.Condition()

    def trace(self, frame: FrameType, event: str, given: Any) -> Any:
        """The trace function: lines of the binding alone are looked at."""
        return self._at_line if self._own.holds(frame.f_code.co_filename) else None

    def leave(self) -> None:
        """The calling thread is through; nobody waits for it."""
        with self._moved:
            if threading.get_ident() not in self._reached:
                self._count -= 1
            self._reached[threading.get_ident()] = _GONE
            self._moved.notify_all()

    def _at_line(self, frame: FrameType, event: str, given: Any) -> Any:
        if event == "line":
            with self._moved:
                self._wait(threading.get_ident())
        return self._at_line

    def _wait(self, me: int) -> None:
        line = self._reached.get(me, 0) + 1
        self._reached[me] = line if line <= _MOST_LINES else _GONE
        self._late.discard(me)
        self._moved.notify_all()
        if line > _MOST_LINES or self._moved.wait_for(lambda: self._all_reached(line), _PATIENCE):
            return
        self._late |= {thread for thread, reached in self._reached.items() if reached < line}
        self._count = min(self._count, len(self._reached))

    def _all_reached(self, line: int) -> bool:
        there = [reached for thread, reached in self._reached.items() if thread not in self._late]
        return len(self._reached) >= self._count and min(there) >= line
