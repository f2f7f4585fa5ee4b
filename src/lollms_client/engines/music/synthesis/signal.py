"""Building blocks of sound: sample rate, times, envelopes, filters by spectrum, band-limited wave tables."""

from __future__ import annotations

from typing import Any

import numpy as np

RATE = 44100
TABLE = 4096
Sound = np.ndarray[Any, np.dtype[np.float32]]


def frequency(pitch: float) -> float:
    """Hertz of a MIDI pitch, equal temperament, A4 = 440."""
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def times(count: int) -> Sound:
    """The times of `count` samples in seconds."""
    return np.arange(count, dtype=np.float32) / np.float32(RATE)


def phase(count: int, hertz: float, offset: float = 0.0) -> Sound:
    """The phase (in turns, 0 to 1) of an even oscillation; exact over minutes."""
    turns = np.arange(count, dtype=np.float64) * (hertz / RATE) + offset
    return (turns - np.floor(turns)).astype(np.float32)


def sine(count: int, hertz: float, offset: float = 0.0) -> Sound:
    """A sine wave."""
    wave: Sound = np.sin(phase(count, hertz, offset) * np.float32(2 * np.pi))
    return wave


def decay(count: int, seconds: float) -> Sound:
    """An exponential fall by 60 dB in `seconds`."""
    fall: Sound = np.exp(times(count) * np.float32(-6.908 / max(seconds, 1e-3)))
    return fall


def fade_ends(sound: Sound, attack: float, release: float) -> Sound:
    """Raise the start and lower the end smoothly, in place; times in seconds."""
    count = len(sound)
    rise = min(count // 2, max(2, int(attack * RATE)))
    fall = min(count - rise, max(2, int(release * RATE)))
    sound[:rise] *= 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, rise, dtype=np.float32))
    if fall > 0:
        sound[-fall:] *= 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, fall, dtype=np.float32))
    return sound


def shape_spectrum(sound: Sound, low: float, high: float, order: int = 2) -> Sound:
    """Keep what lies between `low` and `high` hertz (0 leaves that side open); slopes of 6 dB an octave times order."""
    size = fast_length(len(sound) + 512)
    spectrum = np.fft.rfft(sound, size)
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    gain = np.ones_like(hertz)
    if low > 0:
        ratio = (hertz / low) ** (2 * order)
        gain *= np.sqrt(ratio / (1 + ratio))
    if high > 0:
        gain /= np.sqrt(1 + (hertz / high) ** (2 * order))
    return np.fft.irfft(spectrum * gain.astype(np.float32), size)[: len(sound)].astype(np.float32)


def resonate(sound: Sound, peaks: tuple[tuple[float, float, float], ...]) -> Sound:
    """Add resonances to a short sound: (hertz, width in hertz, gain) each."""
    size = fast_length(len(sound) + 1024)
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    spectrum = np.fft.rfft(sound, size) * formant_gain(hertz, peaks).astype(np.float32)
    return np.fft.irfft(spectrum, size)[: len(sound)].astype(np.float32)


def formant_gain(hertz: np.ndarray[Any, Any], peaks: tuple[tuple[float, float, float], ...]) -> np.ndarray[Any, Any]:
    """The gain of resonances at frequencies: 1 and the peaks added."""
    gain = np.ones_like(hertz)
    for centre, width, height in peaks:
        gain = gain + height / (1 + ((hertz - centre) / width) ** 2)
    return gain


def fast_length(count: int) -> int:
    """The next length that transforms quickly (2, 3 and 5 as the only factors)."""
    best = 1 << max(1, count - 1).bit_length()
    for factor in (3, 5, 9, 15):
        size = factor
        while size < count:
            size *= 2
        best = min(best, size)
    return best


def wave_table(amplitudes: np.ndarray[Any, Any]) -> Sound:
    """One period of a wave with such harmonics; their phases are spread so that it has no tall peak."""
    spectrum = np.zeros(TABLE // 2 + 1, dtype=np.complex128)
    numbers = np.arange(1, len(amplitudes) + 1)
    spectrum[1 : len(amplitudes) + 1] = amplitudes * np.exp(1j * (0.9 * numbers**2 - np.pi / 2))
    table = np.fft.irfft(spectrum, TABLE)
    return (table / max(1e-9, float(np.sqrt(np.mean(table**2))))).astype(np.float32)


def read_table(table: Sound, turns: np.ndarray[Any, Any]) -> Sound:
    """Look a wave table up at phases in turns."""
    values: Sound = table[(turns * TABLE).astype(np.int32) & (TABLE - 1)]
    return values


def even_loudness(sound: Sound, seconds: float = 0.3) -> Sound:
    """Bring the loudest stretch near the start to a root mean square of 0.1, in place, so that instruments balance."""
    head = sound[: max(64, int(seconds * RATE))]
    level = float(np.sqrt(np.mean(head * head)))
    if level > 1e-7:
        sound *= np.float32(0.1 / level)
    return sound
