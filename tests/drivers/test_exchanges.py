"""One table of exchanges over both drivers and both transports: what the wire does, and what the caller gets."""

from __future__ import annotations

import gzip
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lollms_client import errors
from lollms_client.families.multipart import FormFile
from lollms_client.flow import Timeouts
from lollms_client.types import Media, Progress
from tests.drivers.conftest import Runner
from tests.drivers.services import KEY, service
from tests.loopback import Line, Received, loopback

EVENTS = "data: één\n\n: a comment\r\ndata: 日本\ndata: 語\n\nevent: x\rdata: 🙂\r\rdata: last".encode()
TEXTS = ["één".encode(), "日本\n語".encode(), "🙂".encode(), b"last"]


def test_reuses_one_connection_and_sends_the_key(runner: Runner) -> None:
    def handler(line: Line, request: Received) -> None:
        line.reply({"path": request.target, "key": request.headers.get("authorization")})

    with loopback(handler) as server:
        binding = service(server.url)

        async def flow() -> list[Any]:
            return [await binding.get("a", query={"x": [1, True], "none": None}), await binding.post("b", {"y": 2})]

        first, second = runner.run(flow())
        assert first == {"path": "/a?x=1&x=true", "key": f"Bearer {KEY}"}
        assert second["path"] == "/b"
        assert server.requests[1].json() == {"y": 2}
        assert server.connections == 1


def test_uploads_a_form_with_files(runner: Runner) -> None:
    picture = Media(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3000)
    with loopback(lambda line, request: line.reply({"size": len(request.body)})) as server:
        binding = service(server.url)
        fields = {"prompt": 'naïve "x"', "n": 2, "flag": True, "none": None, "tags[]": ["a", "b"]}
        runner.run(binding.upload("form", fields, [FormFile("image[]", picture)]))
        request = server.requests[0]
        assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
        for piece in ('name="prompt"\r\n\r\nnaïve "x"\r\n', 'name="n"\r\n\r\n2', 'name="flag"\r\n\r\ntrue'):
            assert piece.encode() in request.body
        assert request.body.count(b'name="tags[]"') == 2
        assert b'name="none"' not in request.body
        assert b'filename="image.png"\r\nContent-Type: image/png\r\n\r\n' + picture in request.body


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_reads_events_however_they_are_cut(runner: Runner, size: int) -> None:
    def handler(line: Line, request: Received) -> None:
        line.begin()
        for start in range(0, len(EVENTS), size):
            line.chunk(EVENTS[start : start + size])
        line.end()

    with loopback(handler) as server:
        assert runner.run(service(server.url).texts()) == TEXTS


def test_reads_json_lines_and_raises_an_error_line(runner: Runner) -> None:
    def handler(line: Line, request: Received) -> None:
        line.begin(content_type="application/x-ndjson")
        line.chunk(b'{"a": 1}\n\n{"a"')
        line.chunk(b': 2}\r\n{"error": "model crashed"}')
        line.end()

    with loopback(handler) as server, pytest.raises(errors.CallError, match="model crashed"):
        runner.run(service(server.url).rows())


def test_runs_a_job_to_its_end_with_progress(runner: Runner) -> None:
    looks: list[float] = [0.25, 0.75]

    def handler(line: Line, request: Received) -> None:
        if request.method == "POST":
            line.reply({"id": "j1"})
        elif request.target.endswith("/content"):
            line.reply(b"\0\0\0\x18ftypisom" + b"film" * 100, content_type="video/mp4")
        elif looks:
            line.reply({"state": "running", "progress": looks.pop(0)})
        else:
            line.reply({"state": "done"})

    seen: list[Progress] = []
    with loopback(handler) as server:
        binding = service(server.url)
        result = runner.run(binding.video_flow(binding.video_request("a cat", {})), on_progress=seen.append)
        assert result.video.mime_type == "video/mp4"
        assert [progress.fraction for progress in seen] == [0.25, 0.75]


@pytest.mark.parametrize(
    ("status", "body", "kind", "details"),
    [
        (400, {"error": {"message": "no such size", "code": "bad_size", "param": "size"}}, errors.Rejected,
         {"service_code": "bad_size", "parameter": "size"}),
        (400, {"error": {"code": "context_length_exceeded", "message": "too long"}}, errors.ContextTooLong, {}),
        (400, {"error": {"code": "content_policy_violation", "message": "no"}}, errors.ContentFiltered, {}),
        (401, {"detail": "bad key " + KEY}, errors.AuthenticationFailed, {}),
        (402, {"message": "pay"}, errors.QuotaExceeded, {}),
        (403, "forbidden", errors.PermissionDenied, {}),
        (404, {"error": "model not found"}, errors.NotFound, {}),
        (422, {"detail": [{"loc": ["body", "size"], "msg": "too big"}]}, errors.Rejected, {}),
        (429, {"error": {"code": "insufficient_quota", "message": "x"}}, errors.QuotaExceeded, {}),
        (500, b"<html>oops</html>", errors.Unavailable, {}),
    ],
)  # fmt: skip
def test_maps_error_replies(runner: Runner, status: int, body: Any, kind: type, details: dict[str, str]) -> None:
    with loopback(lambda line, request: line.reply(body, status, x_request_id="r-77")) as server:
        with pytest.raises(errors.LollmsError) as caught:
            runner.run(service(server.url, max_retries=0).post("x", {}))
        assert type(caught.value) is kind
        assert caught.value.details["request_id"] == "r-77"
        assert caught.value.details["status"] == status
        assert details.items() <= caught.value.details.items()
        assert KEY not in str(caught.value.as_dict())


def test_retries_what_the_service_did_not_take_on(runner: Runner) -> None:
    replies = [429, 503, 200]

    def handler(line: Line, request: Received) -> None:
        line.reply({"ok": True}, replies.pop(0), retry_after="0")

    with loopback(handler) as server:
        assert runner.run(service(server.url).post("x", {"a": 1})) == {"ok": True}
        assert [request.json() for request in server.requests] == [{"a": 1}] * 3


@pytest.mark.parametrize(
    ("method", "status", "times"), [("post", 500, 1), ("post", 502, 1), ("get", 500, 3), ("get", 504, 3)]
)
def test_repeats_only_where_repeating_is_safe(runner: Runner, method: str, status: int, times: int) -> None:
    with loopback(lambda line, request: line.reply({}, status, retry_after="0")) as server:
        with pytest.raises(errors.Unavailable):
            runner.run(getattr(service(server.url), method)("x"))
        assert len(server.requests) == times


def test_does_not_wait_for_a_distant_retry_after(runner: Runner) -> None:
    with loopback(lambda line, request: line.reply({}, 429, retry_after="7200")) as server:
        with pytest.raises(errors.RateLimited) as caught:
            runner.run(service(server.url).post("x"))
        assert caught.value.details["retry_after"] == 7200
        assert len(server.requests) == 1


def test_does_not_repeat_a_post_that_may_have_arrived(runner: Runner) -> None:
    def handler(line: Line, request: Received) -> None:
        line.reset()

    with loopback(handler) as server:
        with pytest.raises(errors.Unavailable, match="may or may not"):
            runner.run(service(server.url).post("x", {}))
        assert len(server.requests) == 1


def test_says_that_nobody_listens(runner: Runner) -> None:
    with loopback(lambda line, request: None) as server:
        url = server.url
    with pytest.raises(errors.Unavailable, match="cannot be reached") as caught:
        runner.run(service(url, max_retries=0).post("x", {}))
    assert caught.value.details["sent"] is False


_SHORT = Timeouts(connect=2.0, first_byte=0.2, silence=0.2, total=5.0)


def _stall_before_head(line: Line, request: Received) -> None:
    line.wait_closed()


def _stall_in_head(line: Line, request: Received) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nContent-")
    line.wait_closed()


def _stall_in_body(line: Line, request: Received) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{")
    line.wait_closed()


@pytest.mark.parametrize(
    ("handler", "stage"),
    [(_stall_before_head, "first_byte"), (_stall_in_head, "first_byte"), (_stall_in_body, "silence")],
)
def test_times_out_at_each_stage(runner: Runner, handler: Callable[[Line, Received], None], stage: str) -> None:
    with loopback(handler) as server:
        with pytest.raises(errors.TimedOut) as caught:
            runner.run(service(server.url, max_retries=0).post("x", {}), timeouts=_SHORT)
        assert caught.value.details["stage"] == stage


def test_times_out_the_whole_call(runner: Runner) -> None:
    def handler(line: Line, request: Received) -> None:
        line.begin()
        for _ in range(200):
            line.chunk(b"data: x\n\n")
            time.sleep(0.02)

    with loopback(handler) as server:
        with pytest.raises(errors.TimedOut) as caught:
            runner.run(service(server.url).texts(), timeouts=Timeouts(total=0.3))
        assert caught.value.details["stage"] == "total"
        assert server.closed_early.wait(5)


_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-A: ", b"x"),
        (_CHUNKED, b"0"),
        (_CHUNKED + b"2;", b"x"),
        (_CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n"),
    ],
    ids=["provisional replies", "header", "size of a chunk", "extension of a chunk", "trailers"],
)
def test_a_reply_that_never_gets_on_is_held_to_the_limits(runner: Runner, begin: bytes, piece: bytes) -> None:
    if runner.blocking and runner.transport == "httpx":
        pytest.skip("documented: a blocking httpx call is outlasted by single bytes; the default transport is not")
    stopped = threading.Event()

    def handler(line: Line, request: Received) -> str:
        line.send(begin)
        while not stopped.wait(0.01):
            line.send(piece)
        return "close"

    with loopback(handler) as server:
        try:
            with pytest.raises(errors.TimedOut):
                runner.run(
                    service(server.url, max_retries=0).post("x", {}),
                    timeouts=Timeouts(connect=0.2, first_byte=0.3, silence=0.3, total=0.8),
                )
        finally:
            stopped.set()


def test_a_job_that_runs_out_of_time_is_cancelled_at_the_service(runner: Runner) -> None:
    def handler(line: Line, request: Received) -> None:
        line.reply({"id": "j1"} if request.method == "POST" else {"state": "running"})

    with loopback(handler) as server:
        binding = service(server.url)
        with pytest.raises(errors.TimedOut) as caught:
            runner.run(binding.video_flow(binding.video_request("x", {})), timeouts=Timeouts(total=2.0))
        assert caught.value.details["job"]["id"] == "j1"
        assert server.requests[-1].method == "DELETE"


@pytest.mark.parametrize("phase", ["first_byte", "body", "sleep"])
def test_cancel_acts_at_once_in_each_phase(runner: Runner, phase: str) -> None:
    reached, seen_closed = threading.Event(), threading.Event()

    def handler(line: Line, request: Received) -> str:
        if phase == "body":
            line.begin()
            line.chunk(b"data: x\n\n")
        if phase == "sleep":
            line.reply({}, 503, retry_after="30")
        reached.set()
        if line.wait_closed(10):
            seen_closed.set()
        return "close"

    with loopback(handler) as server:
        binding = service(server.url)
        flow = binding.texts() if phase == "body" else binding.post("x", {})
        began = time.monotonic()
        with pytest.raises(errors.Cancelled, match="no longer wanted"):
            runner.run(flow, cancel=runner.cancel_soon(reached))
        assert time.monotonic() - began < 5  # not a speed test: it would wait for half a minute or more
        assert seen_closed.wait(5)


def test_cancelling_a_job_tells_the_service(runner: Runner) -> None:
    polled = threading.Event()

    def handler(line: Line, request: Received) -> None:
        if request.method == "GET":
            polled.set()
        line.reply({"id": "j9"} if request.method == "POST" else {"state": "queued"})

    with loopback(handler) as server:
        binding = service(server.url)
        with pytest.raises(errors.Cancelled):
            runner.run(binding.video_flow(binding.video_request("x", {})), cancel=runner.cancel_soon(polled))
        assert (server.requests[-1].method, server.requests[-1].target) == ("DELETE", "/jobs/j9")


def test_a_tripped_token_sends_nothing(runner: Runner) -> None:
    from lollms_client.cancel import CancelToken

    token = CancelToken()
    token.cancel()
    with loopback(lambda line, request: line.reply({})) as server:
        with pytest.raises(errors.Cancelled):
            runner.run(service(server.url).post("x", {}), cancel=token)
        assert server.requests == []


_GARBAGE = [
    b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"HTTP/1.1 abc OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n{"a":',
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\nabcd",
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n\xff\xfe""',
]


@pytest.mark.parametrize("reply", _GARBAGE)
def test_garbage_is_a_bad_reply(runner: Runner, reply: bytes) -> None:
    def handler(line: Line, request: Received) -> str:
        line.send(reply)
        return "close"

    with loopback(handler) as server, pytest.raises(errors.BadReply):
        runner.run(service(server.url, max_retries=0).post("x", {}))


def test_a_head_that_breaks_off_is_no_empty_reply(runner: Runner) -> None:
    def handler(line: Line, request: Received) -> str:
        line.send(b"HTTP/1.1 200 OK\r\nContent-Type: applicati")
        return "close"

    with loopback(handler) as server, pytest.raises((errors.BadReply, errors.Unavailable)):
        runner.run(service(server.url, max_retries=0).post("x", {}))


_HEADS = [
    b"HTTP/1.1 200 OK\r\ncontent-LENGTH:  8 \r\n\r\n",
    b"HTTP/1.1 200\r\nContent-Length: 8\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 8\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nContent-Length: 8\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
]


@pytest.mark.parametrize("head", _HEADS)
def test_reads_unusual_heads(runner: Runner, head: bytes) -> None:
    def handler(line: Line, request: Received) -> str:
        line.send(head + b'{"a": 1}')
        return "close"

    with loopback(handler) as server:
        assert runner.run(service(server.url, max_retries=0).post("x", {})) == {"a": 1}


def test_an_error_in_a_good_reply_is_an_error(runner: Runner) -> None:
    with loopback(lambda line, request: line.reply({"error": {"message": "overheated"}})) as server:
        with pytest.raises(errors.CallError, match="overheated"):
            runner.run(service(server.url).post("x", {}))
        with pytest.raises(errors.CallError, match="overheated"):
            runner.run(service(server.url).texts())
        with pytest.raises(errors.CallError, match="overheated"):
            runner.run(service(server.url).sound())


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate"])
def test_unpacks_what_is_packed(runner: Runner, coding: str) -> None:
    body = b'{"text": "' + b"a" * 100_000 + b'"}'
    pack: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
    raw = zlib.compressobj(wbits=-15)
    packed = pack[coding](body) if coding in pack else raw.compress(body) + raw.flush()
    name = coding.split()[-1]
    headers = {"Content-Encoding": name, "Content-Type": "application/json"}
    with loopback(lambda line, request: line.reply(packed, 200, headers)) as server:
        assert len(runner.run(service(server.url).post("x", {}))["text"]) == 100_000


@pytest.mark.parametrize("packed", [False, True])
def test_an_oversized_reply_is_refused(runner: Runner, packed: bool) -> None:
    bomb = gzip.compress(bytes(50_000_000)) if packed else bytes(3_000_000)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    with loopback(lambda line, request: line.reply(bomb, 200, headers)) as server:
        binding = service(server.url)
        with pytest.raises(errors.ReplyTooLarge, match="1000000 bytes"):
            runner.run(binding.send(binding.request("GET", "x", max_bytes=1_000_000)))


def test_an_endless_event_is_refused(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lollms_client.families.events.EventParser.__init__.__defaults__", (100_000,))

    def handler(line: Line, request: Received) -> None:
        line.begin()
        line.chunk(b"data: ")
        while True:
            line.chunk(b"x" * 10_000)

    with loopback(handler) as server:
        with pytest.raises(errors.ReplyTooLarge):
            runner.run(service(server.url).texts())
        assert server.closed_early.wait(5)


def test_follows_redirects_within_the_service_only(runner: Runner) -> None:
    def handler(line: Line, request: Received) -> None:
        if request.target == "/moved":
            line.reply(b"", 307, location="/here")
        elif request.target == "/away":
            line.reply(b"", 307, location="http://169.254.169.254/latest/meta-data")
        elif request.target == "/loop":
            line.reply(b"", 307, location="/loop")
        else:
            line.reply({"body": request.json()})

    with loopback(handler) as server:
        binding = service(server.url)
        assert runner.run(binding.post("moved", {"a": 1})) == {"body": {"a": 1}}
        with pytest.raises(errors.ForbiddenAddress, match=r"169\.254\.169\.254"):
            runner.run(binding.post("away", {}))
        with pytest.raises(errors.BadReply, match="redirects more than"):
            runner.run(binding.post("loop", {}))


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.7/x.mp4",
        "http://[fe80::1]/x",
        "http://[::ffff:169.254.169.254]/x",
        "http://[64:ff9b::a00:7]/x",
        "http://100.64.0.1/x",
        "http://0.0.0.0/x",
        "file:///etc/passwd",
        "ftp://example.org/x",
        "http://192.168.1.1:99999/x",
    ],
)
@pytest.mark.parametrize("redirected", [False, True])
def test_never_fetches_from_private_addresses(runner: Runner, url: str, redirected: bool) -> None:
    with loopback(lambda line, request: line.reply(b"", 302, location=url)) as server:
        binding = service(server.url)
        with pytest.raises((errors.ForbiddenAddress, errors.BadReply)):
            runner.run(binding.download("start" if redirected else url))


def test_downloads_from_elsewhere_get_no_key(runner: Runner) -> None:
    with loopback(lambda line, request: line.reply(b"\x89PNG\r\n\x1a\nxx", content_type="image/png")) as other:

        def handler(line: Line, request: Received) -> None:
            line.reply(b"", 302, location=f"{other.url}/file.png")

        with loopback(handler) as server:
            media = runner.run(service(server.url).download("result"))
            assert media.mime_type == "image/png"
            assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
            assert "authorization" not in other.requests[0].headers
            assert other.requests[0].headers["host"] == f"127.0.0.1:{other.port}"


def test_a_proxy_that_never_gets_on_is_held_to_the_limits(runner: Runner) -> None:
    if runner.blocking and runner.transport == "httpx":
        pytest.skip("documented: a blocking httpx call is outlasted by single bytes; the default transport is not")
    stopped = threading.Event()

    def handler(line: Line, request: Received) -> str:
        line.send(b"HTTP/1.1 200 Connection established\r\nX-A: ")
        while not stopped.wait(0.01):
            line.send(b"x")
        return "close"

    with loopback(handler) as proxy:
        try:
            with pytest.raises(errors.TimedOut):
                runner.run(
                    service("https://service.invalid/v1", proxy=proxy.url, max_retries=0).post("x", {}),
                    timeouts=Timeouts(connect=0.2, first_byte=0.3, silence=0.3, total=0.8),
                )
        finally:
            stopped.set()
        assert proxy.requests[0].method == "CONNECT"


def test_goes_through_a_proxy(runner: Runner) -> None:
    with loopback(lambda line, request: line.reply({"seen": request.target})) as proxy:
        address = f"http://user:pass%20word@127.0.0.1:{proxy.port}"
        reply = runner.run(service("http://service.invalid:81/v1", proxy=address).post("x", {}))
        assert reply == {"seen": "http://service.invalid:81/v1/x"}
        assert proxy.requests[0].headers["proxy-authorization"] == "Basic dXNlcjpwYXNzIHdvcmQ="
        assert proxy.requests[0].headers["host"] == "service.invalid:81"


def test_early_end_of_a_stream_is_seen_by_the_service(runner: Runner) -> None:
    closed = threading.Event()

    def handler(line: Line, request: Received) -> str:
        line.begin()
        line.chunk(b"data: x\n\n")
        if line.wait_closed():
            closed.set()
        return "close"

    async def flow() -> int:
        stream = binding.events(binding.request("POST", "stream", json={}))
        async for events in stream:
            await stream.aclose()
            return len(events)
        return 0

    with loopback(handler) as server:
        binding = service(server.url)
        assert runner.run(flow()) == 1
        assert closed.wait(5)


def test_a_connection_that_carried_a_stream_is_not_used_again(runner: Runner) -> None:
    if runner.transport == "httpx":
        pytest.skip("httpx keeps its own pool, and looks whether a connection is still alive")

    def handler(line: Line, request: Received) -> None:
        if request.target == "/stream":
            line.begin()
            line.chunk(b"data: x\n\n")
            line.end()
        else:
            line.reply({"ok": True})

    async def flow() -> list[Any]:
        return [await binding.texts(), await binding.post("x", {}), await binding.post("y", {})]

    with loopback(handler) as server:
        binding = service(server.url)
        assert runner.run(flow()) == [[b"x"], {"ok": True}, {"ok": True}]
        assert server.connections == 2


def test_awaiting_anything_foreign_names_the_verb(runner: Runner) -> None:
    import asyncio

    async def flow() -> None:
        await asyncio.sleep(0.01)

    with pytest.raises(errors.BadFlow, match=r"self\.sleep"):
        runner.run(flow())


def test_bad_addresses_and_headers_are_settings_errors(runner: Runner) -> None:
    for address in ("ftp://x", "http://[broken", "http://host:port/"):
        with pytest.raises(errors.BadSetting):
            runner.run(service(address).post("x", {}))
    with loopback(lambda line, request: line.reply({})) as server:
        with pytest.raises(errors.BadSetting):
            runner.run(service(server.url, extra_headers={"X-Bad": "a\r\nInjected: 1"}).post("x", {}))
        assert server.requests == []


@pytest.fixture
def deaf_address() -> Iterator[str]:
    """An address whose queue of connections is full: whoever connects waits for ever."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = [socket.socket() for _ in range(4)]
    for sock in waiting:
        sock.setblocking(False)
        sock.connect_ex(listener.getsockname())
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    for sock in (*waiting, listener):
        sock.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems answer a full queue in other ways")
def test_times_out_while_connecting(runner: Runner, deaf_address: str) -> None:
    limits = Timeouts(connect=0.2, first_byte=20.0, total=30.0)
    with pytest.raises(errors.TimedOut) as caught:
        runner.run(service(deaf_address, max_retries=0).post("x", {}), timeouts=limits)
    assert (caught.value.details["stage"], caught.value.details["sent"]) == ("connect", False)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems answer a full queue in other ways")
def test_cancels_while_connecting(runner: Runner, deaf_address: str) -> None:
    soon = threading.Event()
    threading.Timer(0.2, soon.set).start()
    began = time.monotonic()
    with pytest.raises(errors.Cancelled):
        runner.run(
            service(deaf_address).post("x", {}),
            cancel=runner.cancel_soon(soon),
            timeouts=Timeouts(connect=30.0, total=60.0),
        )
    assert time.monotonic() - began < 15  # not a speed test: it would wait for half a minute
