"""A fake service for the benchmarks: answers a chat call, or streams so many events; prints its port."""

from __future__ import annotations

import asyncio
import json
import sys

ANSWER = {
    "id": "x",
    "object": "chat.completion",
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello there!"}}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21},
}


def _whole() -> bytes:
    body = json.dumps(ANSWER).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def _stream(chunks: int) -> bytes:
    delta = {"id": "x", "choices": [{"index": 0, "delta": {"content": "word "}, "finish_reason": None}]}
    event = b"data: " + json.dumps(delta).encode() + b"\n\n"
    piece = b"%x\r\n%s\r\n" % (len(event), event)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + piece * chunks + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


class Service(asyncio.Protocol):
    """Answers every request on a connection."""

    whole = _whole()
    streamed = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.waiting = b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while b"\r\n\r\n" in self.waiting:
            head, rest = self.waiting.split(b"\r\n\r\n", 1)
            lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            length = int(lengths[0].split(b":")[1]) if lengths else 0
            if len(rest) < length:
                return
            self.waiting = rest[length:]
            self.transport.write(self.streamed if b"/stream" in head.split(b"\r\n")[0] else self.whole)


async def main() -> None:
    """Serve until killed."""
    Service.streamed = _stream(int(sys.argv[1]))
    server = await asyncio.get_running_loop().create_server(Service, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
