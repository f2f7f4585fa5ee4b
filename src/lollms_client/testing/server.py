"""A service on loopback for tests: each connection is scripted byte by byte, and what the client does is seen."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

MOST_BYTES = 256 * 1024 * 1024  # of one request
_LINGER = "hh" if sys.platform == "win32" else "ii"
URL_HEADER = "x-lollms-check-url"  # the address that the binding meant, where the kit led the request to this server


class Received(NamedTuple):
    """A request as it came over the wire. Header names are lower case; `url` is the address that was meant."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    url: str

    def json(self) -> Any:
        """The decoded body. Raises msgspec.DecodeError where it is no JSON."""
        return msgspec.json.decode(self.body)


class Line:
    """One connection seen from the service."""

    def __init__(self, sock: socket.socket, server_url: str = "") -> None:
        self.sock = sock
        self.buffer = b""
        self._server_url = server_url

    # --- what comes in ---

    def receive(self) -> Received | None:
        """The next request; None where the client closed the connection."""
        head = self._until(b"\r\n\r\n")
        if head is None:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower().strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("expect", "").lower() == "100-continue":
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._body(headers)
        method, _, rest = first.partition(" ")
        target = rest.rpartition(" ")[0]
        if body is None or not target:
            return None
        url = headers.pop(URL_HEADER, "") or self._url(target, headers.get("host", ""))
        return Received(method, target, headers, body, url)

    def _url(self, target: str, host: str) -> str:
        """The address that was meant; another host's name means that it was led here on its way to that host."""
        if "://" in target:
            return target
        own = self._server_url.partition("://")[2]
        led = host and own and host != own and not host.startswith(("127.0.0.1", "localhost"))
        return (f"https://{host}" if led else self._server_url) + target

    def _body(self, headers: Mapping[str, str]) -> bytes | None:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._chunked()
        length = headers.get("content-length", "0")
        return self._exactly(int(length)) if length.isdigit() else b""

    def _chunked(self) -> bytes | None:
        pieces: list[bytes] = []
        while True:
            size = self._until(b"\r\n")
            if size is None:
                return None
            data = self._exactly(int(size.partition(b";")[0], 16))
            if data is None or self._until(b"\r\n") is None:
                return None
            if not data:
                return b"".join(pieces)
            pieces.append(data)

    def _until(self, mark: bytes) -> bytes | None:
        while mark not in self.buffer:
            if len(self.buffer) > MOST_BYTES or not self._more():
                return None
        found, self.buffer = self.buffer.split(mark, 1)
        return found

    def _exactly(self, length: int) -> bytes | None:
        pieces, have = [self.buffer], len(self.buffer)
        while have < length:
            self.buffer = b""
            if length > MOST_BYTES or not self._more():
                return None
            pieces.append(self.buffer)
            have += len(self.buffer)
        whole = b"".join(pieces)
        self.buffer = whole[length:]
        return whole[:length]

    def _more(self) -> bool:
        try:
            data = self.sock.recv(65536)
        except OSError:
            return False
        self.buffer += data
        return bool(data)

    # --- what goes out ---

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.sock.sendall(data)

    def split(self, data: bytes, size: int = 1) -> None:
        """Send bytes in packets of `size`, each on its own."""
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(data), size):
            self.sock.sendall(data[start : start + size])

    def head(self, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Send the status line and the headers."""
        self.send(head_bytes(status, headers or {}))

    def reply(
        self, body: bytes | Any = b"", status: int = 200, headers: Mapping[str, str] | None = None, **more: str
    ) -> None:
        """A whole, well-formed reply; anything but bytes is sent as JSON. Headers may be keywords: content_type="…"."""
        named = {name.replace("_", "-").title(): value for name, value in more.items()} | dict(headers or {})
        if not isinstance(body, bytes):
            body = msgspec.json.encode(body)
            named.setdefault("Content-Type", "application/json")
        self.send(head_bytes(status, {**named, "Content-Length": str(len(body))}) + body)

    def begin(
        self,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str = "text/event-stream",
    ) -> None:
        """The head of a reply in chunks; then come `chunk` and `end`."""
        self.head(status, {"Content-Type": content_type, **(headers or {}), "Transfer-Encoding": "chunked"})

    def chunk(self, data: bytes) -> None:
        """One piece of a reply in chunks."""
        if data:
            self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self) -> None:
        """The end of a reply in chunks."""
        self.send(b"0\r\n\r\n")

    def stream(self, pieces: Iterable[bytes], status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """A whole reply in chunks, one for each piece."""
        self.begin(status, headers)
        for piece in pieces:
            self.chunk(piece)
        self.end()

    # --- how it ends ---

    def reset(self) -> None:
        """Close so that the client sees a connection reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 1, 0))
        self.sock.close()

    def wait_closed(self, seconds: float = 5.0) -> bool:
        """Whether the client closes the connection within so many seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self.sock], [], [], left)
            if not ready:
                return False
            try:
                if not self.sock.recv(65536):
                    return True
            except OSError:
                return True
        return False


Handler = Callable[[Line, Received], object]


class LoopbackServer:
    """Serves each request of each connection with `handler`, and remembers what came.

    A handler that returns "close" ends the connection. `closed_early` is set where the client went away while a reply
    was being sent; `stopping` is set at the end, so that a handler that stalls may wait for it.
    """

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.requests: list[Received] = []
        self.failures: list[BaseException] = []  # what a handler raised, other than that the client went away
        self.connections = 0
        self.closed_early = threading.Event()
        self.stopping = threading.Event()
        self._sock = socket.socket()
        self._sock.bind(("127.0.0.1", 0))
        self._sock.listen(200)
        self.port: int = self._sock.getsockname()[1]
        self.address = ("127.0.0.1", self.port)
        self.url = f"http://127.0.0.1:{self.port}"
        self._lines: list[Line] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, name="lollms-check-server", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._sock.accept()
            except OSError:
                return
            self.connections += 1
            line = Line(sock, self.url)
            self._lines.append(line)
            self._start(self._serve, line)

    def _serve(self, line: Line) -> None:
        try:
            while (request := line.receive()) is not None:
                self.requests.append(request)
                if self.handler(line, request) == "close":
                    break
        except OSError:
            self.closed_early.set()
        except Exception as error:  # noqa: BLE001 (a handler's fault is told to the test, not lost in a thread)
            self.failures.append(error)
        finally:
            with contextlib.suppress(OSError):
                line.sock.close()

    def forget(self) -> None:
        """Keep nothing of the requests that came, nor of the connections that are over."""
        self.requests.clear()
        self._threads[:] = [thread for thread in self._threads if thread.is_alive()]
        self._lines[:] = [line for line in self._lines if line.sock.fileno() >= 0]

    def stop(self) -> None:
        """Close all connections and wait for the threads that serve them."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(5.0)


def head_bytes(status: int, headers: Mapping[str, str]) -> bytes:
    """Status line and headers as they are sent."""
    try:
        words = HTTPStatus(status).phrase
    except ValueError:
        words = "Status"
    lines = [f"HTTP/1.1 {status} {words}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@contextlib.contextmanager
def serving(handler: Handler) -> Iterator[LoopbackServer]:
    """A server while the block runs."""
    server = LoopbackServer(handler)
    try:
        yield server
    finally:
        server.stop()


__all__ = ["Handler", "Line", "LoopbackServer", "Received", "head_bytes", "serving"]
