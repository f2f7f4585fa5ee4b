"""ElevenLabs: what is sent, what is read, and that the official SDK sends the same for the same call."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import wave
from collections.abc import Callable, Iterator
from email import message_from_bytes
from typing import Any

import pytest

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.types import Media
from tests.loopback import Line, Received, loopback
from tests.services.native_cases import KEY, check, failure, native

MP3 = b"ID3\x04\0\0\0\0\0\0sound"
WAV = Media(b"RIFF\x24\0\0\0WAVEfmt data")
SOUND = CannedReply(body=MP3, headers={"Content-Type": "audio/mpeg", "request-id": "r1", "character-cost": "5"})


def _speak(reply: CannedReply, text: str = "Hello", settings: dict[str, Any] | None = None, **given: Any) -> Any:
    binding = native("tts", "elevenlabs", **(settings or {}))
    driver = ScriptedDriver([reply])
    result = driver.run(binding.speech_flow(binding.speech_request(text, given)))
    return result, driver.requests[0]


def test_speaks() -> None:
    result, request = _speak(SOUND, voice="v 1", language="en", speed=1.1, seed=7, stability=0.4, previous_text="Hi.")
    assert request.url == "https://api.elevenlabs.io/v1/text-to-speech/v%201?output_format=mp3_44100_128"
    assert request.plain_headers()["xi-api-key"] == KEY
    assert json.loads(request.body or b"") == {
        "text": "Hello",
        "model_id": "eleven_multilingual_v2",
        "language_code": "en",
        "seed": 7,
        "voice_settings": {"stability": 0.4, "speed": 1.1},
        "previous_text": "Hi.",
    }
    assert (result.audio, result.audio.mime_type, result.id, result.usage.characters) == (MP3, "audio/mpeg", "r1", 5)


def test_says_what_cannot_be_honoured() -> None:
    result, _ = _speak(SOUND, pitch=1.2, volume=0.5, instructions="whisper", sample_rate=16000)
    assert [warning.setting for warning in result.warnings] == ["sample_rate", "pitch", "volume", "instructions"]
    with pytest.raises(errors.BadSetting):
        _speak(SOUND, stability=2.0)


@pytest.mark.parametrize(
    ("wanted", "rate", "sent"),
    [
        ("wav", 16000, "pcm_16000"),
        ("wav", None, "pcm_24000"),
        ("pcm", None, "pcm_24000"),
        ("opus", None, "opus_48000_128"),
        ("mp3_22050_32", None, "mp3_22050_32"),
    ],
)
def test_formats(wanted: str, rate: int | None, sent: str) -> None:
    samples = b"\1\0" * 800
    result, request = _speak(CannedReply(body=samples), output_format=wanted, sample_rate=rate)
    assert request.url.endswith(f"?output_format={sent}")
    if wanted == "wav":
        with wave.open(io.BytesIO(result.audio)) as file:
            assert (file.getframerate(), file.getnframes()) == (int(sent[4:]), 800)
    elif wanted == "pcm":
        assert (result.audio, result.audio.mime_type) == (samples, "audio/pcm")


def test_gives_the_times_of_words() -> None:
    letters = "Hi, you"
    times = [round(0.1 * number, 1) for number in range(8)]
    alignment = {
        "characters": list(letters),
        "character_start_times_seconds": times[:7],
        "character_end_times_seconds": times[1:],
    }
    reply = CannedReply(body={"audio_base64": base64.b64encode(MP3).decode(), "alignment": alignment})
    result, request = _speak(reply, letters, timings=True)
    assert request.url.split("?")[0].endswith("/with-timestamps")
    assert [(word.text, word.start, word.end) for word in result.words] == [("Hi,", 0.0, 0.3), ("you", 0.4, 0.7)]
    assert result.audio == MP3
    error = failure(lambda: _speak(CannedReply(body={"alignment": None}), timings=True))
    assert isinstance(error, errors.BadReply)


def test_streams_the_sound() -> None:
    binding = native("tts", "elevenlabs")
    driver = ScriptedDriver([CannedReply(chunks=(b"ID3", b"abc", b"d"))])
    pieces = list(driver.iterate(binding.speech_stream_flow(binding.speech_request("Hello", {}))))
    assert b"".join(pieces) == b"ID3abcd"
    assert {piece.mime_type for piece in pieces} == {"audio/mpeg"}
    assert "/stream?" in driver.requests[0].url


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"detail": {"status": "invalid_api_key", "message": "Invalid API key"}}, errors.AuthenticationFailed),
        (
            401,
            {"detail": {"status": "quota_exceeded", "message": "This request exceeds your quota"}},
            errors.LollmsError,
        ),
        (404, {"detail": {"status": "voice_not_found", "message": "A voice was not found"}}, errors.NotFound),
        (422, {"detail": [{"loc": ["body", "text"], "msg": "field required"}]}, errors.Rejected),
        (429, {"detail": {"status": "too_many_concurrent_requests", "message": "Too many"}}, errors.RateLimited),
        (500, b"<html>", errors.Unavailable),
    ],
)
def test_errors(status: int, body: Any, kind: type[errors.LollmsError]) -> None:
    reply = CannedReply(status=status, body=body, headers={"request-id": "r9"})
    error = failure(lambda: _speak(reply, settings={"max_retries": 0}))
    assert isinstance(error, kind)
    assert error.details["request_id"] == "r9"


@pytest.mark.parametrize("body", [b"", {"detail": "x", "error": "broken"}, {"audio": 1}])
def test_what_is_no_sound_is_an_error(body: Any) -> None:
    assert isinstance(failure(lambda: _speak(CannedReply(body=body))), errors.CallError)


def test_needs_a_key() -> None:
    error = failure(lambda: _speak(SOUND, settings={"service_key": None}))
    assert error.code == "missing_key"
    assert "ELEVENLABS_API_KEY" in str(error)


def test_lists_all_voices_and_models() -> None:
    first = {"voices": [{"voice_id": "v1", "name": "Anna", "labels": {"gender": "female", "language": "en"}}]}
    pages = [CannedReply(body={**first, "has_more": True, "next_page_token": "t2"})]
    pages.append(
        CannedReply(body={"voices": [{"voice_id": "v2", "name": "Ben", "category": "cloned"}], "has_more": False})
    )
    driver = ScriptedDriver(pages)
    voices = driver.run(native("tts", "elevenlabs").voices_flow())
    assert [(voice.name, voice.title, voice.gender) for voice in voices] == [
        ("v1", "Anna", "female"),
        ("v2", "Ben", ""),
    ]
    assert driver.requests[1].url.endswith("next_page_token=t2")
    rows = [{"model_id": "m1", "name": "M", "languages": [{"language_id": "en"}]}]
    rows.append({"model_id": "m2", "can_do_text_to_speech": False})  # type: ignore[dict-item]
    models = ScriptedDriver([CannedReply(body=rows)]).run(native("tts", "elevenlabs").models_flow())
    assert [(model.name, model.extra) for model in models] == [("m1", {"languages": ["en"]})]


_HEARD = {
    "language_code": "eng",
    "language_probability": 0.98,
    "text": "Hello there. (laughter) Yes.",
    "transcription_id": "t7",
    "words": [
        {"text": "Hello", "start": 0.0, "end": 0.4, "type": "word", "logprob": -0.1, "speaker_id": "speaker_0"},
        {"text": " ", "start": 0.4, "end": 0.5, "type": "spacing", "logprob": 0.0, "speaker_id": "speaker_0"},
        {"text": "there.", "start": 0.5, "end": 0.9, "type": "word", "logprob": -0.2, "speaker_id": "speaker_0"},
        {"text": "(laughter)", "start": 1.0, "end": 1.5, "type": "audio_event", "logprob": -0.5},
        {"text": "Yes.", "start": 1.6, "end": 2.0, "type": "word", "logprob": -0.3, "speaker_id": "speaker_1"},
    ],
}


def _form(content_type: str, body: bytes) -> list[tuple[str, bytes]]:
    parts = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    found = []
    for part in list(parts.walk())[1:]:
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found.append((str(part.get_param("name", header="content-disposition")), content))
    return sorted(found)


def _hear(reply: CannedReply, **given: Any) -> Any:
    binding = native("stt", "elevenlabs")
    driver = ScriptedDriver([reply])
    result = driver.run(binding.transcription_flow(binding.transcription_request(WAV, given)))
    request = driver.requests[0]
    return result, dict(_form(str(request.headers["Content-Type"]), request.body or b""))


def test_transcribes_with_words_speakers_and_sounds() -> None:
    result, form = _hear(CannedReply(body=_HEARD), language="en", speakers=True, prompt="Ada, Bob", num_speakers=2)
    assert form == {
        "model_id": b"scribe_v2",
        "language_code": b"en",
        "diarize": b"true",
        "num_speakers": b"2",
        "timestamps_granularity": b"word",
        "keyterms": b"Bob",
        "file": bytes(WAV),
    }
    assert (result.text, result.language, result.seconds, result.id) == (_HEARD["text"], "eng", 2.0, "t7")
    assert [word.text for word in result.words] == ["Hello", "there.", "Yes."]
    assert result.words[0].confidence == pytest.approx(0.9048, abs=1e-3)
    assert [(s.text, s.start, s.end, s.speaker) for s in result.segments] == [
        ("Hello there.", 0.0, 0.9, "speaker_0"),
        ("Yes.", 1.6, 2.0, "speaker_1"),
    ]
    assert result.extra["sounds"] == [{"text": "(laughter)", "start": 1.0, "end": 1.5}]


def test_reads_several_channels() -> None:
    channels = [{**_HEARD, "channel_index": 0}, {**_HEARD, "text": "Other.", "words": [], "channel_index": 1}]
    result, _ = _hear(CannedReply(body={"transcripts": channels}), use_multi_channel=True)
    assert result.text == f"{_HEARD['text']}\nOther."


def test_a_transcript_without_text_is_a_bad_reply() -> None:
    error = failure(lambda: _hear(CannedReply(body={"message": "Request is processed"}), translate=True))
    assert isinstance(error, errors.BadReply)


def _compose(reply: CannedReply, prompt: str = "A march", **given: Any) -> Any:
    binding = native("ttm", "elevenlabs")
    driver = ScriptedDriver([reply])
    result = driver.run(binding.music_flow(binding.music_request(prompt, given)))
    return result, json.loads(driver.requests[0].body or b""), driver.requests[0]


def test_composes() -> None:
    reply = CannedReply(body=MP3, headers={"Content-Type": "audio/mpeg", "song-id": "s1"})
    result, body, request = _compose(
        reply, seconds=20, genre="jazz", tempo=120, instruments=["oboe"], instrumental=True
    )
    assert request.url == "https://api.elevenlabs.io/v1/music?output_format=mp3_44100_128"
    assert body == {
        "prompt": "A march. Genre: jazz. Tempo: 120 BPM. Instruments: oboe",
        "music_length_ms": 20000,
        "model_id": "music_v1",
        "force_instrumental": True,
    }
    assert (result.audio, result.seconds, result.id) == (MP3, 20, "s1")
    assert _compose(reply, lyrics="La la")[1]["prompt"] == "A march\nLyrics:\nLa la"
    result, body, _ = _compose(reply, seconds=1, negative_prompt="drums")
    assert body["music_length_ms"] == 3000
    assert [warning.setting for warning in result.warnings] == ["seconds", "negative_prompt"]
    plan = {"positive_global_styles": ["jazz"], "negative_global_styles": [], "sections": []}
    result, body, _ = _compose(reply, composition_plan=plan, seconds=9)
    assert (body["composition_plan"], "prompt" in body, "music_length_ms" in body) == (plan, False, False)
    assert [warning.setting for warning in result.warnings] == ["seconds"]


def _captured(call: Callable[[str], object], reply: Any) -> Received:
    def handler(line: Line, request: Received) -> None:
        if isinstance(reply, bytes):
            line.reply(reply, content_type="audio/mpeg")
        else:
            line.reply(reply)

    with loopback(handler) as server:
        call(server.url)
        return server.requests[0]


@contextlib.contextmanager
def _sdk(url: str) -> Iterator[Any]:
    import httpx
    from elevenlabs.client import ElevenLabs

    with httpx.Client() as http:
        yield ElevenLabs(api_key=KEY, base_url=url, httpx_client=http)


def _given(form: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Without the nulls that the SDK writes for what was not given."""
    return [field for field in form if field[1] != b"null"]


def _alike(ours: Received, theirs: Received) -> None:
    assert (ours.method, sorted(ours.target.split("?"))) == (theirs.method, sorted(theirs.target.split("?")))
    assert ours.headers["xi-api-key"] == theirs.headers["xi-api-key"] == KEY
    if ours.headers["content-type"].startswith("multipart"):
        kinds = [received.headers["content-type"] for received in (ours, theirs)]
        assert _form(kinds[0], ours.body) == _given(_form(kinds[1], theirs.body))
    else:
        assert ours.json() == theirs.json()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_sdk_sends_the_same() -> None:
    from lollms_client.drivers.blocking import BlockingDriver
    from lollms_client.drivers.context import CallContext

    def run(binding: Any, flow: Any) -> None:
        driver = BlockingDriver()
        driver.run(flow(binding), CallContext())
        driver.close()

    def speak(url: str) -> None:
        given = {"voice": "v1", "seed": 3, "language": "en"}
        run(native("tts", "elevenlabs", host_address=url), lambda b: b.speech_flow(b.speech_request("Hello", given)))

    def sdk_speak(url: str) -> None:
        options = {"model_id": "eleven_multilingual_v2", "language_code": "en", "output_format": "mp3_44100_128"}
        with _sdk(url) as sdk:
            list(sdk.text_to_speech.convert("v1", text="Hello", seed=3, **options))

    _alike(_captured(speak, MP3), _captured(sdk_speak, MP3))

    def hear(url: str) -> None:
        given = {"language": "en", "speakers": True, "keyterms": ["Ada", "Bob"]}
        binding = native("stt", "elevenlabs", host_address=url)
        run(binding, lambda b: b.transcription_flow(b.transcription_request(WAV, given)))

    def sdk_hear(url: str) -> None:
        options = {"language_code": "en", "diarize": True, "timestamps_granularity": "word", "keyterms": ["Ada", "Bob"]}
        with _sdk(url) as sdk:
            sdk.speech_to_text.convert(model_id="scribe_v2", file=("file.wav", bytes(WAV), "audio/wav"), **options)

    _alike(_captured(hear, _HEARD), _captured(sdk_hear, _HEARD))

    def compose(url: str) -> None:
        binding = native("ttm", "elevenlabs", host_address=url)
        run(binding, lambda b: b.music_flow(b.music_request("A march", {"seconds": 10})))

    def sdk_compose(url: str) -> None:
        options = {"music_length_ms": 10000, "model_id": "music_v1", "output_format": "mp3_44100_128"}
        with _sdk(url) as sdk:
            list(sdk.music.compose(prompt="A march", **options))

    _alike(_captured(compose, MP3), _captured(sdk_compose, MP3))


def test_bodies_fit_the_vendors_document() -> None:
    name = "elevenlabs.json"
    _, request = _speak(SOUND, seed=3, language="en", stability=0.5, apply_text_normalization="off", previous_text="x")
    check(name, "Body_Text_to_speech_v1_text_to_speech__voice_id__post", json.loads(request.body or b""))
    reply = CannedReply(body=MP3, headers={"Content-Type": "audio/mpeg"})
    _, body, _ = _compose(reply, seconds=20)
    check(name, "Body_Compose_music_v1_music_post", body)
    check(name, "SpeechToTextChunkResponseModel", _HEARD)
