"""The same calls through the package openai, captured on loopback, and through ours: equal in meaning."""

from __future__ import annotations

import importlib
import json
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.types.job import JobHandle
from tests.loopback import Line, Loopback, Received, loopback
from tests.services.openai_media.wire import B64, KEY, OGG, PNG, binding, form, form_of, json_of

openai = importlib.import_module("openai")
FILM = b"\0\0\0\x18ftypmp42film"
JOB = {
    "id": "video_1",
    "object": "video",
    "model": "m",
    "status": "completed",
    "progress": 100,
    "created_at": 1,
    "completed_at": 2,
    "expires_at": 3,
    "prompt": "x",
    "size": "720x1280",
    "seconds": "4",
    "remixed_from_video_id": None,
    "error": None,
}


def answer(line: Line, request: Received) -> None:
    path = request.target.partition("?")[0]
    if path.endswith("/content"):
        line.reply(FILM, content_type="video/mp4")
    elif "/audio/speech" in path:
        line.reply(b"ID3", content_type="audio/mpeg")
    elif "/videos" in path:
        line.reply(JOB)
    else:
        line.reply({"created": 1, "data": [{"b64_json": B64}], "text": "Hi"})


@pytest.fixture
def server() -> Iterator[Loopback]:
    with loopback(answer) as found:
        yield found


def theirs(server: Loopback, call: Callable[[Any], object]) -> Received:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with openai.OpenAI(api_key=KEY, base_url=f"{server.url}/v1", max_retries=0) as client:
            call(client)
    return server.requests[-1]


def meaning(method: str, path: str, content_type: str, body: bytes) -> Any:
    """What a request says, whatever its boundaries, order of fields, spelling of numbers and names of files."""
    if content_type.startswith("multipart/"):
        sent = form(body, content_type)
        files = [(field, kind, data) for field, _, kind, data in sent.files]
        return method, path, sorted((name, number(text)) for name, text in sent.fields), files
    return method, path, json.loads(body) if body else None


def number(text: str) -> str:
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


BOTH = ("openai_compatible", "openai")


def same(
    server: Loopback,
    call: Callable[[Any], object],
    kind: str,
    flow: Callable[[Any], Any],
    names: tuple[str, ...] = BOTH,
) -> None:
    """Make both calls, and compare what was sent, for each of the bindings."""
    received = theirs(server, call)
    expected = meaning(received.method, received.target, received.headers.get("content-type", ""), received.body)
    for name in names:
        ours = binding(kind, name, host_address=f"{server.url}/v1", model_name="")
        driver = ScriptedDriver([_scripted])
        driver.run(flow(ours))
        request = driver.requests[-1]
        path = "/" + request.url.partition("://")[2].partition("/")[2]
        sent = meaning(request.method, path, str(request.headers.get("Content-Type", "")), request.body or b"")
        assert sent == expected, name
        assert request.plain_headers()["Authorization"] == received.headers["authorization"]


def _scripted(request: Any) -> CannedReply:
    if request.url.partition("?")[0].endswith("/content"):
        return CannedReply(body=FILM, headers={"Content-Type": "video/mp4"})
    if "/audio/speech" in request.url:
        return CannedReply(body=b"ID3", headers={"Content-Type": "audio/mpeg"})
    if "/videos" in request.url:
        return CannedReply(body=JOB)
    return CannedReply(body={"created": 1, "data": [{"b64_json": B64}], "text": "Hi"})


GENERATIONS: list[dict[str, Any]] = [
    {"model": "gpt-image-1"},
    {
        "model": "gpt-image-1.5",
        "n": 2,
        "size": "1536x1024",
        "quality": "high",
        "background": "transparent",
        "output_format": "webp",
        "output_compression": 70,
        "moderation": "low",
        "user": "me",
    },
    {"model": "dall-e-3", "style": "natural", "quality": "hd", "size": "1792x1024", "response_format": "url"},
]


@pytest.mark.parametrize("given", GENERATIONS)
def test_images_generate(server: Loopback, given: dict[str, Any]) -> None:
    same(
        server,
        lambda client: client.images.generate(prompt="a red fox", **given),
        "tti",
        lambda tti: tti.image_flow(tti.image_request("generate_image", {"prompt": "a red fox", **_plain(given)})),
        BOTH if "response_format" not in given else BOTH[:1],
    )


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    return {("count" if name == "n" else name): value for name, value in given.items()}


def test_images_generate_streamed(server: Loopback) -> None:
    received = theirs(
        server, lambda client: client.images.generate(prompt="x", model="gpt-image-1", stream=True, partial_images=2)
    )
    tti = binding("tti", "openai", model_name="gpt-image-1")
    data = b'data: {"type": "image_generation.completed", "b64_json": "%s"}\n\n' % B64.encode()
    driver = ScriptedDriver([CannedReply(body=data, headers={"Content-Type": "text/event-stream"})])
    driver.run(tti.image_flow(tti.image_request("generate_image", {"prompt": "x", "partial_images": 2})))
    assert json_of(driver.requests[0]) == received.json()


EDITS: list[tuple[Any, dict[str, Any]]] = [
    (("a.png", bytes(PNG), "image/png"), {"model": "gpt-image-1", "input_fidelity": "high", "size": "1024x1024"}),
    (
        [("a.png", bytes(PNG), "image/png"), ("b.png", bytes(PNG), "image/png")],
        {"model": "gpt-image-1", "n": 2, "user": "me"},
    ),
]


@pytest.mark.parametrize(("image", "given"), EDITS)
def test_images_edit(server: Loopback, image: Any, given: dict[str, Any]) -> None:
    images = [PNG] * (len(image) if isinstance(image, list) else 1)
    mask = ("mask.png", bytes(PNG), "image/png")
    same(
        server,
        lambda client: client.images.edit(prompt="a red fox", image=image, mask=mask, **given),
        "tti",
        lambda tti: tti.image_flow(
            tti.image_request(
                "edit_image",
                {"prompt": "a red fox", "images": images, "mask": PNG, "raw_mask": True, **_plain(given)},
            )
        ),
    )


def test_images_create_variation(server: Loopback) -> None:
    same(
        server,
        lambda client: client.images.create_variation(
            image=("a.png", bytes(PNG), "image/png"), model="dall-e-2", n=3, size="512x512", response_format="b64_json"
        ),
        "tti",
        lambda tti: tti.image_flow(
            tti.image_request(
                "edit_image",
                {
                    "prompt": "",
                    "images": [PNG],
                    "variation": True,
                    "model": "dall-e-2",
                    "count": 3,
                    "width": 512,
                    "response_format": "b64_json",
                },
            )
        ),
        BOTH[:1],
    )


TRANSCRIPTIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {
            "model": "whisper-1",
            "response_format": "verbose_json",
            "timestamp_granularities": ["word", "segment"],
            "language": "en",
            "prompt": "Lollms",
            "temperature": 0.5,
        },
        {"model": "whisper-1", "words": True, "language": "en", "prompt": "Lollms", "temperature": 0.5},
    ),
    (
        {
            "model": "gpt-4o-transcribe-diarize",
            "response_format": "diarized_json",
            "chunking_strategy": "auto",
            "known_speaker_names": ["Ann"],
            "known_speaker_references": [OGG.data_url()],
        },
        {
            "model": "gpt-4o-transcribe-diarize",
            "speakers": True,
            "chunking_strategy": "auto",
            "known_speaker_names": ["Ann"],
            "known_speaker_references": [OGG],
        },
    ),
    (
        {"model": "gpt-4o-transcribe", "response_format": "json", "include": ["logprobs"]},
        {"model": "gpt-4o-transcribe", "include": ["logprobs"]},
    ),
]


@pytest.mark.parametrize(("sdk", "given"), TRANSCRIPTIONS)
def test_audio_transcriptions(server: Loopback, sdk: dict[str, Any], given: dict[str, Any]) -> None:
    same(
        server,
        lambda client: client.audio.transcriptions.create(file=("audio.ogg", bytes(OGG), "audio/ogg"), **sdk),
        "stt",
        lambda stt: stt.transcription_flow(stt.transcription_request(OGG, given)),
    )


def test_audio_translations(server: Loopback) -> None:
    same(
        server,
        lambda client: client.audio.translations.create(
            file=("audio.ogg", bytes(OGG), "audio/ogg"), model="whisper-1", response_format="verbose_json", prompt="x"
        ),
        "stt",
        lambda stt: stt.transcription_flow(
            stt.transcription_request(OGG, {"model": "whisper-1", "translate": True, "prompt": "x"})
        ),
    )


def test_audio_speech(server: Loopback) -> None:
    same(
        server,
        lambda client: client.audio.speech.create(
            model="gpt-4o-mini-tts",
            voice="marin",
            input="Hello.",
            instructions="Whisper.",
            speed=1.5,
            response_format="flac",
        ).read(),
        "tts",
        lambda tts: tts.speech_flow(
            tts.speech_request(
                "Hello.",
                {
                    "model": "gpt-4o-mini-tts",
                    "voice": "marin",
                    "instructions": "Whisper.",
                    "speed": 1.5,
                    "output_format": "flac",
                },
            )
        ),
    )


def test_videos_create(server: Loopback) -> None:
    same(
        server,
        lambda client: client.videos.create(
            model="m",
            prompt="a red fox",
            seconds="8",
            size="1280x720",
            input_reference=("input_reference.png", bytes(PNG), "image/png"),
        ),
        "ttv",
        lambda ttv: ttv.submit(
            ttv.video_request("a red fox", {"model": "m", "seconds": 8, "width": 1280, "height": 720, "image": PNG})
        ),
        BOTH[:1],
    )


HANDLE = JobHandle(binding="openai_compatible", binding_type="ttv", method="video", id="video_1")
JOBS: list[tuple[Callable[[Any], object], Callable[[Any], Any]]] = [
    (lambda client: client.videos.retrieve("video_1"), lambda ttv: ttv.check(HANDLE)),
    (lambda client: client.videos.delete("video_1"), lambda ttv: ttv.cancel_job(HANDLE)),
    (
        lambda client: client.videos.remix("video_1", prompt="at night"),
        lambda ttv: ttv.submit(ttv.video_request("at night", {"remix_of": "video_1"})),
    ),
]


@pytest.mark.parametrize(("call", "flow"), JOBS)
def test_videos_retrieve_delete_and_remix(
    server: Loopback, call: Callable[[Any], object], flow: Callable[[Any], Any]
) -> None:
    same(server, call, "ttv", flow, BOTH[:1])


def test_videos_download_content(server: Loopback) -> None:
    received = theirs(server, lambda client: client.videos.download_content("video_1").read())
    ttv = binding("ttv", "openai_compatible", host_address=f"{server.url}/v1")
    driver = ScriptedDriver([_scripted, _scripted])
    result = driver.run(ttv.collect(HANDLE))
    assert bytes(result.video) == FILM
    assert driver.requests[-1].url == f"{server.url}{received.target}"


def test_forms_over_a_real_connection(server: Loopback) -> None:
    """The blocking driver sends the form that the scripted one saw."""
    tti = binding("tti", "openai_compatible", host_address=f"{server.url}/v1", model_name="m")
    assert tti.edit_image([PNG, PNG], "a red fox", width=512) == PNG
    (received,) = server.requests
    driver = ScriptedDriver([_scripted])
    driver.run(
        tti.image_flow(tti.image_request("edit_image", {"prompt": "a red fox", "images": [PNG, PNG], "width": 512}))
    )
    assert form(received.body, received.headers["content-type"]) == form_of(driver.requests[0])
