"""Gemini's media: the official SDK sends the same."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest

from lollms_client.types.image import ImageRequest
from lollms_client.types.music import MusicRequest
from lollms_client.types.speech import SpeechRequest
from lollms_client.types.video import VideoRequest
from tests.loopback import Line, Received
from tests.services.gemini.discovery import camel
from tests.services.gemini.media_cases import PNG, TOKEN, VERTEX
from tests.services.native_cases import KEY, captured, failure, native

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
    sdk = importlib.import_module("google.genai")
    refusal = {"error": {"code": 400, "message": "captured", "status": "INVALID_ARGUMENT"}}

    def refuse(line: Line, request: Received) -> None:
        line.reply(refusal, status=400)

    def use_sdk(address: str) -> None:
        options: dict[str, Any] = {"http_options": {"base_url": address}}
        if vertex:
            credentials = importlib.import_module("google.oauth2.credentials").Credentials(token=TOKEN)
            options |= {"vertexai": True, "project": "p", "location": "global", "credentials": credentials}
        else:
            options |= {"vertexai": False, "api_key": KEY}
        client = sdk.Client(**options)
        with pytest.raises(Exception, match="captured"):  # the classes differ, and some are private
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
