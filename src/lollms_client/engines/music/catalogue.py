"""What the composer knows: instruments, genres and moods, read once from the tables beside this module."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any, Literal

import msgspec
import yaml

Role = Literal["lead", "comp", "bass", "pad", "counter"]


class Instrument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One instrument: its prompt words, General MIDI program, range in MIDI pitches, uses, and synthesiser voice."""

    words: tuple[str, ...]
    program: int
    low: int
    high: int
    roles: tuple[Role, ...]
    voice: Literal["struck", "plucked", "driven", "fm", "wave"]
    model: str
    level: float
    send: float
    name: str = ""


class Mood(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a mood changes: the mode, a factor on the tempo, and shifts (-1 to 1) of the genre's own character."""

    words: tuple[str, ...]
    mode: str | None = None
    tempo: float = 1.0
    energy: float = 0.0
    density: float = 0.0
    brightness: float = 0.0
    register: int = 0
    reverb: float = 0.0
    name: str = ""


class Harmony(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Chord progressions of a mode for each kind of section."""

    verse: tuple[str, ...]
    chorus: tuple[str, ...]
    bridge: tuple[str, ...]
    short: tuple[str, ...] = ()


class MelodyStyle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How tunes go: share of steps sounded, share off the beat, scale, register shift in semitones, share of leaps."""

    density: float
    syncopation: float
    scale: Literal["full", "pentatonic", "blues"]
    register: int
    leap: float
    kind: Literal["tune", "riff", "run", "sparse"]


class Ensemble(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Instruments to choose from for each role, and the drum kit."""

    lead: tuple[str, ...]
    bass: tuple[str, ...]
    comp: tuple[str, ...]
    kit: str
    pad: tuple[str, ...] = ()
    counter: tuple[str, ...] = ()


class Genre(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A genre: everything that tells it from the others."""

    words: tuple[str, ...]
    tempo: tuple[float, float]
    modes: dict[str, int]
    harmony: dict[Literal["major", "minor"], Harmony]
    ensemble: Ensemble
    comp: tuple[str, ...]
    bass: tuple[str, ...]
    melody: MelodyStyle
    reverb: float
    loudness: float  # dBFS, root mean square
    energy: float
    drums: dict[Literal["intro", "verse", "chorus"], dict[str, str]] = msgspec.field(default_factory=dict)
    cadence: dict[Literal["major", "minor"], str] = msgspec.field(default_factory=dict)
    final: str = ""
    meter: str = "4/4"
    swing: float = 0.0  # share of a step by which the second of two comes late
    swing_unit: Literal[8, 16] = 8
    fills: Literal["none", "snare", "toms", "roll"] = "snare"
    echo: float = 0.0
    pump: float = 0.0
    room: float = 1.5  # seconds until the reverb has died
    humanise: float = 0.5
    noise: float = 0.0
    bass_register: int = 0
    section_bars: int = 8
    counterpoint: bool = False
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    name: str = ""


def table(file_name: str) -> dict[str, dict[str, Any]]:
    """Read one of the YAML tables: rows by name."""
    text = resources.files(__package__).joinpath("data", file_name).read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data: dict[str, dict[str, Any]] = yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader either way
    return data


def _named(file_name: str) -> dict[str, dict[str, Any]]:
    return {name: {**fields, "name": name} for name, fields in table(file_name).items()}


@functools.cache
def instruments() -> dict[str, Instrument]:
    """All instruments by name."""
    return msgspec.convert(_named("instruments.yaml"), dict[str, Instrument])


@functools.cache
def genres() -> dict[str, Genre]:
    """All genres by name."""
    return msgspec.convert(_named("genres.yaml"), dict[str, Genre])


@functools.cache
def moods() -> dict[str, Mood]:
    """All moods by name."""
    return msgspec.convert(_named("moods.yaml"), dict[str, Mood])
