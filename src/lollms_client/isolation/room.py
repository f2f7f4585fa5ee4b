"""Keeps one worker process for a binding: started when needed, again after a crash, ended when idle or closed."""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Callable, Generator
from typing import Any

from lollms_client import errors
from lollms_client.cancel import CancelToken
from lollms_client.flow import Steps
from lollms_client.isolation.calls import CallPlan, Event, RemoteCall
from lollms_client.isolation.process import WorkerProcess
from lollms_client.settings.reserved import Isolation

_CLOSING_SECONDS = 5.0  # that a closed binding may take to give back what it holds
_ATTEMPTS = 3  # for a call whose process died before it began
_rooms: weakref.WeakSet[WorkerRoom] = weakref.WeakSet()


class WorkerRoom:
    """The place of a binding's worker process. `start` makes one; safe to use from several threads."""

    def __init__(self, start: Callable[[], WorkerProcess], isolation: Isolation) -> None:
        self._start = start
        self._isolation = isolation
        self._process: WorkerProcess | None = None
        self._lock = threading.Lock()
        self._idle: threading.Timer | None = None
        _rooms.add(self)

    def renew_lock(self) -> None:
        """In a forked copy of this process: the lock may have been held by a thread that is not there."""
        self._lock = threading.Lock()
        self._process = self._idle = None

    @property
    def process(self) -> WorkerProcess | None:
        """The process, where one is running."""
        process = self._process
        return process if process is not None and process.usable else None

    def ready(self) -> WorkerProcess | None:
        """The process, if a call can go to it without waiting."""
        process = self.process
        return process if process is not None and process.certain else None

    def enter(self) -> WorkerProcess:
        """The process, started if there is none, once it is ready for calls. Raises what its start failed with."""
        attempts = 0
        while True:
            attempts += 1
            with self._lock:
                process = self._process
                if process is None or not process.usable:
                    process = self._process = self._start()
            process.wait_certain()
            if process.usable or attempts == _ATTEMPTS:
                return process  # a call to one that died all the same is told how

    def kill(self, reason: str) -> None:
        """End the process at once."""
        process = self._process
        if process is not None:
            process.kill(reason)

    def close(self) -> None:
        """End the process; the next call starts another one."""
        with self._lock:
            process, self._process = self._process, None
            if self._idle is not None:
                self._idle.cancel()
        if process is not None:
            process.stop(_CLOSING_SECONDS)

    # --- calls ---

    def call(self, plan: CallPlan, token: CancelToken) -> Generator[Any, None, Any]:
        """The steps of a call, for a waiting thread: progress and Items, then the result."""
        for attempt in range(1, _ATTEMPTS + 1):
            token.check()
            call = self._begin(self.enter(), plan, token)
            try:
                return (yield from call.steps())
            except errors.ProcessDied:
                if call.begun or attempt == _ATTEMPTS:
                    raise
            finally:
                self._wait_for_work()
        raise AssertionError("unreachable")

    def attend(self, plan: CallPlan, token: CancelToken) -> AsyncSteps:
        """The steps of a call, for asyncio."""
        return AsyncSteps(self, plan, token)

    def _begin(self, process: WorkerProcess, plan: CallPlan, token: CancelToken) -> RemoteCall:
        if self._idle is not None:
            self._idle.cancel()
        return RemoteCall(process, plan, token, self._isolation.grace)

    def _wait_for_work(self) -> None:
        """A call is over: where nothing comes for the idle time, the process ends."""
        if self._isolation.idle <= 0:
            return
        with self._lock:
            if self._idle is not None:
                self._idle.cancel()
            self._idle = threading.Timer(self._isolation.idle, self._end_if_idle)
            self._idle.daemon = True
            self._idle.start()

    def _end_if_idle(self) -> None:
        process = self._process
        if process is not None and not process.busy:
            self.close()


class AsyncSteps:
    """A call's handle for asyncio: no thread waits for it."""

    def __init__(self, room: WorkerRoom, plan: CallPlan, token: CancelToken) -> None:
        self._room, self._plan, self._token = room, plan, token
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()
        self._call: RemoteCall | None = None
        self._attempts = 0
        self._abandoned = False

    async def advance(self) -> Steps[Any, Any]:
        """What has come since the last time; waits until there is something."""
        while True:
            call = self._call or await self._begin()
            self._ready.clear()
            items: list[Any] = []
            for event in call.events_now():
                if self._again(call, event):
                    break
                items += self._made(call, event)
                if event[0] == "end":
                    return Steps(items=items, done=True, result=event[1])
            if items:
                return Steps(items=items)
            if self._call is not None:
                await self._ready.wait()

    def _made(self, call: RemoteCall, event: Event) -> list[Any]:
        try:
            return call.made(event)
        except BaseException:
            self.abandon()
            raise

    def _again(self, call: RemoteCall, event: Event) -> bool:
        """Whether the call has to be begun anew, in another process."""
        if not call.gone_before_it_began(event) or self._attempts >= _ATTEMPTS:
            return False
        self._call = None
        return True

    async def _begin(self) -> RemoteCall:
        self._attempts += 1
        process = self._room.ready()
        if process is None:
            process = await asyncio.to_thread(self._room.enter)
        if self._abandoned:
            raise self._token.error()
        call = self._call = self._room._begin(process, self._plan, self._token)
        call.notify = self._tell
        return call

    def _tell(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._ready.set)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    def abandon(self) -> None:
        """Give the call up."""
        self._abandoned = True
        if self._call is not None:
            self._call.finish()
        self._room._wait_for_work()


def _renew_locks() -> None:
    for room in list(_rooms):
        room.renew_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
