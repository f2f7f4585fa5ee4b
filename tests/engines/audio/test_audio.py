"""Sound written and read back: formats, lengths, rates, channels, films, rubbish."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from hypothesis import given, settings
from hypothesis import strategies as st

from lollms_client.engines import audio
from lollms_client.engines.audio import Samples
from lollms_client.errors import BadMedia, BadSetting

SECONDS = 1.237
KEEP_LENGTH = [name for name in audio.FORMATS if name not in ("aac", "pcm")]


def tone(rate: int, frequency: float = 440.0, seconds: float = SECONDS) -> Samples:
    time = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def loudest_frequency(samples: Samples, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


@pytest.mark.parametrize("name", KEEP_LENGTH)
@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100])
def test_the_length_and_the_pitch_survive_every_format(name: str, rate: int) -> None:
    media = audio.encode(tone(rate), rate, name)
    samples, decoded_rate = audio.decode(media)
    assert len(samples) / decoded_rate == pytest.approx(SECONDS, abs=0.002)
    assert audio.duration(media) == pytest.approx(SECONDS, abs=0.01)
    assert loudest_frequency(samples, decoded_rate) == pytest.approx(440.0, abs=2.0)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.06)  # LAME scales by 0.95


def test_raw_aac_is_at_most_two_frames_longer() -> None:
    samples, rate = audio.decode(audio.encode(tone(44_100), 44_100, "aac"))
    assert SECONDS <= len(samples) / rate <= SECONDS + 0.1


@pytest.mark.parametrize("name", ["wav", "flac"])
def test_sixteen_bit_formats_are_exact(name: str) -> None:
    steps = np.arange(-32768, 32768, 7, dtype=np.int16)
    samples, rate = audio.decode(audio.encode(steps, 12_345, name))
    assert rate == 12_345
    assert np.array_equal(np.rint(samples * 32768).astype(np.int16), steps)


def test_a_wav_file_is_a_plain_riff_file() -> None:
    media = audio.encode(np.zeros((480, 2), np.float32), 48_000)
    assert media[:4] == b"RIFF"
    assert struct.unpack_from("<I", media, 4)[0] == len(media) - 8
    assert struct.unpack_from("<HHIIHH", media, 20) == (1, 2, 48_000, 192_000, 4, 16)
    assert struct.unpack_from("<I", media, 40)[0] == 480 * 4


@pytest.mark.parametrize(
    ("name", "mime"),
    [("wav", "audio/wav"), (".MP3", "audio/mpeg"), ("audio/mpeg", "audio/mpeg"), ("opus", "audio/opus"),
     ("oga", "audio/ogg"), ("flac", "audio/flac"), ("m4a", "audio/mp4"), ("aac", "audio/aac")],
)  # fmt: skip
def test_formats_are_found_by_name_extension_and_mime_type(name: str, mime: str) -> None:
    assert audio.encode(tone(16_000), 16_000, name).mime_type == mime


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(BadSetting, match=r"did you mean flac\?.*wav.*opus"):
        audio.encode(tone(16_000), 16_000, "flak")


def test_stereo_stays_stereo_and_mixes_down_to_mono() -> None:
    both = np.stack([tone(48_000, 300.0), tone(48_000, 900.0)], axis=1)
    for name in ("wav", "mp3", "opus"):
        media = audio.encode(both, 48_000, name)
        samples, rate = audio.decode(media, mono=False)
        assert samples.shape[1] == 2
        assert loudest_frequency(samples[:, 0], rate) == pytest.approx(300, abs=2)
        assert loudest_frequency(samples[:, 1], rate) == pytest.approx(900, abs=2)
        mixed, _ = audio.decode(media)
        assert mixed.ndim == 1
        assert len(mixed) == len(samples)


@pytest.mark.parametrize("channels", [2, 3, 6, 8, 16])
def test_mixing_down_averages_the_channels_and_does_not_clip(channels: int) -> None:
    loud = np.stack([tone(16_000) * 1.8, *[tone(16_000) * 1.2] * (channels - 1)], axis=1)
    steps = np.rint(loud * 32767).astype("<i2")
    header = struct.pack("<IHHIIHH", 16, 1, channels, 16_000, 32_000 * channels, 2 * channels, 16)
    body = b"WAVEfmt " + header + b"data" + struct.pack("<I", steps.nbytes) + steps.tobytes()
    wave = b"RIFF" + struct.pack("<I", len(body)) + body
    samples, _ = audio.decode(wave)
    assert np.abs(samples - loud.mean(axis=1)).max() < 1e-3
    assert audio.decode(wave, mono=False)[0].shape == loud.shape


def test_too_many_channels_and_useless_rates_are_refused() -> None:
    with pytest.raises(BadSetting, match="mp3 holds at most 2 channels, not 6"):
        audio.encode(np.zeros((100, 6), np.float32), 48_000, "mp3")
    with pytest.raises(BadSetting, match="sample rate of 10 Hz"):
        audio.encode(np.zeros(100, np.float32), 10)
    with pytest.raises(BadSetting, match="shaped"):
        audio.encode(np.zeros((2, 2, 2), np.float32), 16_000)


def test_samples_out_of_range_are_cut_and_not_wrapped() -> None:
    wild = np.array([0.0, 3.0, -3.0, np.nan, np.inf, -np.inf] * 100, np.float32)
    samples, _ = audio.decode(audio.encode(wild, 16_000))
    assert samples[:6] == pytest.approx([0, 1, -1, 0, 1, -1], abs=1e-4)


@pytest.mark.parametrize("name", KEEP_LENGTH)
def test_an_empty_sound_makes_a_readable_file(name: str) -> None:
    media = audio.encode(np.zeros(0, np.float32), 16_000, name)
    if name == "wav":
        with pytest.raises(BadMedia, match="nothing in it"):
            audio.decode(media)
    else:
        assert audio.duration(media) < 0.1


def test_decode_resamples_and_blocks_join_to_the_same_samples() -> None:
    media = audio.encode(tone(44_100), 44_100, "flac")
    samples, rate = audio.decode(media, 16_000)
    assert rate == 16_000
    assert len(samples) == pytest.approx(SECONDS * 16_000, abs=2)
    blocks = list(audio.decode_blocks(media, 16_000, block_seconds=0.25))
    assert [len(block) for block in blocks[:-1]] == [4_000] * (len(blocks) - 1)
    assert np.array_equal(np.concatenate(blocks), samples)


def test_resample_keeps_the_length_in_seconds_and_the_pitch() -> None:
    slow = audio.resample(tone(44_100), 44_100, 16_000)
    assert len(slow) == round(round(SECONDS * 44_100) * 16_000 / 44_100)
    assert loudest_frequency(slow, 16_000) == pytest.approx(440, abs=2)
    both = audio.resample(np.stack([tone(8_000), tone(8_000)], axis=1), 8_000, 24_000)
    assert both.shape == (round(SECONDS * 8_000) * 3, 2)


@pytest.mark.parametrize("name", ["wav", "flac", "mp3", "opus"])
def test_encode_resamples_on_the_way(name: str) -> None:
    media = audio.encode(tone(22_050), 22_050, name, new_rate=48_000)
    samples, rate = audio.decode(media)
    assert rate == 48_000
    assert len(samples) / rate == pytest.approx(SECONDS, abs=0.002)
    assert loudest_frequency(samples, rate) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("name", ["wav", "mp3"])
def test_encode_steps_tell_how_far_they_are(name: str) -> None:
    steps = audio.encode_steps(tone(8_000, seconds=41.0), 8_000, name)
    fractions = [next(steps) for _ in range(4)]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] < 1.0
    steps.close()


def film(with_sound: bool, late: float = 0.0) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        picture = container.add_stream("mpeg4", rate=10)
        assert isinstance(picture, VideoStream)
        picture.width, picture.height = 64, 48
        sound = container.add_stream("aac", rate=44_100) if with_sound else None
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        if isinstance(sound, AudioStream):
            block = av.AudioFrame.from_ndarray(tone(44_100)[None, :], format="fltp", layout="mono")
            block.sample_rate, block.pts, block.time_base = 44_100, round(late * 44_100), Fraction(1, 44_100)
            container.mux(sound.encode(block))
            container.mux(sound.encode(None))
    return buffer.getvalue()


def test_a_film_gives_its_sound() -> None:
    samples, rate = audio.decode(film(with_sound=True))
    assert rate == 44_100
    assert loudest_frequency(samples, rate) == pytest.approx(440, abs=2)


def test_sound_that_starts_late_in_a_film_keeps_its_place() -> None:
    samples, rate = audio.decode(film(with_sound=True, late=0.5))
    loud = np.flatnonzero(np.abs(samples) > 0.2)
    assert loud[0] / rate == pytest.approx(0.5, abs=0.05)


def test_a_film_without_sound_says_so() -> None:
    with pytest.raises(BadMedia, match="no sound track"):
        audio.decode(film(with_sound=False))
    with pytest.raises(BadMedia, match="no sound track"):
        audio.duration(film(with_sound=False))


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(64), bytes(4096), b"RIFF\x00\x00\x00\x00WAVE", b"OggS" + bytes(100)],
    ids=["empty", "text", "broken png", "zeros", "wav without sound", "broken ogg"],
)
def test_rubbish_is_bad_media(data: bytes) -> None:
    with pytest.raises(BadMedia):
        audio.decode(data)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["wav", "mp3", "flac", "opus", "m4a"]), st.integers(0, 2**32 - 1), st.booleans())
def test_a_damaged_file_is_bad_media_or_sound_and_nothing_else(name: str, seed: int, cut: bool) -> None:
    data = bytearray(DAMAGE_SOURCES[name])
    chance = np.random.default_rng(seed)
    for place in chance.integers(0, len(data), 20):
        data[place] = chance.integers(0, 256)
    end = int(chance.integers(1, len(data))) if cut else len(data)
    try:
        samples, rate = audio.decode(bytes(data[:end]), 16_000)
    except BadMedia:
        return
    assert samples.ndim == 1
    assert rate == 16_000


DAMAGE_SOURCES = {
    name: audio.encode(tone(16_000, seconds=0.4), 16_000, name) for name in ("wav", "mp3", "flac", "opus", "m4a")
}


def test_a_playlist_opens_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.wav").write_bytes(audio.encode(tone(16_000), 16_000))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadMedia, match="no sound or film"):
        audio.decode(b"ffconcat version 1.0\nfile 'secret.wav'\n")


@pytest.mark.parametrize("rate", [1, 2_000_000_000])
def test_a_header_with_an_absurd_rate_is_bad_media(rate: int) -> None:
    data = bytearray(audio.encode(tone(16_000), 16_000))
    struct.pack_into("<I", data, 24, rate)
    with pytest.raises(BadMedia):
        audio.decode(bytes(data), 16_000)


def test_long_integer_sound_is_written_as_it_is() -> None:
    steps = np.arange(-30_000, 30_000, dtype=np.int16)
    assert bytes(audio.encode(steps, 22_050))[44:] == steps.tobytes()
