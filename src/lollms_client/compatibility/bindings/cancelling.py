"""The cancel API of language-model bindings: it ends the calls that run now, and never a later one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class RunningCalls:
    """Stands where bindings expect one `threading.Event`; each call has an event of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[threading.Event] = set()
        self._current: ContextVar[threading.Event | None] = ContextVar("running call", default=None)

    @contextmanager
    def call(self) -> Iterator[threading.Event]:
        """A call runs while the block runs; one inside another is the same call."""
        outer = self._current.get()
        if outer is not None:
            yield outer
            return
        event = threading.Event()
        with self._lock:
            self._running.add(event)
        token = self._current.set(event)
        try:
            yield event
        finally:
            self._current.reset(token)
            with self._lock:
                self._running.discard(event)

    def set(self) -> None:
        """End all calls that run now."""
        with self._lock:
            for event in self._running:
                event.set()

    def is_set(self) -> bool:
        """Whether the current call was cancelled; in a thread of the binding's own: whether all that run were."""
        current = self._current.get()
        if current is not None:
            return current.is_set()
        with self._lock:
            return bool(self._running) and all(event.is_set() for event in self._running)

    def clear(self) -> None:
        """Take back the cancelling of the current call; other calls are no business of the caller's."""
        current = self._current.get()
        if current is not None:
            current.clear()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the current call is cancelled."""
        current = self._current.get()
        return current.wait(timeout) if current is not None else self.is_set()
