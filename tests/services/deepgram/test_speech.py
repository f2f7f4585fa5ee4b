"""Deepgram's speech: requests equal to the SDK's, formats, long texts in parts, streams, errors."""

from __future__ import annotations

import importlib
import io
import wave
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lollms_client import errors
from lollms_client.drivers.scripted import Answer, CannedReply, ScriptedDriver
from lollms_client.families.deepgram.sound import MOST_CHARACTERS, parts_of
from lollms_client.types.speech import SpeechRequest, SpeechResult
from tests.loopback import Line, Received
from tests.services.native_cases import KEY, body_of, captured, check, document, failure, native

SOUND = CannedReply(
    body=b"ID3sound", headers={"Content-Type": "audio/mpeg", "dg-char-count": "5", "dg-request-id": "q"}
)
LONG = "One sentence that says something. " * 100


def speak(*answers: Answer, settings: dict[str, Any] | None = None, **fields: Any) -> tuple[SpeechResult, Any]:
    driver = ScriptedDriver(answers or [SOUND])
    request = SpeechRequest(**{"text": "Hello", **fields})
    result: SpeechResult = driver.run(native("tts", "deepgram", **(settings or {})).speech_flow(request))
    driver.finish()
    return result, driver.requests


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


THALIA = {"model": "aura-2-thalia-en"}


@pytest.mark.parametrize(
    ("fields", "path", "query"),
    [
        ({}, "/v1/speak", {**THALIA, "encoding": "mp3"}),
        ({"voice": "orion"}, "/v1/speak", {"model": "aura-2-orion-en", "encoding": "mp3"}),
        ({"voice": "Nestor", "language": "es-ES"}, "/v1/speak", {"model": "aura-2-nestor-es", "encoding": "mp3"}),
        (
            {"voice": "aura-luna-en", "speed": 1.2},
            "/v1/speak",
            {"model": "aura-luna-en", "encoding": "mp3", "speed": "1.2"},
        ),
        (
            {"model": "flux-alexis-en", "speed": 0.5},
            "/v2/speak",
            {"model": "flux-alexis-en", "encoding": "mp3", "speed": "0.5"},
        ),
        ({"output_format": "wav"}, "/v1/speak", {**THALIA, "encoding": "linear16", "container": "wav"}),
        (
            {"output_format": "pcm", "sample_rate": 16000},
            "/v1/speak",
            {**THALIA, "encoding": "linear16", "container": "none", "sample_rate": "16000"},
        ),
        ({"output_format": "opus"}, "/v1/speak", {**THALIA, "encoding": "opus", "container": "ogg"}),
        ({"output_format": "mulaw"}, "/v1/speak", {**THALIA, "encoding": "mulaw", "container": "none"}),
        (
            {"extra": {"bit_rate": 32000, "mip_opt_out": True}},
            "/v1/speak",
            {**THALIA, "encoding": "mp3", "bit_rate": "32000", "mip_opt_out": "true"},
        ),
    ],
)
def test_requests(fields: dict[str, Any], path: str, query: dict[str, str]) -> None:
    result, (request,) = speak(**fields)
    assert request.method == "POST"
    assert urlsplit(request.url).path == path
    assert query_of(request.url) == query
    assert body_of(request) == {"text": "Hello"}
    assert request.plain_headers()["Authorization"] == f"Token {KEY}"
    assert KEY not in request.url
    check("deepgram.yml", "SpeakV1Request", body_of(request))
    assert result.warnings == ()
    assert result.usage.characters == 5
    assert result.id == "q"


def test_every_parameter_sent_is_one_of_the_vendors() -> None:
    _, (request,) = speak(output_format="pcm", sample_rate=8000, speed=1.1, extra={"bit_rate": 1, "tag": ["a"]})
    theirs = {item["name"] for item in document("deepgram.yml")["paths"]["/v1/speak"]["post"]["parameters"]}
    assert query_of(request.url).keys() <= theirs


def test_what_cannot_be_sent_is_warned_about() -> None:
    result, _ = speak(pitch=1.1, seed=3, timings=True, speed=3.0, sample_rate=44100, language="de")
    kinds = {warning.setting: warning.kind for warning in result.warnings}
    assert kinds == {
        "pitch": "dropped",
        "seed": "dropped",
        "timings": "dropped",
        "speed": "clamped",
        "sample_rate": "dropped",
        "language": "dropped",
    }
    result, (request,) = speak(output_format="wav", sample_rate=44100)
    assert [warning.kind for warning in result.warnings] == ["replaced"]
    assert query_of(request.url)["sample_rate"] == "48000"


def test_a_long_text_is_spoken_in_parts_and_joined() -> None:
    parts = [CannedReply(body=b"\x01\x02" * n, headers={"Content-Type": "audio/l16"}) for n in (3, 4)]
    result, requests = speak(*parts, text=LONG, output_format="wav")
    assert [query_of(request.url)["container"] for request in requests] == ["none", "none"]
    assert " ".join(body_of(request)["text"] for request in requests) == LONG.strip()
    assert result.usage.characters == len(LONG.strip()) - 1
    with wave.open(io.BytesIO(bytes(result.audio))) as file:
        assert (file.getframerate(), file.getnframes()) == (24000, 7)
    result, _ = speak(SOUND, SOUND, text=LONG)
    assert bytes(result.audio) == b"ID3soundID3sound"
    error = failure(lambda: speak(text=LONG, output_format="flac"))
    assert isinstance(error, errors.BadSetting)
    assert "mp3" in str(error)


@given(st.text(alphabet="ab .!?\n…", max_size=400), st.integers(min_value=1, max_value=50))
def test_parts_hold_all_of_the_text_in_order(text: str, most: int) -> None:
    parts = parts_of(text, most)
    assert "".join("".join(part.split()) for part in parts) == "".join(text.split())
    assert all(0 < len(part) <= most for part in parts)
    assert len(parts_of(text)) <= 1
    assert MOST_CHARACTERS >= 400


@pytest.mark.parametrize("size", range(1, 9))
def test_a_stream_split_anywhere_gives_the_same_sound(size: int) -> None:
    data = b"ID3sound"
    chunks = tuple(data[at : at + size] for at in range(0, len(data), size))
    driver = ScriptedDriver([CannedReply(chunks=chunks)])
    pieces = list(driver.iterate(native("tts", "deepgram").speech_stream_flow(SpeechRequest(text="Hello"))))
    assert b"".join(pieces) == data
    assert {piece.mime_type for piece in pieces} == {"audio/mpeg"}


def test_a_stream_in_wav_comes_as_samples_and_breaks_off_with_an_error() -> None:
    cut = errors.BadReply("the connection was cut")
    driver = ScriptedDriver([CannedReply(chunks=(b"\0\1",), failure=cut)])
    request = SpeechRequest(text="Hello", output_format="wav")
    stream = driver.iterate(native("tts", "deepgram").speech_stream_flow(request))
    assert next(stream).mime_type == "audio/pcm"
    with pytest.raises(errors.BadReply):
        next(stream)
    assert query_of(driver.requests[0].url)["sample_rate"] == "24000"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            CannedReply(status=401, body={"err_code": "INVALID_AUTH", "err_msg": "no", "request_id": "r"}),
            errors.AuthenticationFailed,
        ),
        (
            CannedReply(status=413, body={"err_code": "PAYLOAD_TOO_LARGE", "err_msg": "too long", "request_id": "r"}),
            errors.Rejected,
        ),
        (CannedReply(body={"err_code": "X", "err_msg": "hidden", "request_id": "r"}), errors.CallError),
        (CannedReply(body={"request_id": "r"}), errors.BadReply),
        (CannedReply(body=b""), errors.BadReply),
    ],
)
def test_errors(answer: CannedReply, kind: type[errors.LollmsError]) -> None:
    assert isinstance(failure(lambda: speak(answer)), kind)


@pytest.mark.parametrize("answer", [CannedReply(body={"err_code": "X", "err_msg": "hidden"}), CannedReply(body=b"")])
def test_a_stream_that_holds_no_sound_is_an_error(answer: CannedReply) -> None:
    flow = native("tts", "deepgram").speech_stream_flow(SpeechRequest(text="Hello"))
    assert isinstance(failure(lambda: list(ScriptedDriver([answer]).iterate(flow))), errors.BadReply)


def test_a_missing_key_names_its_variable() -> None:
    error = failure(lambda: speak(settings={"service_key": None}))
    assert isinstance(error, errors.MissingKey)
    assert "DEEPGRAM_API_KEY" in str(error)


def test_voices() -> None:
    about = {"accent": "American", "tags": ["feminine", "clear"], "sample": "https://static.example/thalia.wav"}
    row = {"name": "thalia", "canonical_name": "aura-2-thalia-en", "languages": ["en", "en-US"], "metadata": about}
    body = {"stt": [], "tts": [row]}
    check("deepgram.yml", "ListModelsV1Response", body)
    (voice,) = ScriptedDriver([CannedReply(body=body)]).run(native("tts", "deepgram").voices_flow())
    assert (voice.name, voice.title, voice.gender, voice.language) == ("aura-2-thalia-en", "Thalia", "female", "en-US")
    assert voice.description == "clear"
    assert voice.extra == {"accent": "American"}
    assert isinstance(
        failure(lambda: ScriptedDriver([CannedReply(body=[])]).run(native("tts", "deepgram").voices_flow())),
        errors.BadReply,
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*", "ignore:.*is deprecated:DeprecationWarning")
def test_the_request_equals_that_of_the_official_sdk() -> None:
    sdk = importlib.import_module("deepgram")

    def use(address: str) -> None:
        place = sdk.DeepgramClientEnvironment(base=address, production=address, agent=address, agent_rest=address)
        with httpx.Client() as http:
            client = sdk.DeepgramClient(api_key=KEY, environment=place, httpx_client=http)
            list(
                client.speak.v1.audio.generate(
                    text="Hello",
                    model="aura-2-thalia-en",
                    encoding="linear16",
                    container="wav",
                    sample_rate=16000,
                    speed=1.1,
                )
            )

    def answer(line: Line, _: Received) -> None:
        line.reply(b"RIFF", content_type="audio/wav")

    theirs = captured(answer, use)[0]
    _, (ours,) = speak(output_format="wav", sample_rate=16000, speed=1.1)
    assert theirs.method == ours.method
    assert theirs.json() == body_of(ours)
    assert urlsplit(theirs.target).path == urlsplit(ours.url).path
    assert query_of(theirs.target) == query_of(ours.url)
    assert theirs.headers["authorization"] == ours.plain_headers()["Authorization"]
