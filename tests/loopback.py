"""A raw server on loopback for tests: each connection is scripted byte by byte, and what the client does is seen."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple


class Received(NamedTuple):
    """A request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Line:
    """One connection seen from the server."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""

    def receive(self) -> Received | None:
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                return None
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(self.buffer) < int(headers.get("content-length", 0)):
            if not self._more():
                return None
        length = int(headers.get("content-length", 0))
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        method, target, _ = first.split(" ", 2)
        return Received(method, target, headers, body)

    def _more(self) -> bool:
        try:
            data = self.sock.recv(65536)
        except OSError:
            return False
        self.buffer += data
        return bool(data)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reply(self, body: bytes | Any = b"", status: int = 200, **headers: str) -> None:
        """A whole, well-formed reply; anything but bytes is sent as JSON."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("content_type", "application/json")
        lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode() + body)

    def begin(self, status: int = 200, content_type: str = "text/event-stream") -> None:
        """The head of a chunked reply."""
        self.send(
            f"HTTP/1.1 {status} Status\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )

    def chunk(self, data: bytes) -> None:
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self) -> None:
        self.send(b"0\r\n\r\n")

    def reset(self) -> None:
        """Close so that the client sees a connection reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.sock.close()

    def wait_closed(self, seconds: float = 5.0) -> bool:
        """Whether the client closes the connection in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, _, _ = select.select([self.sock], [], [], max(0.0, end - time.monotonic()))
            if ready:
                try:
                    if not self.sock.recv(65536):
                        return True
                except OSError:
                    return True
        return False


Handler = Callable[[Line, Received], object]


class Loopback:
    """Serves every request of every connection with `handler`, and remembers what came."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.requests: list[Received] = []
        self.connections = 0
        self.closed_early = threading.Event()
        self._sock = socket.socket()
        self._sock.bind(("127.0.0.1", 0))
        self._sock.listen(200)
        self.port: int = self._sock.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._lines: list[Line] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._sock.accept()
            except OSError:
                return
            self.connections += 1
            line = Line(sock)
            self._lines.append(line)
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: Line) -> None:
        try:
            while (request := line.receive()) is not None:
                self.requests.append(request)
                if self.handler(line, request) == "close":
                    break
        except OSError:
            self.closed_early.set()
        finally:
            with contextlib.suppress(OSError):
                line.sock.close()

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.sock.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def loopback(handler: Handler) -> Iterator[Loopback]:
    """A server while the block runs."""
    server = Loopback(handler)
    try:
        yield server
    finally:
        server.stop()
