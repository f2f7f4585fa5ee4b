"""Plays a score: renders every track into one stereo mix, with pan, echo, pumping, room and mastering."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from lollms_client.engines.music.catalogue import instruments
from lollms_client.engines.music.plan import Plan
from lollms_client.engines.music.score import Score, Track
from lollms_client.engines.music.synthesis.mastering import master
from lollms_client.engines.music.synthesis.percussion import KITS
from lollms_client.engines.music.synthesis.room import add_room
from lollms_client.engines.music.synthesis.signal import RATE, Sound, shape_spectrum
from lollms_client.engines.music.synthesis.voices import NoteCache

_DRUM_PANS = {36: 0.0, 38: 0.04, 42: 0.3, 44: 0.3, 46: 0.3, 49: -0.4, 51: 0.45, 45: -0.35, 47: -0.1, 50: 0.2,
              37: 0.1, 39: -0.05, 70: -0.45, 54: -0.3, 64: 0.35}  # fmt: skip
_DRUM_LEVEL = 0.5
_NOTES_A_STEP = 4


def render(score: Score, plan: Plan) -> Generator[tuple[float, str], None, Sound]:
    """Turn a score into sound: float32 samples shaped (n, 2) at 44,100 Hz, exactly `plan.seconds` long.

    Yields (share done, what is being done), often enough for a prompt cancel.
    """
    mixer = _Mixer(score, plan)
    strokes = max(1, sum(len(track.notes) for track in score.tracks))
    done = 0
    for track in score.tracks:
        cache = NoteCache(plan.brightness)
        for first in range(0, len(track.notes), _NOTES_A_STEP):
            mixer.play(track, first, cache)
            done += min(_NOTES_A_STEP, len(track.notes) - first)
            yield 0.75 * done / strokes, f"playing {'drums' if track.drums else track.instrument}"
    if plan.genre.noise:
        yield from mixer.add_crackle(plan.genre.noise)
    for share in add_room(mixer.dry, mixer.send, plan.genre.room, 0.25 + 1.5 * plan.reverb):
        yield 0.75 + 0.15 * share, "adding the room"
    mixer.send = mixer.send[:0]  # no longer needed
    fade = min(2.5, score.timing.seconds(score.timing.hold) * 0.6)
    loudness = min(-14.2, max(-17.8, plan.genre.loudness + 2 * (plan.energy - plan.genre.energy)))
    for share in master(mixer.dry, loudness, fade):
        yield 0.9 + 0.1 * share, "mastering"
    return mixer.dry.T


class _Mixer:
    def __init__(self, score: Score, plan: Plan) -> None:
        self.score, self.plan = score, plan
        self.total = round(plan.seconds * RATE)
        self.dry = np.zeros((2, self.total), dtype=np.float32)
        self.send = np.zeros(self.total, dtype=np.float32)
        self.pump = _pump_curve(plan.genre.pump, score.timing.seconds(score.timing.beat))

    def play(self, track: Track, first: int, cache: NoteCache) -> None:
        """Add some notes of a track to the mix."""
        for number, note in enumerate(track.notes[first : first + _NOTES_A_STEP], start=first):
            start = round(self.score.timing.seconds(note.start) * RATE)
            if track.drums:
                sound = cache.stroke(track.instrument, note.pitch, note.velocity, number % 3)
                level = _DRUM_LEVEL * (note.velocity / 127) ** 1.5
                self._add(sound, start, level, _DRUM_PANS.get(note.pitch, 0.0), KITS[track.instrument].send)
                continue
            player = instruments()[track.instrument]
            sound = cache.note(player, note.pitch, self.score.timing.seconds(note.length), note.velocity)
            level = track.level * player.level * (note.velocity / 127) ** 1.3
            pan = track.pan + (0.012 * (note.pitch - 60) if track.role == "comp" else 0.0)
            if self.plan.genre.pump and track.role != "lead":
                sound = self._pumped(sound, start)
            self._add(sound, start, level, pan, player.send)
            if self.plan.genre.echo and track.role in ("lead", "counter"):
                self._echo(sound, start, level, track.pan, player.send)

    def _add(self, sound: Sound, start: int, level: float, pan: float, send: float) -> None:
        part = sound[: max(0, self.total - start)]
        if not len(part):
            return
        angle = (min(0.9, max(-0.9, pan)) + 1) * np.pi / 4
        stop = start + len(part)
        self.dry[0, start:stop] += part * np.float32(level * np.cos(angle) * 1.414)
        self.dry[1, start:stop] += part * np.float32(level * np.sin(angle) * 1.414)
        self.send[start:stop] += part * np.float32(level * send)

    def _echo(self, sound: Sound, start: int, level: float, pan: float, send: float) -> None:
        delay = round(self.score.timing.seconds(0.75) * RATE)
        for turn in (1, 2):
            side = 0.6 if turn == 1 else -0.6
            self._add(sound, start + turn * delay, level * self.plan.genre.echo**turn, side + pan, send)

    def _pumped(self, sound: Sound, start: int) -> Sound:
        period = len(self.pump)
        offset = start % period
        curve = np.tile(self.pump, (offset + len(sound)) // period + 1)[offset : offset + len(sound)]
        pumped: Sound = sound * curve
        return pumped

    def add_crackle(self, level: float) -> Generator[tuple[float, str], None, None]:
        """The noise of an old record: a soft hiss and sparse ticks."""
        generator = np.random.default_rng(self.plan.seed % 2**32)
        block = 5 * RATE
        for start in range(0, self.total, block):
            count = min(block, self.total - start)
            hiss = shape_spectrum(generator.standard_normal(count).astype(np.float32), 300, 5000, 1)
            ticks = np.zeros(count, dtype=np.float32)
            places = generator.integers(0, count, max(1, count * 7 // RATE))
            ticks[places] = generator.uniform(-1, 1, len(places)).astype(np.float32)
            noise = hiss + 60 * shape_spectrum(ticks, 500, 4500, 1)
            for side in range(2):
                self.dry[side, start : start + count] += np.float32(level) * noise
            yield 0.75, "adding an old record's noise"


def _pump_curve(depth: float, beat: float) -> Sound:
    """Gain over one beat: ducked under the kick, then rising."""
    count = max(64, round(beat * RATE))
    place = np.arange(count, dtype=np.float32) / count
    dip = np.exp(-((place / 0.32) ** 2)) + np.exp(-(((1 - place) / 0.015) ** 2))
    curve: Sound = (1 - np.float32(depth) * np.minimum(1.0, dip)).astype(np.float32)
    return curve
