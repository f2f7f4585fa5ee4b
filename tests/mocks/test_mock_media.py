"""What the mocks make is valid: other libraries decode it, and find the size, the length and the words asked for."""

from __future__ import annotations

import importlib
import io
import wave
from itertools import pairwise
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lollms_client import LollmsClient
from lollms_client.errors import BadMedia, BadSetting
from lollms_client.families.mock.film import film
from lollms_client.families.mock.picture import picture_size, png
from lollms_client.types import Media

mido = importlib.import_module("mido")


def client(kind: str, **config: Any) -> LollmsClient:
    arguments: dict[str, Any] = {f"{kind}_binding_name": "mock", f"{kind}_binding_config": config}
    return LollmsClient(**arguments)


def frames_of(data: bytes) -> tuple[list[Any], Any]:
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)], stream


@settings(max_examples=25, deadline=None)
@given(width=st.integers(1, 90), height=st.integers(1, 90), seed=st.integers(0, 99))
def test_pictures_of_any_size_decode(width: int, height: int, seed: int) -> None:
    data = png(width, height, seed, "a kite – ünïcode")
    image = Image.open(io.BytesIO(data))
    image.load()
    assert image.size == (width, height) == picture_size(data)
    assert image.info["Description"] == "a kite – ünïcode"
    assert max(image.tobytes()) > 30


@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(1, 40), height=st.integers(1, 40), count=st.integers(1, 30), fps=st.sampled_from([1, 10, 23.976])
)
def test_films_of_any_size_and_length_decode(width: int, height: int, count: int, fps: float) -> None:
    made = film(2 * width, 2 * height, count / fps, fps, seed=width)
    frames, _ = frames_of(made.data)
    assert len(frames) == count
    assert {frame.shape for frame in frames} == {(2 * height, 2 * width, 3)}
    assert all(frame.mean() > 16 for frame in frames)
    assert made.seconds == pytest.approx(count / fps)


def test_a_long_film_keeps_running_beyond_its_key_frames() -> None:
    made = film(64, 48, 12.5, 40, seed=1)
    frames, stream = frames_of(made.data)
    assert len(frames) == 500
    assert stream.codec_context.name == "h264"
    assert float(stream.duration * stream.time_base) == pytest.approx(12.5)
    assert all((one != two).any() for one, two in pairwise(frames))


def test_the_same_request_makes_the_same_film_and_another_seed_another() -> None:
    one = client("ttv").video("waves", seconds=0.5, width=64, height=48, fps=10, seed=4)
    assert one.video == client("ttv").video("waves", seconds=0.5, width=64, height=48, fps=10, seed=4).video
    assert one.video != client("ttv").video("waves", seconds=0.5, width=64, height=48, fps=10, seed=5).video
    assert (one.width, one.height, one.seconds, one.fps, one.seed) == (64, 48, 0.5, 10, 4)


def test_what_a_film_cannot_be_is_told() -> None:
    found = client("ttv").video("waves", width=65, height=48, seconds=0.2, sound=True)
    assert [(item.kind, item.setting) for item in found.warnings] == [("clamped", "width"), ("unsupported", "sound")]
    assert found.width == 64
    with pytest.raises(BadSetting, match="seconds"):
        client("ttv").video("waves", seconds=5000)
    with pytest.raises(BadSetting, match="1 GiB"):
        client("ttv").video("waves", width=8192, height=8192, seconds=3600)


def test_images_have_the_size_number_and_format_asked_for() -> None:
    found = client("tti").image("a kite", width=70, height=30, count=3, output_format="webp", seed=2)
    assert [Image.open(io.BytesIO(image)).size for image in found.images] == [(70, 30)] * 3
    assert {image.mime_type for image in found.images} == {"image/webp"}
    assert len(set(found.images)) == 3
    edit = client("tti").edit_image(found.images[0], "bluer", mask=png(70, 30, 1))
    assert Image.open(io.BytesIO(edit.image)).size == (512, 512)  # the size of a WebP is not read
    assert Image.open(io.BytesIO(client("tti").edit_image(png(33, 21, 1), "bluer").image)).size == (33, 21)
    with pytest.raises(BadMedia, match="cut off"):
        client("tti").edit_image(png(33, 21, 1)[:-20], "bluer")


def test_a_file_of_ones_own_is_given(tmp_path: Any) -> None:
    file = Media(png(5, 5, 1)).save(tmp_path / "own.png")
    found = client("tti", answers=[{"file": str(file)}]).image("a kite", count=2)
    assert found.images == (file.read_bytes(), file.read_bytes())


@pytest.mark.parametrize("form", ["wav", "mp3", "flac", "opus"])
def test_speech_lasts_as_long_as_its_words(form: str) -> None:
    found = client("tts").speech("four words are here", output_format=form, timings=True, sample_rate=24000)
    with av.open(io.BytesIO(found.audio), "r") as container:
        decoded: list[Any] = [frame.to_ndarray() for frame in container.decode(audio=0)]
        rate = container.streams.audio[0].rate
    assert found.seconds == pytest.approx(sum(part.shape[1] for part in decoded) / rate, abs=0.15)
    assert [word.text for word in found.words] == ["four", "words", "are", "here"]
    assert all(one.end <= two.start for one, two in pairwise(found.words))
    assert max(abs(part).max() for part in decoded) > 0


def test_a_spoken_text_comes_back_out_of_the_recogniser() -> None:
    spoken = client("tts").speech("The kettle is on – grüße!")
    heard = client("stt").transcribe(spoken.audio, words=True, speakers=True)
    assert heard.text == "The kettle is on – grüße!"
    assert heard.seconds == pytest.approx(spoken.seconds)
    assert [word.text for word in heard.words] == heard.text.split()
    assert heard.words[-1].end == pytest.approx(spoken.seconds or 0)
    assert heard.segments[0].speaker == "speaker_1"


def test_other_sounds_get_words_for_as_long_as_they_last() -> None:
    music = client("ttm").music("a waltz", seconds=8, output_format="mp3")
    heard = client("stt").transcribe(music.audio)
    assert heard.seconds == pytest.approx(8, abs=0.1)
    assert len(heard.text.split()) == 20
    assert heard.srt().startswith("1\n00:00:00,000 --> ")
    with pytest.raises(BadMedia):
        client("stt").transcribe(b"no sound at all, only words")


@pytest.mark.parametrize("seconds", [0.01, 1.0, 61.5])
def test_music_has_its_length_to_the_sample(seconds: float) -> None:
    found = client("ttm").music("a waltz", seconds=seconds, seed=3)
    with wave.open(io.BytesIO(found.audio)) as file:
        assert file.getnframes() == round(seconds * file.getframerate())
    assert found.seconds == seconds
    assert found.audio == client("ttm").music("a waltz", seconds=seconds, seed=3).audio


def test_music_as_midi_has_the_same_length() -> None:
    found = client("ttm").music("a waltz", seconds=7.5, tempo=90, output_format="midi")
    file = mido.MidiFile(file=io.BytesIO(found.audio))
    assert file.length == pytest.approx(7.5, abs=0.01)
    assert sum(message.type == "note_on" for message in file.tracks[0]) > 5


def test_speech_streams_in_chunks_that_join_to_the_whole() -> None:
    made = client("tts", chunk_size=1000)
    with made.stream_speech("a stream of several chunks") as stream:
        pieces = list(stream)
    assert len(pieces) > 10
    assert b"".join(pieces) == made.speech("a stream of several chunks").audio
