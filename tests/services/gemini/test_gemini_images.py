"""Gemini's images: of its own models and of Imagen."""

from __future__ import annotations

from typing import Any

import pytest

from lollms_client import errors
from lollms_client.families.gemini.shapes import exact_ratio, nearest_ratio, pcm_rate
from lollms_client.types.image import ImageRequest
from tests.services.gemini.discovery import check_body
from tests.services.gemini.media_cases import PNG, RATIOS, VERTEX, inline, reply, run, warned
from tests.services.native_cases import body_of, failure, native


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
