"""A quick clock for somebody else's blocking code: sleeping takes no time, and waiting for a service little."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any
from unittest import mock

from lollms_client.testing.attack_service import RanAway

BRIEF = 0.0005  # seconds that any sleep really takes
PATIENCE = 0.4  # seconds that a connection really waits, where its owner set a limit at all
LONGEST_SLEEP = 4 * 3600.0  # seconds in one call: more is running away


class QuickClock:
    """How far the clock is ahead, in seconds, and since when."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.mark = 0.0

    def begin(self) -> None:
        """A new call begins."""
        self.mark = self.ahead

    @property
    def slept(self) -> float:
        """Seconds slept in this call."""
        return self.ahead - self.mark


CLOCK = QuickClock()


@contextlib.contextmanager
def quick_clock() -> Iterator[QuickClock]:
    """Inside, `time.sleep` puts the clocks of the module time forward instead of waiting."""
    real_sleep, real_time, real_monotonic = time.sleep, time.time, time.monotonic

    def sleep(seconds: float) -> None:
        if seconds > BRIEF * 4:
            CLOCK.ahead += seconds
            if CLOCK.slept > LONGEST_SLEEP:
                raise RanAway(f"it waits without end: {CLOCK.slept:.0f} s so far")
        real_sleep(min(seconds, BRIEF))

    def now() -> float:
        return real_time() + CLOCK.ahead

    def monotonic() -> float:
        return real_monotonic() + CLOCK.ahead

    with (
        mock.patch.object(time, "sleep", sleep),
        mock.patch.object(time, "time", now),
        mock.patch.object(time, "monotonic", monotonic),
    ):
        yield CLOCK


@contextlib.contextmanager
def short_patience(*, really: bool = True) -> Iterator[None]:
    """Inside, every time limit of a socket is a short one; a socket without a limit still waits for ever."""
    if not really:
        yield
        return
    settimeout = socket.socket.settimeout

    def short(self: Any, seconds: float | None) -> None:
        settimeout(self, seconds if seconds is None else min(float(seconds), PATIENCE))

    with mock.patch.object(socket.socket, "settimeout", short):
        yield
