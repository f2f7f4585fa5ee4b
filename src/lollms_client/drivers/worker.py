"""The worker: runs a plain generator in a thread for asyncio callers, and hands its items over in batches."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Generator
from typing import Any

from lollms_client.cancel import CancelToken
from lollms_client.flow import Steps, Work

_MOST_WAITING = 1024  # items made ahead of a slow reader; the generator waits beyond that


class Worker:
    """One work in one thread. Daemon threads: a hanging third-party call must not keep the process alive."""

    def __init__(self, work: Work[Any, Any], token: CancelToken) -> None:
        self._loop = asyncio.get_running_loop()
        self._work = work
        self._token = token
        self._items: deque[Any] = deque()
        self._room = threading.Semaphore(_MOST_WAITING)
        self._ready = asyncio.Event()
        self._abandoned = False
        self._done = False
        self._result: Any = None
        self._error: BaseException | None = None
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._main,), name="lollms-worker", daemon=True).start()

    def _main(self) -> None:
        try:
            generator = self._work.start(self._token)
            try:
                self._drain(generator)
            finally:
                generator.close()
        except BaseException as error:  # noqa: BLE001 (the worker's edge: handed to the caller)
            self._error = error
        self._done = True
        self._wake()

    def _drain(self, generator: Generator[Any, None, Any]) -> None:
        while not self._abandoned:
            try:
                item = next(generator)
            except StopIteration as stop:
                self._result = stop.value
                return
            self._room.acquire()
            self._items.append(item)
            self._wake()

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._ready.set)
        except RuntimeError:
            self._abandoned = True  # the loop is closed: nobody waits any more

    async def advance(self) -> Steps[Any, Any]:
        """Wait for items, or for the end."""
        while True:
            done = self._done
            items = [self._items.popleft() for _ in range(len(self._items))]
            for _ in items:
                self._room.release()
            if items:
                return Steps(items=items)
            if done:
                if self._error is not None:
                    raise self._error
                return Steps(items=[], done=True, result=self._result)
            self._ready.clear()
            if not self._items and not self._done:
                await self._ready.wait()

    def abandon(self) -> None:
        """Stop at the next step."""
        self._abandoned = True
        self._room.release()
