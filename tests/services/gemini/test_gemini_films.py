"""Gemini's films: Veo's operations from the first request to the film."""

from __future__ import annotations

from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.types.accounting import Progress
from lollms_client.types.job import JobHandle
from lollms_client.types.video import VideoRequest
from tests.services.gemini.discovery import check_body
from tests.services.gemini.media_cases import MP4, PNG, VERTEX, run, warned
from tests.services.native_cases import KEY, body_of, failure, native

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
