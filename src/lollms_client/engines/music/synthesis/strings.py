"""Plucked strings by the Karplus-Strong method: guitars, harp, basses, harpsichord, amplified guitars."""

from __future__ import annotations

import msgspec
import numpy as np

from lollms_client.engines.music.synthesis.signal import RATE, Sound, frequency, resonate, shape_spectrum

Peaks = tuple[tuple[float, float, float], ...]


class StringModel(msgspec.Struct, frozen=True):
    """A string: seconds of ringing at middle C, brightness of the stroke (0-1), place of the stroke, loss of treble
    (0-0.5), resonances of the body, pitch shift of a second string in cents, drive of an amplifier."""

    ring: float
    bright: float
    place: float
    loss: float
    body: Peaks = ()
    course: float = 0.0
    drive: float = 0.0


MODELS = {
    "nylon": StringModel(2.6, 0.35, 0.28, 0.5, ((110, 40, 1.2), (210, 60, 1.0), (420, 120, 0.5))),
    "steel": StringModel(3.4, 0.7, 0.2, 0.3, ((100, 40, 1.0), (200, 60, 0.9), (2600, 900, 0.6))),
    "clean_electric": StringModel(4.0, 0.5, 0.14, 0.35, ((1800, 900, 0.8),)),
    "ukulele": StringModel(1.3, 0.45, 0.3, 0.45, ((300, 90, 1.6), (600, 150, 0.8))),
    "banjo": StringModel(0.9, 0.95, 0.12, 0.2, ((700, 250, 1.8), (1900, 700, 1.2))),
    "mandolin": StringModel(1.4, 0.85, 0.16, 0.25, ((450, 150, 1.2), (1200, 500, 0.7)), 7.0),
    "sitar": StringModel(3.2, 1.0, 0.08, 0.12, ((900, 400, 1.2), (2400, 900, 1.4)), 5.0),
    "koto": StringModel(2.0, 0.75, 0.1, 0.35, ((500, 200, 0.9),)),
    "harp": StringModel(3.2, 0.4, 0.45, 0.42, ((220, 90, 0.8),)),
    "harpsichord": StringModel(2.2, 1.0, 0.09, 0.08, ((350, 150, 0.6), (1500, 800, 0.8)), 3.0),
    "pizzicato": StringModel(0.5, 0.4, 0.3, 0.5, ((280, 90, 1.2), (480, 150, 0.8))),
    "upright_bass": StringModel(1.5, 0.3, 0.3, 0.5, ((90, 40, 1.2), (180, 70, 0.8), (700, 400, 0.4))),
    "electric_bass": StringModel(2.6, 0.5, 0.2, 0.4, ((100, 60, 0.6), (900, 500, 0.5))),
    "overdrive": StringModel(7.0, 0.7, 0.15, 0.18, (), 0.0, 5.0),
    "distortion": StringModel(9.0, 0.8, 0.12, 0.15, (), 0.0, 18.0),
}


def pluck(model_name: str, pitch: int, seconds: float, velocity: float) -> Sound:
    """A string struck once and left to ring for at most `seconds`; not yet damped at its end."""
    model = MODELS[model_name]
    hertz = frequency(pitch)
    ring = model.ring * (261.6 / hertz) ** 0.35
    count = int(min(seconds, ring * 1.05) * RATE)
    generator = np.random.default_rng((pitch, round(velocity * 8), len(model_name)))
    sound = _string(hertz, count, ring, model, velocity, generator)
    if model.course:
        other = _string(hertz * 2 ** (model.course / 1200), count, ring * 0.9, model, velocity, generator)
        sound = sound + 0.8 * other
    if model.body:
        sound = resonate(sound, model.body)
    if model.drive:
        sound = _amplify(sound, model.drive)
    return sound


def _string(
    hertz: float, count: int, ring: float, model: StringModel, velocity: float, generator: np.random.Generator
) -> Sound:
    period = max(8, int(RATE / hertz))
    real = period + model.loss  # the delay of the loop in samples
    needed = int(count * hertz * real / RATE) + 2 * period + 4
    line = np.zeros(needed + period, dtype=np.float32)
    line[1 : period + 1] = _stroke(period, model, velocity, generator)
    gain = np.float32(10 ** (-3 * period / RATE / ring))
    keep, pass_on = gain * np.float32(1 - model.loss), gain * np.float32(model.loss)
    start = period + 1
    while start < needed:
        stop = min(start + period, needed)
        block = line[start - period : stop - period] * keep
        block += line[start - period - 1 : stop - period - 1] * pass_on
        line[start:stop] = block
        start = stop
    wanted = np.arange(count, dtype=np.float64) * (hertz * real / RATE) + 1
    index = wanted.astype(np.int64)
    share = (wanted - index).astype(np.float32)
    return line[index] * (1 - share) + line[index + 1] * share


def _stroke(period: int, model: StringModel, velocity: float, generator: np.random.Generator) -> Sound:
    """The string's first shape: noise, duller when soft, with the notches of the place where it is struck."""
    spectrum = np.fft.rfft(generator.uniform(-1, 1, period))
    harmonics = np.arange(len(spectrum), dtype=np.float64)
    spectrum = np.exp(1j * np.angle(spectrum))
    cut = (4 + 40 * model.bright**2) * (0.45 + 0.8 * velocity)
    spectrum *= np.abs(np.sin(np.pi * harmonics * model.place)) / (1 + harmonics / 6) / (1 + (harmonics / cut) ** 2)
    spectrum[0] = 0
    shape = np.fft.irfft(spectrum, period)
    return (shape / max(1e-9, float(np.max(np.abs(shape))))).astype(np.float32)


def _amplify(sound: Sound, drive: float) -> Sound:
    """Overdrive and a loudspeaker's band."""
    level = float(np.sqrt(np.mean(sound[:8820] ** 2))) + 1e-9
    driven = np.tanh(sound * np.float32(drive * 0.35 / level))
    return shape_spectrum(driven, 85, 4200, 2)
