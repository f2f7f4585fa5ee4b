"""Sustained sounds out of wave tables: organ, bowed strings, winds, brass, choir, pads, synthesisers."""

from __future__ import annotations

import functools

import msgspec
import numpy as np

from lollms_client.engines.music.catalogue import table
from lollms_client.engines.music.synthesis.signal import (
    RATE,
    Sound,
    formant_gain,
    frequency,
    phase,
    read_table,
    shape_spectrum,
    times,
    wave_table,
)


class WaveModel(msgspec.Struct, frozen=True, kw_only=True):
    """A sustained sound. Harmonics fall by 1/n^slope, even ones times `even`, or are given; times in seconds, detuning
    and vibrato in cents; `dull` is the further slope of the sound once its attack is over."""

    slope: float = 1.0
    even: float = 1.0
    drawbars: tuple[float, ...] = ()
    peaks: tuple[tuple[float, float, float], ...] = ()
    dull: float = 0.4
    bloom: float = 0.0  # seconds in which the sound brightens (brass), else it dulls in `darken`
    darken: float = 0.8
    attack: float = 0.02
    decay: float = 0.0  # falls to silence in so many seconds; 0 holds
    release: float = 0.08
    vibrato: float = 0.0
    rate: float = 5.4
    voices: int = 1
    detune: float = 0.0
    breath: float = 0.0
    tremolo: float = 0.0
    glide: float = 0.0  # starts so many cents below


MODELS = msgspec.convert(table("waves.yaml"), dict[str, WaveModel])


@functools.lru_cache(maxsize=512)
def _tables(model_name: str, pitch: int, bright: int) -> tuple[Sound, Sound]:
    """The wave of the attack and the wave of the held sound."""
    model, hertz = MODELS[model_name], frequency(pitch)
    count = max(1, min(48, int(15000 / hertz)))
    numbers = np.arange(1, count + 1, dtype=np.float64)
    if model.drawbars:
        levels = np.zeros(count)
        used = min(count, len(model.drawbars))
        levels[:used] = model.drawbars[:used]
    else:
        levels = numbers ** -(model.slope + 0.12 * (5 - bright))
        levels[1::2] *= model.even
    if model.peaks:
        levels = levels * formant_gain(numbers * hertz, model.peaks)
    dull = levels * numbers ** -(model.dull * (1.3 - 0.08 * bright))
    return wave_table(levels), wave_table(dull)


def hold(model_name: str, pitch: int, seconds: float, velocity: float, brightness: float) -> Sound:
    """A sound held for `seconds` and then released; the result is longer by the release."""
    model, hertz = MODELS[model_name], frequency(pitch)
    count = int((seconds + model.release) * RATE)
    if model.decay:
        count = min(count, int(model.decay * RATE))
    attack_table, held_table = _tables(model_name, pitch, round(10 * (0.5 * velocity + 0.5 * brightness)))
    clock = times(count)
    bend = _bend(model, clock)
    mix = (
        1 - np.exp(clock * np.float32(-1 / model.bloom))
        if model.bloom
        else np.exp(clock * np.float32(-1 / model.darken))
    )
    sound = np.zeros(count, dtype=np.float32)
    for voice in range(model.voices):
        cents = 0.0 if model.voices == 1 else model.detune * (2 * voice / (model.voices - 1) - 1)
        turns = phase(count, hertz * 2 ** (cents / 1200), 0.37 * voice)
        if bend is not None:
            turns = turns + bend * np.float32(hertz)
        held = read_table(held_table, turns)
        sound += held + mix * (read_table(attack_table, turns) - held) if model.dull else held
    return _envelope(_breathed(sound, model, hertz, pitch), model, clock)


def _bend(model: WaveModel, clock: Sound) -> Sound | None:
    """The time (seconds) by which vibrato and glide lead: added to the phase after multiplying by the frequency."""
    if not (model.vibrato or model.glide):
        return None
    cents = np.float32(np.log(2) / 1200)
    turn = np.float32(2 * np.pi * model.rate)
    bend = -np.cos(clock * turn) * (model.vibrato * cents / turn) * np.clip(clock * 2.5 - 0.4, 0, 1)
    if model.glide:
        bend = bend + np.float32(0.04) * np.float32(model.glide) * cents * np.exp(clock * np.float32(-25))
    lead: Sound = bend.astype(np.float32)
    return lead


def _breathed(sound: Sound, model: WaveModel, hertz: float, pitch: int) -> Sound:
    if not model.breath or len(sound) < 64:
        return sound
    noise = np.random.default_rng(pitch).standard_normal(len(sound)).astype(np.float32)
    level = model.breath * model.voices
    return sound + np.float32(level * 3) * shape_spectrum(noise, max(400, hertz), 6000, 1)


def _envelope(sound: Sound, model: WaveModel, clock: Sound) -> Sound:
    rise = min(len(sound) // 3, int(model.attack * RATE))
    fall = min(len(sound) - rise, int(model.release * RATE))
    if rise > 1:
        sound[:rise] *= 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, rise, dtype=np.float32))
    if model.decay:
        sound *= np.exp(clock * np.float32(-5.5 / model.decay))
    if model.tremolo:
        sound *= 1 + np.float32(model.tremolo) * np.sin(clock * np.float32(2 * np.pi * 5.1))
    if fall > 1:
        sound[-fall:] *= 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, fall, dtype=np.float32))
    return sound
