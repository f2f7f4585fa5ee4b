"""What a worker process prints: secrets masked, on this process's own streams, its last lines kept."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections import deque

from lollms_client.isolation.frames import close_descriptor
from lollms_client.secret import redact

# what a worker writes between its own words to say that all before it was written before a call ended
_MARK = re.compile(rb"\x00\x1elollms-mark:(\d+)\x1e\x00")
_MOST_MISSED = 2
_LONGEST_LINE = 64 * 1024
_KEPT_LINES = 30
_LINE_END = re.compile(rb"[\n\r]")


def mark(number: int) -> bytes:
    """The bytes of a mark."""
    return b"\x00\x1elollms-mark:%d\x1e\x00" % number


class OutputPump:
    """Reads one output of a worker to its end, and passes it on line by line."""

    def __init__(self, descriptor: int, stream: str, last_lines: deque[str]) -> None:
        self._descriptor = descriptor
        self._stream = stream
        self._last_lines = last_lines
        self._buffer = b""
        self._marked = 0
        self._missed = 0  # marks that did not come: the binding closed the output, or led it elsewhere
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._main, name=f"lollms-isolation-{stream}", daemon=True)
        self._thread.start()

    def wait_for_mark(self, number: int, seconds: float) -> None:
        """Wait until all that was written before that mark has been passed on, or for some seconds."""
        with self._changed:
            if self._missed < _MOST_MISSED and not self._changed.wait_for(
                lambda: self._marked >= number or self._ended, seconds
            ):
                self._missed += 1

    def join(self, seconds: float) -> None:
        """Wait for the end of the output; processes that the worker left behind may hold it open."""
        self._thread.join(seconds)

    def _main(self) -> None:
        try:
            while data := os.read(self._descriptor, 65536):
                self._take(data)
        except OSError:
            pass
        self._pass_on(self._buffer)
        self._buffer = b""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        close_descriptor(self._descriptor)

    def _take(self, data: bytes) -> None:
        self._buffer += data
        marks = [int(number) for number in _MARK.findall(self._buffer)] if b"\x1e" in self._buffer else []
        if marks:
            self._buffer = _MARK.sub(b"", self._buffer)
        ends = [match.end() for match in _LINE_END.finditer(self._buffer)]
        whole = ends[-1] if ends else len(self._buffer) if len(self._buffer) > _LONGEST_LINE or marks else 0
        if marks and b"\x1e" not in self._buffer[whole:]:
            whole = len(self._buffer)  # a call is over: also a line that has no end yet
        self._pass_on(self._buffer[:whole])
        self._buffer = self._buffer[whole:]
        if marks:
            with self._changed:
                self._marked = max(self._marked, *marks)
                self._changed.notify_all()

    def _pass_on(self, data: bytes) -> None:
        if not data:
            return
        text = redact(data.decode("utf-8", "replace"))
        self._last_lines.extend(line for line in re.split(r"[\r\n]+", text)[-_KEPT_LINES:] if line.strip())
        target = getattr(sys, self._stream, None)
        try:
            if target is not None:
                target.write(text)
                target.flush()
        except (OSError, ValueError):
            return  # nobody reads it any more


def kept_lines() -> deque[str]:
    """A place for the last lines of a worker."""
    return deque(maxlen=_KEPT_LINES)
