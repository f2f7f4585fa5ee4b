"""Single notes and strokes: in tune, without clicks, each drum where it belongs, softer when touched softly."""

from __future__ import annotations

import numpy as np
import pytest

from lollms_client.engines.music.catalogue import genres, instruments
from lollms_client.engines.music.synthesis.percussion import KITS
from lollms_client.engines.music.synthesis.signal import RATE, frequency
from lollms_client.engines.music.synthesis.voices import NoteCache
from tests.engines.music.music_measuring import Array, centroid


def note(name: str, pitch: int, seconds: float = 1.0, velocity: int = 90) -> Array:
    return NoteCache(0.6).note(instruments()[name], pitch, seconds, velocity).astype(np.float64)


def cents_off(sound: Array, pitch: int) -> float:
    """How far the strongest of the first three harmonics lies from where it should be."""
    part = sound[4410:120000]
    size = 2**18
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)), size))
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    best = (0.0, 1e9)
    for harmonic in (1, 2, 3):
        right = frequency(pitch) * harmonic
        near = np.flatnonzero((hertz > right * 0.966) & (hertz < right * 1.035))
        top = near[np.argmax(power[near])]
        best = max(best, (float(power[top]) / harmonic, 1200 * float(np.log2(hertz[top] / right))))
    return best[1]


@pytest.mark.parametrize("name", list(instruments()))
def test_every_instrument_is_in_tune_and_does_not_click(name: str) -> None:
    player = instruments()[name]
    for pitch in (player.low, (player.low + player.high) // 2, player.high):
        sound = note(name, pitch, seconds=3.0)
        peak = np.abs(sound).max()
        assert peak > 0.05
        assert abs(cents_off(sound, pitch)) < 15  # choirs and pads beat around the pitch
        assert abs(sound[0]) < 0.01 * peak
        assert abs(sound[-1]) < 0.01 * peak


@pytest.mark.parametrize("name", ["piano", "violin", "acoustic guitar", "electric piano", "organ", "distorted guitar"])
def test_short_notes_end_softly(name: str) -> None:
    sound = note(name, 64, seconds=0.15)
    peak = np.abs(sound).max()
    assert len(sound) < 0.5 * RATE
    assert np.abs(np.diff(sound[-200:])).max() < 0.02 * peak
    assert abs(sound[-1]) < 0.005 * peak


@pytest.mark.parametrize("name", ["piano", "acoustic guitar", "electric piano", "trumpet", "violin"])
def test_a_strong_touch_is_brighter(name: str) -> None:
    def height(velocity: int) -> float:
        sound = note(name, 60, velocity=velocity)
        return centroid(np.stack([sound, sound], axis=1), RATE)

    assert height(35) < height(120)


@pytest.mark.parametrize("kit", list(KITS))
def test_drums_are_where_they_belong(kit: str) -> None:
    heights = {}
    for name, key in (("kick", 36), ("tom", 45), ("snare", 38), ("hat", 42)):
        sound = NoteCache(0.6).stroke(kit, key, 100, 0).astype(np.float64)
        assert abs(sound[-1]) < 1e-3
        heights[name] = centroid(np.stack([sound, sound], axis=1), RATE)
    assert heights["kick"] < 250
    assert max(heights["kick"], 90, heights["tom"]) < heights["snare"] < heights["hat"]


def test_every_kit_of_the_genres_exists() -> None:
    assert {genre.ensemble.kit for genre in genres().values()} - {"none"} <= set(KITS)


def test_repeated_notes_are_not_rendered_again() -> None:
    cache = NoteCache(0.6)
    organ = instruments()["organ"]
    assert cache.note(organ, 60, 0.5, 90) is cache.note(organ, 60, 0.5, 91)
    assert cache.note(organ, 60, 0.5, 90) is not cache.note(organ, 61, 0.5, 90)
