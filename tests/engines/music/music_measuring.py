"""Runs the composer to its end and measures sound, for the tests beside it."""

from __future__ import annotations

import io
import wave
from typing import Any

import numpy as np

from lollms_client.engines.music import make_music
from lollms_client.engines.music.arrange import compose
from lollms_client.engines.music.plan import Plan, make_plan
from lollms_client.engines.music.score import Score
from lollms_client.types import MusicRequest, MusicResult, Progress

Array = np.ndarray[Any, np.dtype[np.float64]]


def music(prompt: str, **fields: Any) -> MusicResult:
    return music_with_progress(prompt, **fields)[0]


def music_with_progress(prompt: str, **fields: Any) -> tuple[MusicResult, list[Progress]]:
    reports: list[Progress] = []
    working = make_music(MusicRequest(prompt=prompt, **{"seed": 1, **fields}))
    while True:
        try:
            reports.append(next(working))
        except StopIteration as stop:
            return stop.value, reports


def score_of(prompt: str, **fields: Any) -> tuple[Score, Plan]:
    plan, _ = make_plan(MusicRequest(prompt=prompt, **{"seed": 1, **fields}))
    return compose(plan), plan


def read_wav(data: bytes) -> tuple[Array, int]:
    """Samples shaped (n, channels) in -1..1, and the sample rate, by the standard library's reader."""
    with wave.open(io.BytesIO(data)) as file:
        raw = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return raw.reshape(-1, file.getnchannels()) / 32768.0, file.getframerate()


def decibels(value: float) -> float:
    return float(20 * np.log10(max(value, 1e-9)))


def longest_silence(samples: Array, rate: int, floor: float = -55.0) -> float:
    """Seconds of the longest stretch below `floor` dBFS, in steps of 50 ms."""
    hop = rate // 20
    mono = samples.mean(axis=1)
    levels = np.sqrt((mono[: len(mono) // hop * hop].reshape(-1, hop) ** 2).mean(axis=1))
    longest = run = 0
    for quiet in levels < 10 ** (floor / 20):
        run = run + 1 if quiet else 0
        longest = max(longest, run)
    return longest / 20


def centroid(samples: Array, rate: int) -> float:
    """The centre of the power spectrum in hertz."""
    power = np.abs(np.fft.rfft(samples.mean(axis=1))) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / rate)
    return float((power * hertz).sum() / power.sum())


def chroma(samples: Array, rate: int) -> Array:
    """Energy of the twelve pitch classes (C first) between 60 and 2000 Hz."""
    size = 16384
    mono = samples.mean(axis=1)
    window = np.hanning(size)
    hertz = np.fft.rfftfreq(size, 1 / rate)
    used = (hertz > 60) & (hertz < 2000)
    classes = np.round(69 + 12 * np.log2(hertz[used] / 440)).astype(int) % 12
    total = np.zeros(12)
    for start in range(0, len(mono) - size, size // 2):
        spectrum = np.abs(np.fft.rfft(mono[start : start + size] * window))[used]
        total += np.bincount(classes, weights=spectrum, minlength=12)
    profile: Array = total / total.sum()
    return profile


_MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
_MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])


def likely_keys(profile: Array) -> list[tuple[int, bool]]:
    """The 24 keys as (tonic, minor), likeliest first, by the probe-tone profiles of Krumhansl and Kessler."""
    scored = []
    for minor, template in ((False, _MAJOR), (True, _MINOR)):
        for tonic in range(12):
            scored.append((float(np.corrcoef(np.roll(template, tonic), profile)[0, 1]), (tonic, minor)))
    return [key for _, key in sorted(scored, reverse=True)]


def onset_strength(samples: Array, rate: int) -> tuple[Array, float]:
    """How much the spectrum grows from frame to frame, and the frames in a second."""
    size, hop = 1024, 441
    mono = samples.mean(axis=1)
    window = np.hanning(size)
    frames = np.stack([mono[start : start + size] for start in range(0, len(mono) - size, hop)]) * window
    spectrum = np.log1p(np.abs(np.fft.rfft(frames, axis=1)))
    growth: Array = np.maximum(0, np.diff(spectrum, axis=0)).sum(axis=1)
    return growth, rate / hop


def beat_strength(samples: Array, rate: int, tempo: float) -> float:
    """The autocorrelation of the onsets at one beat of `tempo` above that at lags around it."""
    growth, frames = onset_strength(samples, rate)
    growth = growth - growth.mean()
    correlation = np.correlate(growth, growth, "full")[len(growth) - 1 :]
    correlation /= correlation[0]
    lag = round(frames * 60 / tempo)
    around = correlation[int(lag * 0.55) : int(lag * 1.45)]
    return float(correlation[lag - 2 : lag + 3].max() - np.median(around))
