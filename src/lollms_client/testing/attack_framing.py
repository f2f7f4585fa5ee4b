"""Attacks below the reply: how HTTP itself is written. They need a real connection."""

from __future__ import annotations

from collections.abc import Iterator

from lollms_client.testing.attack_replies import Canned
from lollms_client.testing.attacks import Attack, one
from lollms_client.testing.server import head_bytes


def framing(place: int, reply: Canned) -> Iterator[Attack]:
    """All of them for one reply."""
    yield from _odd_but_right(place, reply)
    yield from _wrong(place, reply)


def _odd_but_right(place: int, reply: Canned) -> Iterator[Attack]:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
    yield one("A116", "an interim answer comes first", place, reply.changed(interim=early), "complete", wire=True)
    more = (*reply.headers, *(("x-more", str(number)) for number in range(40)))
    yield one("A116", "there are 40 more headers", place, reply.changed(headers=more), "same", wire=True)
    twice = (*reply.headers, *(pair for pair in reply.headers if pair[0].lower() == "content-type"))
    yield one("A116", "the type is told twice", place, reply.changed(headers=twice), "complete", wire=True)
    name = "the reply is in chunks of one byte"
    parts = reply.changed(cuts=tuple(range(1, min(len(reply.body), 2000))))
    yield one("A116", name, place, parts.with_header("transfer-encoding", "chunked"), "same", wire=True)
    size = str(len(reply.body))
    closing = _raw(reply, {"Content-Length": size, "Connection": "close"})
    yield one("A116", "the connection closes after the answer", place, closing, "same", wire=True)
    unsaid = _raw(reply, {"Connection": "close"})
    yield one("A116", "the length of the body is not told", place, unsaid, "same", wire=True)


def _wrong(place: int, reply: Canned) -> Iterator[Attack]:
    body = len(reply.body)
    huge = (*reply.headers, ("x-huge", "x" * 300_000))
    yield one("A116", "a header is 300000 bytes long", place, reply.changed(headers=huge), "complete", wire=True)
    many = (*reply.headers, *((f"x-many-{number}", "1") for number in range(5000)))
    yield one("A116", "there are 5000 headers", place, reply.changed(headers=many), "complete", wire=True)
    if body > 4:
        less = _raw(reply, {"Content-Length": str(body - 3), "Connection": "close"})
        yield one("A116", "the announced length is too small", place, less, "typed", wire=True)
        more = _raw(reply, {"Content-Length": str(body + 400), "Connection": "close"})
        yield one("A116", "the announced length is too large", place, more, "complete", wire=True)
    for length in ("-1", "many", "99999999999999999999999999"):
        wrong = _raw(reply, {"Content-Length": length, "Connection": "close"})
        yield one("A116", f"the announced length is {length}", place, wrong, "typed", wire=True)
    both = _raw(reply, {"Content-Length": str(body), "Transfer-Encoding": "chunked", "Connection": "close"})
    yield one("A116", "the body is no chunks, though announced so", place, both, "complete", wire=True)
    for words, head in (
        ("the answer is no HTTP", b"SSH-2.0-OpenSSH_9.9\r\n"),
        ("the status is no number", b"HTTP/1.1 fine OK\r\n\r\n"),
        ("the answer is of HTTP/3.7", b"HTTP/3.7 200 OK\r\nConnection: close\r\n\r\n"),
        ("the head ends in its middle", b"HTTP/1.1 200 OK\r\nContent-Ty"),
        ("a header has no colon", b"HTTP/1.1 200 OK\r\nwithout colon\r\nConnection: close\r\n\r\n"),
        ("the connection closes without an answer", b""),
    ):
        yield one("A116", words, place, reply.changed(raw_head=head), "typed" if head else "error", wire=True)


def _raw(reply: Canned, headers: dict[str, str]) -> Canned:
    """The reply with a head written as it stands here; the connection closes after it."""
    named = {name: value for name, value in reply.headers if name.lower() not in _FRAMING}
    return reply.changed(raw_head=head_bytes(reply.status, {**named, **headers}), cuts=())


_FRAMING = ("content-length", "transfer-encoding", "connection")
