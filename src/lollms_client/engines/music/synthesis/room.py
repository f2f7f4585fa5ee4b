"""Reverberation: convolution with a made-up room, block by block."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from lollms_client.engines.music.synthesis.signal import RATE, Sound, fast_length, shape_spectrum, times

_BLOCK = 4 * RATE


def room_response(seconds: float) -> Sound:
    """The answer of a room to a clap, (2, n): early echoes, then a tail that dulls as it dies, of unit energy."""
    count = int(seconds * RATE)
    generator = np.random.default_rng(20)
    clock = times(count)
    sides = []
    for side in range(2):
        noise = generator.standard_normal(count).astype(np.float32)
        bright = shape_spectrum(noise, 180, 9000, 1) * np.exp(clock * np.float32(-6.9 / (seconds * 0.55)))
        dark = shape_spectrum(noise, 140, 2200, 1) * np.exp(clock * np.float32(-6.9 / seconds))
        tail = bright + 1.4 * dark
        rise = int(0.03 * RATE)
        tail[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
        for number, delay in enumerate((0.011, 0.019, 0.027, 0.041)):
            tail[int((delay + 0.0023 * side) * RATE)] += np.float32(3.5 / (number + 1.5))
        sides.append(tail / np.float32(np.sqrt(np.sum(tail * tail))))
    return np.stack(sides).astype(np.float32)


def add_room(dry: Sound, send: Sound, seconds: float, level: float) -> Generator[float, None, None]:
    """Add the room's answer to `send` (n,) to `dry` (2, n), in place. Yields the share done."""
    if level <= 0:
        return
    response = room_response(seconds)
    size = fast_length(_BLOCK + response.shape[1])
    spectra = [np.fft.rfft(side, size) for side in response]
    total = len(send)
    for start in range(0, total, _BLOCK):
        block = np.fft.rfft(send[start : start + _BLOCK], size)
        stop = min(total, start + size)
        for side in range(2):
            wet = np.fft.irfft(block * spectra[side], size)
            dry[side, start:stop] += (level * wet[: stop - start]).astype(np.float32)
        yield min(1.0, (start + _BLOCK) / total)
