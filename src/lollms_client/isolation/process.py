"""One worker process as seen from this side: started, spoken to, told apart from its crash, and ended."""

from __future__ import annotations

import itertools
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lollms_client import errors
from lollms_client.isolation.failures import unpack_error
from lollms_client.isolation.frames import BrokenChannel, FrameWriter, close_descriptor, read_frame
from lollms_client.isolation.output import OutputPump, kept_lines
from lollms_client.isolation.spawning import end_words, kill_group, reap, spawn
from lollms_client.isolation.values import Unpacker
from lollms_client.secret import redact

if TYPE_CHECKING:
    from lollms_client.isolation.calls import RemoteCall

_OUTPUT_PATIENCE = 0.5  # seconds that a call's end waits for what was printed before it
_END_PATIENCE = 2.0  # seconds that a process may take to die after it closed its pipe
_CLOSED = "the binding was closed"
_living: weakref.WeakSet[WorkerProcess] = weakref.WeakSet()


class WorkerProcess:
    """A worker process. It belongs to the process that made it; in a forked copy it counts as gone."""

    def __init__(
        self, binding: str, command: Sequence[str], environment: Mapping[str, str], first_frame: list[Any]
    ) -> None:
        self.binding = binding
        self.facts: dict[str, Any] = {}
        self.alive = True
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._calls: dict[int, RemoteCall] = {}
        self._numbers = itertools.count(1)
        self._reason = ""  # why this side killed it
        self._started = threading.Event()
        self._start_error: BaseException | None = None
        self._certain = threading.Condition(self._lock)
        self._doubtful: set[int] = set()  # cancelled calls that have not ended yet
        self._lines = kept_lines()
        try:
            self._process, self._pipes = spawn(command, environment)
        except OSError as error:
            raise errors.EngineFailed(
                f"no worker process can be started for {binding}: {error}", binding=binding
            ) from error
        self._writer = FrameWriter(self._pipes.to_worker, "lollms-isolation-writer")
        self._pumps = (
            OutputPump(self._pipes.output, "stdout", self._lines),
            OutputPump(self._pipes.errors, "stderr", self._lines),
        )
        _living.add(self)
        self._reader = threading.Thread(target=self._read, name="lollms-isolation-reader", daemon=True)
        self._reader.start()
        self._writer.send(first_frame)

    # --- its life ---

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def usable(self) -> bool:
        """Whether it lives, and belongs to this process."""
        return self.alive and self._owner == os.getpid()

    @property
    def certain(self) -> bool:
        """Whether it is ready for calls: started, and no cancelled call is hanging in it."""
        return self._started.is_set() and self._start_error is None and not self._doubtful

    @property
    def busy(self) -> bool:
        """Whether a call is under way."""
        return bool(self._calls)

    def wait_certain(self) -> None:
        """Wait until it is ready for calls, or dead. Raises what its start failed with."""
        self._started.wait()
        if self._start_error is not None:
            raise self._start_error
        with self._certain:
            self._certain.wait_for(lambda: not self._doubtful or not self.alive)

    def stop(self, patience: float) -> None:
        """Let the binding give back what it holds, and end the process; after `patience` seconds it is killed."""
        if not self.usable:
            return
        self._reason = self._reason or _CLOSED
        self._writer.send(["bye"])
        self._writer.close()
        self._reader.join(patience)
        self.kill(_CLOSED)
        self._reader.join(_END_PATIENCE)

    def kill(self, reason: str) -> None:
        """End it at once, with what it started. Its calls end with ProcessDied, which tells the reason."""
        if self.usable:
            self._reason = self._reason or reason
            kill_group(self._process)

    def forget(self) -> None:
        """In a forked copy of this process: let go of the pipes, so that the worker sees the end of its parent."""
        for descriptor in self._pipes:
            close_descriptor(descriptor)
        self._process.returncode = 0  # it is not ours to wait for

    # --- calls ---

    def begin(self, call: RemoteCall, frame: Callable[[int], list[Any]]) -> None:
        """Register a call and send it. Raises BadReply for arguments that cannot cross."""
        number = call.number = next(self._numbers)
        encoded = frame(number)
        with self._lock:
            alive = self.alive
            if alive:
                self._calls[number] = call
        if not alive:
            call.deliver(("error", self._death(), False))
            return
        try:
            self._writer.send(encoded)
        except errors.LollmsError:
            self.forget_call(number)
            raise

    def send(self, *frame: Any) -> None:
        """Say something about a call."""
        self._writer.send(list(frame))

    def doubt(self, call: RemoteCall) -> None:
        """A call was given up that has not ended: new ones wait until it has."""
        with self._lock:
            if call.number in self._calls:
                self._doubtful.add(call.number)

    def trust(self, number: int) -> None:
        """The worker heard that a call was given up."""
        with self._certain:
            self._doubtful.discard(number)
            self._certain.notify_all()

    def forget_call(self, number: int) -> RemoteCall | None:
        """A call is over."""
        with self._certain:
            self._doubtful.discard(number)
            self._certain.notify_all()
            return self._calls.pop(number, None)

    # --- its words ---

    def _read(self) -> None:
        reason = ""
        try:
            with open(self._pipes.from_worker, "rb", closefd=False) as stream:
                while (frame := read_frame(stream)) is not None:
                    self._take(frame)
        except (OSError, BrokenChannel, errors.BadReply, LookupError, TypeError, ValueError) as error:
            reason = f"it sent something that cannot be read ({error})"
        if reason:
            self.kill(reason)
        self._end()

    def _take(self, frame: list[Any]) -> None:
        kind = frame[0]
        if kind == "ready":
            self.facts = frame[1]
            self._started.set()
        elif kind == "failed":
            self._start_error = unpack_error(frame[1])
            self._sync(frame[2])
            self._started.set()
        elif kind == "log":
            _log(frame[1], frame[2], frame[3])
        else:
            self._take_for_call(kind, frame)

    def _take_for_call(self, kind: str, frame: list[Any]) -> None:
        number = frame[1]
        if kind in ("end", "error"):
            self._sync(frame[3])
            call = self.forget_call(number)
        else:
            call = self._calls.get(number)
        if kind == "tidying":
            self.trust(number)
        if call is None:
            return
        if kind == "end":
            call.deliver(("end", Unpacker().unpack(frame[2])))
        elif kind == "error":
            call.deliver(("error", unpack_error(frame[2]), True))
        elif kind in ("items", "progress"):
            call.deliver((kind, Unpacker().unpack(frame[2])))
        elif kind == "ask":
            call.deliver(("ask", frame[2], frame[3], Unpacker().unpack(frame[4]), Unpacker().unpack(frame[5])))
        else:
            call.deliver((kind,))

    def _sync(self, number: int) -> None:
        for pump in self._pumps:
            pump.wait_for_mark(number, _OUTPUT_PATIENCE)

    # --- its end ---

    def _end(self) -> None:
        reap(self._process, _END_PATIENCE)
        for pump in self._pumps:
            pump.join(_OUTPUT_PATIENCE)
        with self._certain:
            self.alive = False
            calls, self._calls = list(self._calls.values()), {}
            self._doubtful.clear()
            self._certain.notify_all()
        if not self._started.is_set():
            self._start_error = self._start_error or self._death()
            self._started.set()
        for call in calls:
            call.deliver(("error", self._ended_call(), True))
        self._writer.close()
        close_descriptor(self._pipes.from_worker)
        _living.discard(self)

    def _ended_call(self) -> errors.LollmsError:
        """What a call under way ends with: as elsewhere it is cancelled where the binding is closed."""
        if self._reason == _CLOSED:
            return errors.Cancelled(f"the call was cancelled: {_CLOSED}", binding=self.binding)
        return self._death()

    def _death(self) -> errors.ProcessDied:
        code = self._process.returncode or 0
        output = "\n".join(self._lines)
        why = f"it was killed because {self._reason}" if self._reason else end_words(code)
        said = f"; its last words were:\n{output}" if output else "; it said nothing before"
        error = errors.ProcessDied(
            f"the worker process of {self.binding} ended in the middle of the call: {why}{said}",
            binding=self.binding, exit_code=code, output=output or None,
        )  # fmt: skip
        error.retryable = bool(self._reason)
        return error


def _log(name: str, level: int, text: str) -> None:
    """Hand a record of the worker's logging to this process's."""
    import logging

    logger = logging.getLogger(name)
    if logger.isEnabledFor(level):
        logger.log(level, "%s", redact(text))


def _end_all() -> None:
    """At the end of this process."""
    for process in list(_living):
        process.kill("the program ended")
    until = time.monotonic() + 1.0
    for process in list(_living):
        process._reader.join(max(0.0, until - time.monotonic()))


def _forget_all() -> None:
    for process in list(_living):
        process.forget()
    _living.clear()


def _register() -> None:
    import atexit

    atexit.register(_end_all)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget_all)


_register()
