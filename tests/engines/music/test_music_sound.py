"""The sound itself, measured: length, loudness, peaks, silence, tempo, key, timbre, structure."""

from __future__ import annotations

import numpy as np
import pytest
from music_measuring import (
    Array,
    beat_strength,
    centroid,
    chroma,
    decibels,
    likely_keys,
    longest_silence,
    music,
    music_with_progress,
    onset_strength,
    read_wav,
)

from lollms_client.engines import audio
from lollms_client.engines.music.catalogue import genres
from lollms_client.errors import BadSetting
from lollms_client.types import MusicResult


def assert_sound(result: MusicResult, seconds: float) -> tuple[Array, int]:
    """What holds for every piece."""
    samples, rate = read_wav(result.audio)
    assert len(samples) / rate == pytest.approx(seconds, abs=0.02)
    assert np.abs(samples).max() <= 0.95
    assert -18.6 < decibels(float(np.sqrt((samples**2).mean()))) < -13.4
    assert np.abs(samples.mean(axis=0)).max() < 0.003
    assert longest_silence(samples, rate) < 1.5
    assert np.abs(samples[:8]).max() < 0.02
    assert np.abs(samples[-8:]).max() < 0.002
    assert np.abs(samples[:, 0] - samples[:, 1]).max() > 0.01  # stereo
    return samples, rate


@pytest.mark.parametrize("name", list(genres()))
def test_every_genre_sounds(name: str) -> None:
    assert_sound(music(name, seconds=9), 9)


@pytest.mark.parametrize(
    ("prompt", "fields"),
    [
        ("sparse slow solo flute at 40 bpm", {}), ("solo violin", {}), ("drums alone", {"instruments": ("drums",)}),
        ("bass only", {"instruments": ("electric bass",)}), ("very slow sad solo music box", {}),
        ("glockenspiel", {"instruments": ("glockenspiel",), "tempo": 40}), ("fast", {"tempo": 300}),
    ],
)  # fmt: skip
def test_few_players_leave_no_holes(prompt: str, fields: dict[str, object]) -> None:
    assert_sound(music(prompt, seconds=14, **fields), 14)


@pytest.mark.parametrize("seconds", [2.0, 2.7, 4.0, 6.33])
def test_short_pieces_are_whole(seconds: float) -> None:
    result = music("pop", seconds=seconds)
    assert_sound(result, seconds)
    assert result.extra["sections"]


def test_genres_differ_in_timbre_and_in_how_much_happens() -> None:
    sounds = {name: read_wav(music(name, seconds=8).audio) for name in ("ambient", "lullaby", "metal", "techno")}
    heights = {name: centroid(samples, rate) for name, (samples, rate) in sounds.items()}
    events = {name: float(onset_strength(samples, rate)[0].mean()) for name, (samples, rate) in sounds.items()}
    assert heights["lullaby"] < heights["metal"]
    assert max(events["ambient"], events["lullaby"]) < 0.6 * min(events["metal"], events["techno"])


def test_instruments_differ_in_timbre() -> None:
    shapes = {}
    for name in ("piano", "flute", "violin", "trumpet", "organ", "harp", "clarinet"):
        samples, rate = read_wav(music("folk in C major", seconds=4, instruments=(name,)).audio)
        power = np.abs(np.fft.rfft(samples.mean(axis=1)))
        hertz = np.fft.rfftfreq(len(samples), 1 / rate)
        bands = [power[(hertz >= low) & (hertz < 2 * low)].mean() for low in (125, 250, 500, 1000, 2000, 4000, 8000)]
        shapes[name] = np.log(np.array(bands) + 1e-9) - np.log(bands[2] + 1e-9)
    names = list(shapes)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            assert np.abs(shapes[first] - shapes[second]).max() > 0.5, (first, second)


@pytest.mark.parametrize(("name", "tempo"), [("rock", 120), ("techno", 130), ("house", 124), ("march", 108)])
def test_the_tempo_can_be_heard(name: str, tempo: float) -> None:
    result = music(name, tempo=tempo, seconds=12)
    assert result.extra["tempo"] == pytest.approx(tempo, rel=0.01)
    samples, rate = read_wav(result.audio)
    real = beat_strength(samples, rate, result.extra["tempo"])
    assert real > 0.1
    assert real > 2 * beat_strength(samples, rate, result.extra["tempo"] * 0.87)


@pytest.mark.parametrize("key", ["D minor", "E major", "Bb major", "F# minor"])
def test_the_key_can_be_heard(key: str) -> None:
    samples, rate = read_wav(music("classical", key=key, seconds=20).audio)
    names = {"D minor": (2, True), "E major": (4, False), "Bb major": (10, False), "F# minor": (6, True)}
    assert names[key] in likely_keys(chroma(samples, rate))[:2]


def test_sections_can_be_heard() -> None:
    result = music("rock", seconds=50, seed=3)
    samples, rate = read_wav(result.audio)
    loudness = {}
    for section in result.extra["sections"]:
        part = samples[int(section["start"] * rate) : int(section["end"] * rate)]
        loudness[section["name"].split()[0]] = decibels(float(np.sqrt((part**2).mean())))
    assert loudness["intro"] + 3 < loudness["chorus"]
    assert loudness["verse"] < loudness["chorus"]


def test_the_same_bytes_again_and_others_for_another_seed() -> None:
    first = music("lo-fi", seconds=4, seed=7)
    assert first.audio == music("lo-fi", seconds=4, seed=7).audio
    assert first.audio != music("lo-fi", seconds=4, seed=8).audio
    drawn = music("lo-fi", seconds=3, seed=None, output_format="midi")
    assert drawn.seed is not None
    assert drawn.audio == music("lo-fi", seconds=3, seed=drawn.seed, output_format="midi").audio


@pytest.mark.parametrize("form", ["mp3", "flac", "opus"])
def test_coded_formats_hold_the_music(form: str) -> None:
    result = music("jazz", seconds=4, output_format=form)
    samples, rate = audio.decode(result.audio)
    assert samples.shape[0] / rate == pytest.approx(4, abs=0.1)
    assert decibels(float(np.sqrt((samples.astype(float) ** 2).mean()))) > -22


def test_progress_grows_and_names_what_is_done() -> None:
    result, reports = music_with_progress("pop", seconds=10)
    shares = [report.fraction for report in reports if report.fraction is not None]
    assert shares == sorted(shares)
    assert len(shares) > 20
    assert 0.9 < shares[-1] <= 1.0
    stages = {report.stage for report in reports}
    assert {"composing", "playing drums", "adding the room", "mastering"} <= stages
    assert result.usage.seconds == 10


def test_the_description_is_honest() -> None:
    result = music("happy country song in G major", seconds=40)
    assert "G major" in result.text
    assert "instrumental" in result.text
    for name in result.extra["instruments"]:
        assert name in result.text
    for section in result.extra["sections"]:
        assert f"{section['name']} ({section['bars']})" in result.text
    assert result.extra["sections"][-1]["end"] == 40
    assert (result.extra["genre"], result.extra["mood"]) == ("country", "happy")


@pytest.mark.parametrize("fields", [{"model": "musicgen"}, {"output_format": "docx"}])
def test_unknown_models_and_formats_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(BadSetting):
        music("rock", seconds=3, **fields)
