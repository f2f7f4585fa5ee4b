"""Writes what carries the tune: comping, pads and bass lines, each in the genre's own style."""

from __future__ import annotations

import random

from lollms_client.engines.music.catalogue import Instrument
from lollms_client.engines.music.harmony import chord_at
from lollms_client.engines.music.plan import Plan
from lollms_client.engines.music.rhythm import meter_bar, pattern_steps, swing, velocity_of
from lollms_client.engines.music.score import ChordSpan, Note, Section, Timing
from lollms_client.engines.music.theory import Chord, lead_voices, melody_scale, nearest_pitch

_ACCENTS = {"X": 1.0, "x": 0.82, "o": 0.5}
_DEGREES = {"R": 0, "8": 12, "5": 7, "6": 9}


class Comping:
    """Plays the chords in a rhythm or broken, with as little movement from chord to chord as can be."""

    def __init__(self, plan: Plan, timing: Timing, chords: list[ChordSpan], player: Instrument) -> None:
        self.plan, self.timing, self.chords = plan, timing, chords
        centre = 60 + min(6, plan.register // 2)
        self.low, self.high = max(player.low, centre - 13), min(player.high, centre + 14)
        self.high = max(self.high, self.low + 16)
        self.strum = 0.014 if player.voice in ("plucked", "driven") else 0.004
        self.voicing: tuple[int, ...] = ()
        self.chord: Chord | None = None

    def _voice(self, chord: Chord) -> tuple[int, ...]:
        if chord != self.chord:
            self.chord = chord
            if len(chord.tones) == 2:  # a power chord: root, fifth, octave, low down
                root = nearest_pitch(max(self.low, 38) + 5, (chord.root,))
                self.voicing = (root, root + 7, root + 12)
            else:
                size = 3 if len(chord.tones) == 3 else 4
                self.voicing = lead_voices(chord, self.voicing, self.low, self.high, size)
        return self.voicing

    def section(self, section: Section, style: int) -> list[Note]:
        """The notes of a section in the genre's comping style number `style`."""
        genre, timing = self.plan.genre, self.timing
        pattern = genre.comp[min(style, len(genre.comp) - 1)]
        notes: list[Note] = []
        for bar in range(section.bars):
            start = (section.start + bar) * timing.bar
            for step in pattern_steps(pattern, bar, meter_bar(genre.meter), timing.bar):
                at = start + step.start
                voicing = self._voice(chord_at(self.chords, at).chord)
                played = at if step.triplet else swing(at, genre, timing)
                notes += self._stroke(step.letter, played, step.length, voicing, section.intensity)
        return notes

    def _stroke(self, letter: str, at: float, length: float, voicing: tuple[int, ...], intensity: float) -> list[Note]:
        if letter.isdecimal():
            index = int(letter)
            pitch = voicing[index % len(voicing)] + 12 * (index // len(voicing))
            velocity = velocity_of(intensity, 0.74 if index else 0.84)
            return [Note(at, max(length * 1.8, 0.4), pitch, velocity)]
        velocity = velocity_of(intensity, 0.86 * _ACCENTS.get(letter, 0.8))
        delay = self.strum * self.timing.quarter_bpm / 60
        return [Note(at + delay * index, length * 0.95, pitch, velocity) for index, pitch in enumerate(voicing)]

    def final(self, start: float, length: float, intensity: float) -> list[Note]:
        """The last chord, held."""
        return self._stroke("X", start, length, self._voice(self.chords[-1].chord), intensity)


class Pad:
    """Holds the chords; neighbouring equal chords are one long sound of at most four bars."""

    def __init__(self, plan: Plan, timing: Timing, chords: list[ChordSpan], player: Instrument) -> None:
        self.plan, self.timing, self.chords = plan, timing, chords
        centre = 64 + min(6, plan.register // 2)
        self.low, self.high = max(player.low, centre - 12), min(player.high, centre + 13)
        self.voicing: tuple[int, ...] = ()

    def notes(self, start: float, end: float, intensity: float) -> list[Note]:
        """The held chords from `start` to `end` (quarter notes)."""
        notes: list[Note] = []
        spans = [span for span in self.chords if start - 1e-6 <= span.start < end - 1e-6]
        index = 0
        while index < len(spans):
            span = spans[index]
            length = span.length
            index += 1
            while index < len(spans) and spans[index].chord == span.chord and length < 2 * self.timing.bar:
                length += spans[index].length
                index += 1
            self.voicing = lead_voices(
                span.chord, self.voicing, self.low, self.high, 3 if len(span.chord.tones) < 4 else 4
            )
            velocity = velocity_of(intensity, 0.72)
            notes += [Note(span.start, length, pitch, velocity) for pitch in self.voicing]
        return notes


class Bass:
    """Plays roots, fifths, approaches, octaves as a pattern says, or walks."""

    def __init__(self, plan: Plan, timing: Timing, chords: list[ChordSpan], player: Instrument) -> None:
        self.plan, self.timing, self.chords = plan, timing, chords
        self.low = max(player.low, 28 + plan.genre.bass_register)
        self.high = min(player.high, self.low + 24)
        self.last = self.low + 7
        self.chance = random.Random(f"bass {plan.seed}")

    def _root(self, chord: Chord) -> int:
        return nearest_pitch(
            min(max(0.5 * self.last + 0.5 * (self.low + 7), self.low + 5), self.high - 7), (chord.root,)
        )

    def section(self, section: Section, style: int) -> list[Note]:
        """The bass line of a section in the genre's style number `style`."""
        genre, timing = self.plan.genre, self.timing
        pattern = genre.bass[min(style, len(genre.bass) - 1)]
        if pattern == "walk":
            return self._walk(section)
        notes: list[Note] = []
        for bar in range(section.bars):
            start = (section.start + bar) * timing.bar
            for step in pattern_steps(pattern, bar, meter_bar(genre.meter), timing.bar):
                at = start + step.start
                pitch = self._pitch(step.letter, at)
                played = at if step.triplet else swing(at, genre, timing)
                accent = 0.95 if step.start == 0 else 0.84
                notes.append(Note(played, step.length * 0.93, pitch, velocity_of(section.intensity, accent)))
            notes += self._moves(section.start + bar, notes, section.intensity)
        return notes

    def _pitch(self, letter: str, at: float) -> int:
        span = chord_at(self.chords, at)
        chord = span.chord
        root = self._root(chord)
        self.last = root
        if abs(at - span.start) < 1e-6 and chord_at(self.chords, at - 0.01).chord != chord:
            return root  # a new chord begins on its root
        if letter == "a":
            following = chord_at(self.chords, (int(at / self.timing.bar + 1e-6) + 1) * self.timing.bar).chord
            target = self._root(following)
            approach = target + self.chance.choice((-1, -1, 1, -2, 2))
            return approach if approach >= self.low else target + 1
        if letter in ("3", "7"):
            wanted = chord.intervals[1] if letter == "3" else 10
            return root + wanted
        if letter == "5":
            return root + 7 if root + 7 <= self.high else root - 5
        return min(root + _DEGREES.get(letter, 0), self.high)

    def _moves(self, bar: int, notes: list[Note], intensity: float) -> list[Note]:
        """Roots of chords that begin within the bar where the pattern has no stroke."""
        extra = []
        for span in self.chords:
            inside = span.bar == bar and span.start > bar * self.timing.bar + 1e-6
            if inside and all(abs(note.start - span.start) > 0.2 for note in notes):
                extra.append(Note(span.start, span.length * 0.9, self._root(span.chord), velocity_of(intensity, 0.85)))
        return extra

    def _walk(self, section: Section) -> list[Note]:
        notes: list[Note] = []
        beats = max(1, round(self.timing.bar))
        for bar in range(section.bars):
            start = (section.start + bar) * self.timing.bar
            for beat in range(beats):
                at = start + beat
                span = chord_at(self.chords, at)
                following = chord_at(self.chords, at + 1.0)
                pitch = self._walk_pitch(span, following, at)
                notes.append(Note(at, 0.92, pitch, velocity_of(section.intensity, 0.92 if beat % 2 else 0.86)))
                self.last = pitch
        return notes

    def _walk_pitch(self, span: ChordSpan, following: ChordSpan, at: float) -> int:
        if abs(at - span.start) < 1e-6:
            return self._root(span.chord)
        if following is not span:
            target = self._root(following.chord)
            return target + self.chance.choice((-1, 1, -2 if self.last < target else 2))
        scale = melody_scale(self.plan.key, span.chord, "full")
        move = (
            self.chance.choice((2, 3, 4, -2, -3)) if self.last < self.low + 12 else self.chance.choice((-2, -3, -4, 2))
        )
        pitch = nearest_pitch(self.last + move, span.chord.tones if self.chance.random() < 0.65 else scale)
        pitch = pitch if pitch != self.last else nearest_pitch(self.last + 3, span.chord.tones)
        return pitch + 12 if pitch < self.low else pitch - 12 if pitch > self.high else pitch

    def final(self, start: float, length: float, intensity: float) -> list[Note]:
        """The last root, held."""
        return [Note(start, length, self._root(self.chords[-1].chord), velocity_of(intensity, 0.95))]
