"""Finishes a mix: no rumble, the wished loudness, peaks held back, soft ends."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from lollms_client.engines.music.synthesis.signal import RATE, Sound

CEILING = 0.94
_HOP = 256
_KNEE = 0.72


def master(mix: Sound, loudness: float, fade: float) -> Generator[float, None, None]:
    """Bring a mix (2, n) to `loudness` (dBFS, root mean square) and below CEILING, in place; fade the last `fade`
    seconds. Yields the share done."""
    total = mix.shape[1]
    for side in range(2):
        mix[side] -= np.float32(np.mean(mix[side], dtype=np.float64))
        yield 0.05 * (side + 1)
    _fade(mix, fade)
    peaks = _hop_peaks(mix)
    yield 0.15
    target = 10 ** (loudness / 20)
    gain = target / max(1e-9, _level(mix))
    yield 0.2
    for turn in range(5):
        curve = _limiter(peaks * gain)
        gain *= min(2.0, max(0.5, target / max(1e-9, _level(mix, gain, curve))))
        yield 0.2 + 0.1 * turn
    curve = _limiter(peaks * gain)
    centres = np.arange(len(curve)) * _HOP + _HOP / 2
    block = 10 * RATE
    for start in range(0, total, block):
        stop = min(total, start + block)
        envelope = (gain * np.interp(np.arange(start, stop), centres, curve)).astype(np.float32)
        for side in range(2):
            mix[side, start:stop] = _soften(mix[side, start:stop] * envelope)
        yield 0.7 + 0.3 * stop / total


def _fade(mix: Sound, fade: float) -> None:
    start = min(mix.shape[1], 64)
    mix[:, :start] *= np.linspace(0, 1, start, dtype=np.float32)
    count = min(mix.shape[1], max(2, int(fade * RATE)))
    mix[:, -count:] *= 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, count, dtype=np.float32))


def _hop_peaks(mix: Sound) -> Sound:
    hops = -(-mix.shape[1] // _HOP)
    peaks = np.zeros(hops, dtype=np.float32)
    for side in range(2):
        whole = mix.shape[1] // _HOP
        body = mix[side, : whole * _HOP].reshape(whole, _HOP)
        if whole:
            peaks[:whole] = np.maximum(peaks[:whole], np.maximum(body.max(axis=1), -body.min(axis=1)))
        if whole < hops:
            peaks[-1] = max(float(peaks[-1]), float(np.abs(mix[side, whole * _HOP :]).max()))
    return peaks


def _limiter(peaks: Sound) -> Sound:
    """The gain for each hop that keeps peaks near the ceiling, opening and closing smoothly around them."""
    wished = np.minimum(1.0, 0.9 / np.maximum(peaks, 1e-9))
    padded = np.pad(wished, 6, mode="edge")
    lowest = np.min(np.lib.stride_tricks.sliding_window_view(padded, 9), axis=1)
    window = np.hanning(7)[1:-1]
    smooth = np.convolve(lowest, window / window.sum(), mode="valid")
    return smooth[: len(peaks)].astype(np.float32)


def _level(mix: Sound, gain: float = 1.0, curve: Sound | None = None) -> float:
    """Root mean square of some of the samples, after gain and limiter where given."""
    step = max(7, mix.shape[1] // 300_000 | 1)
    total = 0.0
    for side in range(2):
        part = mix[side, ::step]
        if curve is not None:
            index = np.minimum(np.arange(0, mix.shape[1], step) // _HOP, len(curve) - 1)
            part = _soften(part * (np.float32(gain) * curve[index]))
        total += float(np.mean(part * part, dtype=np.float64)) / 2
    return float(np.sqrt(total))


def _soften(sound: Sound) -> Sound:
    """Bend what is above the knee so that nothing passes the ceiling."""
    size = np.abs(sound)
    over = size > _KNEE
    if over.any():
        room = CEILING - _KNEE
        bent = _KNEE + room * np.tanh((size[over] - _KNEE) / room)
        sound[over] = np.sign(sound[over]) * bent
    return sound
