"""The kit's server reads requests in every form, sends bytes as told, and sees what the client does."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

import pytest

from lollms_client.testing.server import URL_HEADER, Line, LoopbackServer, Received, serving


@pytest.fixture
def echo() -> Iterator[LoopbackServer]:
    def handler(line: Line, request: Received) -> None:
        line.reply({"method": request.method, "target": request.target, "url": request.url, "size": len(request.body)})

    with serving(handler) as server:
        yield server
    assert not server.failures


def asked(server: LoopbackServer, raw: bytes) -> bytes:
    """The reply to raw bytes, to the end of the connection."""
    with socket.create_connection(server.address) as sock:
        sock.sendall(raw)
        sock.shutdown(socket.SHUT_WR)
        pieces = []
        while data := sock.recv(65536):
            pieces.append(data)
    return b"".join(pieces)


def test_bodies_come_with_a_length_in_chunks_or_on_demand(echo: LoopbackServer) -> None:
    first = b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    second = b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n5;x=y\r\nfghij\r\n0\r\n\r\n"
    third = b"POST /c HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nk"
    reply = asked(echo, first + second + third)
    assert [request.body for request in echo.requests] == [b"abc", b"defghij", b"k"]
    assert reply.count(b"HTTP/1.1 200 OK") == 3
    assert b"HTTP/1.1 100 Continue" in reply
    assert echo.connections == 1


def test_the_address_that_was_meant_is_known(echo: LoopbackServer) -> None:
    raw = f"GET /v1/x?y=1 HTTP/1.1\r\n{URL_HEADER}: https://api.example.com/v1/x?y=1\r\n\r\n".encode()
    asked(echo, raw + b"GET http://other.example/z HTTP/1.1\r\n\r\nGET /plain HTTP/1.1\r\n\r\n")
    urls = [request.url for request in echo.requests]
    assert urls == ["https://api.example.com/v1/x?y=1", "http://other.example/z", f"{echo.url}/plain"]
    assert URL_HEADER not in echo.requests[0].headers


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_replies_may_come_in_pieces_of_any_size(size: int) -> None:
    body = "Grüße 🌍".encode()

    def handler(line: Line, request: Received) -> None:
        line.split(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body), size)

    with serving(handler) as server:
        connection = http.client.HTTPConnection(*server.address)
        connection.request("GET", "/")
        assert connection.getresponse().read() == body
        connection.close()


def test_chunks_are_a_stream() -> None:
    with serving(lambda line, request: line.stream([b"one", b"", b"two"], 203, {"X-A": "1"})) as server:
        connection = http.client.HTTPConnection(*server.address)
        connection.request("GET", "/")
        reply = connection.getresponse()
        assert (reply.status, reply.headers["x-a"], reply.read()) == (203, "1", b"onetwo")
        connection.close()


def test_a_reset_is_a_reset() -> None:
    with serving(lambda line, request: line.reset()) as server:
        connection = http.client.HTTPConnection(*server.address)
        connection.request("GET", "/")
        with pytest.raises(ConnectionResetError):
            connection.getresponse()
        connection.close()


def test_it_sees_that_the_client_goes_away() -> None:
    seen: list[bool] = []

    def handler(line: Line, request: Received) -> str:
        line.begin()
        line.chunk(b"data: 1\n\n")
        seen.append(line.wait_closed(20.0))
        return "close"

    with serving(handler) as server:
        sock = socket.create_connection(server.address)
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        while b"data: 1" not in sock.recv(65536):
            continue
        sock.close()
    assert seen == [True]


def test_a_client_that_stays_is_not_gone() -> None:
    seen: list[bool] = []

    def handler(line: Line, request: Received) -> None:
        seen.append(line.wait_closed(0.01))
        line.reply(b"")

    with serving(handler) as server:
        asked_once = http.client.HTTPConnection(*server.address)
        asked_once.request("GET", "/")
        asked_once.getresponse().read()
        asked_once.close()
    assert seen == [False]


def test_a_handler_that_fails_is_told_and_stops_nobody() -> None:
    def handler(line: Line, request: Received) -> None:
        if request.target == "/bad":
            raise ValueError("a mistake")
        line.reply(b"fine")

    with serving(handler) as server:
        assert asked(server, b"GET /bad HTTP/1.1\r\n\r\n") == b""
        assert b"fine" in asked(server, b"GET /good HTTP/1.1\r\n\r\n")
    assert [str(failure) for failure in server.failures] == ["a mistake"]


@pytest.mark.parametrize("raw", [b"", b"nonsense\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"])
def test_what_is_no_whole_request_ends_the_connection(echo: LoopbackServer, raw: bytes) -> None:
    assert asked(echo, raw) == b""
    assert not echo.requests


def test_a_handler_that_waits_is_freed_at_the_end() -> None:
    ended: list[bool] = []

    def handler(line: Line, request: Received) -> None:
        ended.append(server.stopping.wait(60.0))

    with serving(handler) as server:
        sock = socket.create_connection(server.address)
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        while not server.requests:
            continue
    sock.close()
    assert ended == [True]
