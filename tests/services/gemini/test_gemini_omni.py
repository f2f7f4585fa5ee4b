"""Gemini Omni's films: background interactions from the request to the film, failures, cancelling, the official SDK."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.types.job import JobHandle
from lollms_client.types.video import VideoRequest
from tests.loopback import Line, Received
from tests.services.gemini.media_cases import MP4, PNG, TOKEN, VERTEX, run, warned
from tests.services.native_cases import KEY, body_of, captured, failure, native

OMNI = "gemini-omni-1.2-flash"
HANDLE = JobHandle(binding="gemini", binding_type="ttv", method="video", id="i1", state={"model": OMNI})
PICTURE = {"type": "image", "data": PNG.base64(), "mime_type": "image/png"}
MADE = {
    "type": "model_output",
    "content": [{"type": "text", "text": "Here."}, {"type": "video", "data": MP4.base64(), "mime_type": "video/mp4"}],
}
GIVEN = {"type": "user_input", "content": [{"type": "video", "data": "AAAA", "mime_type": "video/mp4"}]}
DONE = {
    "id": "i1",
    "status": "completed",
    "steps": [GIVEN, {"type": "thought"}, MADE],
    "usage": {"total_input_tokens": 5, "total_output_tokens": 57920},
}


def body(*more: Any, text: str = "waves", **wanted: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": text}, *more]
    sent: dict[str, Any] = {"model": OMNI, "input": [{"type": "user_input", "content": content}], "background": True}
    form = {"response_format": [{"type": "video", **wanted}]} if wanted else {}
    return {**sent, "response_modalities": ["video"], **form}


FILMS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({}, body(), []),
    ({"seconds": 5.0}, body(duration="5s"), []),
    ({"width": 1280, "height": 720}, body(aspect_ratio="16:9", resolution="720p"), []),
    ({"extra": {"resolution": "360p", "aspect_ratio": "9:16"}}, body(aspect_ratio="9:16", resolution="360p"), []),
    ({"image": PNG, "images": (PNG,)}, body(PICTURE, PICTURE), []),
    ({"video": MP4}, body({"type": "video", "data": MP4.base64(), "mime_type": "video/mp4"}), []),
    ({"extra": {"video_uri": "https://x/1"}}, body({"type": "video", "uri": "https://x/1"}), []),
    ({"negative_prompt": "rain"}, body(text="waves\n\nLeave out: rain"), ["replaced negative_prompt"]),
    (
        {"seed": 1, "last_image": PNG, "fps": 24.0, "sound": False, "extra": {"resize_mode": "pad"}},
        body(),
        ["dropped resize_mode", "dropped last_image", "dropped seed", "dropped fps", "unsupported sound"],
    ),
]


@pytest.mark.parametrize(("fields", "expected", "warnings"), FILMS)
def test_films_are_submitted(fields: dict[str, Any], expected: dict[str, Any], warnings: list[str]) -> None:
    request = VideoRequest(prompt="waves", model=OMNI, **fields)
    handle, sent = run(native("ttv", "gemini").submit(request), {"id": "i1", "status": "in_progress"})
    assert body_of(sent[0]) == expected
    assert sent[0].url == "https://generativelanguage.googleapis.com/v1beta/interactions"
    assert handle.id == "i1"
    assert [f"{kind} {setting}" for kind, setting, _ in handle.state["warnings"]] == warnings
    assert JobHandle.from_json(handle.as_json()) == handle


def test_a_film_is_waited_for() -> None:
    request = VideoRequest(prompt="waves", model=OMNI, seconds=5.0, seed=1)
    running = {"id": "i1", "status": "in_progress"}
    result, sent = run(
        native("ttv", "gemini").video_flow(request), running, {**running, "status": "queued"}, running, DONE, DONE
    )
    assert (result.video, result.seconds, result.usage.output_tokens, result.id) == (MP4, 5.0, 57920, "i1")
    assert warned(result) == ["dropped seed"]
    assert {request.url.rpartition("/v1beta/")[2] for request in sent} == {"interactions", "interactions/i1"}


def test_a_film_at_an_address_is_downloaded() -> None:
    address = "https://generativelanguage.googleapis.com/v1beta/files/f:download?alt=media"
    step = {"type": "model_output", "content": [{"type": "video", "uri": address}]}
    film = CannedReply(body=bytes(MP4), headers={"content-type": "video/mp4"})
    result, sent = run(native("ttv", "gemini").collect(HANDLE), {"status": "completed", "steps": [step]}, film)
    assert result.video == MP4
    assert sent[1].plain_headers()["x-goog-api-key"] == KEY


FAILED: list[dict[str, Any]] = [
    {"status": "failed", "errors": [{"message": "faces"}]},
    {"status": "incomplete"},
    {"status": "budget_exceeded"},
    {"status": "cancelled"},
    {"status": "completed", "steps": [GIVEN]},
]


@pytest.mark.parametrize("reply", FAILED)
def test_films_that_fail(reply: dict[str, Any]) -> None:
    found = failure(lambda: run(native("ttv", "gemini").wait_for(HANDLE), reply))
    assert isinstance(found, errors.JobFailed)
    assert ("faces" in found.message) is ("errors" in reply)


def test_a_film_that_nobody_waits_for_is_cancelled_at_the_service() -> None:
    running = CannedReply(body={"id": "i1", "status": "in_progress"})
    driver = ScriptedDriver([running, running, running, running, CannedReply(body={"status": "cancelled"})])
    binding = native("ttv", "gemini")
    binding.job_limit = 6.0
    found = failure(lambda: driver.run(binding.video_flow(VideoRequest(prompt="x", model=OMNI))))
    assert isinstance(found, errors.TimedOut)
    assert driver.requests[-1].url.endswith("/v1beta/interactions/i1/cancel")
    veo = JobHandle(binding="gemini", binding_type="ttv", method="video", id="o", state={"model": "veo"})
    assert isinstance(failure(lambda: run(binding.cancel_job(veo))), errors.Unsupported)


def test_on_vertex_interactions_belong_to_the_project() -> None:
    _, sent = run(native("ttv", "gemini", **VERTEX).check(HANDLE), DONE)
    assert sent[0].url == "https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/interactions/i1"
    assert sent[0].plain_headers()["Authorization"] == f"Bearer {TOKEN}"


def test_no_interaction_is_a_bad_reply() -> None:
    request = VideoRequest(prompt="x", model=OMNI)
    assert isinstance(failure(lambda: run(native("ttv", "gemini").submit(request), {"status": "x"})), errors.BadReply)


def test_the_official_sdk_sends_the_same() -> None:
    sdk = importlib.import_module("google.genai")

    def refuse(line: Line, request: Received) -> None:
        line.reply({"error": {"code": 400, "message": "captured", "status": "INVALID_ARGUMENT"}}, status=400)

    def use_sdk(address: str) -> None:
        client = sdk.Client(vertexai=False, api_key=KEY, http_options={"base_url": address})
        with pytest.raises(Exception, match="captured"):
            client.interactions.create(
                model=OMNI,
                input=[{"type": "text", "text": "waves"}, PICTURE],
                background=True,
                response_modalities=["video"],
                response_format=[{"type": "video", "aspect_ratio": "16:9", "resolution": "720p", "duration": "5s"}],
            )
        client.close()

    def use_ours(address: str) -> None:
        binding = native("ttv", "gemini", host_address=address, api_version="v1")
        request = VideoRequest(prompt="waves", model=OMNI, image=PNG, width=1280, height=720, seconds=5.0)
        failure(lambda: binding._driver().run(binding.submit(request), binding._context()))

    theirs, ours = (captured(refuse, use)[0] for use in (use_sdk, use_ours))
    assert (ours.method, ours.target) == (theirs.method, theirs.target)
    assert ours.json() == theirs.json()
