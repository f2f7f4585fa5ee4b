"""Films as jobs in the shape of `/videos`, and music: requests, polling, results, failures, cancelling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lollms_client import errors
from lollms_client.cancel import CancelToken
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.flow import HttpRequest
from lollms_client.types import Media, Progress
from lollms_client.types.job import JobHandle
from tests.services.openai_media.wire import KEY, PNG, binding, form_of, json_of, kinds, path_of

FILM = Media(b"\0\0\0\x18ftypmp42film", "video/mp4")
HOST = {"host_address": "http://films.test/v1"}


def job(status: str, **more: Any) -> dict[str, Any]:
    return {"id": "video_1", "object": "video", "model": "m", "status": status, "created_at": 1, **more}


def film(name: str, answers: list[Any], **given: Any) -> Any:
    ttv = binding("ttv", name, **(HOST if name == "openai_compatible" else {}))
    replies = [answer if isinstance(answer, CannedReply) else CannedReply(body=answer) for answer in answers]
    driver = ScriptedDriver(replies, addresses={"cdn.test": ["93.184.216.34"]})
    reports: list[Progress] = []
    request = ttv.video_request("a red fox", {"model": "m", **given})
    result = driver.run(ttv.video_flow(request), driver.context(on_progress=reports.append))
    driver.finish()
    return driver.requests, result, reports


CONTENT = CannedReply(body=bytes(FILM), headers={"Content-Type": "video/mp4"})


def test_a_film_is_made_by_a_job_that_is_polled() -> None:
    answers = [
        job("queued", progress=0),
        job("in_progress", progress=42),
        job("something_new"),
        job("completed", progress=100),
        job("completed", progress=100, seconds="8", size="1280x720", expires_at=99, usage={"cost": 0.5}),
        CONTENT,
    ]
    requests, result, reports = film("openai_compatible", answers, seconds=8, width=1280, height=720)
    assert [(request.method, path_of(request)) for request in requests] == [
        ("POST", "v1/videos"),
        *[("GET", "v1/videos/video_1")] * 4,
        ("GET", "v1/videos/video_1/content"),
    ]
    assert dict(form_of(requests[0]).fields) == {
        "model": "m",
        "prompt": "a red fox",
        "seconds": "8",
        "size": "1280x720",
    }
    assert all(request.plain_headers()["Authorization"] == f"Bearer {KEY}" for request in requests)
    assert [(report.stage, report.fraction) for report in reports] == [
        ("in_progress", 0.42),
        ("something_new", None),
        ("completed", 1.0),
    ]
    assert (result.video, result.seconds, result.width, result.height) == (FILM, 8.0, 1280, 720)
    assert (result.usage.seconds, result.usage.cost, result.id) == (8.0, 0.5, "video_1")
    assert result.extra == {"expires_at": 99}
    assert result.warnings == ()


DONE = job("completed", seconds="5")
BODIES: list[tuple[str, dict[str, Any], dict[str, Any], set[tuple[str, str]]]] = [
    (
        "deepinfra",
        {"seconds": 5.4, "image": PNG, "seed": 3, "negative_prompt": "rain", "width": 1280, "height": 720, "fps": 24},
        {
            "model": "m",
            "prompt": "a red fox",
            "seconds": 5,
            "seed": 3,
            "negative_prompt": "rain",
            "size": "1280x720",
            "image_url": PNG.data_url(),
        },
        {("clamped", "seconds"), ("dropped", "fps")},
    ),
    (
        "openrouter",
        {"seconds": 8, "image": PNG, "last_image": PNG, "images": [PNG], "sound": True, "width": 1920, "height": 1080},
        {
            "model": "m",
            "prompt": "a red fox",
            "duration": 8,
            "generate_audio": True,
            "aspect_ratio": "16:9",
            "resolution": "1080p",
            "frame_images": [
                {"type": "image_url", "image_url": {"url": PNG.data_url()}, "frame_type": "first_frame"},
                {"type": "image_url", "image_url": {"url": PNG.data_url()}, "frame_type": "last_frame"},
            ],
            "input_references": [{"type": "image_url", "image_url": {"url": PNG.data_url()}}],
        },
        {("replaced", "size")},
    ),
    (
        "sglang",
        {"size": "1280x720", "image": PNG},
        {"model": "m", "prompt": "a red fox", "size": "1280x720"},
        {("dropped", "image")},
    ),
    (
        "together",
        {"seconds": 5, "fps": 99, "width": 1280, "height": 720, "image": PNG, "images": [PNG], "output_format": "MP4"},
        {
            "model": "m",
            "prompt": "a red fox",
            "seconds": "5",
            "fps": 60,
            "width": 1280,
            "height": 720,
            "output_format": "MP4",
            "media": {
                "frame_images": [{"input_image": PNG.data_url(), "frame": "first"}],
                "reference_images": [PNG.data_url()],
            },
        },
        {("clamped", "fps")},
    ),
]


@pytest.mark.parametrize(("name", "given", "body", "warnings"), BODIES)
def test_films_are_asked_for_in_the_service_s_own_fields(
    name: str, given: dict[str, Any], body: dict[str, Any], warnings: set[tuple[str, str]]
) -> None:
    done = {**DONE, "outputs": {"video_url": "https://cdn.test/film.mp4"}} if name == "together" else DONE
    requests, result, _ = film(name, [job("queued"), done, done, CONTENT], **given)
    assert json_of(requests[0]) == body
    assert kinds(result.warnings) == warnings
    assert result.video == FILM


def test_a_form_carries_numbers_files_and_the_server_s_own_fields() -> None:
    requests, _, _ = film(
        "vllm_omni",
        [job("queued"), DONE, DONE, CONTENT],
        model=None,
        width=832,
        height=480,
        fps=16,
        steps=20,
        sound=False,
        num_frames=33,
        seed=4,
        image=PNG,
    )
    sent = form_of(requests[0])
    assert dict(sent.fields) == {
        "prompt": "a red fox",
        "width": "832",
        "height": "480",
        "fps": "16",
        "num_inference_steps": "20",
        "generate_sound": "false",
        "num_frames": "33",
        "seed": "4",
    }
    assert sent.files == [("input_reference", "input_reference.png", "image/png", bytes(PNG))]


def test_together_s_films_have_another_version_of_the_address() -> None:
    done = {**DONE, "outputs": {"video_url": "https://cdn.test/film.mp4", "cost": 0.3}}
    requests, _, _ = film("together", [job("queued"), done, done, CONTENT])
    assert requests[0].url == "https://api.together.xyz/v2/videos"
    assert requests[-1].url == "https://cdn.test/film.mp4"
    assert "Authorization" not in requests[-1].headers


PLACES: list[dict[str, Any]] = [
    {"data": [{"url": "https://cdn.test/film.mp4"}]},
    {"data": [{"b64_json": FILM.base64()}]},
    {"unsigned_urls": ["https://cdn.test/film.mp4"]},
    {"video": {"url": "https://cdn.test/film.mp4"}},
    {"output": "https://cdn.test/film.mp4"},
    {"url": "https://cdn.test/film.mp4"},
]


@pytest.mark.parametrize("place", PLACES)
def test_the_film_is_found_wherever_the_reply_puts_it(place: dict[str, Any]) -> None:
    answers = [job("queued"), DONE, {**DONE, **place}] + ([] if "b64_json" in str(place) else [CONTENT])
    _, result, _ = film("deepinfra", answers)
    assert result.video == FILM


def test_a_remix_names_the_film_and_sends_the_prompt_alone() -> None:
    requests, result, _ = film("litellm_proxy", [job("queued"), DONE, DONE, CONTENT], remix_of="video_0", seconds=4)
    assert path_of(requests[0]) == "v1/videos/video_0/remix"
    assert json_of(requests[0]) == {"prompt": "a red fox"}
    assert kinds(result.warnings) == {("dropped", "seconds")}


def test_a_thumbnail_comes_beside_the_film() -> None:
    picture = CannedReply(body=bytes(PNG), headers={"Content-Type": "image/png"})
    requests, result, _ = film("openai_compatible", [job("queued"), DONE, DONE, CONTENT, picture], thumbnail=True)
    assert requests[-1].url.endswith("/videos/video_1/content?variant=thumbnail")
    assert result.extra["thumbnail"] == PNG


FAILURES: list[tuple[list[Any], type[errors.LollmsError], str]] = [
    (
        [job("queued"), job("failed", error={"code": "moderation_blocked", "message": "No."})],
        errors.ContentFiltered,
        "No.",
    ),
    ([job("queued"), job("failed", error={"code": "x", "message": "GPU is gone"})], errors.JobFailed, "GPU is gone"),
    ([job("queued"), job("failed", error="out of memory")], errors.JobFailed, "out of memory"),
    ([job("failed", error=None)], errors.JobFailed, "did not say why"),
    ([job("queued"), job("expired")], errors.JobExpired, "expired"),
    ([job("queued"), job("cancelled")], errors.JobFailed, "cancelled"),
    (
        [job("queued"), CannedReply(status=404, body={"error": {"message": "gone"}})],
        errors.JobExpired,
        "no longer knows",
    ),
    ([{"object": "video"}], errors.BadReply, "names no job"),
    ([CannedReply(status=400, body={"error": {"message": "bad size"}})], errors.Rejected, "bad size"),
    ([{"error": {"message": "no credit", "code": "insufficient_quota"}}], errors.QuotaExceeded, "no credit"),
    ([job("queued"), DONE, DONE, CannedReply(body={"error": {"message": "late"}})], errors.CallError, "late"),
]


@pytest.mark.parametrize(("answers", "kind", "words"), FAILURES)
def test_jobs_that_fail_say_why(answers: list[Any], kind: type[errors.LollmsError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        film("openai_compatible", answers)
    assert KEY not in str(caught.value.as_dict())


def test_cancelling_deletes_the_job_where_the_service_can() -> None:
    ttv = binding("ttv", "vllm_omni")
    token = CancelToken()

    def stop(request: HttpRequest) -> CannedReply:
        token.cancel()
        return CannedReply(body=job("in_progress"))

    answers: list[CannedReply | Callable[[HttpRequest], CannedReply]] = [
        CannedReply(body=job("queued")),
        stop,
        CannedReply(body={"id": "video_1", "deleted": True}),
    ]
    driver = ScriptedDriver(answers)
    with pytest.raises(errors.Cancelled):
        driver.run(ttv.video_flow(ttv.video_request("x", {})), driver.context(cancel=token))
    assert (driver.requests[-1].method, path_of(driver.requests[-1])) == ("DELETE", "v1/videos/video_1")


def test_a_handle_goes_on_in_another_process() -> None:
    ttv = binding("ttv", "openai_compatible", **HOST)
    driver = ScriptedDriver([CannedReply(body=job("queued"))])
    handle = driver.run(ttv.submit(ttv.video_request("x", {"model": "m", "seed": 8, "last_image": PNG})))
    again = JobHandle.from_json(handle.as_json())
    assert KEY not in handle.as_json()
    driver = ScriptedDriver([CannedReply(body=job("completed")), CONTENT])
    result = driver.run(binding("ttv", "openai_compatible", **HOST).collect(again))
    assert (result.video, result.seed, result.id) == (FILM, 8, "video_1")
    assert kinds(result.warnings) == {("dropped", "last_image")}


def test_the_service_s_films_can_be_listed() -> None:
    ttv = binding("ttv", "openai_compatible", **HOST)
    driver = ScriptedDriver([CannedReply(body={"data": [job("completed"), {"object": "video"}, 3], "has_more": False})])
    (handle,) = driver.run(ttv.videos_flow(limit=2, after="video_9"))
    assert (handle.id, handle.state, handle.created) == ("video_1", {"model": "m"}, 1.0)
    assert driver.requests[0].url == "http://films.test/v1/videos?limit=2&after=video_9"


# --- music ---

FLAC = CannedReply(body=b"fLaCmusic", headers={"Content-Type": "audio/flac"})
MUSIC: list[tuple[str, str, dict[str, Any], dict[str, Any], set[tuple[str, str]]]] = [
    (
        "vllm_omni",
        "v1/audio/generate",
        {
            "seconds": 10,
            "seed": 42,
            "negative_prompt": "noise",
            "output_format": "flac",
            "genre": "jazz",
            "tempo": 92.0,
            "instruments": ["piano", "bass"],
            "key": "A minor",
            "guidance_scale": 7.0,
        },
        {
            "input": "rain, jazz, with piano, bass, 92 bpm, in A minor",
            "audio_length": 10.0,
            "seed": 42,
            "negative_prompt": "noise",
            "response_format": "flac",
            "guidance_scale": 7.0,
        },
        {("replaced", "genre"), ("replaced", "tempo"), ("replaced", "instruments"), ("replaced", "key")},
    ),
    (
        "localai",
        "v1/sound-generation",
        {
            "model": "ace-step-turbo",
            "seconds": 20,
            "tempo": 120.4,
            "key": "Ab major",
            "lyrics": "La",
            "instrumental": False,
            "mood": "calm",
            "seed": 1,
            "audio": FILM,
        },
        {
            "model_id": "ace-step-turbo",
            "text": "rain, calm",
            "duration_seconds": 20.0,
            "bpm": 120,
            "keyscale": "Ab major",
            "lyrics": "La",
            "instrumental": False,
        },
        {("replaced", "mood"), ("dropped", "seed"), ("dropped", "audio")},
    ),
]


@pytest.mark.parametrize(("name", "path", "given", "body", "warnings"), MUSIC)
def test_music_is_asked_for_in_the_server_s_own_fields(
    name: str, path: str, given: dict[str, Any], body: dict[str, Any], warnings: set[tuple[str, str]]
) -> None:
    ttm = binding("ttm", name)
    driver = ScriptedDriver([FLAC])
    result = driver.run(ttm.music_flow(ttm.music_request("rain", given)))
    assert json_of(driver.requests[0]) == body
    assert path_of(driver.requests[0]) == path
    assert kinds(result.warnings) == warnings
    assert (bytes(result.audio), result.audio.mime_type) == (b"fLaCmusic", "audio/flac")


def test_music_that_fails_says_why() -> None:
    ttm = binding("ttm", "localai")
    with pytest.raises(errors.BadSetting, match="needs a model"):
        ScriptedDriver().run(ttm.music_flow(ttm.music_request("rain", {})))
    driver = ScriptedDriver([CannedReply(status=500, body={"error": {"message": "backend died", "code": 500}})])
    with pytest.raises(errors.Unavailable, match="backend died"):
        driver.run(ttm.music_flow(ttm.music_request("rain", {"model": "m"})))
