"""Deepgram's transcription: requests equal to the SDK's, transcripts of every documented shape, errors."""

from __future__ import annotations

import importlib
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.families.deepgram.transcript import result_of
from lollms_client.types.media import Media
from lollms_client.types.transcription import TranscriptionRequest, TranscriptionResult
from tests.loopback import Line, Received
from tests.services.native_cases import KEY, captured, check, document, failure, native

SOUND = Media(b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav")
WORDS = [
    {"word": "good", "start": 0.1, "end": 0.3, "confidence": 0.99, "punctuated_word": "Good", "speaker": 0},
    {"word": "day", "start": 0.3, "end": 0.6, "confidence": 0.98, "punctuated_word": "day.", "speaker": 0},
    {"word": "hi", "start": 2.0, "end": 2.2, "confidence": 0.9, "punctuated_word": "Hi.", "speaker": 1},
]
METADATA = {
    "request_id": "6cf0c4c4-2f9b-4f0a-8c6e-8b3d2a1f0e9d",
    "sha256": "ab",
    "created": "2026-11-22T10:00:00Z",
    "duration": 2.5,
    "channels": 1,
    "models": ["m"],
    "model_info": {},
}


def alternative(**more: Any) -> dict[str, Any]:
    return {"transcript": "Good day. Hi.", "confidence": 0.98, "words": WORDS, **more}


def reply(*channels: dict[str, Any], **results: Any) -> dict[str, Any]:
    return {"metadata": METADATA, "results": {"channels": list(channels), **results}}


def transcribe(body: Any, extra: dict[str, Any] | None = None, **fields: Any) -> tuple[TranscriptionResult, Any]:
    settings = fields.pop("settings", {})
    driver = ScriptedDriver([CannedReply(body=body)])
    request = TranscriptionRequest(audio=SOUND, extra=extra or {}, **fields)
    result = driver.run(native("stt", "deepgram", **settings).transcription_flow(request))
    driver.finish()
    return result, driver.requests[0]


def query_of(url: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in parse_qsl(urlsplit(url).query):
        found[name] = [*found[name], value] if name in found else [value]
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


PLAIN = {"model": "nova-3", "smart_format": "true", "utterances": "true"}


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        ({}, {**PLAIN, "detect_language": "true"}),
        ({"language": "de"}, {**PLAIN, "language": "de"}),
        ({"language": "en", "speakers": True}, {**PLAIN, "language": "en", "diarize_model": "latest"}),
        ({"language": "en", "extra": {"diarize_model": "v1"}}, {**PLAIN, "language": "en", "diarize_model": "v1"}),
        ({"language": "en", "prompt": "Ada, Zuse"}, {**PLAIN, "language": "en", "keyterm": ["Ada", "Zuse"]}),
        (
            {"language": "en", "prompt": "Ada", "model": "nova-2", "extra": {"keywords": ["Zuse:2"]}},
            {**PLAIN, "model": "nova-2", "language": "en", "keywords": ["Zuse:2", "Ada"]},
        ),
        (
            {"language": "en", "extra": {"redact": ["pci", "pii"], "paragraphs": True, "summarize": "v2"}},
            {**PLAIN, "language": "en", "redact": ["pci", "pii"], "paragraphs": "true", "summarize": "v2"},
        ),
        (
            {"language": "en", "settings": {"extra_body": {"smart_format": False, "tier": "x"}}},
            {**PLAIN, "language": "en", "smart_format": "false", "tier": "x"},
        ),
    ],
)
def test_everything_but_the_sound_travels_in_the_query(fields: dict[str, Any], query: dict[str, Any]) -> None:
    _, request = transcribe(reply({"alternatives": [alternative()]}), **fields)
    headers = request.plain_headers()
    assert request.method == "POST"
    assert urlsplit(request.url).path == "/v1/listen"
    assert request.body == bytes(SOUND)
    assert headers["Content-Type"] == "audio/wav"
    assert headers["Authorization"] == f"Token {KEY}"
    assert KEY not in request.url
    assert query_of(request.url) == query


def test_every_parameter_of_the_manifest_is_one_of_the_vendors() -> None:
    ours = {"prompt", "words", "speakers"}
    parameters = native("stt", "deepgram").manifest.method_parameters["transcribe_audio"]
    theirs = {item["name"] for item in document("deepgram.yml")["paths"]["/v1/listen"]["post"]["parameters"]}
    assert {parameter.name for parameter in parameters} - ours <= theirs


def test_words_speakers_and_utterances() -> None:
    utterances = [
        {"start": 0.1, "end": 0.6, "confidence": 0.98, "channel": 0, "transcript": "Good day.", "speaker": 0},
        {"start": 2.0, "end": 2.2, "confidence": 0.9, "channel": 0, "transcript": "Hi.", "speaker": 1},
    ]
    body = reply({"alternatives": [alternative()], "detected_language": "en"}, utterances=utterances)
    check("deepgram.yml", "ListenV1Response", body)
    result, _ = transcribe(body)
    assert (result.text, result.language, result.seconds) == ("Good day. Hi.", "en", 2.5)
    assert [(word.text, word.speaker) for word in result.words] == [("Good", "0"), ("day.", "0"), ("Hi.", "1")]
    assert [(cue.text, cue.speaker, cue.start) for cue in result.segments] == [
        ("Good day.", "0", 0.1),
        ("Hi.", "1", 2.0),
    ]
    assert result.id == METADATA["request_id"]
    assert result.usage.seconds == 2.5
    assert "1: Hi." in result.srt()


def test_paragraphs_make_the_segments_where_there_are_no_utterances() -> None:
    sentence = {"text": "Good day.", "start": 0.1, "end": 0.6}
    paragraphs = {"transcript": "…", "paragraphs": [{"sentences": [sentence], "speaker": 0, "start": 0.1, "end": 0.6}]}
    body = reply({"alternatives": [alternative(paragraphs=paragraphs)]})
    check("deepgram.yml", "ListenV1Response", body)
    result, _ = transcribe(body, words=False)
    assert [(cue.text, cue.speaker) for cue in result.segments] == [("Good day.", "0")]
    assert result.extra["paragraphs"] == paragraphs["paragraphs"]
    assert result.words == ()


def test_channels_are_told_apart() -> None:
    def channel(text: str, start: float) -> dict[str, Any]:
        return {"alternatives": [{"transcript": text, "words": [{"word": text, "start": start, "end": start + 1}]}]}

    utterances = [{"start": 1.0, "end": 2.0, "channel": 1, "transcript": "right"}]
    result, _ = transcribe(reply(channel("left", 3.0), channel("right", 1.0), utterances=utterances))
    assert result.text == "left\nright"
    assert [(word.text, word.speaker) for word in result.words] == [("right", "channel 1"), ("left", "channel 0")]
    assert result.segments[0].speaker == "channel 1"


def test_findings_and_unknown_fields_are_kept_or_passed_over() -> None:
    one = alternative(entities=[{"label": "NAME", "value": "Ada"}], sparkles=1)
    body = reply(
        {"alternatives": [one], "search": [{"query": "day", "hits": []}]}, summary={"short": "A greeting."}, glitter=[]
    )
    result, _ = transcribe({**body, "novelty": {}})
    assert result.extra["summary"] == {"short": "A greeting."}
    assert result.extra["entities"][0]["value"] == "Ada"
    assert result.extra["search"][0]["query"] == "day"


def test_silence_and_settings_that_cannot_be_sent() -> None:
    empty = reply({"alternatives": [{"transcript": "", "confidence": 0.0, "words": []}]})
    result, _ = transcribe(empty, translate=True, temperature=0.2)
    assert result.text == ""
    assert result.segments == ()
    assert {warning.setting for warning in result.warnings} == {"translate", "temperature"}


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (
            400,
            {"err_code": "Bad Request", "err_msg": "no such model", "request_id": "r"},
            errors.Rejected,
            "no such model",
        ),
        (
            401,
            {"err_code": "INVALID_AUTH", "err_msg": "Invalid credentials.", "request_id": "r"},
            errors.AuthenticationFailed,
            "credentials",
        ),
        (
            402,
            {"category": "ASR_PAYMENT_REQUIRED", "message": "no funds", "details": "top up", "request_id": "r"},
            errors.QuotaExceeded,
            "top up",
        ),
        (
            403,
            {"err_code": "INSUFFICIENT_PERMISSIONS", "err_msg": "scope", "request_id": "r"},
            errors.PermissionDenied,
            "scope",
        ),
        (200, {"err_code": "X", "err_msg": "hidden", "request_id": "r"}, errors.CallError, "hidden"),
        (200, {"metadata": METADATA}, errors.BadReply, "no transcript"),
        (400, "Bad text", errors.Rejected, "Bad text"),
    ],
)
def test_errors(status: int, body: Any, kind: type[errors.LollmsError], words: str) -> None:
    answers = [CannedReply(status=status, body=body, headers={"dg-request-id": "dg-7"})]
    request = TranscriptionRequest(audio=SOUND)
    error = failure(lambda: ScriptedDriver(answers).run(native("stt", "deepgram").transcription_flow(request)))
    assert isinstance(error, kind)
    assert words in str(error)
    if kind is not errors.BadReply:
        assert error.details["request_id"] == ("r" if isinstance(body, dict) else "dg-7")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["words", "transcript", "start", "paragraphs", "speaker"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_a_reply_of_any_shape_is_read_or_refused(one: Any, other: Any) -> None:
    body = {"metadata": other, "results": {"channels": [{"alternatives": [one]}], "utterances": other}}
    try:
        result = result_of(body, TranscriptionRequest(audio=SOUND), "nova-3", ())
    except errors.BadReply:
        return
    assert isinstance(result.text, str)


def test_models() -> None:
    row = {"name": "general", "canonical_name": "nova-3-general", "architecture": "nova-3", "version": "1"}
    body = {"stt": [{**row, "languages": ["en"]}, {**row, "languages": ["en", "fr"]}], "tts": []}
    models = ScriptedDriver([CannedReply(body=body)]).run(native("stt", "deepgram").models_flow())
    assert [model.name for model in models] == ["nova-3-general"]
    assert models[0].extra["languages"] == ["en", "fr"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*", "ignore:.*is deprecated:DeprecationWarning")
def test_the_request_equals_that_of_the_official_sdk() -> None:
    sdk = importlib.import_module("deepgram")

    def use(address: str) -> None:
        place = sdk.DeepgramClientEnvironment(base=address, production=address, agent=address, agent_rest=address)
        with httpx.Client() as http:
            sdk.DeepgramClient(api_key=KEY, environment=place, httpx_client=http).listen.v1.media.transcribe_file(
                request=bytes(SOUND),
                model="nova-3",
                language="en",
                smart_format=True,
                utterances=True,
                diarize_model="latest",
                keyterm=["Ada", "Zuse"],
            )

    def answer(line: Line, _: Received) -> None:
        line.reply(reply({"alternatives": [alternative()]}))

    theirs = captured(answer, use)[0]
    _, ours = transcribe(reply({"alternatives": [alternative()]}), language="en", speakers=True, prompt="Ada, Zuse")
    assert theirs.method == ours.method
    assert theirs.body == ours.body
    assert urlsplit(theirs.target).path == urlsplit(ours.url).path
    assert query_of(theirs.target) == query_of(ours.url)
    assert theirs.headers["authorization"] == ours.plain_headers()["Authorization"]
