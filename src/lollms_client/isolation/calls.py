"""One call to a worker process: waited for by a thread or by asyncio, cancelled, killed where it does not listen."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

from lollms_client import errors
from lollms_client.cancel import CancelToken
from lollms_client.drivers.context import CLEAN_UP_SECONDS, timed_out
from lollms_client.isolation.failures import pack_error
from lollms_client.isolation.process import WorkerProcess
from lollms_client.isolation.values import Packer
from lollms_client.types.accounting import Progress

_PATIENCE = 0.25  # seconds that a cancelled caller waits for the worker to say that it has heard
Event = tuple[Any, ...]


class Item:
    """Something that a stream gave, apart from progress."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class CallPlan:
    """What is to be called: `way` is coroutine, asyncgen, method, get or set."""

    __slots__ = ("arguments", "keywords", "name", "way")

    def __init__(self, way: str, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        self.way, self.name, self.arguments, self.keywords = way, name, arguments, keywords


def _current_folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 (it runs at each call)
    except OSError:
        return ""


class RemoteCall:
    """One call in one worker process."""

    def __init__(self, process: WorkerProcess, plan: CallPlan, token: CancelToken, grace: float) -> None:
        self.number = 0
        self.begun = False
        self.over = False
        self.notify: Callable[[], None] | None = None  # told of every event, for asyncio
        self._process = process
        self._grace = grace
        self._token = token
        self._functions: list[Callable[..., Any]] = []
        self._function_error: BaseException | None = None
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._cancelled_at: float | None = None
        self._tidying = False
        self._timer: threading.Timer | None = None
        packer = Packer(reveal=True, functions=self._number_function)
        arguments = [packer.pack(item) for item in plan.arguments]
        keywords = {name: packer.pack(item) for name, item in plan.keywords.items()}
        limits = self._limits()
        place = _current_folder()
        process.begin(self, lambda number: ["call", number, plan.way, plan.name, arguments, keywords, limits, place])
        self._forget = token.on_cancel(lambda: self.cancel(token.reason))

    def _number_function(self, function: Callable[..., Any]) -> int:
        self._functions.append(function)
        return len(self._functions) - 1

    def _limits(self) -> dict[str, float | None]:
        """The call's time limits; the total one is what is left of it."""
        timeouts = self._token.timeouts
        names = ("connect", "first_byte", "silence") if timeouts is not None else ()
        limits: dict[str, float | None] = {name: getattr(timeouts, name) for name in names}
        if self._token.deadline is not None:
            limits["total"] = max(0.0, self._token.deadline - time.monotonic())
        return limits

    # --- from the worker ---

    def deliver(self, event: Event) -> None:
        """Take an event; called by the thread that reads."""
        if event[0] in ("end", "error"):
            self.over = True
            if self._timer is not None:
                self._timer.cancel()
        elif event[0] == "tidying":
            self._tidying = True
        elif event[0] == "lingering":  # its flow is over, and code of the binding goes on all the same
            self._tidying = False
            if self._cancelled_at is not None:
                self._process.doubt(self)
        elif event[0] == "begun":
            self.begun = True
        self._events.put(event)
        if self.notify is not None:
            self.notify()

    # --- waiting ---

    def steps(self) -> Generator[Any, None, Any]:
        """Progress and Items, then the result. Closing the generator gives the call up."""
        try:
            while True:
                event = self._next_event()
                yield from self.made(event)
                if event[0] == "end":
                    return event[1]
        finally:
            self.finish()

    def _next_event(self) -> Event:
        while True:
            until = self._until()
            try:
                return self._events.get(timeout=None if until is None else max(0.0, until - time.monotonic()))
            except queue.Empty:
                if (now_until := self._until()) is not None and now_until <= time.monotonic():
                    raise self._expired() from None

    def _until(self) -> float | None:
        """When waiting ends without an answer, on the monotonic clock."""
        if self._cancelled_at is not None:
            return self._cancelled_at + (CLEAN_UP_SECONDS + self._grace if self._tidying else _PATIENCE)
        deadline = self._token.deadline
        if deadline is None:
            return None
        return deadline + (CLEAN_UP_SECONDS + self._grace if self._tidying else _PATIENCE)

    def _expired(self) -> errors.LollmsError:
        if self._cancelled_at is not None:
            return self._token.error()
        timeouts = self._token.timeouts
        return timed_out("total", None if timeouts is None else timeouts.total)

    def made(self, event: Event) -> list[Any]:
        """What an event gives the caller. Raises where it is an error."""
        kind = event[0]
        if kind == "items":
            self._process.send("more", self.number, len(event[1]))
            return [Item(value) for value in event[1]]
        if kind == "progress":
            return [event[1]] if isinstance(event[1], Progress) else []
        if kind == "ask":
            self._answer(*event[1:])
        elif kind == "error":
            raise self._function_error or event[1]
        return []

    def _answer(self, question: int, function: int, arguments: list[Any], keywords: dict[str, Any]) -> None:
        """Call a function of the caller's for the worker."""
        try:
            reply = Packer(reveal=True).pack(self._functions[function](*arguments, **keywords))
        except Exception as error:  # noqa: BLE001 (the caller's own code: told to the worker, and raised in the end)
            self._function_error = error
            self._process.send("answer", self.number, question, False, pack_error(error))
        else:
            self._process.send("answer", self.number, question, True, reply)

    # --- ending ---

    def cancel(self, reason: str = "") -> None:
        """Ask the worker to end the call; any thread may."""
        if self._cancelled_at is None and not self.over:
            self._cancelled_at = time.monotonic()
            self._process.send("cancel", self.number, reason)
            self._process.doubt(self)
            self._timer = threading.Timer(max(self._grace, 0.001), self._lose_patience)
            self._timer.daemon = True
            self._timer.start()
            self.deliver(("wake",))

    def _lose_patience(self) -> None:
        """The grace period is over: what has not even begun to tidy up is killed."""
        if self.over:
            return
        if self._tidying:
            self._tidying = False
            self._timer = threading.Timer(CLEAN_UP_SECONDS, self._lose_patience)
            self._timer.daemon = True
            self._timer.start()
            return
        self._process.kill("a cancelled call did not end")

    def finish(self) -> None:
        """The caller goes away: a call that is not over is cancelled."""
        self._forget()
        if not self.over:
            self.cancel("the caller stopped early")

    def events_now(self) -> Generator[Event, None, None]:
        """The events that are there."""
        while True:
            try:
                yield self._events.get_nowait()
            except queue.Empty:
                return

    def gone_before_it_began(self, event: Event) -> bool:
        """Whether the process died before the call began, so that it can be called again without doing harm."""
        return event[0] == "error" and isinstance(event[1], errors.ProcessDied) and not self.begun
