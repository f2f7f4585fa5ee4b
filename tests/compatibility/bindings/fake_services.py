"""The services that bindings in the wild talk to, on loopback: by path, whatever the host; every request is kept."""

from __future__ import annotations

import base64
import json
import re
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

WORDS = ["Hello", " from", " the", " fake", " service", "."]
TEXT = "".join(WORDS)
VECTOR = [0.25, 0.5, 0.75]


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + b"\x20\x80\xc0" * 64 for _ in range(64))
    head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PNG = _png()
_SILENCE = b"\0\0" * 8000
WAV = (
    b"RIFF" + struct.pack("<I", 36 + len(_SILENCE)) + b"WAVEfmt "
    + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16) + b"data" + struct.pack("<I", len(_SILENCE)) + _SILENCE
)  # fmt: skip
MP4 = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2" + b"\0\0\0\x08free"
IMAGE = base64.b64encode(PNG).decode()


class Seen(NamedTuple):
    """A request that came."""

    method: str
    host: str
    path: str
    body: bytes


class Reply(NamedTuple):
    """What is sent back; a list of texts as events, one network write each."""

    content: Any
    kind: str = "application/json"
    status: int = 200


def events(items: list[Any], done: bool = True, named: bool = False) -> Reply:
    """Server-sent events."""
    lines = [(f"event: {item['type']}\n" if named else "") + f"data: {json.dumps(item)}\n\n" for item in items]
    return Reply(lines + (["data: [DONE]\n\n"] if done else []), "text/event-stream")


def lines(items: list[Any]) -> Reply:
    """One JSON value for each line."""
    return Reply([json.dumps(item) + "\n" for item in items], "application/x-ndjson")


Handler = Callable[[Seen, Any], Reply]
ROUTES: list[tuple[str, Handler]] = []


def route(pattern: str) -> Callable[[Handler], Handler]:
    """The handler of the paths that match (method, a blank, host, path); the first one wins."""

    def keep(handler: Handler) -> Handler:
        ROUTES.append((pattern, handler))
        return handler

    return keep


def answer(seen: Seen) -> Reply:
    """What the services say to a request."""
    try:
        given = json.loads(seen.body) if seen.body[:1] in (b"{", b"[") else {}
    except ValueError:
        given = {}
    for pattern, handler in ROUTES:
        if re.search(pattern, f"{seen.method} {seen.host}{seen.path}"):
            return handler(seen, given)
    return Reply({"error": {"message": f"no such path: {seen.method} {seen.path}"}}, status=404)


class Services:
    """The servers, plain and encrypted, while the process runs."""

    def __init__(self, certificate: str | None = None) -> None:
        self.seen: list[Seen] = []
        self.plain = self._start(None)
        self.encrypted = self._start(certificate) if certificate else self.plain

    def _start(self, certificate: str | None) -> int:
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return int(server.server_address[1])

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        services = self

        class Handling(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                if self.headers.get("Transfer-Encoding", "") == "chunked":
                    body = b"".join(self._chunks())
                else:
                    body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                seen = Seen(self.command, self.headers.get("Host", ""), self.path, body)
                services.seen.append(seen)
                self._send(answer(seen))

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

            def _chunks(self) -> Iterator[bytes]:
                while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                    yield self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()

            def _send(self, reply: Reply) -> None:
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.kind)
                if isinstance(reply.content, list) and reply.kind != "application/json":
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    for text in reply.content:
                        data = text.encode()
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                        self.wfile.flush()
                    self.wfile.write(b"0\r\n\r\n")
                    return
                content = reply.content
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *arguments: Any) -> None:
                return

        return Handling

    def redirect(self) -> None:
        """Let every name and port of this process lead to the servers."""
        look_up = socket.getaddrinfo
        own = (self.plain, self.encrypted)

        def redirected(host: Any, port: Any, *arguments: Any, **keywords: Any) -> Any:
            number = {"https": 443, "http": 80}.get(port, port)
            target = number if number in own else self.encrypted if str(number) == "443" else self.plain
            keywords.pop("family", None)
            kind = keywords.get("type") or (arguments[1] if len(arguments) > 1 else 0)
            return look_up("127.0.0.1", target, socket.AF_INET, kind)

        socket.getaddrinfo = redirected
