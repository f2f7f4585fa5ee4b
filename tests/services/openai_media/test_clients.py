"""The media services through the public clients, blocking and asyncio, over a real connection."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, LollmsClient, errors
from lollms_client.types import Progress
from tests.loopback import Line, Loopback, Received, loopback
from tests.services.openai_media.wire import B64, KEY, OGG, PNG, events


def _answer(line: Line, request: Received) -> object:
    path = request.target
    if "/audio/speech" in path:
        line.begin(content_type="audio/mpeg")
        for piece in (b"ID3", b"one", b"two"):
            line.chunk(piece)
        line.end()
    elif "/images/" in path and b'"stream":true' in request.body:
        partial = {"type": "image_generation.partial_image", "b64_json": B64, "partial_image_index": 0}
        line.begin()
        line.chunk(events(partial))
        line.chunk(events({"type": "image_generation.completed", "b64_json": B64}))
        line.end()
    elif "/audio/transcriptions" in path and b'name="stream"' in request.body:
        line.begin()
        line.chunk(events({"type": "transcript.text.delta", "delta": "Hi"}))
        line.chunk(events({"type": "transcript.text.done", "text": "Hi"}))
        line.end()
    elif path.endswith("/content"):
        line.reply(b"\0\0\0\x18ftypmp42", content_type="video/mp4")
    elif "/videos" in path:
        line.reply({"id": "v", "status": "completed", "progress": 100})
    else:
        line.reply({"text": "Hi", "data": [{"b64_json": B64}]})
    return None


@pytest.fixture
def server() -> Iterator[Loopback]:
    with loopback(_answer) as found:
        yield found


@pytest.fixture
def arguments(server: Loopback) -> dict[str, Any]:
    settings = {"host_address": f"{server.url}/v1", "service_key": KEY, "proxy": "", "model_name": "m"}
    names = {f"{kind}_binding_name": "openai_compatible" for kind in ("tti", "stt", "tts", "ttv")}
    return {**names, **{f"{kind}_binding_config": settings for kind in ("tti", "stt", "tts", "ttv")}}


def test_the_blocking_client(arguments: dict[str, Any], server: Loopback) -> None:
    client = LollmsClient(**arguments)
    seen: list[Progress] = []
    assert client.image("a fox", partial_images=1, on_progress=seen.append).image == PNG
    assert [progress.stage for progress in seen] == ["partial image", "image"]
    assert client.edit_image(PNG, "at night").image == PNG
    assert client.transcribe(OGG, stream=True).text == "Hi"
    assert bytes(client.speech("Hello.", voice="v").audio) == b"ID3onetwo"
    assert b"".join(client.stream_speech("Hello.", voice="v")) == b"ID3onetwo"
    assert client.video("a fox").video.mime_type == "video/mp4"
    assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in server.requests)


def test_the_asyncio_client(arguments: dict[str, Any]) -> None:
    async def run() -> list[Any]:
        async with AsyncLollmsClient(**arguments) as client:
            pieces = [bytes(piece) async for piece in client.stream_speech("Hello.", voice="v")]
            image, text, film = await asyncio.gather(
                client.image("a fox", partial_images=1), client.transcribe(OGG, stream=True), client.video("a fox")
            )
            return [b"".join(pieces), image.image, text.text, film.video.mime_type]

    assert asyncio.run(run()) == [b"ID3onetwo", PNG, "Hi", "video/mp4"]


def test_leaving_a_spoken_stream_closes_the_connection(arguments: dict[str, Any]) -> None:
    closed: list[bool] = []

    def endless(line: Line, request: Received) -> object:
        line.begin(content_type="audio/mpeg")
        line.chunk(b"ID3")
        closed.append(line.wait_closed())
        return "close"

    with loopback(endless) as server:
        settings = {**arguments["tts_binding_config"], "host_address": f"{server.url}/v1"}
        with LollmsClient(**{**arguments, "tts_binding_config": settings}).stream_speech("Hello.", voice="v") as pieces:
            assert bytes(next(iter(pieces))) == b"ID3"
        server.requests.clear()
        for _ in range(100):
            if closed:
                break
            asyncio.run(asyncio.sleep(0.02))
    assert closed == [True]


def test_a_job_is_taken_up_again_by_its_handle(arguments: dict[str, Any]) -> None:
    client = LollmsClient(**arguments)
    handle = client.jobs.submit("video", "a fox")
    assert KEY not in handle.as_json()
    assert client.jobs.check(handle.as_json()).state == "done"
    assert client.jobs.collect(handle).video.mime_type == "video/mp4"


def test_a_broken_image_in_a_stream_is_no_image(arguments: dict[str, Any]) -> None:
    def broken(line: Line, request: Received) -> None:
        line.begin()
        line.chunk(events({"type": "image_generation.completed", "b64_json": base64.b64encode(b"").decode()}))
        line.end()

    with loopback(broken) as server:
        settings = {**arguments["tti_binding_config"], "host_address": f"{server.url}/v1"}
        client = LollmsClient(**{**arguments, "tti_binding_config": settings})
        with pytest.raises(errors.BadReply, match="no image"):
            client.image("a fox", partial_images=1)
