"""Recognising real speech with the real engine: how many words are wrong, when they were said, what helps."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Generator, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from lollms_client.cancel import CancelToken
from lollms_client.engines import audio
from lollms_client.errors import BadMedia, BadSetting, Cancelled, NotFound, Unsupported
from lollms_client.stt_bindings.pocketsphinx import PocketsphinxBinding
from lollms_client.types import Media, Progress, TranscriptionRequest, TranscriptionResult

Result = TypeVar("Result")
Flite = Callable[[str, str], Media]

SENTENCES = (
    "the weather is nice today and we will go to the park",
    "please open the door and let the dog into the garden",
    "she sells fresh bread every morning in the old town",
)


def word_errors(expected: str, heard: str) -> int:
    """How many words must be put in, left out or replaced to make one of the other."""
    wanted, found = expected.lower().split(), heard.lower().split()
    row = list(range(len(found) + 1))
    for number, word in enumerate(wanted, start=1):
        diagonal, row[0] = row[0], number
        for place, other in enumerate(found, start=1):
            diagonal, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, diagonal + (word != other))
    return row[-1]


def error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    known = list(pairs)
    return sum(word_errors(*pair) for pair in known) / sum(len(expected.split()) for expected, _ in known)


@pytest.fixture(scope="module")
def binding() -> PocketsphinxBinding:
    return PocketsphinxBinding()


def drain(steps: Generator[Progress, None, Result]) -> tuple[Result, list[float]]:
    fractions: list[float] = []
    while True:
        try:
            fractions.append(next(steps).fraction or 0.0)
        except StopIteration as end:
            result: Result = end.value
            return result, fractions


def hear(binding: PocketsphinxBinding, sound: bytes, **fields: Any) -> TranscriptionResult:
    request = TranscriptionRequest(audio=Media(sound), **fields)
    return drain(binding.run_transcription(request, CancelToken()))[0]


@pytest.fixture(scope="module")
def heard_clips(binding: PocketsphinxBinding, human_clips: dict[str, Media]) -> dict[str, TranscriptionResult]:
    return {text: hear(binding, clip) for text, clip in human_clips.items()}


def silence(seconds: float) -> audio.Samples:
    return np.zeros(round(16_000 * seconds), np.float32)


def test_the_measure_counts_words() -> None:
    assert word_errors("a b c", "a b c") == 0
    assert word_errors("a b c", "a x c d") == 2
    assert word_errors("a b c", "") == 3
    assert error_rate([("a b", "a"), ("c d", "c d")]) == 0.25


def test_human_clips_are_heard_at_the_engines_own_level(heard_clips: dict[str, TranscriptionResult]) -> None:
    rate = error_rate((text, result.text) for text, result in heard_clips.items())
    assert 0.0 < rate <= 0.35


def test_words_have_times_and_confidences_that_mean_something(
    heard_clips: dict[str, TranscriptionResult], human_clips: dict[str, Media]
) -> None:
    right: list[float] = []
    wrong: list[float] = []
    for text, result in heard_clips.items():
        length = audio.duration(human_clips[text])
        assert result.seconds == pytest.approx(length, abs=0.1)
        assert result.text == " ".join(word.text for word in result.words)
        assert result.text == " ".join(segment.text for segment in result.segments)
        end = 0.0
        for word in result.words:
            assert end - 0.001 <= word.start < word.end <= length + 0.01
            end = word.end
            assert word.confidence is not None
            assert 0.0 <= word.confidence <= 1.0
            (right if word.text in text.split() else wrong).append(word.confidence)
        assert set("()<>[]+") & set(result.text) == set()
    assert np.mean(right) > np.mean(wrong) + 0.15


def test_words_stand_where_they_are_said(binding: PocketsphinxBinding, human_clips: dict[str, Media]) -> None:
    text = "he might even have been made amiable himself"
    samples, _ = audio.decode(human_clips[text], 16_000)
    plain = hear(binding, human_clips[text])
    later = hear(binding, audio.encode(np.concatenate([silence(4.0), samples]), 16_000))
    assert [word.text for word in later.words[:6]] == [word.text for word in plain.words[:6]]
    for before, after in zip(plain.words[:6], later.words[:6], strict=True):
        assert after.start - before.start == pytest.approx(4.0, abs=0.08)


def test_a_prompt_helps_much(
    binding: PocketsphinxBinding, human_clips: dict[str, Media], heard_clips: dict[str, TranscriptionResult]
) -> None:
    prompt = "Mister John Dashwood, prudently, ill disposed, unless, cold hearted, amiable, respectable"
    results = {text: hear(binding, clip, prompt=prompt) for text, clip in human_clips.items()}
    without = error_rate((text, result.text) for text, result in heard_clips.items())
    with_prompt = error_rate((text, result.text) for text, result in results.items())
    assert with_prompt <= 0.2
    assert with_prompt < without - 0.08
    first = next(iter(results.values()))
    assert "John Dashwood" in first.text
    assert all(result.warnings == () for result in results.values())
    assert all(word.end > word.start for word in first.words)


def test_a_prompt_about_something_else_does_no_harm(
    binding: PocketsphinxBinding, heard_clips: dict[str, TranscriptionResult], human_clips: dict[str, Media]
) -> None:
    text = "he might even have been made amiable himself"
    result = hear(binding, human_clips[text], prompt="zebra, quantum piano, giraffe, dragon, castle, river bank")
    assert word_errors(text, result.text) <= word_errors(text, heard_clips[text].text) + 1


def test_listening_for_the_prompt_alone(binding: PocketsphinxBinding, human_clips: dict[str, Media]) -> None:
    text = "he was not an ill disposed young man"
    result = hear(binding, human_clips[text], prompt=". ".join(human_clips), extra={"only_prompt": True})
    assert word_errors(text, result.text) <= 1


def test_a_grammar_hears_commands(binding: PocketsphinxBinding, card_clips: dict[str, Media], human_data: Path) -> None:
    grammar = (human_data / "cards" / "cards.gram").read_text("utf-8")
    results = {text: hear(binding, clip, extra={"grammar": grammar}) for text, clip in card_clips.items()}
    assert sum(text == result.text for text, result in results.items()) >= len(results) - 1


@pytest.mark.parametrize("voice", ["slt", "rms"])
def test_flite_is_heard_well(binding: PocketsphinxBinding, flite: Flite, voice: str) -> None:
    rate = error_rate((text, hear(binding, flite(text, voice)).text) for text in SENTENCES)
    assert rate <= 0.15


def test_a_word_out_of_no_dictionary_is_heard_through_the_prompt(binding: PocketsphinxBinding, flite: Flite) -> None:
    importlib.import_module("espeakng_loader")
    sound = flite("yesterday we talked about terraform in the evening", "slt")
    assert "terraform" not in hear(binding, sound).text
    result = hear(binding, sound, prompt="Terraform, 42")
    assert "Terraform" in result.text
    assert [(warning.kind, warning.setting) for warning in result.warnings] == [("dropped", "prompt")]
    assert "42" in result.warnings[0].detail


def test_a_long_sound_is_cut_where_nobody_speaks(binding: PocketsphinxBinding, flite: Flite) -> None:
    parts: list[audio.Samples] = []
    starts: list[float] = []
    for sentence in SENTENCES:
        parts.append(silence(2.5))
        starts.append(sum(map(len, parts)) / 16_000)
        parts.append(audio.decode(flite(sentence, "slt"), 16_000)[0])
    media = audio.encode(np.concatenate(parts), 16_000, "mp3")
    request = TranscriptionRequest(audio=media)
    result, fractions = drain(binding.run_transcription(request, CancelToken()))
    assert error_rate(zip(SENTENCES, [segment.text for segment in result.segments], strict=True)) <= 0.15
    for segment, start in zip(result.segments, starts, strict=True):
        assert segment.start == pytest.approx(start, abs=0.5)
        assert segment.end > segment.start + 1
    assert fractions == sorted(fractions)
    assert len(set(fractions)) > 50
    assert fractions[-1] == pytest.approx(1.0, abs=0.01)
    assert result.srt().count("-->") == len(SENTENCES)
    assert result.vtt().startswith("WEBVTT")


def test_speech_without_a_pause_is_cut_all_the_same(binding: PocketsphinxBinding) -> None:
    from lollms_client.engines.pocketsphinx.segments import Utterance, utterances

    noise = np.random.default_rng(5).normal(0, 0.2, 16_000 * 40).astype(np.float32)
    quiet = np.arange(len(noise)) // 1_600 % 35 == 20
    noise[quiet] *= 0.02
    found = list(utterances(iter(np.array_split(noise, 41))))
    speech = [one for one in found if isinstance(one, Utterance)]
    assert max(len(one.samples) for one in speech) <= 15 * 16_000
    joined = np.concatenate([one.samples for one in speech])
    assert np.array_equal(joined, np.rint(noise * 32768).astype(np.int16)[speech[0].start : speech[-1].end])
    assert [one.end for one in speech[:-1]] == [one.start for one in speech[1:]]
    assert any(quiet[one.end] for one in speech[:-1])


def test_any_sound_file_and_film_is_read(binding: PocketsphinxBinding, flite: Flite) -> None:
    samples, rate = audio.decode(flite(SENTENCES[0], "slt"))
    both = np.stack([samples, samples], axis=1)
    assert word_errors(SENTENCES[0], hear(binding, audio.encode(both, rate, "m4a")).text) <= 1
    assert word_errors(SENTENCES[0], hear(binding, film(samples, rate)).text) <= 1


def film(samples: audio.Samples, rate: int) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        picture = container.add_stream("mpeg4", rate=5)
        sound = container.add_stream("aac", rate=rate)
        assert isinstance(picture, VideoStream)
        assert isinstance(sound, AudioStream)
        picture.width, picture.height = 64, 48
        sound.codec_context.layout = "mono"
        for number in range(round(5 * len(samples) / rate)):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 5)
            container.mux(picture.encode(frame))
        block = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
        block.sample_rate, block.pts, block.time_base = rate, 0, Fraction(1, rate)
        container.mux(sound.encode(block))
        container.mux(sound.encode(None))
        container.mux(picture.encode(None))
    return buffer.getvalue()


@pytest.mark.parametrize("level", [0.0, 0.002])
def test_silence_is_no_words_and_no_error(binding: PocketsphinxBinding, level: float) -> None:
    quiet = np.random.default_rng(1).normal(0, level, 80_000).astype(np.float32)
    result = hear(binding, audio.encode(quiet, 16_000))
    assert (result.text, result.words, result.segments) == ("", (), ())
    assert result.seconds == pytest.approx(5.0)
    assert result.srt() == ""


def test_a_sound_of_no_length_is_no_words(binding: PocketsphinxBinding) -> None:
    assert hear(binding, audio.encode(np.zeros(10, np.float32), 16_000)).text == ""


@pytest.mark.parametrize("data", [b"", b"this is no sound", b"\x89PNG\r\n\x1a\n" + bytes(50), bytes(5_000)])
def test_rubbish_is_bad_media(binding: PocketsphinxBinding, data: bytes) -> None:
    with pytest.raises(BadMedia):
        hear(binding, data)


@pytest.mark.parametrize("language", ["fr", "de-DE", "zh"])
def test_another_language_is_refused(binding: PocketsphinxBinding, language: str) -> None:
    with pytest.raises(Unsupported, match=f"knows en-US only, not {language}"):
        hear(binding, audio.encode(silence(1), 16_000), language=language)


@pytest.mark.parametrize("language", ["en", "EN-us", "en_GB", "english", "auto"])
def test_english_by_any_name_is_taken(binding: PocketsphinxBinding, language: str) -> None:
    assert hear(binding, audio.encode(silence(1), 16_000), language=language).language == "en-US"


def test_another_model_is_refused(binding: PocketsphinxBinding) -> None:
    with pytest.raises(NotFound, match="only en-us"):
        hear(binding, audio.encode(silence(1), 16_000), model="whisper-1")


@pytest.mark.parametrize(("name", "value"), [("translate", True), ("speakers", True), ("temperature", 0.5)])
def test_what_the_engine_cannot_do_is_said(binding: PocketsphinxBinding, name: str, value: Any) -> None:
    result = hear(binding, audio.encode(silence(1), 16_000), **{name: value})
    assert [(warning.kind, warning.setting) for warning in result.warnings] == [("unsupported", name)]


def test_words_can_be_left_out(binding: PocketsphinxBinding, flite: Flite) -> None:
    result = hear(binding, flite("hello there", "slt"), words=False)
    assert result.words == ()
    assert result.segments != ()


def test_a_grammar_beats_a_prompt_and_says_so(binding: PocketsphinxBinding) -> None:
    grammar = "#JSGF V1.0; grammar g; public <g> = go | stop;"
    result = hear(binding, audio.encode(silence(1), 16_000), prompt="hello", extra={"grammar": grammar})
    assert [(warning.kind, warning.setting) for warning in result.warnings] == [("dropped", "prompt")]


def test_only_prompt_needs_a_prompt(binding: PocketsphinxBinding) -> None:
    with pytest.raises(BadSetting, match="only_prompt needs a prompt"):
        hear(binding, audio.encode(silence(1), 16_000), extra={"only_prompt": True})
    with pytest.raises(BadSetting, match="no word of the prompt"):
        hear(binding, audio.encode(silence(1), 16_000), prompt="42 7", extra={"only_prompt": True})


def test_cancelling_stops_inside_a_long_stretch(binding: PocketsphinxBinding, flite: Flite) -> None:
    sound = flite(" ".join(SENTENCES), "slt")
    length = audio.duration(sound)
    token = CancelToken()
    steps = binding.run_transcription(TranscriptionRequest(audio=sound), token)
    listened = [next(steps) for _ in range(5)]
    while (listened[-1].fraction or 0.0) * length < length / 4 or listened[-1].stage != "listening":
        listened.append(next(steps))
    token.cancel()
    with pytest.raises(Cancelled):
        next(steps)


def test_a_closed_call_leaves_the_engine_usable(binding: PocketsphinxBinding, flite: Flite) -> None:
    sound = flite("open the door", "slt")
    first = hear(binding, sound).text
    steps = binding.run_transcription(TranscriptionRequest(audio=sound), CancelToken())
    for _ in range(6):
        next(steps)
    steps.close()
    assert hear(binding, sound).text == first


def test_there_is_one_model(binding: PocketsphinxBinding) -> None:
    assert [model.name for model in binding.run_models()] == ["en-us"]


def test_a_missing_model_file_is_named() -> None:
    from lollms_client.errors import MissingAsset

    with pytest.raises(MissingAsset, match="no model file /nowhere/model"):
        _ = PocketsphinxBinding(acoustic_model="/nowhere/model").engine
