"""Renders single notes and drum strokes, and keeps what it has rendered, since music repeats itself."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from lollms_client.engines.music.catalogue import Instrument
from lollms_client.engines.music.synthesis.percussion import drum
from lollms_client.engines.music.synthesis.signal import RATE, Sound, even_loudness
from lollms_client.engines.music.synthesis.strings import pluck
from lollms_client.engines.music.synthesis.struck import modulate, strike
from lollms_client.engines.music.synthesis.sustained import hold

_LONGEST_RING, _SHORT_RING = 5.0, 1.5  # seconds
_CACHED_SAMPLES = 12_000_000  # 48 MB
_RELEASES = {"struck": 0.22, "plucked": 0.12, "driven": 0.06, "fm": 0.25}
_LET_RING = frozenset(
    {"harp", "glockenspiel", "music_box", "celesta", "bell", "soft_bell", "kalimba", "koto", "timpani"}
)
_STEPS = 5  # velocities that are told apart


class NoteCache:
    """Rendered notes by instrument, pitch, velocity step and (for sustained sounds) length; the oldest go first."""

    def __init__(self, brightness: float) -> None:
        self.brightness = brightness
        self._sounds: OrderedDict[tuple[str, int, int, int], Sound] = OrderedDict()
        self._samples = 0

    def note(self, player: Instrument, pitch: int, seconds: float, velocity: int) -> Sound:
        """A note of `seconds`, as loud as its velocity says, with its natural end; do not change the array."""
        step = min(_STEPS, max(1, round(velocity / 127 * _STEPS)))
        if player.voice == "wave":
            length = round(seconds * 50)
        else:  # a ringing sound is rendered short or whole, and damped when the note ends
            length = round(50 * (_SHORT_RING if seconds < 1.2 and player.model not in _LET_RING else _LONGEST_RING))
        key = (player.name, pitch, step, length)
        sound = self._sounds.get(key)
        if sound is None:
            sound = self._keep(key, self._render(player, pitch, max(length / 50, 0.04), step / _STEPS))
        else:
            self._sounds.move_to_end(key)
        if player.voice != "wave" and player.model not in _LET_RING:
            sound = _damped(sound, seconds, _RELEASES[player.voice])
        return sound

    def stroke(self, kit: str, key: int, velocity: int, variant: int) -> Sound:
        """A drum stroke; do not change the array."""
        step = min(_STEPS, max(1, round(velocity / 127 * _STEPS)))
        name = (kit, key, step, variant)
        sound = self._sounds.get(name)
        return sound if sound is not None else self._keep(name, drum(kit, key, step / _STEPS, variant))

    def _render(self, player: Instrument, pitch: int, seconds: float, velocity: float) -> Sound:
        touch = min(1.0, velocity * (0.7 + 0.55 * self.brightness))
        if player.voice == "wave":
            return even_loudness(hold(player.model, pitch, seconds, velocity, self.brightness), 1.0)
        if player.voice == "struck":
            return even_loudness(strike(player.model, pitch, seconds, touch))
        if player.voice == "fm":
            return even_loudness(modulate(player.model, pitch, seconds, touch))
        sound = pluck(player.model, pitch, seconds, touch)
        return even_loudness(_eased(sound))

    def _keep(self, key: tuple[str, int, int, int], sound: Sound) -> Sound:
        self._sounds[key] = sound
        self._samples += len(sound)
        while self._samples > _CACHED_SAMPLES and len(self._sounds) > 1:
            _, old = self._sounds.popitem(last=False)
            self._samples -= len(old)
        return sound


def _eased(sound: Sound) -> Sound:
    """A soft start of a millisecond and an end without a step."""
    rise, fall = 40, min(len(sound) // 4, 2000)
    sound[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    sound[-fall:] *= np.linspace(1, 0, fall, dtype=np.float32)
    return sound


def _damped(sound: Sound, seconds: float, release: float) -> Sound:
    """A ringing sound cut off by a damper after `seconds`."""
    stop, fall = int(seconds * RATE), int(release * RATE)
    if stop + fall >= len(sound):
        return sound
    cut = sound[: stop + fall].copy()
    cut[stop:] *= 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, fall, dtype=np.float32))
    return cut
