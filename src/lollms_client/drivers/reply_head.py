"""Reads the head of an HTTP reply into a dictionary: the standard library's mail parser is a third of a call's cost."""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_LONGEST_LINE = 65536
_MOST_HEADERS = 256


class _Watched(io.RawIOBase):
    """The bytes of a socket; `before` is called before each of its reads, however few bytes came with the last."""

    def __init__(self, sock: socket.socket, before: Callable[[], None]) -> None:
        self._raw = sock.makefile("rb", buffering=0)
        self._before = before

    def makefile(self, mode: str) -> io.BufferedReader:
        """What the standard library's reply asks a socket for."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        self._before()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class HeadedReply(http.client.HTTPResponse):
    """The standard library's reply with `fields` instead of a mail message: lower-case names, repeated ones joined.

    `before` is called before each read from the socket: a time limit that is set there holds also where a service
    sends byte by byte, and cannot be drawn out by lines that never end.
    """

    fields: dict[str, str]

    def __init__(self, sock: socket.socket, method: str, before: Callable[[], None]) -> None:
        source: Any = _Watched(sock, before)
        super().__init__(source, method=method)

    def begin(self) -> None:
        """Read the status line and the headers. Raises HTTPException where there is no HTTP."""
        version, status, reason = self._status()
        while 100 <= status < 200 and status != 101:
            self._fields()
            version, status, reason = self._status()
        self.status = self.code = status
        self.reason = reason
        self.version = 10 if version in ("HTTP/1.0", "HTTP/0.9") else 11
        fields = self.fields = self._fields()
        reply: Any = self  # the rest of the class reads these
        reply.headers = reply.msg = fields
        reply.chunked = fields.get("transfer-encoding", "").strip().lower() == "chunked"
        reply.chunk_left = None
        lengths = {item.strip() for item in fields.get("content-length", "").split(",")}
        if len(lengths) > 1:
            raise http.client.HTTPException("two lengths that contradict each other")
        length = lengths.pop()
        if status in (204, 304) or status < 200 or reply._method == "HEAD":
            reply.length = 0
        else:
            reply.length = int(length) if not reply.chunked and length.isascii() and length.isdigit() else None
        reply.will_close = self._closes() or (not reply.chunked and reply.length is None)

    def _line(self) -> bytes:
        line: bytes = self.fp.readline(_LONGEST_LINE + 1)
        if len(line) > _LONGEST_LINE:
            raise http.client.LineTooLong("reply head")
        return line

    def _status(self) -> tuple[str, int, str]:
        line = self._line().decode("latin-1")
        if not line:
            raise http.client.RemoteDisconnected("no answer")
        version, _, rest = line.strip().partition(" ")
        number, _, reason = rest.strip().partition(" ")
        if not version.startswith("HTTP/"):
            raise http.client.BadStatusLine(line)
        if not version.startswith(("HTTP/1.", "HTTP/0.9")):
            raise http.client.UnknownProtocol(version)
        if len(number) != 3 or not (number.isascii() and number.isdigit()) or number < "100":
            raise http.client.BadStatusLine(line)
        return version, int(number), reason.strip()

    def _fields(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        last = ""
        for _ in range(_MOST_HEADERS):
            raw = self._line()
            if not raw:
                raise http.client.IncompleteRead(b"")
            line = raw.decode("latin-1").rstrip("\r\n")
            if not line:
                return fields
            if line[0] in " \t":  # a header continued in the next line, as it was once allowed
                if last:
                    fields[last] = f"{fields[last]} {line.strip()}"
                continue
            name, colon, value = line.partition(":")
            if not colon:
                last = ""
                continue  # no header: nothing can be meant by it
            last, value = name.strip().lower(), value.strip()
            fields[last] = f"{fields[last]}, {value}" if last in fields else value
        raise http.client.HTTPException(f"more than {_MOST_HEADERS} headers")

    def _closes(self) -> bool:
        fields = self.fields
        connection = fields.get("connection", "").lower()
        if self.version == 11:
            return "close" in connection
        kept = "keep-alive" in connection or "keep-alive" in fields.get("proxy-connection", "").lower()
        return not kept and "keep-alive" not in fields
