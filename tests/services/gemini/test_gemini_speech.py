"""Gemini's speech: whole and streamed."""

from __future__ import annotations

import io
import wave
from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.types.speech import SpeechRequest
from tests.services.gemini.discovery import check_body
from tests.services.gemini.media_cases import PCM, inline, reply, run, warned
from tests.services.native_cases import body_of, event_stream, events, failure, native

SOUND = inline(PCM, "audio/L16;codec=pcm;rate=24000")


def voiced(name: str = "Kore", **fields: Any) -> dict[str, Any]:
    speech = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": name}}}
    return {"responseModalities": ["AUDIO"], "speechConfig": speech, **fields}


SPEECHES: list[tuple[dict[str, Any], dict[str, Any], str, list[str]]] = [
    ({}, voiced(), "Hello", []),
    ({"voice": "Puck", "seed": 3}, voiced("Puck", seed=3), "Hello", []),
    ({"instructions": "Say cheerfully"}, voiced(), "Say cheerfully: Hello", []),
    (
        {"speed": 2.0, "pitch": 1.0, "volume": 0.5, "ssml": True, "timings": True},
        voiced(),
        "Hello",
        ["dropped speed", "dropped pitch", "dropped volume", "unsupported ssml", "unsupported timings"],
    ),
    (
        {"output_format": "mp3", "sample_rate": 44100},
        voiced(responseFormat={"audio": {"mimeType": "AUDIO_MP3", "sampleRate": 44100}}),
        "Hello",
        [],
    ),
    ({"output_format": "flac"}, voiced(), "Hello", ["replaced output_format"]),
]


@pytest.mark.parametrize(("fields", "config", "text", "warnings"), SPEECHES)
def test_speech(fields: dict[str, Any], config: dict[str, Any], text: str, warnings: list[str]) -> None:
    request = SpeechRequest(text="Hello", **fields)
    result, sent = run(native("tts", "gemini").speech_flow(request), reply(SOUND))
    body = body_of(sent[0])
    check_body("GenerateContentRequest", body)
    assert body == {"contents": [{"role": "user", "parts": [{"text": text}]}], "generationConfig": config}
    assert warned(result) == warnings
    with wave.open(io.BytesIO(result.audio)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24000, 1, 2)
        assert file.readframes(file.getnframes()) == PCM
    assert result.seconds == pytest.approx(len(PCM) / 48000)
    assert result.voice == fields.get("voice", "Kore")
    assert result.usage.output_tokens == 4


def test_speakers_language_and_raw_sound() -> None:
    request = SpeechRequest(
        text="A: x\nB: y", language="de-DE", output_format="pcm", extra={"speakers": {"A": "Puck", "B": "Kore"}}
    )
    result, sent = run(native("tts", "gemini").speech_flow(request), reply(SOUND))
    check_body("GenerateContentRequest", body_of(sent[0]))
    speech = body_of(sent[0])["generationConfig"]["speechConfig"]
    assert speech["languageCode"] == "de-DE"
    rows = speech["multiSpeakerVoiceConfig"]["speakerVoiceConfigs"]
    assert [(row["speaker"], row["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"]) for row in rows] == [
        ("A", "Puck"),
        ("B", "Kore"),
    ]
    assert (bytes(result.audio), result.audio.mime_type) == (PCM, "audio/pcm")


def test_speech_that_comes_encoded_stays_as_it_is() -> None:
    result, _ = run(
        native("tts", "gemini").speech_flow(SpeechRequest(text="x", output_format="mp3")),
        reply(inline(b"ID3x", "audio/mpeg")),
    )
    assert (result.audio.mime_type, result.seconds) == ("audio/mpeg", None)


@pytest.mark.parametrize(
    "canned",
    [
        reply({"text": "no"}),
        reply(inline(b"", "image/png")),
        {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "audio/L16", "data": "%"}}]}}]},
    ],
)
def test_no_sound_is_an_error(canned: dict[str, Any]) -> None:
    assert isinstance(
        failure(lambda: run(native("tts", "gemini").speech_flow(SpeechRequest(text="x")), canned)), errors.BadReply
    )


def piece(data: bytes, **candidate: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": [inline(data, "audio/L16;rate=24000")]}, **candidate}]}


def test_streamed_speech_joins_to_one_file_however_it_is_cut() -> None:
    data = events(piece(PCM[:400]), piece(PCM[400:]), {"candidates": [{"finishReason": "STOP"}]}, named=False)
    binding = native("tts", "gemini")
    for size in (1, 7, 100, len(data)):
        driver = ScriptedDriver([event_stream(data, size)])
        pieces = list(driver.iterate(binding.speech_stream_flow(SpeechRequest(text="x"))))
        assert driver.requests[0].url.endswith(":streamGenerateContent?alt=sse")
        assert len(pieces) == 2
        joined = b"".join(pieces)
        assert joined[:4] == b"RIFF"
        assert joined[44:] == PCM


STREAMS: list[tuple[list[Any], type[errors.LollmsError]]] = [
    ([piece(PCM)], errors.BadReply),
    ([piece(PCM), {"error": {"code": 503, "status": "UNAVAILABLE", "message": "x"}}], errors.Unavailable),
    ([{"candidates": [{"finishReason": "SAFETY"}]}], errors.ContentFiltered),
    ([{"promptFeedback": {"blockReason": "SAFETY"}}], errors.ContentFiltered),
]


@pytest.mark.parametrize(("rows", "kind"), STREAMS)
def test_streamed_speech_that_fails(rows: list[Any], kind: type[errors.LollmsError]) -> None:
    driver = ScriptedDriver([event_stream(events(*rows, named=False))])
    flow = native("tts", "gemini").speech_stream_flow(SpeechRequest(text="x"))
    assert isinstance(failure(lambda: list(driver.iterate(flow))), kind)


def test_older_models_give_speech_whole_and_voices_are_known() -> None:
    driver = ScriptedDriver([CannedReply(body=reply(SOUND))])
    request = SpeechRequest(text="x", model="gemini-2.5-flash-preview-tts")
    (whole,) = driver.iterate(native("tts", "gemini").speech_stream_flow(request))
    assert whole.mime_type == "audio/wav"
    voices, _ = run(native("tts", "gemini").voices_flow())
    assert len(voices) == 30
    assert (voices[0].name, voices[0].description) == ("Zephyr", "bright")
