"""The service under attack on a real connection: what a canned reply says is done byte by byte."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

from lollms_client.testing.attack_replies import Canned, form_of
from lollms_client.testing.server import Line, Received, head_bytes

MOST_ENDLESS = 160 * 1024 * 1024  # bytes of a reply that never ends; who takes them all reads without a limit
PATIENCE = 20.0  # seconds that a silent service waits for the client to go away


class Served:
    """Serves canned replies. `closed` is how many connections the client closed while it was still being answered.

    `taken` is the largest number of bytes of one endless reply that a client took.
    """

    def __init__(self, answer: Callable[[Received], Canned]) -> None:
        self._answer = answer
        self.closed = 0
        self.taken = 0

    def serve(self, line: Line, request: Received) -> object:
        """Answer one request."""
        canned = self._answer(request)
        with contextlib.suppress(OSError):
            line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            return self._play(line, request, canned)
        except OSError:
            self.closed += 1
            return "close"

    def _play(self, line: Line, request: Received, canned: Canned) -> object:
        if canned.interim:
            line.send(canned.interim)
        if canned.stage in ("connect", "head") and canned.ending != "whole":
            return self._end(line, canned)
        if canned.raw_head is not None:
            line.send(canned.raw_head + (canned.body if canned.raw_head.endswith(b"\r\n\r\n") else b""))
            return "close"
        headers = {name: value for name, value in canned.headers if name.lower() != "transfer-encoding"}
        chunked = bool(canned.header("transfer-encoding")) or bool(canned.cuts) or canned.ending in ("endless", "stall")
        chunked = chunked or (form_of(canned) in ("events", "lines") and canned.status == 200)
        if request.method == "HEAD" or canned.status in (204, 304):
            line.head(canned.status, headers)
            return None
        if chunked:
            return self._in_chunks(line, canned, headers)
        more = 1000 if canned.ending in ("short", "reset") else 0
        head = self._head(canned, {"Content-Length": str(len(canned.body) + more)})
        line.send(head + canned.body)
        return self._end(line, canned)

    def _head(self, canned: Canned, more: dict[str, str]) -> bytes:
        """The head, with headers that come several times."""
        head = head_bytes(canned.status, more)
        known = {name.lower() for name in more} | {"transfer-encoding", "content-length"}
        lines = [
            f"{name}: {value}\r\n".encode("latin-1") for name, value in canned.headers if name.lower() not in known
        ]
        return head[:-2] + b"".join(lines) + b"\r\n"

    def _in_chunks(self, line: Line, canned: Canned, headers: dict[str, str]) -> object:
        line.send(self._head(canned, {"Transfer-Encoding": "chunked"}))
        for piece in canned.pieces():
            line.chunk(piece)
        if canned.ending == "endless":
            return self._endless(line, canned)
        if canned.ending == "whole":
            line.end()
            return None
        return self._end(line, canned)

    def _endless(self, line: Line, canned: Canned) -> object:
        block = canned.filler * (256 * 1024 // len(canned.filler))
        sent = 0
        try:
            while sent < MOST_ENDLESS:
                line.chunk(block)
                sent += len(block)
        finally:
            self.taken = max(self.taken, sent)
        line.end()
        return "close"

    def _end(self, line: Line, canned: Canned) -> object:
        if canned.ending == "whole":
            return None
        if canned.ending == "reset":
            line.reset()
        elif canned.ending == "stall" and line.wait_closed(PATIENCE):
            self.closed += 1
        return "close"
