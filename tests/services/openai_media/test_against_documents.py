"""Every request validated against the vendor's own API document, where there is one beside the repository."""

from __future__ import annotations

import functools
import itertools
import json
from typing import Any

import jsonschema
import pytest
import yaml
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.flow import HttpRequest
from tests.services.openai_media.wire import B64, OGG, PNG, SPECS, binding, events, form_of, json_of, stream

HOST = {"host_address": "http://any.test/v1"}


@functools.cache
def document(name: str) -> Any:
    """A vendor's document, with `nullable` written as JSON Schema writes it."""
    file = SPECS / name
    if not file.is_file():
        pytest.skip(f"lay the vendor's document {name} into ../shared/specs to run this")
    text = file.read_text("utf-8")
    loaded = json.loads(text) if name.endswith(".json") else yaml.load(text, Loader=yaml.CSafeLoader)
    return _plain(loaded)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        plain = {key: _plain(item) for key, item in value.items()}
        if plain.get("nullable") is True and isinstance(plain.get("type"), str):
            plain["type"] = [plain["type"], "null"]
        return plain
    return [_plain(item) for item in value] if isinstance(value, list) else value


@functools.cache
def validator(name: str, path: str, kind: str) -> Any:
    """The validator of a route's body."""
    content = document(name)["paths"][path]["post"]["requestBody"]["content"][kind]["schema"]
    resource = DRAFT202012.create_resource(document(name))
    registry: Any = Registry().with_resource("urn:document", resource)
    pointer = content.get("$ref")
    if pointer:
        schema = {"$ref": f"urn:document{pointer}"}
    else:
        steps = ["paths", path, "post", "requestBody", "content", kind, "schema"]
        fragment = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
        schema = {"$ref": f"urn:document#/{fragment}"}
    return jsonschema.Draft202012Validator(schema, registry=registry)


def check(name: str, path: str, kind: str, body: Any) -> None:
    problems = [
        f"{'.'.join(map(str, error.path))}: {error.message}" for error in validator(name, path, kind).iter_errors(body)
    ]
    assert problems == []


def typed_form(request: HttpRequest, numbers: tuple[str, ...] = (), flags: tuple[str, ...] = ()) -> dict[str, Any]:
    """A form as the object that the document describes: lists without brackets, files as texts."""
    sent = form_of(request)
    body: dict[str, Any] = {}
    for field, text in sent.fields:
        value: Any = float(text) if field in numbers else text == "true" if field in flags else text
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        _put(body, field, value)
    for file in sent.files:
        _put(body, file[0], "bytes")
    return body


def _put(body: dict[str, Any], field: str, value: Any) -> None:
    if field.endswith("[]"):
        body.setdefault(field[:-2], []).append(value)
    elif field in body:
        first = body[field] if isinstance(body[field], list) else [body[field]]
        body[field] = [*first, value]
    elif "[" in field:
        outer, _, inner = field.rstrip("]").partition("[")
        body.setdefault(outer, {})[inner] = value
    else:
        body[field] = value


def image_request(name: str, **given: Any) -> HttpRequest:
    tti = binding("tti", name, **(HOST if name == "openai_compatible" else {}))
    driver = ScriptedDriver([_image_reply])
    method = "edit_image" if "images" in given else "generate_image"
    driver.run(tti.image_flow(tti.image_request(method, {"prompt": "a red fox", **given})))
    return driver.requests[0]


def _image_reply(request: HttpRequest) -> CannedReply:
    if request.headers["Accept"] == "text/event-stream":
        return stream(events({"type": "image_generation.completed", "b64_json": B64}))
    return CannedReply(body={"created": 1, "data": [{"b64_json": B64}]})


MODELS = ("gpt-image-1", "gpt-image-1.5", "gpt-image-2", "dall-e-2", "dall-e-3")
SIZES: tuple[dict[str, Any], ...] = ({}, {"width": 1920, "height": 1080}, {"width": 300}, {"size": "auto"})
CHOICES: tuple[dict[str, Any], ...] = (
    {},
    {"count": 40, "quality": "hd", "style": "vivid", "background": "transparent", "moderation": "low"},
    {"quality": "high", "output_format": "webp", "output_compression": 50, "user": "me", "seed": 3, "steps": 9},
    {"partial_images": 3},
)


@pytest.mark.parametrize("model", MODELS)
def test_openai_images(model: str) -> None:
    for size, choice in itertools.product(SIZES, CHOICES):
        request = image_request("openai", model=model, **size, **choice)
        check("openai.yml", "/images/generations", "application/json", json_of(request))


@pytest.mark.parametrize("model", MODELS)
def test_openai_edits_and_variations(model: str) -> None:
    numbers, flags = ("n", "output_compression", "partial_images"), ("stream",)
    for choice in ({}, {"images": [PNG, PNG]}, {"mask": PNG, "input_fidelity": "high", "count": 2, "width": 512}):
        request = image_request("openai", model=model, **{"images": [PNG], **choice})
        check("openai.yml", "/images/edits", "multipart/form-data", typed_form(request, numbers, flags))
    request = image_request("openai", model="dall-e-2", images=[PNG], variation=True, count=2, width=700)
    check("openai.yml", "/images/variations", "multipart/form-data", typed_form(request, numbers))


OTHER_IMAGES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("deepinfra", "deepinfra.json", "/v1/images/generations", {"model": "m", "width": 512, "height": 512, "count": 9}),
    (
        "deepinfra",
        "deepinfra.json",
        "/v1/images/generations",
        {"model": "m", "quality": "hd", "style": "vivid", "user": "me"},
    ),
    (
        "siliconflow",
        "siliconflow.yml",
        "/images/generations",
        {"model": "m", "width": 512, "count": 2, "seed": 3, "steps": 20, "guidance": 5.0, "negative_prompt": "rain"},
    ),
    (
        "zhipu",
        "zhipu.json",
        "/paas/v4/images/generations",
        {"quality": "standard", "width": 1024, "user_id": "someone"},
    ),
]


@pytest.mark.parametrize(("name", "file", "path", "given"), OTHER_IMAGES)
def test_other_services_images(name: str, file: str, path: str, given: dict[str, Any]) -> None:
    check(file, path, "application/json", json_of(image_request(name, **given)))


def test_edits_in_json_fit_the_services_that_take_them() -> None:
    body = json_of(image_request("siliconflow", model="m", images=[PNG, PNG, PNG]))
    problems = list(validator("siliconflow.yml", "/images/generations", "application/json").iter_errors(body))
    # the document lists example texts as the only values of the images
    assert {str(inner.path[0]) for error in problems for inner in error.context or [error]} <= {
        "image",
        "image2",
        "image3",
    }
    form = typed_form(image_request("deepinfra", model="m", images=[PNG]), ("n",))
    check("deepinfra.json", "/v1/images/edits", "multipart/form-data", form)


def speech_body(name: str, **given: Any) -> Any:
    tts = binding("tts", name, **(HOST if name == "openai_compatible" else {}))
    driver = ScriptedDriver([CannedReply(body=b"ID3", headers={"Content-Type": "audio/mpeg"})])
    list(driver.iterate(tts.speech_stream_flow(tts.speech_request("Hello.", given))))
    streamed = json_of(driver.requests[0])
    driver = ScriptedDriver([CannedReply(body=b"ID3", headers={"Content-Type": "audio/mpeg"})])
    driver.run(tts.speech_flow(tts.speech_request("Hello.", given)))
    return [streamed, json_of(driver.requests[0])]


SPEECH: list[tuple[str, str, str, dict[str, Any]]] = [
    ("openai", "openai.yml", "/audio/speech", {}),
    ("openai", "openai.yml", "/audio/speech", {"voice": "voice_1234"}),
    (
        "openai",
        "openai.yml",
        "/audio/speech",
        {"voice": "cedar", "speed": 77.0, "instructions": "Whisper.", "output_format": "pcm", "volume": 2.0},
    ),
    ("openai", "openai.yml", "/audio/speech", {"model": "tts-1-hd", "speed": 0.1, "output_format": "webm"}),
    (
        "deepinfra",
        "deepinfra.json",
        "/v1/audio/speech",
        {"model": "m", "voice": "v", "speed": 3.0, "output_format": "aac"},
    ),
    (
        "siliconflow",
        "siliconflow.yml",
        "/audio/speech",
        {
            "voice": "FunAudioLLM/CosyVoice2-0.5B:anna",
            "speed": 2.0,
            "gain": -3.0,
            "output_format": "wav",
            "sample_rate": 8000,
        },
    ),
]


@pytest.mark.parametrize(("name", "file", "path", "given"), SPEECH)
def test_speech(name: str, file: str, path: str, given: dict[str, Any]) -> None:
    for body in speech_body(name, **given):
        check(file, path, "application/json", body)


def test_mistral_speech_and_its_streams() -> None:
    tts = binding("tts", "mistral")
    request = tts.speech_request("Hello.", {"model": "m", "voice": "v", "output_format": "mp3"})
    driver = ScriptedDriver([CannedReply(body={"audio_data": B64})])
    driver.run(tts.speech_flow(request))
    check("mistral.yml", "/v1/audio/speech", "application/json", json_of(driver.requests[0]))


def transcription_form(name: str, **given: Any) -> dict[str, Any]:
    stt = binding("stt", name, **({"resource": "r", "model_name": "m"} if name == "azure_openai" else {}))
    driver = ScriptedDriver([CannedReply(body={"text": "Hi"})])
    driver.run(stt.transcription_flow(stt.transcription_request(OGG, given)))
    return typed_form(driver.requests[0], ("temperature",), ("stream", "diarize"))


TRANSCRIPTIONS: list[tuple[str, str, str, dict[str, Any]]] = [
    *[
        ("openai", "openai.yml", "/audio/transcriptions", {"model": model, **given})
        for model in (
            "whisper-1",
            "gpt-transcribe",
            "gpt-4o-transcribe",
            "gpt-4o-mini-transcribe",
            "gpt-4o-transcribe-diarize",
        )
        for given in (
            {},
            {"words": True, "speakers": True, "language": "en-GB", "prompt": "x", "temperature": 0.5},
            {
                "keywords": ["a"],
                "languages": ["en"],
                "include": ["logprobs"],
                "chunking_strategy": "auto",
                "known_speaker_names": ["Ann"],
                "known_speaker_references": [OGG],
            },
        )
    ],
    (
        "openai",
        "openai.yml",
        "/audio/translations",
        {"model": "whisper-1", "translate": True, "prompt": "x", "temperature": 1},
    ),
    (
        "azure_openai",
        "azure-openai.json",
        "/deployments/{deployment-id}/audio/transcriptions",
        {"language": "en", "prompt": "x", "response_format": "srt", "temperature": 0.5},
    ),
    (
        "deepinfra",
        "deepinfra.json",
        "/v1/audio/transcriptions",
        {"words": True, "language": "en", "service_tier": "flex"},
    ),
    ("deepinfra", "deepinfra.json", "/v1/audio/translations", {"translate": True, "prompt": "x"}),
    ("siliconflow", "siliconflow.yml", "/audio/transcriptions", {"language": "en"}),
    (
        "mistral",
        "mistral.yml",
        "/v1/audio/transcriptions",
        {"words": True, "speakers": True, "context_bias": ["a", "b"]},
    ),
    ("mistral", "mistral.yml", "/v1/audio/transcriptions", {"language": "fr-CA", "temperature": 0}),
    (
        "zhipu",
        "zhipu.json",
        "/paas/v4/audio/transcriptions",
        {"prompt": "x", "hotwords": ["a", "b"], "request_id": "number"},
    ),
]


@pytest.mark.parametrize(("name", "file", "path", "given"), TRANSCRIPTIONS)
def test_transcriptions(name: str, file: str, path: str, given: dict[str, Any]) -> None:
    check(file, path, "multipart/form-data", transcription_form(name, **given))


def film_request(name: str, **given: Any) -> HttpRequest:
    ttv = binding("ttv", name, **(HOST if name == "openai_compatible" else {}))
    driver = ScriptedDriver([CannedReply(body={"id": "v", "status": "queued"})])
    driver.run(ttv.submit(ttv.video_request("a red fox", {"model": "m", **given})))
    return driver.requests[0]


def test_films() -> None:
    for given in ({}, {"seconds": 8, "width": 1280, "height": 720, "image": PNG}):
        form = typed_form(film_request("openai_compatible", **given))
        check("openai.yml", "/videos", "multipart/form-data", form)
    check(
        "openai.yml",
        "/videos/{video_id}/remix",
        "application/json",
        json_of(film_request("litellm_proxy", remix_of="v")),
    )
    for given in ({}, {"seconds": 5.2, "seed": 3, "image": PNG, "width": 1280, "height": 720, "aspect_ratio": "16:9"}):
        check("deepinfra.json", "/v1/videos", "application/json", json_of(film_request("deepinfra", **given)))


def test_the_validators_find_what_is_wrong() -> None:
    for path, body in (
        ("/images/generations", {"prompt": 3}),
        ("/images/generations", {"prompt": "x", "output_format": "gif"}),
        ("/audio/speech", {"model": "m", "input": "x", "voice": "v", "pitch": 2}),
    ):
        assert list(validator("openai.yml", path, "application/json").iter_errors(body))
