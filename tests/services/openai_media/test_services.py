"""The media services as data: each is a manifest and a class without logic, and each one's facts reach the wire."""

from __future__ import annotations

import ast
import logging
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.families.openai_compatible.image import ImageQuirks
from lollms_client.families.openai_compatible.media import all_media_facts
from lollms_client.families.openai_compatible.music import MusicQuirks
from lollms_client.families.openai_compatible.speech import SpeechQuirks
from lollms_client.families.openai_compatible.transcription import TranscriptionQuirks
from lollms_client.families.openai_compatible.video_body import VideoQuirks
from lollms_client.flow import HttpRequest
from lollms_client.manifest.model import Parameter
from lollms_client.manifest.reading import load_manifest
from tests.loopback import Line, Received, loopback
from tests.services.openai_media.wire import B64, KEY, OGG, PACKAGE, PNG, binding, form_of, json_of

QUIRKS: dict[str, type[msgspec.Struct]] = {
    "tti": ImageQuirks,
    "stt": TranscriptionQuirks,
    "tts": SpeechQuirks,
    "ttv": VideoQuirks,
    "ttm": MusicQuirks,
}
METHODS = {
    "tti": ("generate_image", "edit_image"),
    "stt": ("transcribe_audio",),
    "tts": ("generate_audio",),
    "ttv": ("generate_video",),
    "ttm": ("generate_music",),
}
SETTINGS = {
    *("model_name", "host_address", "service_key", "verify_ssl_certificate", "certificate_file_path"),
    *("timeout", "extra_headers", "extra_body", "proxy", "max_retries", "transport"),
}


def _services() -> list[tuple[str, str]]:
    return [
        (kind, folder.name)
        for kind in QUIRKS
        for folder in sorted((PACKAGE / f"{kind}_bindings").iterdir())
        if (folder / "__init__.py").is_file() and "openai_compatible" in (folder / "__init__.py").read_text("utf-8")
    ]


SERVICES = _services()


def folder_of(kind: str, name: str) -> Path:
    return PACKAGE / f"{kind}_bindings" / name


def made(kind: str, name: str, **settings: Any) -> Any:
    """A binding with what only an account knows."""
    if name == "openai_compatible":
        settings = {"host_address": "http://any.test/v1", **settings}
    if name == "azure_openai":
        settings = {"resource": "mine", **settings}
    return binding(kind, name, **{"model_name": "m", **settings})


def sent(service: Any, kind: str, method: str, **given: Any) -> tuple[HttpRequest, Any]:
    """The first request of a call, and the result."""
    driver = ScriptedDriver([_reply, _reply, _reply, _reply])
    made_of: dict[str, Any] = {
        "tti": lambda: service.image_flow(service.image_request(method, {"prompt": "x", **given})),
        "stt": lambda: service.transcription_flow(service.transcription_request(OGG, given)),
        "tts": lambda: service.speech_flow(service.speech_request("x", {"voice": "v", **given})),
        "ttv": lambda: service.video_flow(service.video_request("x", given)),
        "ttm": lambda: service.music_flow(service.music_request("x", given)),
    }
    result = driver.run(made_of[kind]())
    return driver.requests[0], result


def _reply(request: HttpRequest) -> CannedReply:
    if request.headers.get("Accept") == "text/event-stream":
        image = f'{{"type": "image_generation.completed", "b64_json": "{B64}"}}'
        data = image if "/images/" in request.url else '{"type": "transcript.text.done", "text": "Hi"}'
        return CannedReply(body=f"data: {data}\n\n", headers={"Content-Type": "text/event-stream"})
    if "/audio/transcriptions" in request.url or "/audio/translations" in request.url:
        return CannedReply(body={"text": "Hi"})
    if "/audio/" in request.url or "/sound-generation" in request.url:
        return CannedReply(body={"audio_data": B64} if b"voice_id" in (request.body or b"") else b"ID3")
    if request.url.partition("?")[0].endswith("/content"):
        picture = "thumbnail" in request.url
        return CannedReply(body=bytes(PNG), headers={"Content-Type": "image/png" if picture else "video/mp4"})
    if "/videos" in request.url:
        film = {"outputs": {"video_url": "data:video/mp4;base64,AAAA"}} if "/v2/" in request.url else {}
        return CannedReply(body={"id": "v", "status": "completed", **film})
    return CannedReply(body={"data": [{"b64_json": B64}]})


def said(request: HttpRequest) -> Any:
    """What a request says."""
    if str(request.headers.get("Content-Type", "")).startswith("multipart/"):
        return request.url, form_of(request)
    return request.url, json_of(request)


def test_every_modality_is_served() -> None:
    counts = {kind: sum(1 for item in SERVICES if item[0] == kind) for kind in QUIRKS}
    assert counts["tti"] >= 14
    assert counts["stt"] >= 14
    assert counts["tts"] >= 12
    assert counts["ttv"] >= 6
    assert counts["ttm"] >= 2
    assert ("ttv", "openai") not in SERVICES  # its route was shut down on 2026-09-24


@pytest.mark.parametrize(("kind", "name"), SERVICES)
def test_a_service_is_a_manifest_and_a_class_without_logic(kind: str, name: str) -> None:
    tree = ast.parse((folder_of(kind, name) / "__init__.py").read_text("utf-8"))
    assert [type(node).__name__ for node in tree.body] == ["Expr", "ImportFrom", "Assign", "ClassDef"]
    (made_class,) = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert all(isinstance(node, ast.Expr) for node in made_class.body)
    files = sorted(path.name for path in folder_of(kind, name).iterdir() if path.name != "__pycache__")
    assert [name for name in files if name != "quality.yaml"] == ["__init__.py", "description.yaml", "wire_cases.yaml"]


@pytest.mark.parametrize(("kind", "name"), SERVICES)
def test_manifests_are_clean_complete_and_honest(kind: str, name: str) -> None:
    manifest = load_manifest(folder_of(kind, name))
    assert manifest.warnings == ()
    assert (manifest.binding_type, manifest.name) == (kind, name)
    assert manifest.description
    assert manifest.links
    assert manifest.limits
    assert manifest.service["facts_date"]
    assert {parameter.name for parameter in manifest.input_parameters} >= SETTINGS
    key = manifest.setting("service_key")
    assert key is not None
    assert key.is_secret
    assert key.env
    quirks = msgspec.convert((manifest.service.get("quirks") or {}).get("media", {}), QUIRKS[kind])
    edits = quirks.edits if isinstance(quirks, ImageQuirks) else ""
    methods = [method for method in METHODS[kind] if method != "edit_image" or edits]
    assert set(manifest.method_parameters) == set(methods)
    for parameter in (*manifest.input_parameters, *(p for method in methods for p in manifest.method(method))):
        assert parameter.description
    assert manifest.verified
    for row in manifest.verified:
        assert row["how"] in ("official API document", "official SDK's requests", "documentation only")
        assert row["date"]
        assert row["note"]


def test_what_manifests_call_verified_stands_in_a_test() -> None:
    here = Path(__file__).parent
    documents = (here / "test_against_documents.py").read_text("utf-8")
    packages = "".join((here / f"test_against_{name}.py").read_text("utf-8") for name in ("openai_sdk", "other_sdks"))
    for kind, name in SERVICES:
        ways = {row["how"] for row in load_manifest(folder_of(kind, name)).verified}
        if "official API document" in ways:
            assert f'"{name}"' in documents, f"{kind}/{name} is in no test against a document"
        if "official SDK's requests" in ways:
            assert f'"{name}"' in packages, f"{kind}/{name} is in no test against a package"


@pytest.mark.parametrize(("kind", "name"), SERVICES)
def test_every_service_is_asked_with_its_key_and_nothing_else(kind: str, name: str) -> None:
    request, result = sent(made(kind, name), kind, METHODS[kind][0])
    assert KEY in "".join(request.plain_headers().values())
    assert KEY not in request.url
    assert KEY.encode() not in (request.body or b"")
    assert result.warnings == ()
    manifest = load_manifest(folder_of(kind, name))
    hosts = [host.replace("*.", "") for host in manifest.reach.get("hosts", ())]
    assert not hosts or any(host in request.url for host in hosts)


SAMPLES: dict[str, Any] = {
    **dict.fromkeys(("mask", "image", "last_image", "video"), PNG),
    "images": [PNG],
    "known_speaker_references": [OGG],
    "size": "512x512",
    "width": 640,
    "height": 640,
    "partial_images": 1,
}


def sample(parameter: Parameter) -> Any:
    """A value that the parameter takes, and that is not its default."""
    if parameter.name in SAMPLES:
        return SAMPLES[parameter.name]
    options = [option for option in parameter.options if option not in (parameter.default, "verbose_json")]
    if options:
        return options[-1]
    if parameter.type in ("int", "float"):
        low = parameter.min if parameter.min is not None else 1
        value = low if parameter.max is None else (low + parameter.max) / 2
        return int(value) if parameter.type == "int" else float(value) + 0.5 * (parameter.max is None)
    return {"str": "word", "bool": True, "list": ["word"], "dict": {"word": "x"}}[parameter.type]


# what shows only beside a mask, in a stream or in the result
STEERING = {"raw_mask", "thumbnail", "stream_format"}


@pytest.mark.parametrize(("kind", "name"), SERVICES)
def test_every_parameter_of_a_manifest_reaches_the_request(kind: str, name: str) -> None:
    service = made(kind, name)
    for method in METHODS[kind]:
        base: dict[str, Any] = {"images": [PNG]} if method == "edit_image" else {}
        if method not in service.manifest.method_parameters:
            continue
        plain, _ = sent(service, kind, method, **base)
        for parameter in service.manifest.method(method):
            if parameter.name in STEERING or (parameter.name == "images" and method == "edit_image"):
                continue
            value = sample(parameter) if parameter.name != "model" else "another"
            request, result = sent(service, kind, method, **{**base, parameter.name: value})
            told = [warning for warning in result.warnings if warning.kind in ("dropped", "unsupported")]
            known = parameter.name == "variation"  # says that the prompt is left out
            assert told == [] or known, f"{method}: {parameter.name}: {told}"
            assert _content(request) != _content(plain), f"{method}: {parameter.name} changes nothing"


def _content(request: HttpRequest) -> Any:
    url, content = said(request)
    return url, repr(content), str(request.headers.get("Accept"))


@pytest.mark.parametrize(("kind", "name"), SERVICES)
def test_no_key_shows_in_errors_representations_or_logs(
    kind: str, name: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    service = made(kind, name, max_retries=0)
    driver = ScriptedDriver([CannedReply(status=401, body={"error": {"message": f"the key {KEY} is wrong"}})])
    flows: dict[str, Any] = {
        "tti": lambda: service.image_flow(service.image_request("generate_image", {"prompt": "x"})),
        "stt": lambda: service.transcription_flow(service.transcription_request(OGG, {})),
        "tts": lambda: service.speech_flow(service.speech_request("x", {"voice": "v"})),
        "ttv": lambda: service.video_flow(service.video_request("x", {})),
        "ttm": lambda: service.music_flow(service.music_request("x", {})),
    }
    with pytest.raises(errors.AuthenticationFailed) as caught:
        driver.run(flows[kind]())
    shown = [str(caught.value), repr(caught.value), str(caught.value.as_dict()), repr(service), repr(service.settings)]
    shown += [str(service.get_settings()), caplog.text, *capsys.readouterr(), repr(driver.requests)]
    assert KEY not in "".join(shown)


@pytest.mark.parametrize(("kind", "name"), [item for item in SERVICES if item[1] not in ("azure_openai",)])
def test_a_service_wants_a_key_and_a_local_server_does_not(kind: str, name: str) -> None:
    service = made(kind, name, service_key="")
    if service.base_url.startswith("http://"):
        request, _ = sent(service, kind, METHODS[kind][0])
        assert "Authorization" not in request.headers
    else:
        with pytest.raises(errors.MissingKey, match="environment variable"):
            sent(service, kind, METHODS[kind][0])


def test_a_dated_version_of_azure_takes_the_older_paths() -> None:
    service = made("stt", "azure_openai", api_version="2024-10-21", model_name="my whisper")
    request, _ = sent(service, "stt", "transcribe_audio")
    path = "/openai/deployments/my%20whisper/audio/transcriptions?api-version=2024-10-21"
    assert request.url == f"https://mine.openai.azure.com{path}"
    request, _ = sent(made("tts", "azure_openai"), "tts", "generate_audio")
    assert request.url == "https://mine.openai.azure.com/openai/v1/audio/speech"


def test_an_unknown_quirk_or_parameter_is_refused() -> None:
    service = made("tts", "openai")
    service.quirks = msgspec.structs.replace(service.quirks, media={"pcm_rat": 8000})
    with pytest.raises(errors.BadManifest, match="pcm_rat"):
        sent(service, "tts", "generate_audio")
    with pytest.raises(errors.BadSetting, match="partial_images"):
        sent(made("tti", "openai"), "tti", "generate_image", partial_image=2)


def test_facts_about_media_models_have_a_source_and_a_date() -> None:
    assert len(all_media_facts()) >= 8
    for row in all_media_facts():
        assert row.models
        assert row.source.startswith("https://")
        assert row.date


def test_the_page_of_media_services_follows_from_the_manifests() -> None:
    page = (Path(__file__).parents[3] / "docs" / "services-media.md").read_text("utf-8")
    rows = []
    for kind, name in SERVICES:
        manifest = load_manifest(folder_of(kind, name))
        key = manifest.setting("service_key")
        assert key is not None
        link = manifest.links.get("home") or manifest.links["wire"]
        offers = ", ".join(capability.replace("_", " ") for capability in manifest.capabilities)
        ways = "; ".join(dict.fromkeys(row["how"] for row in manifest.verified))
        rows.append(f"| `{name}` | [{manifest.title}]({link}) | {offers} | `{key.env[0]}` | {ways} |")
    assert [line for line in page.splitlines() if line.startswith("| `") and line.count("|") == 6] == rows


# --- the documented methods, over a real connection ---


def _served(line: Line, request: Received) -> None:
    path = request.target
    if "/audio/speech" in path:
        line.begin(content_type="audio/mpeg")
        line.chunk(b"ID3")
        line.chunk(b"sound")
        line.end()
    elif path.endswith("/content"):
        line.reply(b"\0\0\0\x18ftypmp42", content_type="video/mp4")
    elif "/videos" in path:
        line.reply({"id": "v", "status": "completed"})
    elif "/audio/generate" in path:
        line.reply(b"fLaC", content_type="audio/flac")
    else:
        line.reply({"text": "Hi", "data": [{"b64_json": B64}]})


def test_the_documented_methods_work_over_a_connection(tmp_path: Path) -> None:
    sound = OGG.save(tmp_path / "sound.ogg")
    with loopback(_served) as server:
        address = {"host_address": f"{server.url}/v1"}
        assert made("tti", "openai_compatible", **address).generate_image("x", width=64, height=64) == PNG
        assert made("stt", "openai_compatible", **address).transcribe_audio(sound) == "Hi"
        assert made("tts", "openai_compatible", **address).generate_audio("x", voice="v") == b"ID3sound"
        assert made("ttv", "openai_compatible", **address).generate_video("x", duration=2)[4:8] == b"ftyp"
        assert made("ttm", "vllm_omni", **address).generate_music("x", duration=2) == b"fLaC"
    targets = [request.target for request in server.requests]
    assert targets[:3] == ["/v1/images/generations", "/v1/audio/transcriptions", "/v1/audio/speech"]
