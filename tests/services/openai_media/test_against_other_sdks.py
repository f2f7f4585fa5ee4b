"""The same calls through the packages groq and together, captured on loopback, and through ours: equal in meaning."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from tests.loopback import Line, Loopback, Received, loopback
from tests.services.openai_media.test_against_openai_sdk import meaning
from tests.services.openai_media.wire import B64, KEY, OGG, PNG, binding

SOUND = CannedReply(body=b"RIFF\0\0\0\0WAVE", headers={"Content-Type": "audio/wav"})
OTHER = CannedReply(body={"text": "Hi", "data": [{"b64_json": B64}], "id": "v", "status": "queued", "object": "video"})


def answer(line: Line, request: Received) -> None:
    if "/audio/speech" in request.target:
        line.reply(b"RIFF\0\0\0\0WAVE", content_type="audio/wav")
    else:
        line.reply({"text": "Hi", "id": "v", "model": "m", "object": "list", "data": [], "status": "queued"})


@pytest.fixture
def server() -> Iterator[Loopback]:
    with loopback(answer) as found:
        yield found


def same(server: Loopback, sdk: str, call: Callable[[Any], object], kind: str, flow: Callable[[Any], Any]) -> None:
    """Make both calls, and compare what was sent."""
    made = getattr(importlib.import_module(sdk), {"groq": "Groq", "together": "Together"}[sdk])
    with made(api_key=KEY, base_url=server.url, max_retries=0) as client:
        call(client)
    received = server.requests[-1]
    ours = binding(kind, sdk, model_name="m")
    driver = ScriptedDriver([SOUND if kind == "tts" else OTHER])
    driver.run(flow(ours))
    request = driver.requests[-1]
    place = "/" + request.url.partition("://")[2].partition("/")[2]
    sent = meaning(request.method, place, str(request.headers.get("Content-Type", "")), request.body or b"")
    assert sent == meaning(received.method, received.target, received.headers["content-type"], received.body)
    assert request.plain_headers()["Authorization"] == received.headers["authorization"]


FILE = ("audio.ogg", bytes(OGG), "audio/ogg")


def test_groq_transcriptions(server: Loopback) -> None:
    same(
        server,
        "groq",
        lambda client: client.audio.transcriptions.create(
            file=FILE,
            model="whisper-large-v3",
            language="en",
            prompt="Lollms",
            temperature=0.5,
            response_format="verbose_json",
            timestamp_granularities=["word", "segment"],
        ),
        "stt",
        lambda stt: stt.transcription_flow(
            stt.transcription_request(
                OGG,
                {"model": "whisper-large-v3", "language": "en", "prompt": "Lollms", "temperature": 0.5, "words": True},
            )
        ),
    )


def test_groq_translations(server: Loopback) -> None:
    same(
        server,
        "groq",
        lambda client: client.audio.translations.create(
            file=FILE, model="whisper-large-v3", response_format="verbose_json"
        ),
        "stt",
        lambda stt: stt.transcription_flow(
            stt.transcription_request(OGG, {"model": "whisper-large-v3", "translate": True})
        ),
    )


def test_groq_speech(server: Loopback) -> None:
    given = {"voice": "troy", "speed": 1.5, "sample_rate": 24000}
    same(
        server,
        "groq",
        lambda client: client.audio.speech.create(input="Hi", model="m", response_format="wav", **given).read(),
        "tts",
        lambda tts: tts.speech_flow(tts.speech_request("Hi", {"model": "m", "output_format": "wav", **given})),
    )


def test_together_images(server: Loopback) -> None:
    given = {
        "width": 512,
        "height": 256,
        "steps": 4,
        "seed": 7,
        "negative_prompt": "rain",
        "output_format": "png",
        "n": 2,
    }
    same(
        server,
        "together",
        lambda client: client.images.generate(
            model="m",
            prompt="x",
            guidance_scale=3.5,
            response_format="base64",
            reference_images=[PNG.data_url()] * 2,
            disable_safety_checker=True,
            **given,
        ),
        "tti",
        lambda tti: tti.image_flow(
            tti.image_request(
                "edit_image",
                {"prompt": "x", "images": [PNG, PNG], "guidance": 3.5, "disable_safety_checker": True, **given},
            )
        ),
    )


def test_together_transcriptions(server: Loopback) -> None:
    same(
        server,
        "together",
        lambda client: client.audio.transcriptions.create(
            file=FILE,
            model="m",
            response_format="verbose_json",
            diarize=True,
            max_speakers=3,
            language="en",
            timestamp_granularities=["word", "segment"],
        ),
        "stt",
        lambda stt: stt.transcription_flow(
            stt.transcription_request(OGG, {"words": True, "speakers": True, "max_speakers": 3, "language": "en"})
        ),
    )


def test_together_speech(server: Loopback) -> None:
    given = {"voice": "friendly sidekick", "language": "en", "sample_rate": 24000, "response_encoding": "pcm_s16le"}
    same(
        server,
        "together",
        lambda client: client.audio.speech.create(input="Hi", model="m", response_format="raw", **given).read(),
        "tts",
        lambda tts: tts.speech_flow(tts.speech_request("Hi", {"output_format": "raw", **given})),
    )


def test_together_films(server: Loopback) -> None:
    given = {"width": 640, "height": 360, "fps": 24, "steps": 20, "seed": 3, "negative_prompt": "rain"}
    same(
        server,
        "together",
        lambda client: client.videos.create(
            model="m",
            prompt="x",
            seconds="5",
            guidance_scale=6,
            generate_audio=True,
            output_format="MP4",
            media={
                "frame_images": [{"input_image": PNG.data_url(), "frame": "first"}],
                "reference_images": [PNG.data_url()],
            },
            **given,
        ),
        "ttv",
        lambda ttv: ttv.submit(
            ttv.video_request(
                "x",
                {
                    "seconds": 5,
                    "guidance": 6,
                    "sound": True,
                    "output_format": "MP4",
                    "image": PNG,
                    "images": [PNG],
                    **given,
                },
            )
        ),
    )
