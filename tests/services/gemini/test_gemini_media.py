"""Gemini's images, speech, films and music: requests, replies, jobs, errors, and the official SDK."""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import Callable
from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.families.gemini.shapes import exact_ratio, nearest_ratio, pcm_rate
from lollms_client.types.accounting import Progress
from lollms_client.types.image import ImageRequest
from lollms_client.types.job import JobHandle
from lollms_client.types.media import Media
from lollms_client.types.music import MusicRequest
from lollms_client.types.speech import SpeechRequest
from lollms_client.types.video import VideoRequest
from tests.loopback import Line, Received
from tests.services.gemini.discovery import camel, check_body
from tests.services.native_cases import KEY, body_of, captured, event_stream, events, failure, native

PNG = Media(b"\x89PNG\r\n\x1a\n" + b"\0" * 16)
MP4 = Media(b"\0\0\0\x18ftypmp42")
PCM = bytes(range(96)) * 10
TOKEN = "canary-token-77aa10"
VERTEX = {"vertex_project": "p", "access_token": TOKEN}
RATIOS = ("1:1", "16:9", "9:16")


def inline(data: bytes, kind: str) -> dict[str, Any]:
    return {"inlineData": {"mimeType": kind, "data": base64.b64encode(data).decode()}}


def reply(*parts: dict[str, Any], reason: str = "STOP", **fields: Any) -> dict[str, Any]:
    candidate = {"content": {"parts": list(parts), "role": "model"}, "finishReason": reason}
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 4}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m-1", "responseId": "r1", **fields}


def run(flow: Any, *answers: Any) -> tuple[Any, list[Any]]:
    """The result, and the bodies that were sent."""
    driver = ScriptedDriver([item if isinstance(item, CannedReply) else CannedReply(body=item) for item in answers])
    result = driver.run(flow)
    driver.finish()
    assert all(KEY not in repr(request) + request.url for request in driver.requests)
    return result, driver.requests


def warned(result: Any) -> list[str]:
    return [f"{warning.kind} {warning.setting}" for warning in result.warnings]


def test_sizes_become_ratios() -> None:
    assert nearest_ratio(1920, 1080, RATIOS) == "16:9"
    assert nearest_ratio(500, 1000, RATIOS) == "9:16"
    assert nearest_ratio(1000, 900, RATIOS) == "1:1"
    assert exact_ratio(1280, 720, "16:9")
    assert not exact_ratio(1000, 999, "1:1")


def test_rates_stand_in_the_type() -> None:
    assert pcm_rate("audio/L16;codec=pcm;rate=16000") == 16000
    assert pcm_rate("audio/L16") == 24000
    assert pcm_rate("audio/mpeg") is None


# --- images ----------------------------------------------------------------------------------------------------------

BOTH = {"responseModalities": ["TEXT", "IMAGE"]}
IMAGES: list[tuple[dict[str, Any], dict[str, Any], str, list[str]]] = [
    ({}, BOTH, "a cat", []),
    ({"width": 1024, "height": 1024}, {**BOTH, "imageConfig": {"aspectRatio": "1:1", "imageSize": "1K"}}, "a cat", []),
    (
        {"width": 1920, "height": 1080},
        {**BOTH, "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"}},
        "a cat",
        ["replaced width"],
    ),
    ({"width": 600}, {**BOTH, "imageConfig": {"aspectRatio": "1:1", "imageSize": "512"}}, "a cat", ["replaced width"]),
    (
        {"model": "gemini-2.5-flash-image", "width": 1024, "height": 1024},
        {**BOTH, "imageConfig": {"aspectRatio": "1:1"}},
        "a cat",
        ["replaced width"],
    ),
    (
        {"extra": {"aspect_ratio": "21:9", "image_size": "4K"}},
        {**BOTH, "imageConfig": {"aspectRatio": "21:9", "imageSize": "4K"}},
        "a cat",
        [],
    ),
    (
        {"seed": 4, "extra": {"temperature": 0.5, "thinking_level": "LOW"}},
        {**BOTH, "seed": 4, "temperature": 0.5, "thinkingConfig": {"thinkingLevel": "LOW"}},
        "a cat",
        [],
    ),
    ({"negative_prompt": "dogs"}, BOTH, "a cat\n\nLeave out: dogs", ["replaced negative_prompt"]),
    (
        {"steps": 3, "guidance": 2.0, "style": "ink", "quality": "high", "strength": 0.5, "mask": PNG},
        BOTH,
        "a cat",
        ["dropped mask", "dropped steps", "dropped guidance", "dropped style", "dropped quality", "dropped strength"],
    ),
    ({"output_format": "jpg"}, BOTH, "a cat", ["replaced output_format"]),
]


@pytest.mark.parametrize(("fields", "config", "prompt", "warnings"), IMAGES)
def test_images_of_gemini(fields: dict[str, Any], config: dict[str, Any], prompt: str, warnings: list[str]) -> None:
    canned = reply({"text": "Here."}, {"thought": True, "text": "hm"}, inline(PNG, "image/png"))
    result, sent = run(native("tti", "gemini").image_flow(ImageRequest(prompt="a cat", **fields)), canned)
    body = body_of(sent[0])
    check_body("GenerateContentRequest", body)
    assert body == {"contents": [{"role": "user", "parts": [{"text": prompt}]}], "generationConfig": config}
    assert sent[0].url.endswith(f"/v1beta/models/{fields.get('model', 'gemini-3.1-flash-image')}:generateContent")
    assert (result.image, result.text, result.model, result.id) == (PNG, "Here.", "m-1", "r1")
    assert (result.usage.images, result.usage.input_tokens, result.usage.output_tokens) == (1, 3, 4)
    assert warned(result) == warnings


def test_edits_and_several_images_of_gemini() -> None:
    request = ImageRequest(prompt="make it blue", images=(PNG, PNG), count=2, extra={"google_search": True})
    canned = reply(inline(PNG, "image/png"))
    result, sent = run(native("tti", "gemini").image_flow(request), canned, canned)
    body = body_of(sent[0])
    check_body("GenerateContentRequest", body)
    assert [list(part) for part in body["contents"][0]["parts"]] == [["inlineData"], ["inlineData"], ["text"]]
    assert body["tools"] == [{"googleSearch": {}}]
    assert len(sent) == len(result.images) == 2
    assert (result.usage.images, result.usage.input_tokens) == (2, 6)


NOTHING: list[tuple[dict[str, Any], type[errors.LollmsError]]] = [
    (reply({"text": "I cannot."}), errors.BadReply),
    (reply(reason="IMAGE_SAFETY"), errors.ContentFiltered),
    (reply(reason="NO_IMAGE"), errors.BadReply),
    ({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, errors.ContentFiltered),
    ({}, errors.BadReply),
    (
        {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "%"}}]}}]},
        errors.BadReply,
    ),
    ({"error": {"code": 500, "status": "INTERNAL", "message": "x"}}, errors.CallError),
]


@pytest.mark.parametrize(("canned", "kind"), NOTHING)
def test_no_image_is_an_error(canned: dict[str, Any], kind: type[errors.LollmsError]) -> None:
    found = failure(lambda: run(native("tti", "gemini").image_flow(ImageRequest(prompt="x")), canned))
    assert isinstance(found, kind)


IMAGEN: dict[str, Any] = {"model": "imagen-4.0-generate-001"}
PREDICTED = {"predictions": [{"bytesBase64Encoded": PNG.base64(), "mimeType": "image/png", "prompt": "a grey cat"}]}


def test_images_of_imagen() -> None:
    binding = native("tti", "gemini", **VERTEX)
    extra = {"person_generation": "allow_adult", "add_watermark": False, "include_rai_reason": True}
    request = ImageRequest(
        prompt="a cat",
        count=2,
        width=1024,
        height=1024,
        seed=3,
        negative_prompt="dogs",
        guidance=5.0,
        output_format="png",
        steps=4,
        extra=extra,
        **IMAGEN,
    )
    result, sent = run(binding.image_flow(request), PREDICTED)
    assert body_of(sent[0]) == {
        "instances": [{"prompt": "a cat"}],
        "parameters": {
            "sampleCount": 2,
            "aspectRatio": "1:1",
            "sampleImageSize": "1K",
            "negativePrompt": "dogs",
            "seed": 3,
            "guidanceScale": 5.0,
            "personGeneration": "allow_adult",
            "addWatermark": False,
            "includeRaiReason": True,
            "outputOptions": {"mimeType": "image/png"},
        },
    }
    assert sent[0].url.endswith("/publishers/google/models/imagen-4.0-generate-001:predict")
    assert (result.image, result.text) == (PNG, "a grey cat")
    assert warned(result) == ["dropped steps", "other count"]


def test_imagen_is_gone_from_the_gemini_api_and_may_withhold() -> None:
    request = ImageRequest(prompt="x", **IMAGEN)
    assert isinstance(failure(lambda: run(native("tti", "gemini").image_flow(request))), errors.Unsupported)
    withheld = {"predictions": [{"raiFilteredReason": "code 58061214"}]}
    found = failure(lambda: run(native("tti", "gemini", **VERTEX).image_flow(request), withheld))
    assert isinstance(found, errors.ContentFiltered)
    assert "58061214" in found.message


# --- speech ----------------------------------------------------------------------------------------------------------

SOUND = inline(PCM, "audio/L16;codec=pcm;rate=24000")


def voiced(name: str = "Kore", **fields: Any) -> dict[str, Any]:
    speech = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": name}}}
    return {"responseModalities": ["AUDIO"], "speechConfig": speech, **fields}


SPEECHES: list[tuple[dict[str, Any], dict[str, Any], str, list[str]]] = [
    ({}, voiced(), "Hello", []),
    ({"voice": "Puck", "seed": 3}, voiced("Puck", seed=3), "Hello", []),
    ({"instructions": "Say cheerfully"}, voiced(), "Say cheerfully: Hello", []),
    (
        {"speed": 2.0, "pitch": 1.0, "volume": 0.5, "ssml": True, "timings": True},
        voiced(),
        "Hello",
        ["dropped speed", "dropped pitch", "dropped volume", "unsupported ssml", "unsupported timings"],
    ),
    (
        {"output_format": "mp3", "sample_rate": 44100},
        voiced(responseFormat={"audio": {"mimeType": "AUDIO_MP3", "sampleRate": 44100}}),
        "Hello",
        [],
    ),
    ({"output_format": "flac"}, voiced(), "Hello", ["replaced output_format"]),
]


@pytest.mark.parametrize(("fields", "config", "text", "warnings"), SPEECHES)
def test_speech(fields: dict[str, Any], config: dict[str, Any], text: str, warnings: list[str]) -> None:
    request = SpeechRequest(text="Hello", **fields)
    result, sent = run(native("tts", "gemini").speech_flow(request), reply(SOUND))
    body = body_of(sent[0])
    check_body("GenerateContentRequest", body)
    assert body == {"contents": [{"role": "user", "parts": [{"text": text}]}], "generationConfig": config}
    assert warned(result) == warnings
    with wave.open(io.BytesIO(result.audio)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24000, 1, 2)
        assert file.readframes(file.getnframes()) == PCM
    assert result.seconds == pytest.approx(len(PCM) / 48000)
    assert result.voice == fields.get("voice", "Kore")
    assert result.usage.output_tokens == 4


def test_speakers_language_and_raw_sound() -> None:
    request = SpeechRequest(
        text="A: x\nB: y", language="de-DE", output_format="pcm", extra={"speakers": {"A": "Puck", "B": "Kore"}}
    )
    result, sent = run(native("tts", "gemini").speech_flow(request), reply(SOUND))
    check_body("GenerateContentRequest", body_of(sent[0]))
    speech = body_of(sent[0])["generationConfig"]["speechConfig"]
    assert speech["languageCode"] == "de-DE"
    rows = speech["multiSpeakerVoiceConfig"]["speakerVoiceConfigs"]
    assert [(row["speaker"], row["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"]) for row in rows] == [
        ("A", "Puck"),
        ("B", "Kore"),
    ]
    assert (bytes(result.audio), result.audio.mime_type) == (PCM, "audio/pcm")


def test_speech_that_comes_encoded_stays_as_it_is() -> None:
    result, _ = run(
        native("tts", "gemini").speech_flow(SpeechRequest(text="x", output_format="mp3")),
        reply(inline(b"ID3x", "audio/mpeg")),
    )
    assert (result.audio.mime_type, result.seconds) == ("audio/mpeg", None)


@pytest.mark.parametrize(
    "canned",
    [
        reply({"text": "no"}),
        reply(inline(b"", "image/png")),
        {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "audio/L16", "data": "%"}}]}}]},
    ],
)
def test_no_sound_is_an_error(canned: dict[str, Any]) -> None:
    assert isinstance(
        failure(lambda: run(native("tts", "gemini").speech_flow(SpeechRequest(text="x")), canned)), errors.BadReply
    )


def piece(data: bytes, **candidate: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": [inline(data, "audio/L16;rate=24000")]}, **candidate}]}


def test_streamed_speech_joins_to_one_file_however_it_is_cut() -> None:
    data = events(piece(PCM[:400]), piece(PCM[400:]), {"candidates": [{"finishReason": "STOP"}]}, named=False)
    binding = native("tts", "gemini")
    for size in (1, 7, 100, len(data)):
        driver = ScriptedDriver([event_stream(data, size)])
        pieces = list(driver.iterate(binding.speech_stream_flow(SpeechRequest(text="x"))))
        assert driver.requests[0].url.endswith(":streamGenerateContent?alt=sse")
        assert len(pieces) == 2
        joined = b"".join(pieces)
        assert joined[:4] == b"RIFF"
        assert joined[44:] == PCM


STREAMS: list[tuple[list[Any], type[errors.LollmsError]]] = [
    ([piece(PCM)], errors.BadReply),
    ([piece(PCM), {"error": {"code": 503, "status": "UNAVAILABLE", "message": "x"}}], errors.Unavailable),
    ([{"candidates": [{"finishReason": "SAFETY"}]}], errors.ContentFiltered),
    ([{"promptFeedback": {"blockReason": "SAFETY"}}], errors.ContentFiltered),
]


@pytest.mark.parametrize(("rows", "kind"), STREAMS)
def test_streamed_speech_that_fails(rows: list[Any], kind: type[errors.LollmsError]) -> None:
    driver = ScriptedDriver([event_stream(events(*rows, named=False))])
    flow = native("tts", "gemini").speech_stream_flow(SpeechRequest(text="x"))
    assert isinstance(failure(lambda: list(driver.iterate(flow))), kind)


def test_older_models_give_speech_whole_and_voices_are_known() -> None:
    driver = ScriptedDriver([CannedReply(body=reply(SOUND))])
    request = SpeechRequest(text="x", model="gemini-2.5-flash-preview-tts")
    (whole,) = driver.iterate(native("tts", "gemini").speech_stream_flow(request))
    assert whole.mime_type == "audio/wav"
    voices, _ = run(native("tts", "gemini").voices_flow())
    assert len(voices) == 30
    assert (voices[0].name, voices[0].description) == ("Zephyr", "bright")


# --- films -----------------------------------------------------------------------------------------------------------

ENCODED = {"bytesBase64Encoded": PNG.base64(), "mimeType": "image/png"}
FILMS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any], list[str]]] = [
    ({}, {}, {}, {}, []),
    (
        {},
        {"seconds": 8.0, "seed": 3, "negative_prompt": "rain"},
        {},
        {"durationSeconds": 8, "seed": 3, "negativePrompt": "rain"},
        [],
    ),
    ({}, {"seconds": 5.0}, {}, {"durationSeconds": 4}, ["clamped seconds"]),
    ({}, {"width": 1920, "height": 1080}, {}, {"aspectRatio": "16:9", "resolution": "1080p"}, []),
    ({}, {"width": 700, "height": 1000}, {}, {"aspectRatio": "9:16", "resolution": "720p"}, ["replaced width"]),
    ({}, {"width": 700}, {}, {}, ["dropped width"]),
    ({}, {"image": PNG, "last_image": PNG}, {"image": ENCODED, "lastFrame": ENCODED}, {}, []),
    ({}, {"images": (PNG,)}, {"referenceImages": [{"image": ENCODED, "referenceType": "ASSET"}]}, {}, []),
    (
        {},
        {"extra": {"video_uri": "https://x/films/1", "person_generation": "allow_all"}},
        {"video": {"uri": "https://x/films/1"}},
        {"personGeneration": "allow_all"},
        [],
    ),
    (
        {},
        {"fps": 24.0, "sound": False, "steps": 3, "guidance": 1.0, "extra": {"resize_mode": "pad"}},
        {},
        {},
        ["dropped fps", "unsupported sound", "dropped resize_mode", "dropped steps", "dropped guidance"],
    ),
    (
        VERTEX,
        {"fps": 24.0, "sound": False, "extra": {"resize_mode": "pad", "enhance_prompt": True}},
        {},
        {"fps": 24.0, "generateAudio": False, "resizeMode": "pad", "enhancePrompt": True},
        [],
    ),
    (VERTEX, {"video": MP4}, {"video": {"bytesBase64Encoded": MP4.base64(), "mimeType": "video/mp4"}}, {}, []),
    (
        VERTEX,
        {"extra": {"video_uri": "gs://b/film.mp4", "aspect_ratio": "9:16"}},
        {"video": {"gcsUri": "gs://b/film.mp4"}},
        {"aspectRatio": "9:16"},
        [],
    ),
]


@pytest.mark.parametrize(("settings", "fields", "instance", "parameters", "warnings"), FILMS)
def test_films_are_submitted(
    settings: dict[str, Any],
    fields: dict[str, Any],
    instance: dict[str, Any],
    parameters: dict[str, Any],
    warnings: list[str],
) -> None:
    binding = native("ttv", "gemini", **settings)
    handle, sent = run(binding.submit(VideoRequest(prompt="waves", **fields)), {"name": "models/veo/operations/1"})
    body = body_of(sent[0])
    check_body("PredictLongRunningRequest", body)
    expected: dict[str, Any] = {"instances": [{"prompt": "waves", **instance}]}
    assert body == ({**expected, "parameters": parameters} if parameters else expected)
    assert sent[0].url.endswith("models/veo-3.1-generate-preview:predictLongRunning")
    assert [f"{kind} {setting}" for kind, setting, _ in handle.state["warnings"]] == warnings
    assert JobHandle.from_json(handle.as_json()) == handle


def test_a_film_of_the_callers_is_for_vertex() -> None:
    request = VideoRequest(prompt="x", video=MP4)
    assert isinstance(failure(lambda: run(native("ttv", "gemini").submit(request))), errors.Unsupported)


DONE = {
    "name": "o",
    "done": True,
    "response": {
        "generateVideoResponse": {
            "generatedSamples": [
                {"video": {"uri": "https://generativelanguage.googleapis.com/v1beta/files/f:download?alt=media"}}
            ]
        }
    },
}


def test_a_film_is_waited_for_and_downloaded_with_the_key() -> None:
    binding = native("ttv", "gemini")
    driver = ScriptedDriver(
        [
            CannedReply(body={"name": "models/veo/operations/1"}),
            CannedReply(body={"name": "o", "metadata": {"progressPercent": 40}}),
            CannedReply(body=DONE),
            CannedReply(body=DONE),
            CannedReply(body=bytes(MP4), headers={"content-type": "video/mp4"}),
        ]
    )
    seen: list[Progress] = []
    request = VideoRequest(prompt="waves", seconds=7.0)
    result = driver.run(binding.video_flow(request), driver.context(on_progress=seen.append))
    driver.finish()
    assert (result.video, result.seconds, result.usage.seconds) == (MP4, 6, 6)
    assert warned(result) == ["clamped seconds"]
    assert [progress.fraction for progress in seen] == [0.4]
    assert driver.requests[1].url == "https://generativelanguage.googleapis.com/v1beta/models/veo/operations/1"
    assert all(sent.plain_headers()["x-goog-api-key"] == KEY for sent in driver.requests)
    assert all(KEY not in sent.url for sent in driver.requests)


def test_the_key_does_not_follow_a_redirect_elsewhere() -> None:
    away = CannedReply(status=302, headers={"location": "https://storage.example.org/film"})
    film = CannedReply(body=bytes(MP4), headers={"content-type": "video/mp4"})
    driver = ScriptedDriver([CannedReply(body=DONE), away, film], addresses={"storage.example.org": ["8.8.8.8"]})
    result = driver.run(native("ttv", "gemini").collect(HANDLE))
    assert result.video == MP4
    assert "x-goog-api-key" not in driver.requests[2].plain_headers()


HANDLE = JobHandle(
    binding="gemini", binding_type="ttv", method="video", id="models/veo/operations/1", state={"model": "veo"}
)


def test_films_on_vertex_come_inside_the_operation() -> None:
    binding = native("ttv", "gemini", **VERTEX)
    operation = {"done": True, "response": {"videos": [{"bytesBase64Encoded": MP4.base64(), "mimeType": "video/mp4"}]}}
    status, sent = run(binding.check(HANDLE), operation)
    assert status.state == "done"
    assert body_of(sent[0]) == {"operationName": "models/veo/operations/1"}
    assert sent[0].url.endswith("/publishers/google/models/veo:fetchPredictOperation")
    result, _ = run(binding.collect(HANDLE), operation)
    assert result.video == MP4
    bucket = {"done": True, "response": {"videos": [{"gcsUri": "gs://b/film.mp4"}]}}
    assert isinstance(failure(lambda: run(binding.collect(HANDLE), bucket)), errors.Unsupported)
    assert isinstance(failure(lambda: run(binding.collect(HANDLE), {"done": True})), errors.JobExpired)


FAILED: list[tuple[dict[str, Any], type[errors.LollmsError]]] = [
    ({"done": True, "error": {"code": 3, "message": "bad"}}, errors.Rejected),
    ({"done": True, "error": {"code": 8, "message": "slow"}}, errors.RateLimited),
    ({"done": True, "error": {"code": 13, "message": "oops"}}, errors.Unavailable),
    ({"done": True, "error": {"code": 99, "message": "new"}}, errors.JobFailed),
    (
        {
            "done": True,
            "response": {"generateVideoResponse": {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": ["faces"]}},
        },
        errors.ContentFiltered,
    ),
    ({"done": True, "response": {"raiMediaFilteredCount": 1}}, errors.ContentFiltered),
    ({"done": True, "response": {}}, errors.JobFailed),
]


@pytest.mark.parametrize(("operation", "kind"), FAILED)
def test_films_that_fail(operation: dict[str, Any], kind: type[errors.LollmsError]) -> None:
    found = failure(lambda: run(native("ttv", "gemini").wait_for(HANDLE), operation))
    assert type(found) is kind
    assert found.details["job"] == HANDLE.id


@pytest.mark.parametrize(
    ("canned", "kind"),
    [
        (CannedReply(body={}), errors.BadReply),
        (
            CannedReply(status=429, body={"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "x"}}),
            errors.RateLimited,
        ),
    ],
)
def test_films_that_are_not_taken_on(canned: CannedReply, kind: type[errors.LollmsError]) -> None:
    binding = native("ttv", "gemini", max_retries=0)
    assert type(failure(lambda: run(binding.submit(VideoRequest(prompt="x")), canned))) is kind


# --- music -----------------------------------------------------------------------------------------------------------

MP3 = b"ID3music"


def test_music_of_lyria_3() -> None:
    request = MusicRequest(
        prompt="waves",
        model="lyria-3-pro-preview",
        genre="folk",
        tempo=90.0,
        instruments=("harp", "flute"),
        instrumental=True,
        seconds=60.0,
        lyrics="la",
        seed=2,
        output_format="wav",
        key="A minor",
        mood="calm",
        negative_prompt="drums",
        extra={"images": [bytes(PNG)]},
    )
    result, sent = run(
        native("ttm", "gemini").music_flow(request), reply({"text": "[Verse]"}, inline(MP3, "audio/mpeg"))
    )
    body = body_of(sent[0])
    check_body("GenerateContentRequest", body)
    picture, words = body["contents"][0]["parts"]
    assert picture["inlineData"]["mimeType"] == "image/png"
    assert words["text"].splitlines() == [
        "waves",
        "Genre: folk",
        "Mood: calm",
        "Tempo: 90 BPM",
        "Key: A minor",
        "Instruments: harp, flute",
        "Vocals: none, instrumental only",
        "Length: 60 seconds",
        "Leave out: drums",
        "Lyrics:",
        "la",
    ]
    assert body["generationConfig"] == {
        "responseModalities": ["AUDIO", "TEXT"],
        "seed": 2,
        "responseFormat": {"audio": {"mimeType": "AUDIO_WAV"}},
    }
    assert (bytes(result.audio), result.audio.mime_type, result.text) == (MP3, "audio/mpeg", "[Verse]")
    assert warned(result) == ["approximate seconds"]


INTERACTION = {
    "id": "i1",
    "status": "completed",
    "steps": [
        {"type": "user_input", "content": [{"type": "text", "text": "waves"}]},
        {"type": "novel"},
        {
            "type": "model_output",
            "content": [
                {"type": "text", "text": "[Verse]"},
                {"type": "audio", "data": base64.b64encode(MP3).decode(), "mime_type": "audio/mpeg"},
            ],
        },
    ],
    "usage": {"total_input_tokens": 3, "total_output_tokens": 9},
}


def test_music_of_lyria_3_5() -> None:
    request = MusicRequest(prompt="waves", seed=1, audio=Media(b"RIFF"), extra={"images": [bytes(PNG)]})
    result, sent = run(native("ttm", "gemini").music_flow(request), INTERACTION)
    assert sent[0].url == "https://generativelanguage.googleapis.com/v1beta/interactions"
    picture = {"type": "image", "data": PNG.base64(), "mime_type": "image/png"}
    content = [{"type": "text", "text": "waves"}, picture]
    assert body_of(sent[0]) == {"model": "lyria-3.5", "input": [{"type": "user_input", "content": content}]}
    assert (bytes(result.audio), result.text, result.id) == (MP3, "[Verse]", "i1")
    assert result.usage.total_tokens == 12
    assert warned(result) == ["dropped audio", "dropped seed"]
    flat = {"output_audio": {"data": base64.b64encode(MP3).decode(), "mime_type": "audio/mpeg"}, "output_text": "t"}
    result, _ = run(native("ttm", "gemini").music_flow(MusicRequest(prompt="x")), flat)
    assert (bytes(result.audio), result.text) == (MP3, "t")


def test_music_of_lyria_2() -> None:
    request = MusicRequest(prompt="waves", model="lyria-002", negative_prompt="drums", seed=2, seconds=60.0)
    binding = native("ttm", "gemini", **VERTEX)
    predicted = {
        "predictions": [{"audioContent": base64.b64encode(b"RIFF\0\0\0\0WAVE").decode(), "mimeType": "audio/wav"}]
    }
    result, sent = run(binding.music_flow(request), predicted)
    assert body_of(sent[0]) == {
        "instances": [{"prompt": "waves", "negative_prompt": "drums", "seed": 2}],
        "parameters": {},
    }
    assert result.audio.mime_type == "audio/wav"
    assert warned(result) == ["dropped seconds"]
    assert isinstance(failure(lambda: run(binding.music_flow(request), {"predictions": []})), errors.BadReply)
    assert isinstance(failure(lambda: run(native("ttm", "gemini").music_flow(request))), errors.Unsupported)


SILENCES: list[tuple[str, dict[str, Any], type[errors.LollmsError]]] = [
    ("lyria-3-clip-preview", reply({"text": "no"}, reason="PROHIBITED_CONTENT"), errors.ContentFiltered),
    ("lyria-3-clip-preview", reply({"text": "no"}), errors.BadReply),
    ("lyria-3.5", {"status": "failed", "steps": []}, errors.BadReply),
    ("lyria-3.5", {"error": {"code": 400, "message": "x", "status": "INVALID_ARGUMENT"}}, errors.CallError),
]


@pytest.mark.parametrize(("model", "canned", "kind"), SILENCES)
def test_no_music_is_an_error(model: str, canned: dict[str, Any], kind: type[errors.LollmsError]) -> None:
    request = MusicRequest(prompt="x", model=model)
    assert isinstance(failure(lambda: run(native("ttm", "gemini").music_flow(request), canned)), kind)


# --- the official SDK sends the same ---------------------------------------------------------------------------------

Use = Callable[[Any], Any]
PICTURE = {"image_bytes": bytes(PNG), "mime_type": "image/png"}


def raw_reference(sdk: Any) -> Any:
    return sdk.types.RawReferenceImage(reference_id=1, reference_image=PICTURE)


def mask_reference(sdk: Any) -> Any:
    mode = {"mask_mode": "MASK_MODE_USER_PROVIDED"}
    return sdk.types.MaskReferenceImage(reference_id=2, reference_image=PICTURE, config=mode)


SAME: list[tuple[str, bool, Any, Callable[[Any, Any], Any]]] = [
    (
        "tti",
        False,
        ImageRequest(prompt="a cat", width=1024, height=1024, images=(PNG,), seed=3),
        lambda sdk, client: client.models.generate_content(
            model="gemini-3.1-flash-image",
            contents=[
                {
                    "role": "user",
                    "parts": [{"inline_data": {"mime_type": "image/png", "data": bytes(PNG)}}, {"text": "a cat"}],
                }
            ],
            config={
                "response_modalities": ["TEXT", "IMAGE"],
                "image_config": {"aspect_ratio": "1:1", "image_size": "1K"},
                "seed": 3,
            },
        ),
    ),
    (
        "tts",
        False,
        SpeechRequest(text="Hello", voice="Puck"),
        lambda sdk, client: client.models.generate_content(
            model="gemini-3.1-flash-tts-preview",
            contents=[{"role": "user", "parts": [{"text": "Hello"}]}],
            config={
                "response_modalities": ["AUDIO"],
                "speech_config": {"voice_config": {"prebuilt_voice_config": {"voice_name": "Puck"}}},
            },
        ),
    ),
    (
        "ttm",
        False,
        MusicRequest(prompt="waves"),
        lambda sdk, client: client.interactions.create(model="lyria-3.5", input=[{"type": "text", "text": "waves"}]),
    ),
    (
        "tti",
        True,
        ImageRequest(
            prompt="a cat",
            model="imagen-4.0-generate-001",
            count=2,
            seed=3,
            negative_prompt="dogs",
            extra={"aspect_ratio": "16:9"},
        ),
        lambda sdk, client: client.models.generate_images(
            model="imagen-4.0-generate-001",
            prompt="a cat",
            config={
                "number_of_images": 2,
                "seed": 3,
                "negative_prompt": "dogs",
                "aspect_ratio": "16:9",
                "include_rai_reason": True,
            },
        ),
    ),
    (
        "tti",
        True,
        ImageRequest(prompt="a hat", model="imagen-3.0-capability-001", images=(PNG,), mask=PNG, steps=20, count=1),
        lambda sdk, client: client.models.edit_image(
            model="imagen-3.0-capability-001",
            prompt="a hat",
            reference_images=[raw_reference(sdk), mask_reference(sdk)],
            config={
                "edit_mode": "EDIT_MODE_INPAINT_INSERTION",
                "base_steps": 20,
                "number_of_images": 1,
                "include_rai_reason": True,
            },
        ),
    ),
    (
        "ttv",
        True,
        VideoRequest(
            prompt="waves",
            seconds=8.0,
            sound=True,
            image=PNG,
            images=(PNG,),
            negative_prompt="rain",
            extra={"aspect_ratio": "16:9"},
        ),
        lambda sdk, client: client.models.generate_videos(
            model="veo-3.1-generate-preview",
            source={"prompt": "waves", "image": PICTURE},
            config={
                "duration_seconds": 8,
                "generate_audio": True,
                "negative_prompt": "rain",
                "aspect_ratio": "16:9",
                "reference_images": [{"image": PICTURE, "reference_type": "ASSET"}],
            },
        ),
    ),
]


@pytest.mark.filterwarnings("ignore:.*is deprecated")  # the SDK, of its methods for Imagen
@pytest.mark.parametrize(("kind", "vertex", "request_", "theirs"), SAME)
def test_the_official_sdk_sends_the_same(
    kind: str, vertex: bool, request_: Any, theirs: Callable[[Any, Any], Any]
) -> None:
    sdk = pytest.importorskip("google.genai")
    refusal = {"error": {"code": 400, "message": "captured", "status": "INVALID_ARGUMENT"}}

    def refuse(line: Line, request: Received) -> None:
        line.reply(refusal, status=400)

    def use_sdk(address: str) -> None:
        options: dict[str, Any] = {"http_options": {"base_url": address}}
        if vertex:
            credentials = pytest.importorskip("google.oauth2.credentials").Credentials(token=TOKEN)
            options |= {"vertexai": True, "project": "p", "location": "global", "credentials": credentials}
        else:
            options |= {"vertexai": False, "api_key": KEY}
        client = sdk.Client(**options)
        with pytest.raises(Exception, match="captured"):
            theirs(sdk, client)
        client.close()

    def use_ours(address: str) -> None:
        settings = VERTEX if vertex else {"api_version": "v1"}
        binding = native(kind, "gemini", host_address=address, **settings)
        flows = {"tti": "image_flow", "tts": "speech_flow", "ttm": "music_flow", "ttv": "submit"}
        failure(lambda: binding._driver().run(getattr(binding, flows[kind])(request_), binding._context()))

    theirs_sent, ours_sent = (captured(refuse, use)[0] for use in (use_sdk, use_ours))
    assert (ours_sent.method, ours_sent.target) == (theirs_sent.method, theirs_sent.target)
    expected = {name: value for name, value in theirs_sent.json().items() if value}
    assert camel(expected) == camel(ours_sent.json())
    header = "authorization" if vertex else "x-goog-api-key"
    assert ours_sent.headers[header] == theirs_sent.headers[header]
