"""A service on OpenAI's wire for the examples of the pages: it answers every route that they use."""

from __future__ import annotations

import base64
import json
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = "Apple, pear, plum."


def picture() -> bytes:
    """A PNG of two by two pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"\0\xff\0\0\0\xff\0" * 2
    head = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._reply({"object": "list", "data": [{"id": "my-model", "object": "model"}]})

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/images/generations"):
            self._reply({"created": 1, "data": [{"b64_json": base64.b64encode(picture()).decode()}]})
        elif self.path.endswith("/chat/completions"):
            self._chat(json.loads(asked))
        elif self.path.endswith("/responses"):
            content = [{"type": "output_text", "text": ANSWER, "annotations": []}]
            message = {"type": "message", "role": "assistant", "id": "m", "status": "completed", "content": content}
            self._reply({"id": "r", "object": "response", "status": "completed", "model": "m", "output": [message]})
        else:
            self._reply({"error": {"message": f"no route {self.path}"}}, 404)

    def _chat(self, asked: dict[str, Any]) -> None:
        usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
        if asked.get("stream"):
            delta = {"index": 0, "delta": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}
            body = f"data: {json.dumps({'id': 'c', 'choices': [delta], 'usage': usage})}\n\ndata: [DONE]\n\n"
            self._send(body.encode(), "text/event-stream")
            return
        message = {"role": "assistant", "content": ANSWER}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        self._reply({"id": "c", "model": "m", "choices": [choice], "usage": usage})

    def _reply(self, value: Any, status: int = 200) -> None:
        self._send(json.dumps(value).encode(), "application/json", status)

    def _send(self, body: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def service() -> Iterator[str]:
    """The address of a running service, `127.0.0.1:port`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
