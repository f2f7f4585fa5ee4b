"""Transcriptions on OpenAI's wire: requests, every shape of reply, streams, audio that is cut."""

from __future__ import annotations

import importlib
import io
import json
import math
import sys
import wave
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies

from lollms_client import errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.families.openai_compatible.transcription_reading import result_of_text
from lollms_client.types import Media, TranscriptionResult
from tests.services.openai_media.wire import KEY, OGG, binding, events, form_of, kinds, path_of, stream

PLAIN = {
    "text": " Hello there. ",
    "usage": {"type": "tokens", "input_tokens": 14, "output_tokens": 4, "total_tokens": 18},
}


def transcribe(name: str, reply: Any = PLAIN, **given: Any) -> Any:
    stt = binding("stt", name, **({"host_address": "http://stt.test/v1"} if name == "openai_compatible" else {}))
    canned = reply if isinstance(reply, CannedReply) else CannedReply(body=reply)
    driver = ScriptedDriver([canned])
    result = driver.run(stt.transcription_flow(stt.transcription_request(given.pop("audio", OGG), given)))
    return driver.requests[0], result


CASES: list[tuple[str, dict[str, Any], list[tuple[str, str]], set[tuple[str, str]]]] = [
    ("openai", {}, [("model", "gpt-4o-transcribe"), ("response_format", "json")], set()),
    (
        "openai",
        {"model": "whisper-1", "words": True, "language": "de-CH", "prompt": "Zürich", "temperature": 0.2},
        [
            ("model", "whisper-1"),
            ("prompt", "Zürich"),
            ("temperature", "0.2"),
            ("language", "de"),
            ("response_format", "verbose_json"),
            ("timestamp_granularities[]", "word"),
            ("timestamp_granularities[]", "segment"),
        ],
        set(),
    ),
    (
        "openai",
        {"words": True, "speakers": True, "keywords": ["Lollms"]},
        [("model", "gpt-4o-transcribe"), ("response_format", "json")],
        {("dropped", "words"), ("dropped", "speakers"), ("dropped", "keywords")},
    ),
    (
        "openai",
        {
            "model": "gpt-4o-transcribe-diarize",
            "speakers": True,
            "prompt": "x",
            "chunking_strategy": "auto",
            "known_speaker_names": ["Ann", "Bob"],
            "known_speaker_references": [OGG, OGG.data_url()],
        },
        [
            ("model", "gpt-4o-transcribe-diarize"),
            ("response_format", "diarized_json"),
            ("chunking_strategy", "auto"),
            ("known_speaker_names[]", "Ann"),
            ("known_speaker_names[]", "Bob"),
            ("known_speaker_references[]", OGG.data_url()),
            ("known_speaker_references[]", OGG.data_url()),
        ],
        {("dropped", "prompt")},
    ),
    (
        "openai",
        {"model": "gpt-transcribe", "keywords": ["Lollms", "espeak"], "languages": ["en", "de"]},
        [
            ("model", "gpt-transcribe"),
            ("languages[]", "en"),
            ("languages[]", "de"),
            ("keywords[]", "Lollms"),
            ("keywords[]", "espeak"),
        ],
        set(),
    ),
    (
        "openai",
        {"model": "whisper-1", "response_format": "srt"},
        [("model", "whisper-1"), ("response_format", "srt")],
        set(),
    ),
    (
        "openai",
        {"model": "gpt-4o-transcribe", "include": ["logprobs"], "response_format": "vtt"},
        [("model", "gpt-4o-transcribe"), ("response_format", "json"), ("include[]", "logprobs")],
        {("replaced", "response_format")},
    ),
    (
        "groq",
        {"language": "en"},
        [("model", "whisper-large-v3-turbo"), ("language", "en"), ("response_format", "verbose_json")],
        set(),
    ),
    (
        "mistral",
        {"words": True, "speakers": True, "context_bias": ["Lollms", "Zug"], "prompt": "x"},
        [
            ("model", "voxtral-mini-latest"),
            ("diarize", "true"),
            ("timestamp_granularities", "word"),
            ("timestamp_granularities", "segment"),
            ("context_bias", "Lollms"),
            ("context_bias", "Zug"),
        ],
        {("dropped", "prompt")},
    ),
    (
        "together",
        {"speakers": True, "max_speakers": 3},
        [
            ("model", "openai/whisper-large-v3"),
            ("diarize", "true"),
            ("response_format", "verbose_json"),
            ("max_speakers", "3"),
        ],
        set(),
    ),
    ("siliconflow", {"language": "en"}, [("model", "FunAudioLLM/SenseVoiceSmall")], {("dropped", "language")}),
    (
        "venice",
        {"words": True},
        [("model", "nvidia/parakeet-tdt-0.6b-v3"), ("timestamps", "true"), ("response_format", "json")],
        set(),
    ),
    (
        "zhipu",
        {"hotwords": ["Lollms"], "prompt": "Before."},
        [("model", "glm-asr-2512"), ("prompt", "Before."), ("hotwords", "Lollms")],
        set(),
    ),
    (
        "openai_compatible",
        {"model": "w", "response_format": "verbose_json", "extra_body": {"vad": {"threshold": 0.5, "tags": ["a"]}}},
        [("model", "w"), ("response_format", "verbose_json"), ("vad[threshold]", "0.5"), ("vad[tags]", '["a"]')],
        set(),
    ),
]


@pytest.mark.parametrize(("name", "given", "fields", "warnings"), CASES)
def test_audio_is_sent_as_a_form_in_the_service_s_own_fields(
    name: str, given: dict[str, Any], fields: list[tuple[str, str]], warnings: set[tuple[str, str]]
) -> None:
    request, result = transcribe(name, **given)
    sent = form_of(request)
    assert sorted(sent.fields) == sorted(fields)
    assert sent.files == [("file", "audio.ogg", "audio/ogg", bytes(OGG))]
    assert kinds(result.warnings) == warnings
    assert path_of(request).endswith("audio/transcriptions")
    assert request.plain_headers()["Authorization"] == f"Bearer {KEY}"
    assert result.text == "Hello there."


def test_translations_have_a_route_of_their_own() -> None:
    request, result = transcribe("openai", model="whisper-1", translate=True, language="de", stream=True, prompt="x")
    assert path_of(request) == "v1/audio/translations"
    assert dict(form_of(request).fields) == {"model": "whisper-1", "prompt": "x", "response_format": "verbose_json"}
    assert kinds(result.warnings) == {("dropped", "language"), ("dropped", "stream")}


def test_a_service_without_translations_transcribes_and_warns() -> None:
    request, result = transcribe("mistral", translate=True)
    assert path_of(request) == "v1/audio/transcriptions"
    assert kinds(result.warnings) == {("dropped", "translate")}


# --- replies ---

VERBOSE = {
    "task": "transcribe",
    "language": "english",
    "duration": 8.47,
    "text": "The beach was busy.",
    "segments": [
        {"id": 0, "seek": 0, "start": 0.0, "end": 3.3, "text": " The beach", "avg_logprob": -0.25, "tokens": [1]},
        {"id": 1, "seek": 0, "start": 3.3, "end": 8.0, "text": " was busy.", "avg_logprob": 0.5},
        {"id": 2, "text": "no times"},
    ],
    "words": [
        {"word": "The", "start": 0.0, "end": 0.24, "probability": 0.9},
        {"word": "beach", "start": 0.24, "end": 0.6},
    ],
    "usage": {"type": "duration", "seconds": 9},
    "x_groq": {"id": "req_01"},
    "something_new": [1],
}


def test_a_verbose_reply_gives_segments_words_and_language() -> None:
    _, result = transcribe("openai", VERBOSE, model="whisper-1", words=True)
    assert (result.text, result.language, result.seconds, result.id) == (
        "The beach was busy.",
        "english",
        8.47,
        "req_01",
    )
    assert [(s.text, s.start, s.end) for s in result.segments] == [("The beach", 0.0, 3.3), ("was busy.", 3.3, 8.0)]
    assert result.segments[0].confidence == pytest.approx(math.exp(-0.25))
    assert result.segments[1].confidence is None
    assert [(word.text, word.confidence) for word in result.words] == [("The", 0.9), ("beach", None)]
    assert result.usage.seconds == 9
    assert "00:00:03,300 --> 00:00:08,000" in result.srt()


REPLIES: list[tuple[Any, TranscriptionResult]] = [
    (
        {"text": "Hi", "languages": [{"language": "en"}]},
        TranscriptionResult(text="Hi", language="en", extra={"languages": [{"language": "en"}]}),
    ),
    ({"text": "Hi", "duration": "1.5"}, TranscriptionResult(text="Hi", seconds=1.5)),
    ({"text": ""}, TranscriptionResult(text="")),
    ({"text": "Hi", "segments": None, "words": None, "usage": None}, TranscriptionResult(text="Hi")),
]


@pytest.mark.parametrize(("reply", "expected"), REPLIES)
def test_plain_replies_of_every_kind_are_read(reply: Any, expected: TranscriptionResult) -> None:
    _, result = transcribe("xinference", reply, model="whisper")
    assert (result.text, result.language, result.seconds) == (expected.text, expected.language, expected.seconds)
    assert (result.segments, result.words, result.extra) == ((), (), expected.extra)


def test_speakers_are_read_under_any_of_their_names() -> None:
    diarized = {
        "task": "transcribe",
        "duration": 4.0,
        "text": "Hi. Yes.",
        "segments": [
            {"type": "transcript.text.segment", "id": "s1", "start": 0.0, "end": 1.0, "text": "Hi.", "speaker": "A"},
            {"type": "transcript.text.segment", "id": "s2", "start": 1.0, "end": 4.0, "text": "Yes.", "speaker_id": 2},
        ],
    }
    _, result = transcribe("openai", diarized, model="gpt-4o-transcribe-diarize", speakers=True)
    assert [segment.speaker for segment in result.segments] == ["A", "2"]
    grouped = {
        "text": "Hi.",
        "speaker_segments": [
            {
                "speaker_id": "SPEAKER_00",
                "start": 0,
                "end": 1,
                "text": "Hi.",
                "words": [{"word": "Hi.", "start": 0, "end": 1, "speaker_id": "SPEAKER_00"}],
            }
        ],
    }
    _, result = transcribe("together", grouped, speakers=True)
    assert [(word.text, word.speaker) for word in result.words] == [("Hi.", "SPEAKER_00")]
    assert result.segments[0].speaker == "SPEAKER_00"


def test_times_in_nanoseconds_become_seconds() -> None:
    reply = {"text": "a b", "segments": [{"id": 0, "start": 0, "end": 9640000000, "text": " a b"}]}
    _, result = transcribe("localai", reply, model="whisper-1")
    assert (result.segments[0].start, result.segments[0].end) == (0.0, 9.64)


SRT = "1\n00:00:00,000 --> 00:00:01,500\nHello\nthere.\n\n2\n01:00:02,250 --> 01:00:03,000\nBye.\n"
VTT = "WEBVTT\n\nfirst\n00:00.000 --> 00:01.500 align:start\nHello\nthere.\n\n01:00:02.250 --> 01:00:03.000\nBye.\n"


@pytest.mark.parametrize("body", [SRT, VTT, SRT.replace("\n", "\r\n"), "\ufeff" + VTT, SRT.rstrip()])
@pytest.mark.parametrize("kind", ["text/plain; charset=utf-8", "text/vtt", "application/x-subrip", ""])
def test_subtitles_become_segments(body: str, kind: str) -> None:
    reply = CannedReply(body=body.encode(), headers={"Content-Type": kind} if kind else {})
    _, result = transcribe("openai", reply, model="whisper-1", response_format="srt")
    assert result.text == "Hello there. Bye."
    assert [(s.text, s.start, s.end) for s in result.segments] == [
        ("Hello there.", 0.0, 1.5),
        ("Bye.", 3602.25, 3603.0),
    ]


def test_bare_text_is_a_transcript() -> None:
    reply = CannedReply(body=b"Hello there.\n", headers={"Content-Type": "text/plain"})
    _, result = transcribe("openai", reply, model="whisper-1", response_format="text")
    assert (result.text, result.segments) == ("Hello there.", ())


def test_our_own_subtitles_are_read_back() -> None:
    _, result = transcribe("openai", VERBOSE, model="whisper-1")
    for text in (result.srt(), result.vtt()):
        again = result_of_text(text)
        assert [(s.text, s.start, s.end) for s in again.segments] == [(s.text, s.start, s.end) for s in result.segments]


@drawn(strategies.text(alphabet="0123456789:.,-> \n\rab", max_size=200))
def test_no_text_breaks_the_reader_of_subtitles(text: str) -> None:
    result = result_of_text(text)
    assert all(segment.end >= 0.0 and "\n" not in segment.text for segment in result.segments)


FAILURES: list[tuple[CannedReply, type[errors.LollmsError]]] = [
    (CannedReply(status=400, body={"error": {"message": "Audio file is too short", "param": "file"}}), errors.Rejected),
    (CannedReply(status=413, body={"error": {"message": "Maximum content size limit exceeded"}}), errors.Rejected),
    (CannedReply(body={"error": {"message": "no credit", "code": "insufficient_quota"}}), errors.QuotaExceeded),
    (CannedReply(body={"status": "ok"}), errors.BadReply),
    (CannedReply(body=[1]), errors.BadReply),
    (CannedReply(body=b"<html></html>", headers={"Content-Type": "text/html"}), errors.BadReply),
    (CannedReply(body=b"{broken", headers={"Content-Type": "application/json"}), errors.BadReply),
]


@pytest.mark.parametrize(("reply", "kind"), FAILURES)
def test_what_is_no_transcript_is_an_error(reply: CannedReply, kind: type[errors.LollmsError]) -> None:
    with pytest.raises(kind) as caught:
        transcribe("openai", reply)
    assert KEY not in str(caught.value.as_dict()) + repr(caught.value)


# --- streams ---

DELTAS: list[Any] = [
    {"type": "transcript.text.delta", "delta": "Hello "},
    {"type": "transcript.text.segment", "id": "s", "start": 0.0, "end": 1.0, "text": "Hello there.", "speaker": "A"},
    {"type": "transcript.text.thought", "delta": None},
    {"type": "transcript.text.delta", "delta": "there."},
    {
        "type": "transcript.text.done",
        "text": "Hello there.",
        "usage": {"type": "tokens", "input_tokens": 5, "output_tokens": 6, "total_tokens": 11},
    },
]
STREAM = events(*DELTAS)


def streamed(name: str, data: bytes, cut: int | None = None, **given: Any) -> tuple[TranscriptionResult, list[str]]:
    stt = binding("stt", name)
    driver = ScriptedDriver([stream(data, cut)])
    told: list[str] = []
    request = stt.transcription_request(OGG, {"stream": True, **given})
    context = driver.context(on_progress=lambda progress: told.append(progress.detail))
    result = driver.run(stt.transcription_flow(request), context)
    assert ("stream", "true") in form_of(driver.requests[0]).fields
    return result, told


@pytest.mark.parametrize("cut", [None, *range(1, len(STREAM), 11)])
def test_a_streamed_transcript_reads_the_same_however_it_is_cut(cut: int | None) -> None:
    result, told = streamed("openai", STREAM, cut)
    assert result.text == "Hello there."
    assert told == ["Hello ", "there."]
    assert [(segment.text, segment.speaker) for segment in result.segments] == [("Hello there.", "A")]
    assert result.usage.output_tokens == 6


@pytest.mark.parametrize("count", range(1, len(DELTAS)))
def test_a_stream_that_breaks_off_is_an_error_that_keeps_what_came(count: int) -> None:
    with pytest.raises(errors.BadReply, match="broke off") as caught:
        streamed("openai", events(*DELTAS[:count]))
    assert caught.value.details["received"] == "Hello " + ("there." if count > 3 else "")


def test_chunks_in_the_shape_of_chat_are_read() -> None:
    chunks = [
        {
            "object": "transcription.chunk",
            "model": "w",
            "choices": [{"delta": {"content": "Hello "}, "finish_reason": None}],
        },
        {
            "object": "transcription.chunk",
            "model": "w",
            "choices": [{"delta": {"content": "there."}, "finish_reason": "stop"}],
        },
        {"object": "transcription.chunk", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}},
    ]
    result, _ = streamed("vllm", events(*chunks, done=True), model="w")
    assert (result.text, result.usage.output_tokens) == ("Hello there.", 4)


def test_errors_in_streams_are_raised() -> None:
    failure = {"type": "error", "error": {"message": "overloaded", "type": "server_error"}}
    with pytest.raises(errors.Unavailable, match="overloaded"):
        streamed("openai", events(DELTAS[0], failure))


def test_a_server_that_answers_whole_although_asked_to_stream_is_read() -> None:
    stt = binding("stt", "localai", model_name="w")
    driver = ScriptedDriver([CannedReply(body={"text": "Hello."})])
    result = driver.run(stt.transcription_flow(stt.transcription_request(OGG, {"stream": True})))
    assert result.text == "Hello."


# --- audio that is too large ---


def tones(seconds: float, pause_at: float) -> Media:
    """A tone with half a second of silence in it, as a WAV file of 8000 Hz."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = [
            0 if pause_at <= place / 8000 < pause_at + 0.5 else round(9000 * math.sin(place * 0.3))
            for place in range(round(seconds * 8000))
        ]
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    return Media(buffer.getvalue(), "audio/wav")


def test_large_audio_is_cut_in_silence_and_the_times_go_on() -> None:
    importlib.import_module("av")
    stt = binding("stt", "groq")
    limit = 90_000  # some 10 seconds a piece
    stt.quirks = msgspec.structs.replace(stt.quirks, max_upload_bytes=limit)
    part = {
        "text": "la",
        "duration": 8.0,
        "segments": [{"start": 1.0, "end": 2.0, "text": "la"}],
        "words": [{"word": "la", "start": 1.0, "end": 2.0}],
        "usage": {"type": "duration", "seconds": 8},
    }
    driver = ScriptedDriver([CannedReply(body=part), CannedReply(body=part)])
    told: list[str] = []
    request = stt.transcription_request(tones(16.0, 8.0), {"words": True})
    context = driver.context(on_progress=lambda progress: told.append(progress.detail))
    result = driver.run(stt.transcription_flow(request), context)
    driver.finish()
    files = [form_of(sent).files[0] for sent in driver.requests]
    assert all(len(file[3]) < limit for file in files)
    assert [(file[1], file[2]) for file in files] == [("audio.mp3", "audio/mpeg")] * 2
    begin = result.segments[1].start - 1.0
    assert 8.0 < begin < 8.5  # within the silence
    assert result.words[1].end == result.segments[1].end == pytest.approx(begin + 2.0)
    assert (result.text, result.seconds, result.usage.seconds) == ("la la", pytest.approx(begin + 8.0), 16)
    assert kinds(result.warnings) == {("other", "audio")}
    assert len(told) == 2


def test_audio_longer_than_a_service_takes_is_cut_too() -> None:
    importlib.import_module("av")
    stt = binding("stt", "zhipu")
    driver = ScriptedDriver([CannedReply(body={"text": "one"}), CannedReply(body={"text": "two"})])
    result = driver.run(stt.transcription_flow(stt.transcription_request(tones(40.0, 25.0), {})))
    assert result.text == "one two"
    assert all(len(form_of(sent).files) == 1 for sent in driver.requests)


def test_without_a_decoder_large_audio_is_refused_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lollms_client.engines.audio", None)
    stt = binding("stt", "groq")
    stt.quirks = msgspec.structs.replace(stt.quirks, max_upload_bytes=20)
    with pytest.raises(errors.MissingDependency, match="pip install av"):
        ScriptedDriver().run(stt.transcription_flow(stt.transcription_request(OGG, {})))


def test_bytes_that_are_no_sound_and_too_large_are_refused() -> None:
    importlib.import_module("av")
    stt = binding("stt", "groq")
    stt.quirks = msgspec.structs.replace(stt.quirks, max_upload_bytes=50_000)
    with pytest.raises(errors.BadMedia, match="no sound"):
        ScriptedDriver().run(stt.transcription_flow(stt.transcription_request(Media(b"x" * 60_000), {})))


def test_json_in_a_reply_without_a_type_is_read() -> None:
    _, result = transcribe("openai", CannedReply(body=json.dumps(PLAIN).encode()))
    assert result.text == "Hello there."
