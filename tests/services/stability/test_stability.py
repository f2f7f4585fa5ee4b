"""Stability: forms for every operation, seeds and withheld results, jobs polled, errors, Stable Audio."""

from __future__ import annotations

import email.parser
import email.policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lollms_client import errors
from lollms_client.drivers.scripted import Answer, CannedReply, ScriptedDriver
from lollms_client.families.stability.image_form import facts, nearest_ratio
from lollms_client.flow import HttpRequest
from lollms_client.types.image import ImageRequest
from lollms_client.types.job import JobHandle
from lollms_client.types.media import Media
from lollms_client.types.music import MusicRequest
from tests.services.native_cases import KEY, failure, native

PNG = Media(b"\x89PNG\r\n\x1a\npixels")
MASK = Media(b"\x89PNG\r\n\x1a\nmask")
WAV = Media(b"RIFF\x00\x00\x00\x00WAVEfmt ")
IMAGE = CannedReply(body=bytes(PNG), headers={"Content-Type": "image/png", "seed": "77", "finish-reason": "SUCCESS"})
SOUND = CannedReply(body=b"ID3sound", headers={"Content-Type": "audio/mpeg", "seed": "9"})


def form_of(request: HttpRequest) -> tuple[dict[str, str], dict[str, bytes]]:
    """The fields and the files of a form, taken apart by the standard library."""
    head = f"Content-Type: {request.plain_headers()['Content-Type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + (request.body or b""))
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for part in message.iter_parts():
        name, data = str(part.get_param("name", header="content-disposition")), part.get_payload(decode=True)
        assert isinstance(data, bytes)
        if part.get_filename():
            files[name] = data
        else:
            fields[name] = data.decode()
    return fields, files


def draw(*answers: Answer, settings: dict[str, Any] | None = None, **fields: Any) -> tuple[Any, ScriptedDriver]:
    driver = ScriptedDriver(answers or [IMAGE])
    request = ImageRequest(**{"prompt": "a cat", **fields})
    result = driver.run(native("tti", "stability", **(settings or {})).image_flow(request))
    driver.finish()
    return result, driver


CAT = {"prompt": "a cat"}
ON: dict[str, Any] = {"images": (PNG,)}


@pytest.mark.parametrize(
    ("given_fields", "path", "fields", "files"),
    [
        ({}, "generate/core", CAT, set()),
        (
            {"model": "stable-image-ultra", "extra": {"aspect_ratio": "16:9"}},
            "generate/ultra",
            {**CAT, "aspect_ratio": "16:9"},
            set(),
        ),
        (
            {"model": "sd3.5-medium", "guidance": 5.0, "style": "anime", "seed": 3, "output_format": "jpg"},
            "generate/sd3",
            {
                **CAT,
                "model": "sd3.5-medium",
                "mode": "text-to-image",
                "cfg_scale": "5.0",
                "style_preset": "anime",
                "seed": "3",
                "output_format": "jpeg",
            },
            set(),
        ),
        (
            {"model": "sd3.5-large", **ON},
            "generate/sd3",
            {**CAT, "model": "sd3.5-large", "mode": "image-to-image", "strength": "0.5"},
            {"image"},
        ),
        ({"model": "ultra", "strength": 0.2, **ON}, "generate/ultra", {**CAT, "strength": "0.2"}, {"image"}),
        (
            {"mask": MASK, "negative_prompt": "dog", "extra": {"grow_mask": 8}, **ON},
            "edit/inpaint",
            {**CAT, "negative_prompt": "dog", "grow_mask": "8"},
            {"image", "mask"},
        ),
        ({"mask": MASK, "extra": {"operation": "erase"}, **ON}, "edit/erase", {}, {"image", "mask"}),
        (
            {"extra": {"left": 100, "creativity": 0.3}, **ON},
            "edit/outpaint",
            {**CAT, "left": "100", "creativity": "0.3"},
            {"image"},
        ),
        (
            {"extra": {"search_prompt": "dog"}, **ON},
            "edit/search-and-replace",
            {**CAT, "search_prompt": "dog"},
            {"image"},
        ),
        (
            {"extra": {"select_prompt": "hat"}, **ON},
            "edit/search-and-recolor",
            {**CAT, "select_prompt": "hat"},
            {"image"},
        ),
        ({"extra": {"operation": "remove-background"}, **ON}, "edit/remove-background", {}, {"image"}),
        ({"extra": {"operation": "upscale-fast"}, **ON}, "upscale/fast", {}, {"image"}),
        (
            {"extra": {"operation": "upscale-conservative", "creativity": 0.4}, **ON},
            "upscale/conservative",
            {**CAT, "creativity": "0.4"},
            {"image"},
        ),
        (
            {"extra": {"operation": "sketch", "control_strength": 0.6}, **ON},
            "control/sketch",
            {**CAT, "control_strength": "0.6"},
            {"image"},
        ),
        (
            {"images": (PNG, MASK), "extra": {"operation": "style-transfer", "style_strength": 0.7}},
            "control/style-transfer",
            {**CAT, "style_strength": "0.7"},
            {"init_image", "style_image"},
        ),
        (
            {"settings": {"extra_body": {"prompt": "a dog", "novelty": 1}}},
            "generate/core",
            {"prompt": "a dog", "novelty": "1"},
            set(),
        ),
    ],
)
def test_every_operation_has_its_form(
    given_fields: dict[str, Any], path: str, fields: dict[str, str], files: set[str]
) -> None:
    result, driver = draw(**given_fields)
    (request,) = driver.requests
    headers = request.plain_headers()
    assert (request.method, request.url) == ("POST", f"https://api.stability.ai/v2beta/stable-image/{path}")
    assert headers["Accept"] == "image/*"
    assert headers["Authorization"] == f"Bearer {KEY}"
    sent, attached = form_of(request)
    assert sent == fields
    assert attached.keys() == files
    assert result.seed == 77
    assert result.image == PNG
    assert [warning.setting for warning in result.warnings] == ([] if "prompt" in sent else ["prompt"])


def test_what_an_operation_cannot_take_is_warned_about() -> None:
    result, driver = draw(
        width=1920, height=1080, steps=30, quality="hd", guidance=7.0, output_format="svg", strength=0.1
    )
    assert form_of(driver.requests[0])[0] == {**CAT, "aspect_ratio": "16:9", "output_format": "png"}
    assert {warning.setting: warning.kind for warning in result.warnings} == {
        "width, height": "replaced",
        "steps": "dropped",
        "quality": "dropped",
        "guidance": "dropped",
        "strength": "dropped",
        "output_format": "replaced",
    }
    result, driver = draw(width=512, extra={"aspect_ratio": "1:1"}, **ON)
    assert "aspect_ratio" not in form_of(driver.requests[0])[0]
    assert {warning.setting for warning in result.warnings} == {"model", "width", "aspect_ratio"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"extra": {"operation": "fly"}}, "inpaint"),
        ({"extra": {"operation": "erase"}}, "needs an image"),
        ({"extra": {"operation": "core"}, **ON}, "no image"),
        ({"images": (PNG, PNG)}, "takes 1 image"),
        ({"extra": {"operation": "style-transfer"}, **ON}, "two images"),
    ],
)
def test_bad_requests_are_told_before_anything_is_sent(fields: dict[str, Any], words: str) -> None:
    error = failure(lambda: draw(**fields))
    assert isinstance(error, errors.BadSetting)
    assert words in str(error)


@given(st.integers(1, 8000), st.integers(1, 8000))
def test_the_nearest_ratio_keeps_the_orientation(width: int, height: int) -> None:
    across, down = map(int, nearest_ratio(width, height).split(":"))
    assert across >= down or width < height
    assert across <= down or width > height


def test_several_images_are_made_one_after_the_other() -> None:
    result, driver = draw(IMAGE, IMAGE, IMAGE, count=3, seed=5)
    assert [form_of(request)[0]["seed"] for request in driver.requests] == ["5", "6", "7"]
    assert len(result.images) == result.usage.images == 3


ACCEPTED = CannedReply(body={"id": "job-1"})
RUNNING = CannedReply(status=202, body={"id": "job-1", "status": "in-progress"})
CREATIVE: dict[str, Any] = {"images": (PNG,), "extra": {"operation": "upscale-creative"}}


def test_a_job_is_polled_until_its_image_is_there() -> None:
    result, driver = draw(ACCEPTED, RUNNING, RUNNING, IMAGE, IMAGE, **CREATIVE)
    assert driver.requests[0].url.endswith("/upscale/creative")
    assert {request.url for request in driver.requests[1:]} == {"https://api.stability.ai/v2beta/results/job-1"}
    assert (result.image, result.seed, result.id) == (PNG, 77, "job-1")
    assert len(driver.sleeps) == 2


def test_a_handle_works_in_another_process_and_expires() -> None:
    request = ImageRequest(prompt="a cat", steps=3, **CREATIVE)
    handle = ScriptedDriver([ACCEPTED]).run(native("tti", "stability").submit(request))
    again = JobHandle.from_json(handle.as_json())
    assert KEY not in handle.as_json()
    result = ScriptedDriver([IMAGE]).run(native("tti", "stability").collect(again))
    assert [warning.setting for warning in result.warnings] == ["steps"]
    gone = CannedReply(status=404, body={"id": "r", "name": "not_found", "errors": ["no such id"]})
    error = failure(lambda: ScriptedDriver([gone]).run(native("tti", "stability").check(again)))
    assert isinstance(error, errors.JobExpired)
    with pytest.raises(errors.Unsupported):
        ScriptedDriver([]).run(native("tti", "stability").submit(ImageRequest(prompt="a cat")))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            CannedReply(body=bytes(PNG), headers={"Content-Type": "image/png", "finish-reason": "CONTENT_FILTERED"}),
            errors.ContentFiltered,
        ),
        (
            CannedReply(status=403, body={"id": "q", "name": "content_moderation", "errors": ["flagged"]}),
            errors.ContentFiltered,
        ),
        (
            CannedReply(status=401, body={"id": "q", "name": "unauthorized", "errors": ["bad key"]}),
            errors.AuthenticationFailed,
        ),
        (
            CannedReply(status=402, body={"id": "q", "name": "payment_required", "errors": ["no credits"]}),
            errors.QuotaExceeded,
        ),
        (
            CannedReply(status=400, body={"id": "q", "name": "bad_request", "errors": ["seed: too large", "x: y"]}),
            errors.Rejected,
        ),
        (CannedReply(status=413, body={"id": "q", "name": "payload_too_large", "errors": ["10MiB"]}), errors.Rejected),
        (
            CannedReply(status=422, body={"id": "q", "name": "invalid_language", "errors": ["English only"]}),
            errors.Rejected,
        ),
        (CannedReply(body={"id": "q", "name": "oops", "errors": ["hidden"]}), errors.CallError),
        (CannedReply(body=b"", headers={"Content-Type": "image/png"}), errors.BadReply),
        (CannedReply(body={"novelty": 1}), errors.BadReply),
    ],
)
def test_errors(answer: CannedReply, kind: type[errors.LollmsError]) -> None:
    error = failure(lambda: draw(answer))
    assert isinstance(error, kind)
    if isinstance(answer.body, dict) and "errors" in answer.body:
        assert answer.body["errors"][0] in str(error)
        assert error.details["request_id"] == "q"


def test_the_table_and_the_manifest_hold_together() -> None:
    parameters = native("tti", "stability").manifest.method_parameters
    named = {parameter.name for group in parameters.values() for parameter in group}
    ours = {"style_preset": "style", "cfg_scale": "guidance", "mode": "prompt", "model": "prompt"}
    taken = {ours.get(name, name) for row in facts()["operations"].values() for name in row["takes"]}
    assert taken <= named
    (options,) = [p.options for p in parameters["edit_image"] if p.name == "operation"]
    assert set(options) == facts()["operations"].keys() - {"core"}


def compose(*answers: Answer, **fields: Any) -> tuple[Any, ScriptedDriver]:
    driver = ScriptedDriver(answers or [SOUND])
    request = MusicRequest(**{"prompt": "rain", **fields})
    result = driver.run(native("ttm", "stability").music_flow(request))
    driver.finish()
    return result, driver


RAIN = {"prompt": "rain", "model": "stable-audio-2.5", "output_format": "mp3"}


@pytest.mark.parametrize(
    ("given_fields", "path", "fields"),
    [
        ({}, "text-to-audio", RAIN),
        (
            {"seconds": 30.0, "seed": 4, "extra": {"steps": 8, "cfg_scale": 2.0}},
            "text-to-audio",
            {**RAIN, "duration": "30", "seed": "4", "steps": "8", "cfg_scale": "2.0"},
        ),
        (
            {"genre": "ambient", "tempo": 90.0, "instruments": ("harp", "drum"), "output_format": "wav"},
            "text-to-audio",
            {**RAIN, "prompt": "rain. Genre: ambient. Tempo: 90 BPM. Instruments: harp, drum", "output_format": "wav"},
        ),
        ({"audio": WAV, "extra": {"strength": 0.5}}, "audio-to-audio", {**RAIN, "strength": "0.5"}),
        (
            {"audio": WAV, "extra": {"mask_start": 5.0, "mask_end": 9.0}},
            "inpaint",
            {**RAIN, "mask_start": "5.0", "mask_end": "9.0"},
        ),
    ],
)
def test_stable_audio(given_fields: dict[str, Any], path: str, fields: dict[str, str]) -> None:
    result, driver = compose(**given_fields)
    (request,) = driver.requests
    sent, attached = form_of(request)
    assert request.url == f"https://api.stability.ai/v2beta/audio/stable-audio-2/{path}"
    assert request.plain_headers()["Accept"] == "audio/*"
    assert sent == fields
    assert attached == ({"audio": bytes(WAV)} if "audio" in given_fields else {})
    assert (bytes(result.audio), result.audio.mime_type, result.seed) == (b"ID3sound", "audio/mpeg", 9)


def test_stable_audio_waits_where_the_service_answers_later() -> None:
    result, driver = compose(ACCEPTED, RUNNING, SOUND, SOUND)
    assert driver.requests[-1].url == "https://api.stability.ai/v2beta/audio/results/job-1"
    assert bytes(result.audio) == b"ID3sound"


def test_stable_audio_warns_and_refuses() -> None:
    result, _ = compose(seconds=500.0, lyrics="la", negative_prompt="noise", instrumental=False, output_format="flac")
    assert {warning.setting: warning.kind for warning in result.warnings} == {
        "seconds": "clamped",
        "lyrics": "dropped",
        "negative_prompt": "dropped",
        "instrumental": "unsupported",
        "output_format": "replaced",
    }
    error = failure(lambda: compose(extra={"mask_start": 1.0}))
    assert isinstance(error, errors.BadSetting)
