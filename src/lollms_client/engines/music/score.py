"""A written piece: notes on tracks, counted in quarter notes, with its sections and chords."""

from __future__ import annotations

import msgspec

from lollms_client.engines.music.theory import Chord, Key

DRUMS = {  # one letter of a drum pattern to its General MIDI key
    "k": 36, "s": 38, "rim": 37, "p": 39, "h": 42, "f": 44, "o": 46, "tl": 45, "tm": 47, "th": 50, "c": 49, "r": 51,
    "t": 54, "x": 70, "cg": 64,
}  # fmt: skip


class Note(msgspec.Struct, frozen=True):
    """A note: start and length in quarter notes, MIDI pitch (or drum key), velocity 1 to 127."""

    start: float
    length: float
    pitch: int
    velocity: int


class Track(msgspec.Struct, kw_only=True):
    """The notes that one instrument plays in one role. `instrument` is a catalogue name, or a drum kit's."""

    role: str
    instrument: str
    pan: float = 0.0  # -1 left to 1 right
    level: float = 1.0
    drums: bool = False
    notes: list[Note] = msgspec.field(default_factory=list)


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the form, in bars; `occurrence` counts sections of the same role from 0."""

    name: str
    role: str
    start: int
    bars: int
    intensity: float
    occurrence: int = 0
    last: bool = False


class ChordSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A chord and where it sounds, in quarter notes."""

    start: float
    length: float
    chord: Chord
    bar: int


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Metre, tempo (quarter notes a minute), bars up to the last chord, and how long that chord is held."""

    numerator: int
    denominator: int
    quarter_bpm: float
    bars: int
    hold: float  # quarter notes

    @property
    def bar(self) -> float:
        """Length of a bar in quarter notes."""
        return self.numerator * 4 / self.denominator

    @property
    def compound(self) -> bool:
        """Whether beats divide into three (6/8, 9/8, 12/8)."""
        return self.denominator == 8 and self.numerator % 3 == 0 and self.numerator > 3

    @property
    def beat(self) -> float:
        """Length of a felt beat in quarter notes."""
        return 1.5 if self.compound else 1.0

    @property
    def tempo(self) -> float:
        """Felt beats a minute."""
        return self.quarter_bpm / self.beat

    @property
    def quarters(self) -> float:
        """The whole length in quarter notes."""
        return self.bars * self.bar + self.hold

    def seconds(self, quarters: float) -> float:
        """Quarter notes as seconds."""
        return quarters * 60.0 / self.quarter_bpm


class Score(msgspec.Struct, kw_only=True):
    """The whole piece."""

    key: Key
    timing: Timing
    sections: list[Section]
    chords: list[ChordSpan]
    tracks: list[Track] = msgspec.field(default_factory=list)
