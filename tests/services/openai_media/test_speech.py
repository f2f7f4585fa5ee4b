"""Speech on OpenAI's wire: requests, whole and streamed sound, voices."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from tests.services.openai_media.wire import KEY, binding, events, json_of, kinds, path_of, stream

MP3 = CannedReply(body=b"ID3sound", headers={"Content-Type": "audio/mpeg"})
HELLO = {"text": "Hello there."}


def speak(name: str, reply: CannedReply = MP3, settings: dict[str, Any] | None = None, **given: Any) -> Any:
    tts = binding("tts", name, **(settings or {}))
    driver = ScriptedDriver([reply])
    result = driver.run(tts.speech_flow(tts.speech_request("Hello there.", given)))
    return driver.requests[0], result


CASES: list[tuple[str, dict[str, Any], dict[str, Any], set[tuple[str, str]]]] = [
    ("openai", {}, {"model": "gpt-4o-mini-tts", "input": "Hello there.", "voice": "alloy"}, set()),
    (
        "openai",
        {"voice": "marin", "instructions": "Whisper.", "speed": 9.0, "output_format": "opus", "pitch": 1.2, "seed": 3},
        {
            "model": "gpt-4o-mini-tts",
            "input": "Hello there.",
            "voice": "marin",
            "instructions": "Whisper.",
            "speed": 4.0,
            "response_format": "opus",
        },
        {("clamped", "speed"), ("dropped", "pitch"), ("dropped", "seed")},
    ),
    (
        "openai",
        {"model": "tts-1", "instructions": "Whisper.", "output_format": "m4a"},
        {"model": "tts-1", "input": "Hello there.", "voice": "alloy", "response_format": "mp3"},
        {("dropped", "instructions"), ("replaced", "output_format")},
    ),
    (
        "groq",
        {"output_format": "flac", "sample_rate": 24000},
        {
            "model": "canopylabs/orpheus-v1-english",
            "input": "Hello there.",
            "voice": "autumn",
            "response_format": "flac",
            "sample_rate": 24000,
        },
        set(),
    ),
    (
        "mistral",
        {"model": "voxtral-tts", "voice": "v1", "output_format": "wav", "speed": 1.5},
        {"model": "voxtral-tts", "input": "Hello there.", "voice_id": "v1", "response_format": "wav"},
        {("dropped", "speed")},
    ),
    (
        "siliconflow",
        {"voice": "FunAudioLLM/CosyVoice2-0.5B:anna", "gain": 2.0, "sample_rate": 44100},
        {
            "model": "FunAudioLLM/CosyVoice2-0.5B",
            "input": "Hello there.",
            "voice": "FunAudioLLM/CosyVoice2-0.5B:anna",
            "gain": 2.0,
            "sample_rate": 44100,
        },
        set(),
    ),
    (
        "venice",
        {"instructions": "Sad.", "language": "en"},
        {"model": "tts-kokoro", "input": "Hello there.", "voice": "af_sky", "prompt": "Sad.", "language": "en"},
        set(),
    ),
    (
        "vllm_omni",
        {"voice": "vivian", "task_type": "CustomVoice", "language": "English"},
        {"input": "Hello there.", "voice": "vivian", "task_type": "CustomVoice", "language": "English"},
        set(),
    ),
    (
        "together",
        {"model": "cartesia/sonic", "voice": "friendly sidekick", "bit_rate": 64000},
        {"model": "cartesia/sonic", "input": "Hello there.", "voice": "friendly sidekick", "bit_rate": 64000},
        set(),
    ),
    (
        "deepinfra",
        {"model": "hexgrad/Kokoro-82M", "service_tier": "priority"},
        {"model": "hexgrad/Kokoro-82M", "input": "Hello there.", "service_tier": "priority"},
        set(),
    ),
]


@pytest.mark.parametrize(("name", "given", "body", "warnings"), CASES)
def test_speech_is_asked_for_in_the_service_s_own_fields(
    name: str, given: dict[str, Any], body: dict[str, Any], warnings: set[tuple[str, str]]
) -> None:
    request, result = speak(name, **given)
    assert json_of(request) == body
    assert kinds(result.warnings) == warnings
    assert path_of(request).endswith("audio/speech")
    assert request.plain_headers()["Authorization"] == f"Bearer {KEY}"
    assert bytes(result.audio) == b"ID3sound"
    assert result.usage.characters == len("Hello there.")


def test_a_service_that_needs_a_voice_says_so_before_sending() -> None:
    with pytest.raises(errors.BadSetting, match="needs a voice"):
        speak("together", model="m")


def test_the_voice_of_the_settings_comes_before_the_manifest_s() -> None:
    request, result = speak("openai", settings={"voice": "coral"})
    assert json_of(request)["voice"] == result.voice == "coral"


def test_a_voice_of_one_s_own_is_sent_as_an_object() -> None:
    request, result = speak("openai", voice="voice_1234")
    assert json_of(request)["voice"] == {"id": "voice_1234"}
    assert result.voice == "voice_1234"


def test_pcm_comes_with_its_rate_and_length() -> None:
    reply = CannedReply(body=b"\0\1" * 12000, headers={"Content-Type": "application/octet-stream"})
    _, result = speak("openai", reply, output_format="pcm")
    assert result.audio.mime_type == "audio/pcm"
    assert result.seconds == 0.5
    assert result.extra == {"sample_rate": 24000, "channels": 1, "sample_bits": 16}
    _, other = speak("siliconflow", reply, output_format="pcm", sample_rate=12000)
    assert (other.seconds, other.extra["sample_rate"]) == (1.0, 12000)
    _, unsaid = speak("venice", reply, output_format="pcm")
    assert (unsaid.seconds, unsaid.extra) == (None, {})


def test_sound_in_a_json_reply_is_decoded() -> None:
    reply = CannedReply(body={"audio_data": base64.b64encode(b"RIFF\0\0\0\0WAVE").decode()})
    _, result = speak("mistral", reply, model="m", output_format="wav")
    assert bytes(result.audio) == b"RIFF\0\0\0\0WAVE"
    assert result.audio.mime_type == "audio/wav"


def test_usage_in_headers_is_told() -> None:
    headers = {"Content-Type": "audio/wav", "x-vllm-omni-input-tokens": "18", "x-vllm-omni-output-tokens": "77"}
    _, result = speak("vllm_omni", CannedReply(body=b"RIFF\0\0\0\0WAVE", headers=headers))
    assert (result.usage.input_tokens, result.usage.output_tokens, result.usage.characters) == (18, 77, 12)


FAILURES: list[tuple[CannedReply, type[errors.LollmsError]]] = [
    (CannedReply(body=b"", headers={"Content-Type": "audio/mpeg"}), errors.BadReply),
    (CannedReply(body=b"<html>", headers={"Content-Type": "text/html"}), errors.BadReply),
    (CannedReply(body={"status": "ok"}), errors.BadReply),
    (CannedReply(body={"error": {"message": "no", "code": "insufficient_quota"}}), errors.QuotaExceeded),
    (CannedReply(status=400, body={"error": {"message": "text too long"}}), errors.Rejected),
]


@pytest.mark.parametrize(("reply", "kind"), FAILURES)
def test_what_is_no_sound_is_an_error(reply: CannedReply, kind: type[errors.LollmsError]) -> None:
    with pytest.raises(kind) as caught:
        speak("openai", reply)
    assert KEY not in str(caught.value.as_dict())


# --- streams ---


def streamed(name: str, reply: CannedReply, **given: Any) -> tuple[list[bytes], Any, str]:
    tts = binding("tts", name)
    driver = ScriptedDriver([reply])
    pieces = list(driver.iterate(tts.speech_stream_flow(tts.speech_request("Hello there.", given))))
    return [bytes(piece) for piece in pieces], json_of(driver.requests[0]), pieces[0].mime_type


def test_bytes_are_passed_on_as_they_come() -> None:
    reply = CannedReply(headers={"Content-Type": "audio/mpeg"}, chunks=(b"ID3a", b"b", b"c"))
    pieces, body, kind = streamed("openai", reply)
    assert pieces == [b"ID3a", b"b", b"c"]
    assert kind == "audio/mpeg"
    assert body == {"model": "gpt-4o-mini-tts", "input": "Hello there.", "voice": "alloy"}


DELTAS = events(
    {"type": "speech.audio.delta", "audio": base64.b64encode(b"one").decode()},
    {"type": "speech.audio.new", "audio": None},
    {"type": "speech.audio.delta", "audio": base64.b64encode(b"two").decode()},
    {"type": "speech.audio.done", "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}},
)


@pytest.mark.parametrize("cut", [None, *range(1, len(DELTAS), 9)])
def test_events_are_decoded_however_they_are_cut(cut: int | None) -> None:
    pieces, body, _ = streamed("openai", stream(DELTAS, cut), stream_format="sse", output_format="wav")
    assert pieces == [b"one", b"two"]
    assert body["stream_format"] == "sse"


def test_each_service_streams_in_its_own_way() -> None:
    data = events(
        {"type": "speech.audio.delta", "audio_data": base64.b64encode(b"one").decode()},
        {"type": "speech.audio.done", "usage": {"prompt_tokens": 1}},
    )
    pieces, body, _ = streamed("mistral", stream(data), model="m", voice="v")
    assert pieces == [b"one"]
    assert body == {"model": "m", "input": "Hello there.", "voice_id": "v", "stream": True}
    sound = CannedReply(headers={"Content-Type": "audio/pcm"}, chunks=(b"\0\1",))
    _, body, kind = streamed("vllm_omni", sound, output_format="mp3")
    assert body == {"input": "Hello there.", "response_format": "pcm", "stream_format": "audio"}
    assert kind == "audio/pcm"


@pytest.mark.parametrize("count", [1, 2])
def test_events_that_break_off_are_an_error_after_what_came(count: int) -> None:
    deltas = [{"type": "speech.audio.delta", "audio": base64.b64encode(b"one").decode()}] * count
    tts = binding("tts", "openai")
    request = tts.speech_request("Hello.", {"stream_format": "sse"})
    pieces = ScriptedDriver([stream(events(*deltas))]).iterate(tts.speech_stream_flow(request))
    assert [bytes(next(pieces)) for _ in range(count)] == [b"one"] * count
    with pytest.raises(errors.BadReply, match="broke off"):
        next(pieces)


def test_errors_in_streams_are_raised() -> None:
    failure = {"type": "speech.audio.error", "error": {"message": "out of memory", "code": 500}}
    with pytest.raises(errors.Unavailable, match="out of memory"):
        streamed("openai", stream(events(failure)), stream_format="sse")
    with pytest.raises(errors.LollmsError, match="no voice"):
        streamed("openai", CannedReply(body={"error": {"message": "no voice"}}))
    with pytest.raises(errors.BadReply, match="no audio"):
        streamed("openai", CannedReply(headers={"Content-Type": "audio/mpeg"}))


def test_leaving_a_stream_closes_it() -> None:
    tts = binding("tts", "openai")
    driver = ScriptedDriver([CannedReply(headers={"Content-Type": "audio/mpeg"}, chunks=(b"a", b"b", b"c"))])
    pieces = driver.iterate(tts.speech_stream_flow(tts.speech_request("Hello.", {})))
    next(pieces)
    pieces.close()
    assert driver.closed == 1


# --- voices ---


def test_voices_come_from_the_manifest() -> None:
    tts = binding("tts", "openai")
    names = [voice.name for voice in ScriptedDriver().run(tts.voices_flow())]
    assert len(names) == 13
    assert {"alloy", "cedar", "marin"} <= set(names)
    arabic = [v.name for v in ScriptedDriver().run(binding("tts", "groq").voices_flow()) if v.language == "ar-SA"]
    assert "fahad" in arabic


LISTS: list[tuple[str, str, Any, list[tuple[str, str, str]]]] = [
    (
        "vllm_omni",
        "v1/audio/voices",
        {"voices": ["ryan", "vivian"], "uploaded_voices": []},
        [("ryan", "", ""), ("vivian", "", "")],
    ),
    (
        "mistral",
        "v1/audio/voices",
        {
            "items": [{"id": "u-1", "name": "Ann", "languages": ["fr"], "gender": "female", "user_id": None}, {}],
            "total": 1,
        },
        [("u-1", "Ann", "fr")],
    ),
    ("deepinfra", "v1/voices", {"voices": [{"voice_id": "a", "name": "Ann"}, 7]}, [("a", "Ann", "")]),
]


@pytest.mark.parametrize(("name", "path", "reply", "expected"), LISTS)
def test_voices_come_from_services_that_list_them(
    name: str, path: str, reply: Any, expected: list[tuple[str, str, str]]
) -> None:
    tts = binding("tts", name)
    driver = ScriptedDriver([CannedReply(body=reply)])
    voices = driver.run(tts.voices_flow())
    assert [(voice.name, voice.title, voice.language) for voice in voices] == expected
    assert path_of(driver.requests[0]) == path


def test_a_service_without_a_list_of_voices_says_so() -> None:
    with pytest.raises(errors.Unsupported, match="voices"):
        ScriptedDriver().run(binding("tts", "localai").voices_flow())
    with pytest.raises(errors.BadReply, match="voices"):
        ScriptedDriver([CannedReply(body={"nothing": 1})]).run(binding("tts", "vllm_omni").voices_flow())
