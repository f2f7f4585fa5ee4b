"""What a listener notices, measured: timbre, tempo, key, the sections."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engines.music.music_measuring import (
    beat_strength,
    centroid,
    chroma,
    decibels,
    likely_keys,
    music,
    onset_strength,
    read_wav,
)


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


@pytest.mark.parametrize("key", ["D minor", "E major", "Bb major"])
def test_the_key_can_be_heard(key: str) -> None:
    samples, rate = read_wav(music("classical", key=key, seconds=14).audio)
    names = {"D minor": (2, True), "E major": (4, False), "Bb major": (10, False)}
    assert names[key] in likely_keys(chroma(samples, rate))[:2]


def test_sections_can_be_heard() -> None:
    result = music("rock", seconds=40, seed=3)
    samples, rate = read_wav(result.audio)
    loudness = {}
    for section in result.extra["sections"]:
        part = samples[int(section["start"] * rate) : int(section["end"] * rate)]
        loudness[section["name"].split()[0]] = decibels(float(np.sqrt((part**2).mean())))
    assert loudness["intro"] + 3 < loudness["chorus"]
    assert loudness["verse"] < loudness["chorus"]
