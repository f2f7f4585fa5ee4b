"""Struck and frequency-modulated sounds: piano, mallets, music box, bells, electric piano."""

from __future__ import annotations

import msgspec
import numpy as np

from lollms_client.engines.music.synthesis.signal import RATE, Sound, decay, frequency, phase, shape_spectrum, sine


class BarModel(msgspec.Struct, frozen=True):
    """A bar, bell or skin: frequency ratios, loudness and ringing (seconds at middle C) of its partials."""

    ratios: tuple[float, ...]
    levels: tuple[float, ...]
    rings: tuple[float, ...]
    knock: float = 0.0
    tremolo: float = 0.0


BARS = {
    "celesta": BarModel((1, 2, 4, 6.1), (1, 0.35, 0.25, 0.08), (1.8, 1.2, 0.5, 0.2), 0.03),
    "glockenspiel": BarModel((1, 2.76, 5.4, 8.93), (1, 0.4, 0.25, 0.1), (2.6, 1.6, 0.7, 0.3), 0.02),
    "music_box": BarModel((1, 2.0, 3.01, 5.43, 8.2), (1, 0.4, 0.22, 0.2, 0.08), (2.0, 1.4, 0.9, 0.4, 0.15), 0.04),
    "vibraphone": BarModel((1, 4, 10.1), (1, 0.28, 0.06), (4.0, 1.2, 0.3), 0.02, 0.35),
    "marimba": BarModel((1, 3.93, 9.24), (1, 0.25, 0.06), (1.1, 0.3, 0.1), 0.06),
    "xylophone": BarModel((1, 3.0, 6.1, 9.8), (1, 0.5, 0.25, 0.1), (0.6, 0.3, 0.15, 0.1), 0.08),
    "kalimba": BarModel((1, 2.02, 5.43, 6.8), (1, 0.18, 0.14, 0.06), (1.6, 0.8, 0.2, 0.12), 0.08),
    "timpani": BarModel((1, 1.5, 1.99, 2.44, 2.9), (1, 0.7, 0.4, 0.25, 0.15), (1.3, 1.0, 0.7, 0.5, 0.3), 0.3),
}


class FmModel(msgspec.Struct, frozen=True):
    """Frequency modulation: ratio of the modulator, depth at the stroke and later, ringing, and a high tine's share."""

    ratio: float
    depth: float
    rest: float
    depth_ring: float
    ring: float
    tine: float = 0.0
    tine_ratio: float = 14.0
    second: float = 0.0


FMS = {
    "tine": FmModel(1.0, 1.6, 0.35, 0.9, 4.5, 0.12),
    "bell": FmModel(1.4, 4.5, 0.3, 3.0, 6.0, 0.2, 2.76, 0.4),
    "soft_bell": FmModel(3.5, 1.6, 0.1, 1.2, 4.5, 0.1, 7.0, 0.15),
    "steel_drum": FmModel(2.0, 2.6, 0.2, 0.25, 1.3, 0.25, 3.0, 0.2),
}


def strike(model_name: str, pitch: int, seconds: float, velocity: float) -> Sound:
    """A struck sound that rings for at most `seconds`."""
    if model_name == "piano":
        return _piano(pitch, seconds, velocity)
    model, hertz = BARS[model_name], frequency(pitch)
    scale = (261.6 / hertz) ** 0.4
    count = int(min(seconds, max(model.rings) * scale * 1.05) * RATE)
    sound = np.zeros(count, dtype=np.float32)
    for number, (ratio, level, ring) in enumerate(zip(model.ratios, model.levels, model.rings, strict=True)):
        if hertz * ratio > 16000:
            break
        part = min(count, int(ring * scale * 1.1 * RATE))
        loud = level * (0.35 + 0.65 * velocity) if number else level
        sound[:part] += np.float32(loud) * sine(part, hertz * ratio, 0.13 * number) * decay(part, ring * scale)
    if model.tremolo:
        sound *= 1 + np.float32(model.tremolo) * (sine(count, 5.2) - 1) * 0.5
    return _knocked(_soft_ends(sound), model.knock * velocity, hertz, pitch)


def _knocked(sound: Sound, level: float, hertz: float, seed: int) -> Sound:
    count = min(len(sound), int(0.03 * RATE))
    noise = np.random.default_rng(seed).standard_normal(count).astype(np.float32) * decay(count, 0.025)
    knock = shape_spectrum(noise, max(120, hertz * 0.5), 5000, 1)
    rise = min(30, count)
    knock[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    sound[:count] += np.float32(level) * knock
    return sound


def _piano(pitch: int, seconds: float, velocity: float) -> Sound:
    """Slightly inharmonic partials that die the sooner the higher they are, two strings a note, the hammer's knock."""
    hertz = frequency(pitch)
    stretch = 0.00028 * (hertz / 261.6) ** 0.9
    ring = min(9.0, 5.2 * (261.6 / hertz) ** 0.55)
    count = int(min(seconds, ring, 5.0) * RATE)
    sound = np.zeros(count, dtype=np.float32)
    hardness = (3.0 + 9.0 * velocity) * (261.6 / hertz) ** 0.35
    for number in range(1, 17):
        partial = hertz * number * np.sqrt(1 + stretch * number * number)
        level = float(np.exp(-(number - 1) / hardness) * (0.3 + abs(np.sin(np.pi * number * 0.12))) / number**0.55)
        if partial > 14000 or level < 0.004:
            break
        life = ring / (1 + 0.28 * (number - 1))
        part = min(count, int(life * 0.85 * RATE))
        tone = sine(part, partial, 0.31 * number)
        if number <= 3:
            tone = tone + 0.6 * sine(part, partial * 1.0004, 0.17 * number)
        fall = 0.55 * decay(part, life * 0.45) + 0.45 * decay(part, life)
        sound[:part] += np.float32(level) * tone * fall
    return _knocked(_soft_ends(sound), 0.12 * velocity, hertz * 1.5, pitch)


def modulate(model_name: str, pitch: int, seconds: float, velocity: float) -> Sound:
    """A frequency-modulated sound that rings for at most `seconds`."""
    model, hertz = FMS[model_name], frequency(pitch)
    ring = model.ring * (261.6 / hertz) ** 0.4
    count = int(min(seconds, ring * 1.05) * RATE)
    depth = model.depth * (0.35 + 0.75 * velocity) * min(1.0, (700 / hertz) ** 0.5)
    index = model.rest + np.float32(depth) * decay(count, model.depth_ring)
    turn = np.float32(2 * np.pi)
    carrier = phase(count, hertz) * turn
    sound = np.sin(carrier + index * sine(count, hertz * model.ratio)) * decay(count, ring)
    if model.second:
        sound = sound + np.float32(model.second) * sine(count, hertz * 2.003) * decay(count, ring * 0.6)
    if model.tine and hertz * model.tine_ratio < 15000:
        part = min(count, int(0.4 * RATE))
        tine = sine(part, hertz * model.tine_ratio) * decay(part, 0.35)
        sound[:part] += np.float32(model.tine * velocity) * tine
    return _soft_ends(sound.astype(np.float32, copy=False))


def _soft_ends(sound: Sound) -> Sound:
    rise, fall = 60, min(len(sound) // 4, 4000)
    sound[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    sound[-fall:] *= np.linspace(1, 0, fall, dtype=np.float32)
    return sound
