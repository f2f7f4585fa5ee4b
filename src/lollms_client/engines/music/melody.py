"""Writes tunes: motifs with repetition, variation, answers, and phrases that end on tones of the chord."""

from __future__ import annotations

import itertools
import random

import msgspec

from lollms_client.engines.music.harmony import chord_at
from lollms_client.engines.music.plan import Plan
from lollms_client.engines.music.rhythm import swing, velocity_of
from lollms_client.engines.music.score import ChordSpan, Note, Section, Timing
from lollms_client.engines.music.theory import melody_scale, move_steps, nearest_pitch

_PHRASES = {
    "tune": (("A", "B", "A", "E"), ("A", "A", "B", "E"), ("A", "B", "C", "E")),
    "run": (("A", "A", "B", "E"), ("A", "B", "A", "E")),
    "riff": (("A", "A", "A", "B"), ("A", "B", "A", "C")),
    "sparse": (("A", "E", "B", "E"), ("A", "B", "E", "E")),
}
_ARC = (0.0, 1.5, 3.0, -0.5)


class Cell(msgspec.Struct, frozen=True):
    """A bar's motif: onsets and lengths in quarter notes, and scale steps from its first note."""

    onsets: tuple[float, ...]
    lengths: tuple[float, ...]
    steps: tuple[int, ...]


class Theme(msgspec.Struct, frozen=True):
    """The motifs of a kind of section and the order in which a phrase of four bars uses them."""

    cells: dict[str, Cell]
    order: tuple[str, ...]


def make_theme(plan: Plan, timing: Timing, role: str) -> Theme:
    """Invent the motifs of a role (verse, chorus, bridge, solo); the same seed invents the same."""
    chance = random.Random(f"theme {plan.seed} {role}")
    density = plan.density * {"chorus": 1.1, "bridge": 0.75, "solo": 1.35}.get(role.partition(" ")[0], 1.0)
    cells = {name: _cell(chance, plan, timing, density) for name in "ABC"}
    order = chance.choice(_PHRASES["run" if role.startswith("solo") else plan.genre.melody.kind])
    return Theme(cells, order)


def _cell(chance: random.Random, plan: Plan, timing: Timing, density: float) -> Cell:
    style = plan.genre.melody
    grid = 0.25 if timing.quarter_bpm < 92 and density > 0.5 else 0.5
    places = [index * grid for index in range(max(1, round(timing.bar / grid)))]
    usual = 0.5 if grid == 0.25 else 1.0
    count = max(1, min(len(places), round(density * usual * len(places) * chance.uniform(0.85, 1.15))))
    weights = {place: _weight(place, timing, style.syncopation) for place in places}
    onsets: list[float] = []
    while len(onsets) < count:
        left = [place for place in places if place not in onsets]
        onsets.append(chance.choices(left, [weights[place] for place in left])[0])
    onsets.sort()
    ends = [*onsets[1:], timing.bar]
    lengths = tuple(min(end - onset, 2 * timing.bar) for onset, end in zip(onsets, ends, strict=True))
    steps, direction = [0], chance.choice((-1, 1))
    for _ in onsets[1:]:
        if chance.random() < 0.35 or abs(steps[-1]) > 4:
            direction = -1 if steps[-1] > 3 else 1 if steps[-1] < -3 else -direction
        size = chance.choice((2, 3, 4)) if chance.random() < style.leap else chance.choice((0, 1, 1, 1))
        steps.append(steps[-1] + direction * size)
    return Cell(tuple(onsets), lengths, tuple(steps))


def _weight(place: float, timing: Timing, syncopation: float) -> float:
    if place == 0:
        return 2.2 - syncopation
    if abs(place / timing.beat - round(place / timing.beat)) < 1e-6:
        return 1.0
    return 0.12 + 0.8 * syncopation if abs(place * 2 - round(place * 2)) < 1e-6 else 0.05 + 0.4 * syncopation


class Tune:
    """Sings a theme over the chords of sections, one after the other, within a range of pitches."""

    def __init__(self, plan: Plan, timing: Timing, chords: list[ChordSpan], low: int, high: int, centre: float) -> None:
        self.plan, self.timing, self.chords = plan, timing, chords
        self.low, self.high = low, max(high, low + 12)
        self.centre = min(max(centre, self.low + 5), self.high - 5)
        self.last = nearest_pitch(self.centre, chords[0].chord.tones[:3])

    def section(
        self, section: Section, theme: Theme, *, shift: int = 0, lift: float = 0.0, legato: bool = False
    ) -> list[Note]:
        """The notes of a section. `shift` delays the theme by bars (imitation), `lift` raises it (semitones)."""
        chance = random.Random(f"tune {self.plan.seed} {section.name} {shift}")
        notes: list[Note] = []
        for bar in range(shift, section.bars):
            place = bar - shift
            letter = theme.order[place % len(theme.order)]
            closing = bar == section.bars - 1 or place % 8 == 7
            if letter == "E" or (closing and self.plan.genre.melody.kind != "riff"):
                cell = self._ending(theme.cells["A"], closing)
            else:
                cell = self._varied(theme.cells[letter], section, place, chance)
            start = (section.start + bar) * self.timing.bar
            arc = _ARC[place % 4] + lift
            notes += self._bar(cell, start, arc, section.intensity, closing and letter == "E")
        return _legato(notes) if legato else notes

    def _ending(self, cell: Cell, closing: bool) -> Cell:
        """The motif's head, then a long note, and breath at a phrase's end."""
        bar = self.timing.bar
        head = [index for index, onset in enumerate(cell.onsets) if onset < bar * 0.45]
        onsets = [cell.onsets[index] for index in head] + [bar / 2]
        if not closing and not head:
            onsets = [0.0, bar / 2]
        ends = [*onsets[1:], bar * (0.97 if closing else 0.9)]
        steps = ([cell.steps[index] for index in head] or [0] * (len(onsets) - 1)) + [0]
        lengths = tuple(end - onset for onset, end in zip(onsets, ends, strict=True))
        return Cell(tuple(onsets), lengths, tuple(steps[: len(onsets)]))

    def _varied(self, cell: Cell, section: Section, place: int, chance: random.Random) -> Cell:
        """Later repetitions split a long note or turn the motif's end."""
        if place < 4 and section.occurrence == 0:
            return cell
        onsets, lengths, steps = list(cell.onsets), list(cell.lengths), list(cell.steps)
        longest = max(range(len(lengths)), key=lengths.__getitem__)
        if lengths[longest] >= 1.0 and chance.random() < 0.5:
            half = lengths[longest] / 2
            lengths[longest] = half
            onsets.insert(longest + 1, onsets[longest] + half)
            lengths.insert(longest + 1, half)
            steps.insert(longest + 1, steps[longest] + chance.choice((-1, 1)))
        if len(steps) > 2 and chance.random() < 0.4:
            steps[-1] += chance.choice((-2, 2))
        return Cell(tuple(onsets), tuple(lengths), tuple(steps))

    def _bar(self, cell: Cell, start: float, arc: float, intensity: float, final: bool) -> list[Note]:
        notes: list[Note] = []
        style, timing = self.plan.genre.melody, self.timing
        anchor: int | None = None
        for index, (onset, length, step) in enumerate(zip(cell.onsets, cell.lengths, cell.steps, strict=True)):
            chord = chord_at(self.chords, start + onset).chord
            scale = melody_scale(self.plan.key, chord, style.scale)
            tones = chord.tones[:4] if len(chord.tones) > 3 and style.scale == "full" else chord.tones[:3]
            if anchor is None:
                pitch = nearest_pitch(0.55 * self.last + 0.45 * (self.centre + arc), tones)
                anchor = move_steps(pitch, -step, scale)
            else:
                pitch = move_steps(nearest_pitch(anchor, scale), step, scale)
            strong = onset == 0 or length >= 1.5 * timing.beat or index == len(cell.onsets) - 1
            if strong:
                pitch = nearest_pitch(pitch, tones[:3] if final else tones)
            pitch = self._inside(pitch)
            on_beat = abs(onset / timing.beat - round(onset / timing.beat)) < 1e-6
            velocity = velocity_of(intensity, (1.0 if onset == 0 else 0.94 if on_beat else 0.84) + arc * 0.01)
            played = swing(start + onset, self.plan.genre, timing)
            until = swing(start + onset + length, self.plan.genre, timing)
            notes.append(Note(played, max(0.1, (until - played) * 0.96), pitch, velocity))
            self.last = pitch
        return notes

    def _inside(self, pitch: int) -> int:
        low, high = max(self.low, self.centre - 11), min(self.high, self.centre + 12)
        while pitch > high:
            pitch -= 12
        while pitch < low:
            pitch += 12
        return pitch


def _legato(notes: list[Note]) -> list[Note]:
    """Hold every note until the next one, for a player who is alone."""
    held = []
    for note, following in itertools.pairwise(notes):
        held.append(Note(note.start, max(note.length, following.start - note.start), note.pitch, note.velocity))
    return held + notes[-1:]


def harmonise(notes: list[Note], plan: Plan, chords: list[ChordSpan], low: int) -> list[Note]:
    """A second voice below a tune: the chord tone a third to a sixth under each note."""
    second = []
    for note in notes:
        chord = chord_at(chords, note.start).chord
        scale = melody_scale(plan.key, chord, "full")
        pitch = move_steps(note.pitch, -2, scale)
        if pitch >= low:
            second.append(Note(note.start, note.length, pitch, max(1, note.velocity - 14)))
    return second
