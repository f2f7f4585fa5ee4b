"""Speaking with the real espeak-ng: what is heard, how long, how high, how loud, when which word."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lollms_client.cancel import CancelToken
from lollms_client.engines import audio
from lollms_client.engines.audio import Samples
from lollms_client.engines.espeak.speech import split_text
from lollms_client.errors import BadSetting, NotFound
from lollms_client.tts_bindings.espeak import EspeakBinding
from lollms_client.types import Progress, SpeechRequest, SpeechResult

SENTENCE = "The quick brown fox jumps over the lazy dog and runs away from all the other animals."
Result = TypeVar("Result")


@pytest.fixture(scope="module")
def binding() -> EspeakBinding:
    return EspeakBinding()


def drain(steps: Generator[Progress, None, Result]) -> tuple[Result, list[Progress]]:
    progress: list[Progress] = []
    while True:
        try:
            progress.append(next(steps))
        except StopIteration as end:
            result: Result = end.value
            return result, progress


def speak(binding: EspeakBinding, text: str = SENTENCE, **fields: Any) -> SpeechResult:
    return drain(binding.run_speech(SpeechRequest(text=text, **fields), CancelToken()))[0]


def sound(result: SpeechResult) -> tuple[Samples, int]:
    return audio.decode(result.audio)


def loudness(result: SpeechResult) -> float:
    return float(np.sqrt(np.mean(sound(result)[0] ** 2)))


def pitch(result: SpeechResult) -> float:
    """The middle pitch (Hz) of the voiced parts, by autocorrelation."""
    samples, rate = sound(result)
    found: list[float] = []
    for start in range(0, len(samples) - 1024, 512):
        window = samples[start : start + 1024] - samples[start : start + 1024].mean()
        if np.sqrt(np.mean(window**2)) < 0.04:
            continue
        similar = np.correlate(window, window, "full")[1023:]
        low, high = rate // 400, rate // 55
        best = low + int(np.argmax(similar[low:high]))
        if similar[best] > 0.5 * similar[0]:
            found.append(rate / best)
    return float(np.median(found))


def test_speech_is_a_wav_file_with_a_voice_in_it(binding: EspeakBinding) -> None:
    result = speak(binding)
    assert result.audio.mime_type == "audio/wav"
    samples, rate = sound(result)
    assert rate == 22_050
    assert result.seconds == pytest.approx(len(samples) / rate, abs=0.001)
    assert 3.0 < len(samples) / rate < 8.0
    assert loudness(result) > 0.03
    assert 80 < pitch(result) < 130
    assert result.voice == "en-us"
    assert result.usage.characters == len(SENTENCE)
    assert result.warnings == ()


@pytest.mark.parametrize("name", ["wav", "mp3", "flac", "opus", "ogg", "m4a"])
def test_every_format_decodes_to_the_promised_length(binding: EspeakBinding, name: str) -> None:
    result = speak(binding, output_format=name)
    samples, rate = sound(result)
    assert result.audio.mime_type == audio.sound_format(name).mime
    assert len(samples) / rate == pytest.approx(result.seconds, abs=0.02)
    assert loudness(result) > 0.03


def test_speed_shortens_and_lengthens(binding: EspeakBinding) -> None:
    usual = speak(binding).seconds
    assert usual is not None
    assert speak(binding, speed=2.0).seconds == pytest.approx(usual / 2, rel=0.25)
    assert speak(binding, speed=0.5).seconds == pytest.approx(usual * 2, rel=0.25)


@pytest.mark.parametrize("wanted", [0.75, 1.25, 1.6])
def test_pitch_is_the_multiple_asked_for(binding: EspeakBinding, wanted: float) -> None:
    assert pitch(speak(binding, pitch=wanted)) / pitch(speak(binding)) == pytest.approx(wanted, rel=0.12)


def test_volume_scales_and_zero_is_silence(binding: EspeakBinding) -> None:
    usual = loudness(speak(binding))
    assert loudness(speak(binding, volume=0.5)) == pytest.approx(usual / 2, rel=0.1)
    assert loudness(speak(binding, volume=1.5)) == pytest.approx(usual * 1.5, rel=0.1)
    assert loudness(speak(binding, volume=0.0)) == 0.0


def test_variants_change_the_voice(binding: EspeakBinding) -> None:
    usual, high = speak(binding), speak(binding, voice="en-us+f3")
    assert high.voice == "en-us+f3"
    assert pitch(high) > 1.3 * pitch(usual)
    assert speak(binding, voice="+f3").voice == "en-us+f3"
    assert speak(binding, extra={"variant": "f3"}).voice == "en-us+f3"
    both = speak(binding, voice="en-us+m3", extra={"variant": "f3"})
    assert both.voice == "en-us+m3"
    assert [warning.setting for warning in both.warnings] == ["variant"]


@pytest.mark.parametrize(
    ("language", "voice"),
    [("de", "de"), ("de-AT", "de"), ("pt-BR", "pt-br"), ("en", "en-gb"), ("zh-TW", "cmn"), ("zh-HK", "yue"),
     ("no", "nb"), ("es-MX", "es-419"), ("fr_CA", "fr-fr")],
)  # fmt: skip
def test_a_language_chooses_the_voice(binding: EspeakBinding, language: str, voice: str) -> None:
    assert speak(binding, "1 2 3", language=language).voice == voice


@pytest.mark.parametrize("voice", ["EN-US", "en_us", "English (America)", "gmw/en-US"])
def test_a_voice_is_found_by_any_of_its_names(binding: EspeakBinding, voice: str) -> None:
    assert speak(binding, "hello", voice=voice).voice == "en-us"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"voice": "en-us+f33"}, "no variant 'f33'; near ones: f3"),
        ({"voice": "germane"}, "no voice 'germane'; near ones:.*German"),
        ({"voice": "no-such-voice"}, "no voice 'no-such-voice'"),
        ({"voice": "../../../etc/passwd"}, "no voice"),
        ({"language": "tlh"}, "no language 'tlh'"),
    ],
)
def test_an_unknown_voice_names_near_ones(binding: EspeakBinding, fields: dict[str, str], message: str) -> None:
    with pytest.raises(NotFound, match=message):
        speak(binding, **fields)


def test_a_language_that_the_voice_does_not_speak_is_said(binding: EspeakBinding) -> None:
    result = speak(binding, voice="de", language="fr")
    assert result.voice == "de"
    assert [(warning.kind, warning.setting) for warning in result.warnings] == [("dropped", "language")]


@pytest.mark.parametrize("text", ["", "  \n\t ", "\0\x01"])
def test_an_empty_text_is_an_error(binding: EspeakBinding, text: str) -> None:
    with pytest.raises(BadSetting, match="text is empty"):
        speak(binding, text)


def test_words_come_with_their_times(binding: EspeakBinding) -> None:
    text = "Naïve “friends” of the zoo, 42 of them – paid $3.50!\n\nGood bye."
    result = speak(binding, text)
    expected = ["Naïve", "friends", "of", "the", "zoo", "42", "of", "them", "paid", "$3.50", "Good", "bye"]
    assert [word.text for word in result.words] == expected
    samples, rate = sound(result)
    for word, after in zip(result.words, [*result.words[1:], None], strict=True):
        assert word.start < word.end <= (after.start if after else result.seconds or 0) + 0.001
        part = samples[int(word.start * rate) : int(word.end * rate)]
        assert np.abs(part).max() > 0.02
    pause = samples[int(result.words[9].end * rate) + 500 : int(result.words[10].start * rate) - 500]
    assert len(pause) > 0.1 * rate
    assert np.abs(pause).max() < 0.02


def test_words_of_a_long_text_follow_each_other_over_its_pieces(binding: EspeakBinding) -> None:
    text = " ".join([SENTENCE] * 20)
    result, progress = drain(binding.run_speech(SpeechRequest(text=text), CancelToken()))
    assert [word.text for word in result.words] == text.replace(".", "").split()
    starts = [word.start for word in result.words]
    assert starts == sorted(starts)
    assert starts[-1] > (result.seconds or 0) - 2
    speaking = [step.fraction for step in progress if step.stage == "speaking"]
    assert len(speaking) >= 2
    fractions = [step.fraction or 0.0 for step in progress]
    assert fractions == sorted(fractions)
    assert fractions[-1] <= 1.0


def test_timings_can_be_left_out(binding: EspeakBinding) -> None:
    assert speak(binding, timings=False).words == ()


def test_chinese_words_are_what_the_engine_takes_for_words(binding: EspeakBinding) -> None:
    result = speak(binding, "你好世界", language="zh")
    assert "".join(word.text for word in result.words) == "你好世界"


def test_ssml_is_obeyed_and_not_spoken(binding: EspeakBinding) -> None:
    text = '<speak>One <mark name="here"/> <break time="1500ms"/> two &amp; <emphasis>three</emphasis></speak>'
    result = speak(binding, text)
    assert [word.text for word in result.words][:2] == ["One", "two"]
    assert result.words[1].start - result.words[0].end > 1.2
    marks = result.extra["marks"]
    assert [mark["name"] for mark in marks] == ["here"]
    assert result.words[0].end - 0.05 <= marks[0]["time"] <= result.words[1].start
    spoken = speak(binding, text, ssml=False)
    assert (spoken.seconds or 0) > 1.5 * (result.seconds or 0)


def test_ssml_plays_no_file(binding: EspeakBinding, tmp_path: Any) -> None:
    path = tmp_path / "noise.wav"
    path.write_bytes(audio.encode(np.ones(22_050 * 20, np.float32) * 0.5, 22_050))
    result = speak(binding, f'<speak>Listen <audio src="{path}">to this</audio></speak>')
    assert (result.seconds or 99) < 5
    assert [word.text for word in result.words] == ["Listen", "to", "this"]
    assert [warning.setting for warning in result.warnings] == ["ssml"]


def test_a_word_gap_and_spoken_punctuation_lengthen(binding: EspeakBinding) -> None:
    text = "Well, you know it; so go."
    usual = speak(binding, text).seconds or 0
    gap = speak(binding, text, extra={"word_gap": 0.3}).seconds or 0
    assert gap - usual == pytest.approx(4 * 0.3, rel=0.4)
    everything = speak(binding, text, extra={"punctuation": "all"}).seconds or 0
    some = speak(binding, text, extra={"punctuation": ";"}).seconds or 0
    assert usual + 0.15 < some < everything - 0.15
    capitals = speak(binding, text, extra={"capitals": "say"}).seconds or 0
    assert capitals > usual + 0.3


def test_phonemes_are_spoken_as_such(binding: EspeakBinding) -> None:
    assert (speak(binding, "[[h@l'oU]]", extra={"phonemes": True}).seconds or 9) < 0.7


@pytest.mark.parametrize(
    ("fields", "setting"),
    [
        ({"speed": 9.0}, "speed"),
        ({"speed": 0.0}, "speed"),
        ({"pitch": 3.0}, "pitch"),
        ({"volume": 5.0}, "volume"),
        ({"extra": {"word_gap": 7.0}}, "word_gap"),
        ({"sample_rate": 1_000}, "sample_rate"),
    ],
)
def test_values_out_of_bounds_are_clamped_with_a_warning(
    binding: EspeakBinding, fields: dict[str, Any], setting: str
) -> None:
    result = speak(binding, "hello", **fields)
    assert [(warning.kind, warning.setting) for warning in result.warnings] == [("clamped", setting)]


@pytest.mark.parametrize("name", ["seed", "instructions"])
def test_what_the_engine_has_not_is_said(binding: EspeakBinding, name: str) -> None:
    result = speak(binding, "hello", **{name: 7 if name == "seed" else "whisper"})
    assert [(warning.kind, warning.setting) for warning in result.warnings] == [("unsupported", name)]


@pytest.mark.parametrize(
    ("extra", "setting"),
    [({"word_gap": "wide"}, "word_gap"), ({"capitals": "loud"}, "capitals"), ({"pitch_range": None}, None)],
)
def test_values_of_a_wrong_kind_are_refused(binding: EspeakBinding, extra: dict[str, Any], setting: str | None) -> None:
    if setting is None:
        assert speak(binding, "hello", extra=extra).warnings == ()
        return
    with pytest.raises(BadSetting) as caught:
        speak(binding, "hello", extra=extra)
    assert caught.value.details["setting"] == setting


def test_an_unknown_format_is_refused_before_a_word_is_spoken(binding: EspeakBinding) -> None:
    with pytest.raises(BadSetting, match=r"unknown sound format 'mp4x'.*known are wav"):
        next(binding.run_speech(SpeechRequest(text="hello", output_format="mp4x"), CancelToken()))


def test_the_sample_rate_is_honoured_where_the_format_can(binding: EspeakBinding) -> None:
    result = speak(binding, sample_rate=16_000)
    samples, rate = sound(result)
    assert rate == 16_000
    assert len(samples) / rate == pytest.approx(result.seconds, abs=0.002)
    opus = speak(binding, "hello", sample_rate=16_000, output_format="opus")
    assert [(warning.kind, warning.setting) for warning in opus.warnings] == [("replaced", "sample_rate")]


@pytest.mark.parametrize("text", ["Hello\0 there", "😀 🎉", "\ud800 broken", "!!!", "a" * 20_000, "word " * 3_000])
def test_strange_texts_are_spoken(binding: EspeakBinding, text: str) -> None:
    result = speak(binding, text)
    assert (result.seconds or 0) > 0.1
    assert len(sound(result)[0]) > 0


def test_a_hundred_thousand_characters_are_spoken_in_steps(binding: EspeakBinding) -> None:
    text = (SENTENCE + " ") * 1_163
    assert len(text) >= 100_000
    steps = binding.run_speech(SpeechRequest(text=text), CancelToken())
    fractions = [next(steps).fraction or 0.0 for _ in range(12)]
    assert fractions == sorted(set(fractions))
    assert fractions[-1] < 0.1
    steps.close()
    assert (speak(binding, "still there").seconds or 0) > 0.3


def test_cancelling_stops_between_pieces(binding: EspeakBinding) -> None:
    token = CancelToken()
    steps = binding.run_speech(SpeechRequest(text=(SENTENCE + " ") * 500), token)
    next(steps)
    token.cancel()
    from lollms_client.errors import Cancelled

    with pytest.raises(Cancelled):
        drain(steps)


def test_cancelling_stops_in_the_middle_of_a_piece(binding: EspeakBinding) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 5

    engine = binding.engine
    voice, _ = engine.catalogue.find("en-us", None, "en-us")
    whole = engine.library.speak(SENTENCE * 20, voice.identifier, {})
    part = engine.library.speak(SENTENCE * 20, voice.identifier, {}, stop=stop)
    assert asked <= 8
    assert 0 < len(part.samples) < len(whole.samples) / 10


def test_settings_are_the_defaults_of_calls() -> None:
    fast = EspeakBinding(voice="de+f2", speed=2.0, output_format="flac", sample_rate=16_000)
    result = speak(fast, "Guten Tag")
    assert result.voice == "de+f2"
    assert result.audio.mime_type == "audio/flac"
    assert sound(result)[1] == 16_000
    assert (speak(fast, SENTENCE).seconds or 9) < (speak(fast, SENTENCE, speed=1.0).seconds or 0) / 1.5


def test_voices_have_languages_and_genders(binding: EspeakBinding) -> None:
    voices = binding.run_voices()
    by_name = {voice.name: voice for voice in voices}
    assert len(by_name) == len(voices) > 200
    assert (by_name["en-us"].language, by_name["en-us"].gender) == ("en-US", "male")
    assert by_name["+f3"].gender == "female"
    assert by_name["yue"].language == "yue"
    assert by_name["es-419"].language == "es-419"


def test_every_voice_listed_speaks(binding: EspeakBinding) -> None:
    engine = binding.engine
    for voice in engine.catalogue.voices.values():
        assert len(engine.library.speak("1 a Ꭰ", voice.identifier, {}).samples) > 1_000, voice.name
    for variant in engine.catalogue.variants.values():
        assert len(engine.library.speak("1 a", f"gmw/en-US+{variant.name}", {}).samples) > 1_000, variant.name


def test_there_is_one_model(binding: EspeakBinding) -> None:
    assert [model.name for model in binding.run_models()] == ["espeak-ng"]


def test_threads_take_turns(binding: EspeakBinding) -> None:
    from concurrent.futures import ThreadPoolExecutor

    texts = {voice: speak(binding, "one two three", voice=voice).seconds for voice in ("en-us", "de", "fr-fr", "ja")}

    def call(voice: str) -> Callable[[], None] | float | None:
        return speak(EspeakBinding(), "one two three", voice=voice).seconds

    with ThreadPoolExecutor(4) as pool:
        for voice, seconds in zip(texts, pool.map(call, texts), strict=True):
            assert seconds == pytest.approx(texts[voice], abs=0.02)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=3_000), st.integers(1, 50))
def test_splitting_loses_nothing_but_blanks(text: str, size: int) -> None:
    pieces = split_text(text, size)
    for start, piece in pieces:
        assert text[start : start + len(piece)] == piece
        assert len(piece) <= 6 * size
    assert "".join("".join(piece.split()) for _, piece in pieces) == "".join(text.split())


def test_the_manifest_and_the_engine_agree_on_bounds(binding: EspeakBinding) -> None:
    from lollms_client.engines.espeak.manner import BOUNDS, CAPITALS

    manifest = binding.manifest
    assert manifest is not None
    groups = [manifest.input_parameters, manifest.method_parameters["generate_audio"]]
    parameters = [parameter for group in groups for parameter in group]
    stated = {one.name: (one.min, one.max) for one in parameters if one.min is not None}
    assert stated == dict(BOUNDS)
    for one in parameters:
        if one.name == "output_format":
            assert list(one.options) == list(audio.FORMATS)
        if one.name == "capitals":
            assert tuple(one.options) == CAPITALS
