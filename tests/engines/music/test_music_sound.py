"""The sound file, measured: length, loudness, peaks, silence, formats, progress, description."""

from __future__ import annotations

import numpy as np
import pytest

from lollms_client.engines import audio
from lollms_client.engines.music.catalogue import genres
from lollms_client.errors import BadSetting
from lollms_client.types import MusicResult
from tests.engines.music.music_measuring import (
    Array,
    decibels,
    longest_silence,
    music,
    music_with_progress,
    read_wav,
)


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
    assert_sound(music(name, seconds=6), 6)


@pytest.mark.parametrize(
    ("prompt", "fields"),
    [
        ("sparse slow solo flute at 40 bpm", {}), ("solo violin", {}), ("drums alone", {"instruments": ("drums",)}),
        ("bass only", {"instruments": ("electric bass",)}), ("very slow sad solo music box", {}),
        ("glockenspiel", {"instruments": ("glockenspiel",), "tempo": 40}), ("fast", {"tempo": 300}),
    ],
)  # fmt: skip
def test_few_players_leave_no_holes(prompt: str, fields: dict[str, object]) -> None:
    assert_sound(music(prompt, seconds=10, **fields), 10)


@pytest.mark.parametrize("seconds", [2.0, 2.7, 4.0, 6.33])
def test_short_pieces_are_whole(seconds: float) -> None:
    result = music("pop", seconds=seconds)
    assert_sound(result, seconds)
    assert result.extra["sections"]


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
    result = music("happy country song in G major", seconds=40, output_format="midi")
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
