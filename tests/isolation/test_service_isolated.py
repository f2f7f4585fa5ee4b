"""A binding that talks to a service does so from its worker process: keys, streams, time limits, cancelling."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, CancelToken, LollmsClient, errors
from lollms_client.flow import Timeouts
from tests.isolation.conftest import MakeClient
from tests.loopback import Line, Loopback, Received, loopback

KEY = "sk-worker-secret-0123456789"


class Service:
    """Answers chats; `closed` is set when a caller goes away in the middle of an answer."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self.seen: list[Received] = []

    def __call__(self, line: Line, request: Received) -> None:
        self.seen.append(request)
        question = json.loads(request.body)["messages"][-1]["content"] if request.body else ""
        if question == "slower":
            line.reply({"error": {"message": f"slower, {KEY}"}}, 429, retry_after="1000")
        elif question in ("stall", "stream and stall"):
            if question != "stall":
                line.begin()
                line.chunk(b'data: {"choices":[{"index":0,"delta":{"content":"begun"}}]}\n\n')
            if line.wait_closed(20):
                self.closed.set()
        else:
            message = {"role": "assistant", "content": "hello"}
            line.reply({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})


@pytest.fixture(scope="module")
def service() -> Service:
    return Service()


@pytest.fixture(scope="module")
def server(service: Service) -> Iterator[Loopback]:
    with loopback(service) as running:
        yield running


def settings(server: Loopback) -> dict[str, Any]:
    config = {"host_address": server.url, "model_name": "m", "service_key": KEY, "isolation": "process"}
    return {"llm_binding_name": "openai_compatible", "llm_binding_config": config}


@pytest.fixture(scope="module")
def client(server: Loopback) -> Iterator[LollmsClient]:
    with LollmsClient(**settings(server)) as made:
        yield made


def test_the_key_reaches_the_service_alone(client: LollmsClient, service: Service) -> None:
    assert client.chat("hi").text == "hello"
    assert service.seen[-1].headers["authorization"] == f"Bearer {KEY}"
    with pytest.raises(errors.RateLimited) as caught:
        client.chat("slower")
    assert caught.value.details["retry_after"] == 1000
    assert caught.value.details["status"] == 429
    assert KEY not in str(caught.value.as_dict()) + str(caught.value.__cause__)
    assert KEY not in repr(client.llm.get_settings())


def test_streams_come_as_they_are_sent(client: LollmsClient, service: Service) -> None:
    with client.stream_chat("stream and stall") as stream:
        assert next(iter(stream)).text == "begun"  # type: ignore[union-attr]
    assert service.closed.wait(20)
    service.closed.clear()


def test_time_limits_hold_there(client: LollmsClient) -> None:
    with pytest.raises(errors.TimedOut) as caught:
        client.chat("stall", timeout=Timeouts(first_byte=0.3))
    assert caught.value.details["stage"] == "first_byte"
    with pytest.raises(errors.TimedOut) as caught:
        client.chat("stall", timeout=0.3)
    assert caught.value.details["stage"] in ("total", "first_byte")


def test_the_service_sees_a_cancelled_call_end(client: LollmsClient, service: Service) -> None:
    pid = getattr(client.llm, "process_id")  # noqa: B009
    service.closed.clear()
    token = CancelToken()
    before = len(service.seen)

    def trip() -> None:
        _until(lambda: len(service.seen) > before)
        token.cancel()

    thread = threading.Thread(target=trip)
    thread.start()
    with pytest.raises(errors.Cancelled):
        client.chat("stall", cancel=token)
    thread.join()
    assert service.closed.wait(20)
    assert client.chat("hi").text == "hello"
    assert getattr(client.llm, "process_id") == pid  # noqa: B009 (nothing had to be killed)


def _until(condition: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(2000):
        if condition():
            return
        tick.wait(0.01)


def test_a_cancelled_task_is_seen_by_the_service(server: Loopback, service: Service) -> None:
    service.closed.clear()

    async def main() -> None:
        async with AsyncLollmsClient(**settings(server)) as client:
            stream = client.stream_chat("stream and stall")
            async for _ in stream:
                break
            await stream.aclose()
            assert await asyncio.to_thread(service.closed.wait, 20)
            assert (await client.chat("hi")).text == "hello"

    asyncio.run(main())


def test_attributes_are_set_there(make_client: MakeClient) -> None:
    llm: Any = make_client().llm
    llm.size = 7

    assert llm.size == 7
    assert "size" not in vars(llm)


def test_relative_paths_mean_the_same(make_client: MakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = make_client()
    assert client.chat("echo:x").text == "x"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "marker").mkdir()
    stream = client.stream_chat("endless:marker/stopped")
    next(stream)
    stream.close()
    assert client.chat("echo:x").text == "x"

    _until((tmp_path / "marker" / "stopped").exists)
    assert (tmp_path / "marker" / "stopped").read_text() == "stopped"
