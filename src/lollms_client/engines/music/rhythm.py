"""Reads the patterns of the genre tables and places them in bars: steps, swing, and the player's small liberties."""

from __future__ import annotations

import functools
import random

import msgspec

from lollms_client.engines.music.catalogue import Genre
from lollms_client.engines.music.score import Note, Timing


class Step(msgspec.Struct, frozen=True):
    """A sounded step: its place in the bar and length in quarter notes, its letter, whether the grid is in triplets."""

    start: float
    length: float
    letter: str
    triplet: bool


def meter_bar(meter: str) -> float:
    """Length of a bar of such a metre in quarter notes."""
    top, _, bottom = meter.partition("/")
    return int(top) * 4 / int(bottom)


@functools.lru_cache(maxsize=4096)
def pattern_steps(pattern: str, bar_index: int, own_bar: float, bar: float) -> tuple[Step, ...]:
    """The sounded steps of a pattern in the bar number `bar_index`.

    `own_bar` is the bar (in quarter notes) that the pattern was written for; in another metre it is cut or goes on.
    """
    bars = pattern.split("|")
    letters = bars[bar_index % len(bars)]
    step = own_bar / len(letters)
    triplet = abs(1 / step - 3) < 0.01
    count = max(1, round(bar / step))
    fitted = "".join(letters[index % len(letters)] for index in range(count))
    steps: list[Step] = []
    for index, letter in enumerate(fitted):
        if letter in ".-":
            continue
        length = 1
        while index + length < count and fitted[index + length] == "-":
            length += 1
        steps.append(Step(index * step, length * step, letter, triplet))
    return tuple(steps)


def swing(position: float, genre: Genre, timing: Timing) -> float:
    """Where a note written at `position` (quarter notes) is really played."""
    if genre.swing == 0 or timing.compound:
        return position
    unit = 4 / genre.swing_unit
    pair, rest = divmod(position + 1e-9, 2 * unit)
    turn = unit * (1 + genre.swing)
    late = rest / unit * turn if rest <= unit else turn + (rest - unit) / unit * (2 * unit - turn)
    return pair * 2 * unit + late


def humanise(notes: list[Note], genre: Genre, timing: Timing, purpose: str, end: float) -> list[Note]:
    """Move notes by a few milliseconds and touches of velocity, as a player would."""
    if genre.humanise == 0:
        return notes
    chance = random.Random(purpose)
    spread = 0.007 * genre.humanise * timing.quarter_bpm / 60
    played = []
    for note in notes:
        start = min(max(0.0, note.start + chance.gauss(0, spread)), end - 0.05)
        velocity = min(127, max(1, round(note.velocity + chance.gauss(0, 6 * genre.humanise))))
        played.append(Note(start, note.length, note.pitch, velocity))
    return played


def velocity_of(intensity: float, accent: float) -> int:
    """MIDI velocity of a stroke with `accent` (0 to 1) in a section of such intensity."""
    return max(1, min(127, round((46 + 62 * intensity) * accent)))
