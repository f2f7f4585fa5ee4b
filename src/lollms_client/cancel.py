"""Cancellation: a token that any thread may trip and that calls check, or are told by."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from lollms_client.errors import Cancelled


class CancelToken:
    """Give it to a call as `cancel=`; `cancel()` from any thread then ends that call with `Cancelled`.

    A token is for one call or for a group of calls; once tripped it stays tripped. The token that a driver hands to
    a work says too whether the caller can end that call (`bounded`), and by when it must be done (`deadline`, on the
    monotonic clock).
    """

    __slots__ = ("_callbacks", "_lock", "_tripped", "bounded", "deadline", "reason", "timeouts")

    def __init__(self) -> None:
        self._tripped = False
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self.reason = ""
        self.bounded = False
        self.deadline: float | None = None
        self.timeouts: Any = None  # the call's flow.Timeouts, where a driver knows them

    @property
    def cancelled(self) -> bool:
        """Whether somebody called `cancel`."""
        return self._tripped

    def cancel(self, reason: str = "") -> None:
        """Trip the token: calls that hold it end as soon as they can."""
        with self._lock:
            if self._tripped:
                return
            self._tripped, self.reason = True, reason
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def check(self) -> None:
        """Raise `Cancelled` if the token was tripped."""
        if self._tripped:
            raise self.error()

    def error(self) -> Cancelled:
        """The error that a cancelled call ends with."""
        return Cancelled(f"the call was cancelled: {self.reason}" if self.reason else "the call was cancelled")

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` (once, from the cancelling thread) when tripped; returns a function that forgets it."""
        with self._lock:
            if not self._tripped:
                self._callbacks.append(callback)
                return lambda: self._forget(callback)
        callback()
        return lambda: None

    def _forget(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)
