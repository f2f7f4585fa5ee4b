"""The drum kits: every drum is made of sweeps, tones and shaped noise, tuned for its kit."""

from __future__ import annotations

import msgspec
import numpy as np

from lollms_client.engines.music.catalogue import table
from lollms_client.engines.music.synthesis.signal import RATE, Sound, decay, fade_ends, shape_spectrum, sine, times


class Kit(msgspec.Struct, frozen=True, kw_only=True):
    """A kit: pitch and length of the kick, tone and length of the snare, brightness of the metal, gains, room."""

    kick: float = 52.0
    kick_top: float = 170.0
    kick_ring: float = 0.32
    click: float = 0.35
    snare: float = 190.0
    snare_ring: float = 0.22
    wires: float = 0.8
    hat: float = 7500.0
    metal: float = 1.0
    send: float = 0.12
    top: float = 0.0  # hertz above which the kit is dull; 0 leaves it open
    kick_level: float = 1.0
    snare_level: float = 0.8
    hat_level: float = 0.32


KITS = msgspec.convert(table("kits.yaml"), dict[str, Kit])
_TOMS = {45: 88.0, 47: 118.0, 50: 155.0, 41: 72.0}


def drum(kit_name: str, key: int, velocity: float, variant: int) -> Sound:
    """One stroke of the drum with that General MIDI key; `variant` varies the noise."""
    kit = KITS[kit_name]
    generator = np.random.default_rng((key, variant, round(velocity * 8)))
    sound = _stroke(kit, kit_name, key, velocity, generator)
    sound = shape_spectrum(sound, 22, 0, 1)  # no offset
    if kit.top:
        sound = shape_spectrum(sound, 0, kit.top, 2)
    return fade_ends(sound, 0.0005, 0.02)


def _noise(generator: np.random.Generator, seconds: float, low: float, high: float, ring: float) -> Sound:
    count = int(seconds * RATE)
    noise = shape_spectrum(generator.standard_normal(count).astype(np.float32), low, high, 3)
    return noise * decay(count, ring)


def _sweep(bottom: float, top: float, speed: float, seconds: float, ring: float) -> Sound:
    count = int(seconds * RATE)
    hertz = bottom + (top - bottom) * np.exp(times(count) * np.float32(-speed))
    turns = np.cumsum(hertz.astype(np.float64)) / RATE
    return np.sin(2 * np.pi * turns).astype(np.float32) * decay(count, ring)


def _add(first: Sound, second: Sound) -> Sound:
    longer, shorter = (first, second) if len(first) >= len(second) else (second, first)
    longer[: len(shorter)] += shorter
    return longer


def _stroke(kit: Kit, kit_name: str, key: int, velocity: float, generator: np.random.Generator) -> Sound:
    if key == 36:
        body = _sweep(kit.kick, kit.kick_top, 38, kit.kick_ring * 1.3, kit.kick_ring * 1.25)
        click = _noise(generator, 0.012, 1500, 7000, 0.01)
        return _add(body, click * np.float32(kit.click * velocity)) * np.float32(0.95 * kit.kick_level)
    if key == 38:
        return _snare(kit, kit_name, velocity, generator) * np.float32(kit.snare_level)
    if key in _TOMS:
        tone = _TOMS[key] * (0.75 if kit_name == "orchestral" else 1.0)
        body = _sweep(tone, tone * 1.7, 22, 0.55, 0.6)
        return _add(body, _noise(generator, 0.05, 300, 4000, 0.05) * np.float32(0.15)) * np.float32(0.8)
    if key in (42, 44, 46, 49, 51):
        return _cymbal(kit, key, velocity, generator)
    return _small(kit, key, generator)


def _snare(kit: Kit, kit_name: str, velocity: float, generator: np.random.Generator) -> Sound:
    ring = kit.snare_ring
    wires = _noise(generator, ring * 1.4, 1200 if kit_name == "brush" else 1600, 9500, ring)
    wires *= np.float32(0.55 * kit.wires)
    if kit_name == "brush":
        return fade_ends(wires, 0.012, 0.03) * np.float32(0.8)
    count = int(0.16 * RATE)
    tone = sine(count, kit.snare) * decay(count, 0.14) + 0.6 * sine(count, kit.snare * 1.76) * decay(count, 0.09)
    return _add(wires, tone.astype(np.float32) * np.float32(0.5 + 0.15 * velocity))


def _cymbal(kit: Kit, key: int, velocity: float, generator: np.random.Generator) -> Sound:
    ring = {42: 0.07, 44: 0.05, 46: 0.5, 49: 1.9, 51: 0.75}[key]
    if kit.kick_ring < 0.15:
        ring *= 0.4
    count = int(ring * 1.1 * RATE)
    low = kit.hat if key in (42, 44, 46) else kit.hat * (0.45 if key == 49 else 0.6)
    metal = np.zeros(count, dtype=np.float32)
    base = 317.0 if key == 49 else 540.0
    for ratio in (2.0, 3.0, 4.16, 5.43, 6.79, 8.21):
        metal += np.sign(sine(count, base * ratio * 0.73, 0.1 * ratio))
    mixed = 0.12 * metal + generator.standard_normal(count).astype(np.float32)
    sound = shape_spectrum(mixed.astype(np.float32), low, 15000, 3) * decay(count, ring)
    if key == 51:
        ping = sine(count, 3150.0) + 0.6 * sine(count, 4730.0)
        sound = (0.5 * sound + 0.35 * ping * decay(count, 0.25)).astype(np.float32)
    level = {42: 1.0, 44: 0.7, 46: 0.9, 49: 1.5, 51: 0.8}[key] * kit.hat_level
    return sound * np.float32(level)


def _small(kit: Kit, key: int, generator: np.random.Generator) -> Sound:
    """Clap, rim, shaker, tambourine, conga."""
    if key == 39:
        clap = _noise(generator, 0.22, 900, 5200, 0.2)
        gate = np.ones(len(clap), dtype=np.float32)
        for start in (0.008, 0.019):
            edge = int(start * RATE)
            gate[edge : edge + 220] = 0.15
        return clap * gate * np.float32(0.6)
    if key == 37:
        count = int(0.06 * RATE)
        tone = sine(count, 1720.0) * decay(count, 0.04) + 0.5 * sine(count, 480.0) * decay(count, 0.05)
        return (tone * 0.4).astype(np.float32)
    if key == 54:
        return _noise(generator, 0.18, 6000, 14000, 0.16) * np.float32(0.32)
    if key == 64:
        return _sweep(205.0, 260.0, 30, 0.3, 0.28) * np.float32(0.5)
    shaker = _noise(generator, 0.09, 5200, 12000, 0.09)
    return fade_ends(shaker, 0.02, 0.02) * np.float32(0.2)
