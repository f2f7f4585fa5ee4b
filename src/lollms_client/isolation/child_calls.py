"""Runs calls in the worker process: flows, documented methods and attributes, with their progress and streams."""

from __future__ import annotations

import contextlib
import contextvars
import inspect
import itertools
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from lollms_client import errors
from lollms_client.binding import LollmsBinding
from lollms_client.cancel import CancelToken
from lollms_client.drivers.context import CallContext
from lollms_client.flow import Timeouts
from lollms_client.isolation.facts import facts_of
from lollms_client.isolation.failures import pack_error, unpack_error
from lollms_client.isolation.frames import FrameWriter
from lollms_client.isolation.output import mark
from lollms_client.isolation.values import Packer, Unpacker
from lollms_client.secret import clean_cause, words_of
from lollms_client.types.accounting import Progress

_WINDOW = 64  # pieces of a stream that go out before the parent has taken the first
_marks = itertools.count(1)
_marking = threading.Lock()
_current: contextvars.ContextVar[_Call | None] = contextvars.ContextVar("current_call", default=None)


def error_frame(frame: list[Any]) -> list[Any]:
    """A frame that ends something: with the mark up to which all was printed that was printed before."""
    with _marking:
        number = next(_marks)
        for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
            with contextlib.suppress(OSError):
                os.write(descriptor, mark(number))
    return [*frame, number]


class _Context(CallContext):
    """A call's context: it says when the flow begins to tidy up; plain code runs in the call's own thread."""

    __slots__ = ("_call",)

    def __init__(self, call: _Call, timeouts: Timeouts) -> None:
        super().__init__(timeouts=timeouts, cancel=call.token, on_progress=call.report)
        self._call = call

    @property
    def token(self) -> CancelToken:
        """The call's token; nobody leaves plain code to itself here, since the process can be killed."""
        token = self._call.own_token = super().token
        token.bounded = False
        return token

    def begin_clean_up(self, now: float) -> None:
        """Tell the parent that the call has heard."""
        if not self.cleaning_up:
            self._call.tidying = True
            self._call.say("tidying")
        super().begin_clean_up(now)


class _Call:
    """One call under way."""

    def __init__(self, number: int, writer: FrameWriter) -> None:
        self.number = number
        self.token = CancelToken()
        self.own_token: CancelToken | None = None  # the one that the binding's code has
        self.over = False
        self.tidying = False
        self._writer = writer
        self._room = threading.Semaphore(_WINDOW)
        self._questions = itertools.count(1)
        self._answers: dict[int, queue.SimpleQueue[tuple[bool, Any]]] = {}

    def say(self, kind: str, *content: Any) -> None:
        """Tell the parent something."""
        self._writer.send([kind, self.number, *content])

    def report(self, progress: Progress) -> None:
        """Tell how far the call is."""
        self.say("progress", Packer().pack(progress))

    def give(self, item: Any) -> None:
        """Send a piece of a stream, once the parent has room for it."""
        while not self._room.acquire(timeout=0.05):
            self.token.check()
        self.say("items", [Packer().pack(item)])

    def hear(self, frame: list[Any]) -> None:
        """What the parent says of this call."""
        kind = frame[0]
        if kind == "more":
            self._room.release(frame[2])
        elif kind == "cancel":
            self.token.cancel(frame[2])
        elif kind == "answer" and (waiting := self._answers.get(frame[2])) is not None:
            waiting.put((frame[3], frame[4]))

    def function(self, number: int) -> Callable[..., Any]:
        """What stands here for a function of the caller's."""

        def ask(*arguments: Any, **keywords: Any) -> Any:
            if self.over or self.token.cancelled:
                return False
            question = next(self._questions)
            waiting = self._answers[question] = queue.SimpleQueue()
            forget = self.token.on_cancel(lambda: waiting.put((True, False)))
            packer = Packer()
            packed = [packer.pack(item) for item in arguments]
            self.say("ask", question, number, packed, {name: packer.pack(item) for name, item in keywords.items()})
            succeeded, reply = waiting.get()
            forget()
            del self._answers[question]
            if not succeeded:
                raise unpack_error(reply)
            return Unpacker().unpack(reply)

        return ask


class CallRunner:
    """Runs the calls of one binding."""

    def __init__(self, binding: LollmsBinding, writer: FrameWriter) -> None:
        self._binding: Any = binding
        self._writer = writer
        self._calls: dict[int, _Call] = {}
        self._parent_folder = os.getcwd()  # noqa: PTH109 (the same text as the parent's)
        self._usual_context = binding._context
        binding.__dict__["_context"] = self._context

    def facts(self) -> dict[str, Any]:
        """What the parent needs to know of the binding's class."""
        return facts_of(self._binding)

    def expect(self, number: int) -> None:
        """A call was announced: what is said of it from now on is kept."""
        self._calls[number] = _Call(number, self._writer)

    def hear(self, frame: list[Any]) -> None:
        """Something was said of a call."""
        call = self._calls.get(frame[1])
        if call is not None:
            call.hear(frame)

    def close(self) -> None:
        """Give back what the binding holds."""
        with contextlib.suppress(Exception):
            self._binding.close()

    def run(self, frame: list[Any]) -> None:
        """Run one call to its end, whatever it does."""
        _, number, way, name, arguments, keywords, limits, folder = frame
        call = self._calls[number]
        call.say("begun")
        self._follow(folder)
        token = _current.set(call)
        try:
            unpacker = Unpacker(call.function)
            given = [unpacker.unpack(item) for item in arguments]
            named = {key: unpacker.unpack(item) for key, item in keywords.items()}
            last = ["end", number, Packer().pack(self._result(call, way, name, given, named, limits))]
        except BaseException as error:  # noqa: BLE001 (the edge to somebody else's code: told to the parent)
            last = ["error", number, pack_error(_own(error))]
        finally:
            _current.reset(token)
        call.over = True
        _wait_for_leftovers(call)
        del self._calls[number]
        self._writer.send(error_frame(last))

    def _follow(self, folder: str) -> None:
        """Go where the parent went, so that relative paths mean the same; what the binding itself changed stays."""
        if folder and folder != self._parent_folder:
            self._parent_folder = folder
            with contextlib.suppress(OSError):
                os.chdir(folder)

    def _result(
        self, call: _Call, way: str, name: str, given: list[Any], named: dict[str, Any], limits: dict[str, Any]
    ) -> Any:
        if way == "set":
            setattr(self._binding, name, given[0])
            return None
        if way == "get":
            return getattr(self._binding, name)
        if name.startswith("_"):
            raise AttributeError(f"the binding has no method {name!r}")
        made = getattr(self._binding, name)(*given, **named)
        if way == "method":
            return self._streamed(call, made) if inspect.isgenerator(made) else made
        driver, context = self._binding._driver(), _Context(call, self._timeouts(limits))
        if way == "coroutine":
            return driver.run(made, context)
        for item in _closing(driver.iterate(made, context)):
            call.give(item)
        return None

    def _streamed(self, call: _Call, made: Any) -> Any:
        for item in _closing(made):
            call.give(item)
        return None

    def _timeouts(self, limits: dict[str, Any]) -> Timeouts:
        if not limits:
            return self._binding.timeouts  # type: ignore[no-any-return]
        total = limits.get("total")
        return Timeouts(**{**limits, "total": None if total is None else max(total, 0.001)})

    def _context(self) -> CallContext:
        """For documented methods of bindings in flows: so that Ctrl-C in the parent ends them."""
        call = _current.get()
        return self._usual_context() if call is None else _Context(call, self._binding.timeouts)


def _closing(items: Any) -> Iterator[Any]:
    try:
        yield from items
    finally:
        items.close()


def _own(error: BaseException) -> BaseException:
    """What ends the process where it is raised in the parent is a failure here."""
    if isinstance(error, SystemExit | KeyboardInterrupt | GeneratorExit):
        text = f"the binding's code raised {type(error).__name__}"
        said = words_of(error)
        failed = errors.CallError(f"{text}: {said}" if said else text, exception=type(error).__name__)
        failed.__cause__ = clean_cause(error)
        return failed
    return error


def _wait_for_leftovers(call: _Call) -> None:
    """A method that goes on in its thread is not over; who waits too long for that kills the process."""
    told = False
    while any(_belongs(thread, call) for thread in threading.enumerate()):
        if not told and (call.token.cancelled or call.tidying):
            told = True
            call.say("lingering")
        time.sleep(0.01)


def _belongs(thread: threading.Thread, call: _Call) -> bool:
    return call.own_token is not None and thread.__dict__.get("call_token") is call.own_token
