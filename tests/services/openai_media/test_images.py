"""Images on OpenAI's wire: what is sent, what comes back, streams, errors."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.types import ImageResult, Media, Progress
from tests.services.openai_media.wire import B64, KEY, PNG, binding, events, form_of, json_of, kinds, path_of, stream

REPLY = {
    "created": 1,
    "data": [{"b64_json": B64}],
    "usage": {"input_tokens": 7, "output_tokens": 9, "total_tokens": 16},
}


def generate(name: str, reply: Any = REPLY, *, settings: dict[str, Any] | None = None, **given: Any) -> Any:
    tti = binding("tti", name, **(settings or {}))
    driver = ScriptedDriver([CannedReply(body=reply)])
    method = "edit_image" if "images" in given else "generate_image"
    result = driver.run(tti.image_flow(tti.image_request(method, {"prompt": "a red fox", **given})))
    return driver.requests[0], result


CASES: list[tuple[str, dict[str, Any], dict[str, Any], set[tuple[str, str]]]] = [
    ("openai", {}, {"model": "gpt-image-1.5", "prompt": "a red fox"}, set()),
    (
        "openai",
        {
            "width": 1536,
            "height": 1024,
            "count": 2,
            "quality": "high",
            "background": "transparent",
            "output_format": "webp",
            "output_compression": 80,
            "moderation": "low",
            "user": "me",
        },
        {
            "model": "gpt-image-1.5",
            "prompt": "a red fox",
            "size": "1536x1024",
            "n": 2,
            "quality": "high",
            "background": "transparent",
            "output_format": "webp",
            "output_compression": 80,
            "moderation": "low",
            "user": "me",
        },
        set(),
    ),
    (
        "openai",
        {"width": 1920, "height": 1080},
        {"model": "gpt-image-1.5", "prompt": "a red fox", "size": "1536x1024"},
        {("clamped", "size")},
    ),
    (
        "openai",
        {"model": "gpt-image-2", "width": 1536, "height": 864},
        {"model": "gpt-image-2", "prompt": "a red fox", "size": "1536x864"},
        set(),
    ),
    ("openai", {"size": "auto"}, {"model": "gpt-image-1.5", "prompt": "a red fox", "size": "auto"}, set()),
    (
        "openai",
        {
            "model": "dall-e-3",
            "width": 600,
            "height": 1000,
            "count": 3,
            "style": "natural",
            "quality": "high",
            "background": "opaque",
        },
        {
            "model": "dall-e-3",
            "prompt": "a red fox",
            "size": "1024x1792",
            "n": 1,
            "style": "natural",
            "quality": "standard",
            "response_format": "b64_json",
        },
        {("clamped", "size"), ("clamped", "count"), ("replaced", "quality"), ("dropped", "background")},
    ),
    (
        "openai",
        {"model": "dall-e-2", "width": 512, "negative_prompt": "rain", "seed": 4, "steps": 9, "guidance": 2.0},
        {"model": "dall-e-2", "prompt": "a red fox", "size": "512x512", "response_format": "b64_json"},
        {("dropped", "negative_prompt"), ("dropped", "seed"), ("dropped", "steps"), ("dropped", "guidance")},
    ),
    (
        "together",
        {
            "model": "m",
            "width": 800,
            "height": 600,
            "steps": 4,
            "seed": 9,
            "negative_prompt": "rain",
            "guidance": 3.5,
            "count": 2,
        },
        {
            "model": "m",
            "prompt": "a red fox",
            "width": 800,
            "height": 600,
            "steps": 4,
            "seed": 9,
            "negative_prompt": "rain",
            "guidance_scale": 3.5,
            "n": 2,
            "response_format": "base64",
        },
        set(),
    ),
    (
        "xai",
        {"model": "grok-imagine-image-quality", "width": 1920, "height": 1080, "count": 2, "resolution": "2k"},
        {
            "model": "grok-imagine-image-quality",
            "prompt": "a red fox",
            "aspect_ratio": "16:9",
            "resolution": "2k",
            "n": 2,
            "response_format": "b64_json",
        },
        {("replaced", "size")},
    ),
    (
        "siliconflow",
        {
            "model": "Kwai-Kolors/Kolors",
            "width": 960,
            "height": 1280,
            "count": 9,
            "steps": 200,
            "guidance": 7.5,
            "seed": 5,
            "negative_prompt": "rain",
        },
        {
            "model": "Kwai-Kolors/Kolors",
            "prompt": "a red fox",
            "image_size": "960x1280",
            "batch_size": 4,
            "num_inference_steps": 100,
            "guidance_scale": 7.5,
            "seed": 5,
            "negative_prompt": "rain",
        },
        {("clamped", "count"), ("clamped", "steps")},
    ),
    (
        "zhipu",
        {"width": 1024, "height": 1024},
        {"model": "glm-image", "prompt": "a red fox", "size": "1024x1024"},
        set(),
    ),
    ("venice", {"width": 2000, "height": 1000}, {"prompt": "a red fox", "size": "1792x1024"}, {("clamped", "size")}),
    (
        "localai",
        {"model": "flux", "width": 256, "steps": 5},
        {"model": "flux", "prompt": "a red fox", "size": "256x256", "step": 5, "response_format": "b64_json"},
        set(),
    ),
    (
        "deepinfra",
        {"model": "x/y", "width": 64, "height": 64},
        {"model": "x/y", "prompt": "a red fox", "size": "64x64", "response_format": "b64_json"},
        set(),
    ),
    (
        "vllm_omni",
        {"steps": 8, "guidance": 4.0},
        {"prompt": "a red fox", "num_inference_steps": 8, "guidance_scale": 4.0, "response_format": "b64_json"},
        set(),
    ),
    (
        "openai_compatible",
        {"model": "sd", "seed": 3, "extra_body": {"sampler": "euler"}},
        {"model": "sd", "prompt": "a red fox", "seed": 3, "sampler": "euler"},
        set(),
    ),
]


@pytest.mark.parametrize(("name", "given", "body", "warnings"), CASES)
def test_generations_are_sent_in_the_service_s_own_fields(
    name: str, given: dict[str, Any], body: dict[str, Any], warnings: set[tuple[str, str]]
) -> None:
    settings = {"host_address": "http://images.test/v1"} if name == "openai_compatible" else {}
    request, result = generate(name, settings=settings, **given)
    assert json_of(request) == body
    assert kinds(result.warnings) == warnings
    assert path_of(request).endswith("images/generations")
    assert request.plain_headers()["Authorization"] == f"Bearer {KEY}"
    assert result.image == PNG
    assert result.image.mime_type == "image/png"


def test_the_result_tells_usage_model_and_the_prompt_as_rewritten() -> None:
    reply = {**REPLY, "size": "1024x1024", "data": [{"b64_json": B64, "revised_prompt": "A fox."}, {"b64_json": B64}]}
    _, result = generate("openai", reply)
    assert (result.usage.input_tokens, result.usage.output_tokens, result.usage.images) == (7, 9, 2)
    assert result.text == "A fox."
    assert result.model == "gpt-image-1.5"
    assert result.extra == {"size": "1024x1024", "created": 1}


def test_images_behind_addresses_are_fetched_without_the_key() -> None:
    tti = binding("tti", "siliconflow")
    reply = {"images": [{"url": "https://cdn.test/fox.png"}], "timings": {"inference": 0.4}, "seed": 77}
    driver = ScriptedDriver(
        [CannedReply(body=reply), CannedReply(body=bytes(PNG), headers={"Content-Type": "image/png"})],
        addresses={"cdn.test": ["93.184.216.34"]},
    )
    result = driver.run(tti.image_flow(tti.image_request("generate_image", {"prompt": "x", "model": "m"})))
    assert result.image == PNG
    assert result.seed == 77
    assert "Authorization" not in driver.requests[1].headers


def test_azure_s_key_and_address_follow_its_settings() -> None:
    request, _ = generate("azure_openai", settings={"resource": "my-company"}, model="my-deployment")
    assert request.url == "https://my-company.openai.azure.com/openai/v1/images/generations"
    assert request.plain_headers()["api-key"] == KEY
    assert "Authorization" not in request.headers


# --- edits ---


def test_an_edit_travels_as_a_form() -> None:
    request, result = generate("openai", images=[PNG], width=1024, height=1024, input_fidelity="high", strength=0.5)
    sent = form_of(request)
    assert sent.files == [("image", "image0.png", "image/png", bytes(PNG))]
    assert dict(sent.fields) == {
        "model": "gpt-image-1.5",
        "prompt": "a red fox",
        "size": "1024x1024",
        "input_fidelity": "high",
    }
    assert path_of(request) == "v1/images/edits"
    assert kinds(result.warnings) == {("dropped", "strength")}


def test_several_images_travel_under_the_list_s_name() -> None:
    request, _ = generate("openai", images=[PNG, PNG, PNG])
    assert [file[:2] for file in form_of(request).files] == [
        ("image[]", "image0.png"),
        ("image[]", "image1.png"),
        ("image[]", "image2.png"),
    ]


def _painted(*pixels: tuple[int, ...], mode: str = "L") -> Media:
    from PIL import Image

    picture = Image.new(mode, (len(pixels), 1))
    for place, pixel in enumerate(pixels):
        picture.putpixel((place, 0), pixel[0] if len(pixel) == 1 else pixel)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return Media(buffer.getvalue())


@pytest.mark.parametrize(
    "mask",
    [
        _painted((255,), (0,)),
        _painted((255, 255, 255), (0, 0, 0), mode="RGB"),
        _painted((9, 9, 9, 255), (9, 9, 9, 0), mode="RGBA"),
    ],
)
def test_the_mask_is_made_transparent_where_it_is_white_or_opaque(mask: Media) -> None:
    from PIL import Image

    request, _ = generate("openai", images=[PNG], mask=mask)
    (sent,) = [file for file in form_of(request).files if file[0] == "mask"]
    with Image.open(io.BytesIO(sent[3])) as picture:
        assert [picture.getpixel((x, 0))[3] for x in (0, 1)] == [0, 255]  # type: ignore[index]


def test_a_raw_mask_is_sent_as_it_is() -> None:
    mask = _painted((255,), (0,))
    request, _ = generate("openai", images=[PNG], mask=mask, raw_mask=True)
    assert [file[3] for file in form_of(request).files if file[0] == "mask"] == [bytes(mask)]


def test_a_mask_that_is_no_image_is_refused_before_sending() -> None:
    with pytest.raises(errors.BadMedia, match="mask"):
        generate("openai", images=[PNG], mask=Media(b"no image at all"))


def test_without_pillow_a_mask_is_refused_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(errors.MissingDependency, match="pip install pillow"):
        generate("openai", images=[PNG], mask=PNG)


def test_a_variation_has_its_own_route_and_no_prompt() -> None:
    request, result = generate("openai", images=[PNG, PNG], variation=True, model="dall-e-2", count=2, width=256)
    sent = form_of(request)
    assert path_of(request) == "v1/images/variations"
    assert dict(sent.fields) == {"model": "dall-e-2", "n": "2", "size": "256x256", "response_format": "b64_json"}
    assert len(sent.files) == 1
    assert kinds(result.warnings) == {("dropped", "prompt"), ("dropped", "images")}


EDITS_IN_JSON: list[tuple[str, int, str, dict[str, Any]]] = [
    ("xai", 1, "v1/images/edits", {"image": {"url": PNG.data_url(), "type": "image_url"}}),
    ("xai", 2, "v1/images/edits", {"images": [{"url": PNG.data_url(), "type": "image_url"}] * 2}),
    ("siliconflow", 2, "v1/images/generations", {"image": PNG.data_url(), "image2": PNG.data_url()}),
    ("together", 1, "v1/images/generations", {"image_url": PNG.data_url()}),
    ("together", 2, "v1/images/generations", {"reference_images": [PNG.data_url()] * 2}),
]


@pytest.mark.parametrize(("name", "count", "path", "fields"), EDITS_IN_JSON)
def test_images_travel_in_json_where_the_service_wants_them(
    name: str, count: int, path: str, fields: dict[str, Any]
) -> None:
    request, _ = generate(name, images=[PNG] * count, model="m")
    body = json_of(request)
    assert path_of(request) == path
    assert {key: value for key, value in body.items() if "image" in key} == fields


def test_services_without_edits_say_so() -> None:
    with pytest.raises(errors.Unsupported, match="edit"):
        generate("zhipu", images=[PNG])
    with pytest.raises(errors.BadSetting, match="3 images at most"):
        generate("xai", images=[PNG] * 4, model="m")


# --- streams ---

PARTIAL = {"type": "image_generation.partial_image", "b64_json": B64, "partial_image_index": 0}
COMPLETED = {
    "type": "image_generation.completed",
    "b64_json": B64,
    "created_at": 5,
    "size": "1024x1024",
    "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
}
UNKNOWN = {"type": "image_generation.something_new", "b64_json": 3}
STREAM = events(PARTIAL, UNKNOWN, {**PARTIAL, "partial_image_index": 1}, COMPLETED)


def streamed(
    data: bytes, cut: int | None = None, name: str = "openai", **given: Any
) -> tuple[ImageResult, Any, list[Progress]]:
    tti = binding("tti", name)
    driver = ScriptedDriver([stream(data, cut)])
    reports: list[Progress] = []
    method = "edit_image" if "images" in given else "generate_image"
    request = tti.image_request(method, {"prompt": "x", "partial_images": 2, **given})
    result = driver.run(tti.image_flow(request), driver.context(on_progress=reports.append))
    return result, driver.requests[0], reports


def test_partial_images_come_as_progress_and_stay_in_extra() -> None:
    result, request, reports = streamed(STREAM)
    assert json_of(request) == {"model": "gpt-image-1.5", "prompt": "x", "stream": True, "partial_images": 2}
    assert result.image == PNG
    assert result.extra["partial_images"] == [PNG, PNG]
    assert result.usage.output_tokens == 4
    assert [report.stage for report in reports] == ["partial image", "partial image", "image"]
    assert [report.fraction for report in reports] == [pytest.approx(1 / 3), pytest.approx(2 / 3), 1.0]


@pytest.mark.parametrize("cut", range(1, len(STREAM), 7))
def test_a_stream_cut_in_two_anywhere_reads_the_same(cut: int) -> None:
    result, _, _ = streamed(STREAM, cut)
    assert result.image == PNG
    assert len(result.extra["partial_images"]) == 2


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_stream_that_breaks_off_before_the_image_is_an_error(count: int) -> None:
    with pytest.raises(errors.BadReply, match="broke off"):
        streamed(events(*[PARTIAL, UNKNOWN, PARTIAL][:count]))


def test_an_error_in_the_middle_of_a_stream_is_raised() -> None:
    failure = {"type": "error", "error": {"message": "Rejected by the safety system.", "code": "moderation_blocked"}}
    with pytest.raises(errors.ContentFiltered, match="safety system"):
        streamed(events(PARTIAL, failure))


def test_edits_stream_too_and_other_servers_chunks_are_read() -> None:
    chunks = [
        {"object": "image.edit.chunk", "type": "ar_delta", "delta": "A studio ", "index": 0},
        {"object": "image.edit.chunk", "type": "ar_delta", "delta": "shot.", "index": 0},
        {"object": "image.edit.chunk", "type": "image", "data": [{"b64_json": B64}], "size": "64x64"},
    ]
    result, request, _ = streamed(
        events(*chunks, done=True), name="vllm_omni", images=[PNG], stream=True, partial_images=None
    )
    assert ("stream", "true") in form_of(request).fields
    assert (result.image, result.text) == (PNG, "A studio shot.")


def test_a_model_that_does_not_stream_gives_the_whole_image() -> None:
    _, result = generate("openai", model="dall-e-3", partial_images=2)
    assert kinds(result.warnings) == {("dropped", "partial_images")}


# --- errors ---

FAILURES: list[tuple[int, Any, type[errors.LollmsError]]] = [
    (
        400,
        {"error": {"message": "rejected by the safety system", "type": "user_error", "code": "moderation_blocked"}},
        errors.ContentFiltered,
    ),
    (
        400,
        {"error": {"message": "bad size", "type": "invalid_request_error", "param": "size", "code": "invalid_value"}},
        errors.Rejected,
    ),
    (401, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}, errors.AuthenticationFailed),
    (404, {"error": {"message": "no such model", "code": "model_not_found"}}, errors.NotFound),
    (
        429,
        {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}},
        errors.QuotaExceeded,
    ),
    (422, {"detail": [{"loc": ["body", "prompt"], "msg": "field required"}]}, errors.Rejected),
    (500, {"error": {"message": "The server had an error"}}, errors.Unavailable),
    (200, {"error": {"message": "billing_hard_limit", "code": "billing_hard_limit_reached"}}, errors.QuotaExceeded),
    (200, {"created": 1, "data": []}, errors.BadReply),
    (200, {"created": 1, "data": [{"b64_json": "%%%"}]}, errors.BadReply),
    (200, {"created": 1, "data": [], "content_filter": [{"role": "user", "level": 0}]}, errors.ContentFiltered),
    (200, ["no object"], errors.BadReply),
]


@pytest.mark.parametrize(("status", "body", "kind"), FAILURES)
def test_errors_map_into_the_tree_with_the_request_s_number(
    status: int, body: Any, kind: type[errors.LollmsError]
) -> None:
    tti = binding("tti", "openai", max_retries=0)
    driver = ScriptedDriver([CannedReply(status=status, body=body, headers={"x-request-id": "req_7"})])
    with pytest.raises(kind) as caught:
        driver.run(tti.image_flow(tti.image_request("generate_image", {"prompt": "x"})))
    if status >= 400:
        assert caught.value.details["request_id"] == "req_7"
    assert KEY not in str(caught.value) + repr(caught.value) + str(caught.value.as_dict())


def test_a_missing_key_is_told_before_anything_is_sent() -> None:
    tti = binding("tti", "openai", service_key="")
    with pytest.raises(errors.MissingKey, match="OPENAI_API_KEY"):
        ScriptedDriver().run(tti.image_flow(tti.image_request("generate_image", {"prompt": "x"})))


@pytest.mark.parametrize(("width", "height"), [(0, None), (-4, 8), (8, 0)])
def test_sizes_of_nothing_are_refused(width: int, height: int | None) -> None:
    with pytest.raises(errors.BadSetting, match="at least 1 pixel"):
        generate("openai", width=width, height=height)
