"""The worker process itself: makes the binding, and answers calls until its parent says goodbye or is gone."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from typing import Any

from lollms_client.isolation.child_calls import CallRunner, error_frame
from lollms_client.isolation.failures import pack_error
from lollms_client.isolation.frames import BrokenChannel, FrameWriter, read_frame
from lollms_client.isolation.values import Unpacker

_PARENT_CHECKS = 1.0  # seconds between two looks whether the parent is still there


def main() -> None:
    """Serve one binding. The last two arguments are the numbers of the pipes."""
    import faulthandler

    pipe_in, pipe_out = _descriptors(sys.argv[-2:])
    sys.argv[:] = [""]
    faulthandler.enable(all_threads=False)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)  # type: ignore[union-attr]
    _Server(pipe_in, FrameWriter(pipe_out, "lollms-worker-writer")).serve()


def _descriptors(numbers: list[str]) -> list[int]:
    found = [int(text) for text in numbers]
    if sys.platform == "win32":
        import msvcrt

        flags = (os.O_RDONLY, os.O_WRONLY)
        found = [msvcrt.open_osfhandle(handle, flag) for handle, flag in zip(found, flags, strict=True)]
    for descriptor in found:
        os.set_inheritable(descriptor, False)
    return found


class _Server:
    """Reads frames in one thread; runs calls in the main thread while it is free, the others in threads."""

    def __init__(self, pipe_in: int, writer: FrameWriter) -> None:
        self._pipe_in = pipe_in
        self._writer = writer
        self._for_main: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._main_is_free = False
        self._runner: CallRunner | None = None
        self._said_goodbye = False

    def serve(self) -> None:
        """Make the binding, then run calls until the end."""
        threading.Thread(target=self._read, name="lollms-worker-reader", daemon=True).start()
        if hasattr(os, "getppid"):
            threading.Thread(target=_watch_parent, name="lollms-worker-watch", daemon=True).start()
        first = self._for_main.get()
        if first is None:
            return
        try:
            self._runner = _make(first, self._writer)
        except BaseException as error:  # noqa: BLE001 (the edge to somebody else's code: told to the parent)
            self._writer.send(error_frame(["failed", pack_error(error)]))
            self._writer.close(wait=10.0)
            return
        self._writer.send(["ready", self._runner.facts()])
        self._run_calls(self._runner)

    def _run_calls(self, runner: CallRunner) -> None:
        while True:
            with self._lock:
                self._main_is_free = self._for_main.empty()
            frame = self._for_main.get()
            if frame is None:
                runner.close()
                self._writer.close(wait=5.0)
                return
            runner.run(frame)

    def _read(self) -> None:
        try:
            with open(self._pipe_in, "rb", closefd=False) as stream:
                while (frame := read_frame(stream)) is not None:
                    self._take(frame)
        except (OSError, BrokenChannel):
            pass
        if not self._said_goodbye:
            _end_group()

    def _take(self, frame: list[Any]) -> None:
        kind = frame[0]
        runner = self._runner
        if kind == "make":
            self._for_main.put(frame[1])
        elif kind == "call" and runner is not None:
            runner.expect(frame[1])
            self._dispatch(runner, frame)
        elif kind == "bye":
            self._say_goodbye(runner)
        elif runner is not None:
            runner.hear(frame)

    def _dispatch(self, runner: CallRunner, frame: list[Any]) -> None:
        with self._lock:
            free, self._main_is_free = self._main_is_free, False
        if free:
            self._for_main.put(frame)
        else:
            threading.Thread(target=runner.run, args=(frame,), name="lollms-worker-call", daemon=True).start()

    def _say_goodbye(self, runner: CallRunner | None) -> None:
        self._said_goodbye = True  # the parent waits a little, and then kills
        with self._lock:
            free, self._main_is_free = self._main_is_free, False
        if free or runner is None:
            self._for_main.put(None)
        else:
            threading.Thread(target=_close_and_end, args=(runner,), daemon=True).start()


def _close_and_end(runner: CallRunner) -> None:
    runner.close()
    _end_group()


def _make(first: dict[str, Any], writer: FrameWriter) -> CallRunner:
    from lollms_client.in_process import construct_binding
    from lollms_client.isolation.child_entry import entry_of, settings_of

    if first["path"] is not None:
        sys.path[:] = first["path"]
    _forward_logging(writer, first["log_level"])
    given = Unpacker().unpack(first["settings"])
    entry = entry_of(first)
    if first["enforce_reach"]:
        from lollms_client.isolation.child_reach import enforce_reach

        assert entry.manifest is not None
        named = {name: value for name, value in given.items() if name in first["named"]}
        enforce_reach(entry.manifest, named)
    return CallRunner(construct_binding(entry, settings_of(entry, given, first["named"])), writer)


def _forward_logging(writer: FrameWriter, level: int) -> None:
    """Have log records written by the parent's logging, as if the binding ran there."""
    import logging

    from lollms_client.console import guard_console
    from lollms_client.secret import redact

    class Forward(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            try:
                writer.send(["log", record.name, record.levelno, redact(self.format(record))])
            except Exception:  # noqa: BLE001 (a record of somebody else's code)
                self.handleError(record)

    guard_console()
    root = logging.getLogger()
    root.addHandler(Forward())
    root.setLevel(level)


def _watch_parent() -> None:
    """End with the parent, also where somebody else holds the other end of the pipe."""
    import time

    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECKS)
    _end_group()


def _end_group() -> None:
    """End at once, with everything that was started."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)
