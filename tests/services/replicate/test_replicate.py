"""Replicate: inputs by the model's schema, predictions as jobs, files in and out, transcripts, errors."""

from __future__ import annotations

import base64
import importlib
import io
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lollms_client import errors
from lollms_client.drivers.scripted import Answer, CannedReply, ScriptedDriver
from lollms_client.families.replicate.transcript import result_of
from lollms_client.types.image import ImageRequest
from lollms_client.types.job import JobHandle
from lollms_client.types.media import Media
from lollms_client.types.music import MusicRequest
from lollms_client.types.speech import SpeechRequest
from lollms_client.types.transcription import TranscriptionRequest
from lollms_client.types.video import VideoRequest
from tests.loopback import Line, Received
from tests.services.native_cases import KEY, body_of, captured, check, failure, native

API = "https://api.replicate.com/v1"
PNG = Media(b"\x89PNG\r\n\x1a\npixels")
FILE = "https://replicate.delivery/out.png"
ADDRESSES = {"replicate.delivery": ["93.184.216.34"], "api.replicate.com": ["104.18.0.1"]}
REQUESTS: dict[str, Any] = {
    "tti": ImageRequest,
    "ttv": VideoRequest,
    "ttm": MusicRequest,
    "tts": SpeechRequest,
    "stt": TranscriptionRequest,
}
FLOWS = {"tti": "image", "ttv": "video", "ttm": "music", "tts": "speech", "stt": "transcription"}


def described(schemas: dict[str, Any] | None = None, **properties: Any) -> CannedReply:
    """A model as the service describes it, with those inputs."""
    parts = {"Input": {"type": "object", "properties": properties}, **(schemas or {})}
    version = {"id": "v1", "openapi_schema": {"components": {"schemas": parts}}}
    return CannedReply(body={"owner": "o", "name": "m", "is_official": True, "latest_version": version})


def row(status: str = "succeeded", **fields: Any) -> CannedReply:
    """A prediction as the service describes it."""
    return CannedReply(status=201 if status == "starting" else 200, body={"id": "p1", "status": status, **fields})


DONE = row(output=FILE, metrics={"predict_time": 1.5}, logs="Using seed: 42\n")
PICTURE = CannedReply(body=bytes(PNG), headers={"Content-Type": "image/png"})


def make(
    kind: str, *answers: Answer, settings: dict[str, Any] | None = None, **fields: Any
) -> tuple[Any, ScriptedDriver]:
    driver = ScriptedDriver(answers, addresses=ADDRESSES)
    text = {"stt": {}, "tts": {"text": "hello"}}.get(kind, {"prompt": "a cat"})
    request = REQUESTS[kind](**{**text, **fields})
    result = driver.run(getattr(native(kind, "replicate", **(settings or {})), f"{FLOWS[kind]}_flow")(request))
    driver.finish()
    return result, driver


def inputs(kind: str, model: CannedReply, **fields: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The inputs that a request becomes for that model, and the kinds of the warnings."""
    text = {"stt": {}, "tts": {"text": "hello"}}.get(kind, {"prompt": "a cat"})
    driver = ScriptedDriver([model, row("starting")])
    handle = driver.run(native(kind, "replicate").submit(REQUESTS[kind](**{**text, **fields})))
    return body_of(driver.requests[1])["input"], {item["setting"]: item["kind"] for item in handle.state["warnings"]}


def test_a_picture_from_prompt_to_download() -> None:
    model = described(prompt={"type": "string"}, seed={"type": "integer"})
    going = row("processing", logs=" 10%|#  | 1/10\n 50%|##### | 5/10")
    result, driver = make(
        "tti", model, row("starting"), row("starting"), going, DONE, DONE, PICTURE, model="o/m", seed=3
    )
    assert [(request.method, request.url) for request in driver.requests] == [
        ("GET", f"{API}/models/o/m"),
        ("POST", f"{API}/models/o/m/predictions"),
        *[("GET", f"{API}/predictions/p1")] * 4,
        ("GET", FILE),
    ]
    body = body_of(driver.requests[1])
    assert body == {"input": {"prompt": "a cat", "seed": 3}}
    check("replicate.yml", "schemas_prediction_request", body)
    assert driver.requests[1].plain_headers()["Authorization"] == f"Bearer {KEY}"
    assert "Authorization" not in driver.requests[-1].plain_headers()
    assert (result.image, result.seed, result.id, result.model) == (PNG, 3, "p1", "o/m")
    assert result.extra == {"predict_time": 1.5}


@pytest.mark.parametrize(
    ("model", "answers", "path", "body"),
    [
        ("o/m:v9", [CannedReply(body={"id": "v9"})], "predictions", {"version": "v9"}),
        ("abc123", [], "predictions", {"version": "abc123"}),
        (
            "deployments/o/d",
            [CannedReply(body={"current_release": {"model": "o/m", "version": "v2"}}), CannedReply(body={})],
            "deployments/o/d/predictions",
            {},
        ),
        (
            "o/m",
            [CannedReply(body={"is_official": False, "latest_version": {"id": "v3"}})],
            "predictions",
            {"version": "v3"},
        ),
        (
            "o/m",
            [CannedReply(body={"latest_version": {"id": "v4"}}), CannedReply(status=404, body={"detail": "no"})],
            "predictions",
            {"version": "v4"},
        ),
    ],
)
def test_models_are_named_in_every_way(model: str, answers: list[Answer], path: str, body: dict[str, Any]) -> None:
    driver = ScriptedDriver([*answers, row("starting")])
    driver.run(native("tti", "replicate").submit(ImageRequest(prompt="a cat", model=model)))
    assert driver.requests[-1].url == f"{API}/{path}"
    assert body_of(driver.requests[-1]) == {**body, "input": {"prompt": "a cat"}}
    if "version" in body:
        check("replicate.yml", "schemas_version_prediction_request", body_of(driver.requests[-1]))


NUMBER = {"type": "integer", "minimum": 1, "maximum": 50}
RATIOS = {"ratio": {"enum": ["1:1", "16:9", "9:16"], "type": "string"}}
RATIO = {"allOf": [{"$ref": "#/components/schemas/ratio"}], "default": "1:1"}


def test_images_in_the_models_terms() -> None:
    model = described(
        RATIOS,
        prompt={"type": "string"},
        aspect_ratio=RATIO,
        num_outputs={"type": "integer", "maximum": 4},
        num_inference_steps=NUMBER,
        output_format={"enum": ["webp", "jpg"], "type": "string"},
        image={"type": "string", "format": "uri"},
    )
    sent, warnings = inputs(
        "tti", model, width=1920, height=1080, count=9, steps=20, output_format="jpeg", images=(PNG, PNG), guidance=3.0
    )
    assert sent == {
        "prompt": "a cat",
        "aspect_ratio": "16:9",
        "num_outputs": 4,
        "num_inference_steps": 20,
        "output_format": "jpg",
        "image": PNG.data_url(),
    }
    assert warnings == {
        "width, height": "replaced",
        "count": "clamped",
        "images": "clamped",
        "guidance": "dropped",
    }
    sent, warnings = inputs("tti", described(prompt={}, width=NUMBER, height={"type": "integer"}), width=40, height=30)
    assert sent == {"prompt": "a cat", "width": 40, "height": 30}
    assert warnings == {}


def test_films_in_the_models_terms() -> None:
    model = described(
        prompt={"type": "string"},
        duration={"enum": [5, 10], "type": "integer"},
        resolution={"enum": ["480p", "720p", "1080p"], "type": "string"},
        first_frame_image={"type": "string"},
        generate_audio={"type": "boolean"},
    )
    sent, warnings = inputs("ttv", model, seconds=6.0, width=1280, height=720, image=PNG, sound=True)
    assert sent == {
        "prompt": "a cat",
        "duration": 5,
        "resolution": "720p",
        "first_frame_image": PNG.data_url(),
        "generate_audio": True,
    }
    assert warnings == {"seconds": "replaced", "width, height": "replaced"}
    frames = described(prompt={}, num_frames={"type": "integer", "maximum": 100}, frames_per_second={"default": 16})
    assert inputs("ttv", frames, seconds=2.0) == ({"prompt": "a cat", "num_frames": 32}, {})
    assert inputs("ttv", frames, seconds=60.0)[1] == {"seconds": "clamped"}
    assert inputs("ttv", described(prompt={}), seconds=2.0)[1] == {"seconds": "dropped"}


def test_music_and_speech_in_the_models_terms() -> None:
    model = described(prompt={}, bpm={"type": "integer"}, duration=NUMBER)
    sent, warnings = inputs("ttm", model, tempo=90.0, genre="jazz", seconds=8.0, lyrics="la")
    assert sent == {"prompt": "a cat. Genre: jazz", "bpm": 90, "duration": 8}
    assert warnings == {"lyrics": "dropped"}
    model = described(
        text={"type": "string"},
        voice={"type": "string", "enum": ["af_bella", "am_adam"]},
        speed={"type": "number", "maximum": 2},
    )
    sent, warnings = inputs("tts", model, voice="AF_Bella", speed=5.0, timings=True)
    assert sent == {"text": "hello", "voice": "af_bella", "speed": 2}
    assert warnings == {"speed": "clamped", "timings": "unsupported"}
    assert inputs("tts", model, voice="zoe")[1] == {"voice": "dropped"}
    voices = ScriptedDriver([model]).run(native("tts", "replicate").voices_flow())
    assert [voice.name for voice in voices] == ["af_bella", "am_adam"]


def test_transcription_in_the_models_terms() -> None:
    model = described(
        audio={"type": "string"}, task={"enum": ["transcribe", "translate"]}, timestamp={"enum": ["chunk", "word"]}
    )
    sent, warnings = inputs("stt", model, audio=PNG, translate=True, words=True, speakers=True)
    assert sent == {"audio": PNG.data_url(), "task": "translate", "timestamp": "word"}
    assert warnings == {"speakers": "dropped"}


def test_own_inputs_and_body_fields_win() -> None:
    driver = ScriptedDriver([described(prompt={}), row("starting")])
    binding = native("tti", "replicate", extra_body={"webhook": "https://example.org/hook"})
    request = ImageRequest(prompt="a cat", extra={"input": {"prompt": "a dog", "lora": ["x"], "face": bytes(PNG)}})
    driver.run(binding.submit(request))
    assert body_of(driver.requests[1]) == {
        "input": {"prompt": "a dog", "lora": ["x"], "face": PNG.data_url()},
        "webhook": "https://example.org/hook",
    }


def test_large_files_are_uploaded_first() -> None:
    big = Media(bytes(PNG) + bytes(300_000))
    stored = CannedReply(status=201, body={"id": "f", "urls": {"get": f"{API}/files/f"}})
    driver = ScriptedDriver([described(prompt={}, image={"type": "string"}), stored, row("starting")])
    driver.run(native("tti", "replicate").submit(ImageRequest(prompt="a cat", images=(big,))))
    assert driver.requests[1].url == f"{API}/files"
    assert b'name="content"' in (driver.requests[1].body or b"")
    assert body_of(driver.requests[2])["input"]["image"] == f"{API}/files/f"


@pytest.mark.parametrize(
    ("output", "count"),
    [
        (FILE, 1),
        ([FILE, FILE], 2),
        ({"image": FILE, "note": "made", "score": 3}, 1),
        (PNG.data_url(), 0),
        ([{"url": PNG.data_url()}], 0),
    ],
)
def test_outputs_of_every_shape(output: Any, count: int) -> None:
    done = row(output=output)
    result, _ = make("tti", described(prompt={}), row("starting"), done, done, *[PICTURE] * count)
    assert set(result.images) == {PNG}
    assert result.usage.images == max(1, count)


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([row("failed", error="CUDA out of memory")], errors.JobFailed),
        ([row("failed", error="NSFW content detected. Try another prompt.")], errors.ContentFiltered),
        ([row("failed", error=None)], errors.JobFailed),
        ([row("canceled")], errors.JobFailed),
        ([row("aborted")], errors.JobFailed),
        ([CannedReply(status=404, body={"detail": "gone", "status": 404})], errors.JobExpired),
        ([row(output=None, data_removed=True)], errors.JobExpired),
        ([row(output="no file"), row(output="no file")], errors.BadReply),
        ([row(output="http://10.0.0.1/x")] * 2, errors.ForbiddenAddress),
    ],
)
def test_predictions_that_end_badly(rows: list[CannedReply], kind: type[errors.LollmsError]) -> None:
    error = failure(lambda: make("tti", described(prompt={}), row("starting"), *rows))
    assert isinstance(error, kind)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"title": "Unauthenticated", "detail": "no valid token", "status": 401}, errors.AuthenticationFailed),
        (402, {"title": "Billing required", "detail": "set up billing", "status": 402}, errors.QuotaExceeded),
        (404, {"detail": "no such model", "status": 404}, errors.NotFound),
        (
            422,
            {"title": "Input validation failed", "detail": "- input: seed must be a number", "status": 422},
            errors.Rejected,
        ),
        (429, {"detail": "Request was throttled.", "status": 429}, errors.RateLimited),
    ],
)
def test_errors(status: int, body: dict[str, Any], kind: type[errors.LollmsError]) -> None:
    answer = CannedReply(status=status, body=body, headers={"x-request-id": "q"})
    error = failure(lambda: make("tti", answer, settings={"max_retries": 0}))
    assert isinstance(error, kind)
    assert body["detail"] in str(error)
    assert error.details["request_id"] == "q"


def test_progress_and_cancelling() -> None:
    binding = native("ttv", "replicate")
    handle = ScriptedDriver([described(prompt={}), row("starting")]).run(binding.submit(VideoRequest(prompt="a cat")))
    again = JobHandle.from_json(handle.as_json())
    assert KEY not in handle.as_json()
    status = ScriptedDriver([row("processing", logs="\r 37%|###   | 37/100")]).run(binding.check(again))
    assert (status.state, status.progress.fraction) == ("running", 0.37)
    driver = ScriptedDriver([row("canceled")])
    driver.run(binding.cancel_job(again))
    assert (driver.requests[0].method, driver.requests[0].url) == ("POST", f"{API}/predictions/p1/cancel")


WORD = {"word": " Hi", "start": 0.0, "end": 0.4, "probability": 0.9}


@pytest.mark.parametrize(
    ("output", "text", "segments", "words"),
    [
        ("Hi there.", "Hi there.", 0, 0),
        (["Hi ", "there."], "Hi there.", 0, 0),
        (
            {
                "transcription": " Hi",
                "detected_language": "english",
                "segments": [{"start": 0, "end": 1, "text": " Hi", "words": [WORD]}],
            },
            "Hi",
            1,
            1,
        ),
        (
            {
                "text": "Hi",
                "chunks": [{"text": " Hi", "timestamp": [0.0, 1.2]}, {"text": "", "timestamp": [1.2, None]}],
            },
            "Hi",
            2,
            0,
        ),
        (
            {"segments": [{"start": "0.0", "end": "1.0", "text": "Hi", "speaker": "SPEAKER_00"}, {"text": "Ho"}]},
            "Hi Ho",
            2,
            0,
        ),
        ([{"text": "Hi", "start": 0.0, "end": 1.0}], "Hi", 1, 0),
    ],
)
def test_transcripts_of_every_shape(output: Any, text: str, segments: int, words: int) -> None:
    result, _ = make("stt", described(audio={}), row("starting"), *[row(output=output)] * 2, audio=PNG)
    assert result.text == text
    assert (len(result.segments), len(result.words)) == (segments, words)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["segments", "chunks", "words", "timestamp", "text"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_an_output_of_any_shape_is_read_or_refused(output: Any) -> None:
    try:
        result = result_of(output, {})
    except errors.BadReply:
        return
    assert isinstance(result.text, str)


def test_an_output_that_is_no_transcript() -> None:
    rows = [row(output={"novelty": 1})] * 2
    error = failure(lambda: make("stt", described(audio={}), row("starting"), *rows, audio=PNG))
    assert isinstance(error, errors.BadReply)


@pytest.mark.parametrize("kind", ["ttv", "ttm", "tts"])
def test_the_other_modalities_end_to_end(kind: str) -> None:
    kinds = {"ttv": "video/mp4", "ttm": "audio/wav", "tts": "audio/wav"}
    medium = CannedReply(body=b"data", headers={"Content-Type": kinds[kind]})
    result, _ = make(kind, described(prompt={}, text={}), row("starting"), DONE, DONE, medium)
    made = result.video if kind == "ttv" else result.audio
    assert (bytes(made), made.mime_type) == (b"data", kinds[kind])


def test_models_of_the_collection() -> None:
    listed = {"name": "Text to image", "models": [{"owner": "o", "name": "m", "description": "d", "run_count": 5}, {}]}
    driver = ScriptedDriver([CannedReply(body=listed)])
    models = driver.run(native("tti", "replicate").models_flow())
    assert [(model.name, model.extra) for model in models] == [("o/m", {"runs": 5})]
    assert driver.requests[0].url == f"{API}/collections/text-to-image"


def test_requests_equal_those_of_the_official_sdk() -> None:
    sdk = importlib.import_module("replicate")
    prediction = {"id": "p1", "status": "starting", "model": "o/m", "version": "v1", "urls": {}, "input": {}}

    def answer(line: Line, request: Received) -> None:
        line.reply(prediction, status=201, connection="close")

    def use(address: str) -> None:
        client = sdk.Client(api_token=KEY, base_url=address)
        picture = io.BytesIO(bytes(PNG))
        given = {"prompt": "a cat", "image": picture}
        client.models.predictions.create("o/m", input=given, file_encoding_strategy="base64")
        client.predictions.create("v1", input={"prompt": "a cat"})
        client.predictions.cancel("p1")
        client._client.close()

    theirs = captured(answer, use)
    driver = ScriptedDriver([described(prompt={}, image={}), *[row("starting")] * 3])
    binding = native("tti", "replicate")
    driver.run(binding.submit(ImageRequest(prompt="a cat", model="o/m", images=(PNG,))))
    handle = driver.run(binding.submit(ImageRequest(prompt="a cat", model="v1")))
    driver.run(binding.cancel_job(handle))
    ours = driver.requests[1:]
    assert len(ours) == 3
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.method == other.method
        assert httpx.URL(mine.url).path == other.target
        assert mine.plain_headers()["Authorization"] == other.headers["authorization"]
        assert _decoded(body_of(mine)) == _decoded(other.json() if other.body else None)


def _decoded(body: Any) -> Any:
    """A body with its data URLs as bytes: the SDK names their type otherwise."""
    if isinstance(body, dict):
        return {name: _decoded(value) for name, value in body.items()}
    if isinstance(body, str) and body.startswith("data:"):
        return base64.b64decode(body.partition(",")[2])
    return body
