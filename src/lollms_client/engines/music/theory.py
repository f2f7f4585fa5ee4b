"""Music theory as plain numbers: keys, scales, chords written as Roman numerals, and their names."""

from __future__ import annotations

import re

import msgspec

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
MINOR_LIKE = frozenset({"minor", "dorian", "phrygian"})
_LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_SHARP = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLAT = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_FLAT_MAJOR_TONICS = frozenset({5, 10, 3, 8, 1})
_DEGREES = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
_ROMAN = re.compile(r"^([b#]?)(vii|vi|v|iv|iii|ii|i)(.*)$", re.IGNORECASE)
_MAJOR_KINDS: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7), "5": (0, 7), "6": (0, 4, 7, 9), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14), "add9": (0, 4, 7, 14), "sus4": (0, 5, 7), "sus2": (0, 2, 7), "13": (0, 4, 10, 14, 21),
    "7sus4": (0, 5, 7, 10), "+": (0, 4, 8), "7b9": (0, 4, 7, 10, 13), "69": (0, 4, 7, 9, 14),
}  # fmt: skip
_MINOR_KINDS: dict[str, tuple[int, ...]] = {
    "": (0, 3, 7), "5": (0, 7), "6": (0, 3, 7, 9), "7": (0, 3, 7, 10), "9": (0, 3, 7, 10, 14), "add9": (0, 3, 7, 14),
    "dim": (0, 3, 6), "dim7": (0, 3, 6, 9), "7b5": (0, 3, 6, 10), "sus4": (0, 5, 7), "sus2": (0, 2, 7),
    "11": (0, 3, 7, 10, 17),
}  # fmt: skip


class Key(msgspec.Struct, frozen=True):
    """A tonic (0 = C … 11 = B) and a mode, one of SCALES."""

    tonic: int
    mode: str

    @property
    def minor(self) -> bool:
        """Whether the third above the tonic is minor."""
        return self.mode in MINOR_LIKE

    @property
    def scale(self) -> tuple[int, ...]:
        """The seven pitch classes of the scale, from the tonic up."""
        return tuple((self.tonic + step) % 12 for step in SCALES[self.mode])

    @property
    def flats(self) -> bool:
        """Whether the key is written with flats."""
        offset = {"minor": 3, "dorian": 10, "phrygian": 8, "lydian": 7, "mixolydian": 5}.get(self.mode, 0)
        return (self.tonic + offset) % 12 in _FLAT_MAJOR_TONICS

    def note_name(self, pitch_class: int) -> str:
        """A pitch class as this key spells it."""
        return (_FLAT if self.flats else _SHARP)[pitch_class % 12]

    def __str__(self) -> str:
        return f"{self.note_name(self.tonic)} {self.mode}"

    @property
    def sharps(self) -> int:
        """Sharps (positive) or flats (negative) of the key signature, -6 to 6."""
        offset = {"minor": 3, "dorian": 10, "phrygian": 8, "lydian": 7, "mixolydian": 5}.get(self.mode, 0)
        major = (self.tonic + offset) % 12
        fifths = (major * 7) % 12
        return fifths - 12 if fifths > 6 or (fifths == 6 and self.flats) else fifths


class Chord(msgspec.Struct, frozen=True):
    """A root (pitch class), the intervals above it in semitones, and its written name."""

    root: int
    intervals: tuple[int, ...]
    name: str

    @property
    def tones(self) -> tuple[int, ...]:
        """The pitch classes, root first."""
        return tuple((self.root + interval) % 12 for interval in self.intervals)


_KEY_TEXT = re.compile(
    r"^\s*([a-gA-G])\s*(#|♯|b|♭|[\s-]?sharp\b|[\s-]?flat\b)?\s*-?\s*"
    r"(maj(?:or)?|min(?:or)?|m|dorian|phrygian|lydian|mixolydian|ionian|aeolian)?\s*$"
)
_MODE_WORDS = {"maj": "major", "ionian": "major", "min": "minor", "m": "minor", "aeolian": "minor"}


def parse_key(text: str, default_mode: str = "major") -> Key | None:
    """Read a key such as "D minor", "F#m", "B flat major" or "E dorian"; None where it is none."""
    match = _KEY_TEXT.match(text.strip().replace("Major", "major").replace("Minor", "minor"))
    if match is None:
        return None
    letter, accidental, mode = match.group(1).lower(), (match.group(2) or "").strip(" -"), match.group(3)
    shift = 1 if accidental in ("#", "♯", "sharp") else -1 if accidental in ("b", "♭", "flat") else 0
    name = default_mode if mode is None else _MODE_WORDS.get(mode, mode)
    return Key((_LETTERS[letter] + shift) % 12, name)


def parse_chord(numeral: str, key: Key) -> Chord:
    """Build a chord from a Roman numeral counted on the major scale of the tonic, such as `bVImaj7` or `ii7b5`.

    Raises ValueError for a numeral that is not known.
    """
    match = _ROMAN.match(numeral)
    if match is None:
        raise ValueError(f"not a chord numeral: {numeral!r}")
    accidental, roman, suffix = match.groups()
    kinds = _MINOR_KINDS if roman.islower() else _MAJOR_KINDS
    if suffix not in kinds:
        raise ValueError(f"not a chord suffix: {suffix!r} in {numeral!r}")
    shift = {"b": -1, "#": 1, "": 0}[accidental]
    root = (key.tonic + _DEGREES[roman.lower()] + shift) % 12
    minor_mark = "m" if roman.islower() and not suffix.startswith(("dim", "sus", "5")) else ""
    return Chord(root, kinds[suffix], f"{key.note_name(root)}{minor_mark}{suffix}")


def melody_scale(key: Key, chord: Chord, kind: str) -> tuple[int, ...]:
    """The pitch classes a tune may use over `chord`: the scale bent to the chord's own tones.

    `kind` is full, pentatonic or blues.
    """
    if kind == "blues":
        classes = {(key.tonic + step) % 12 for step in (0, 3, 5, 6, 7, 10)}
        return tuple(sorted(classes | set(chord.tones[:3])))
    steps = (0, 3, 5, 7, 10) if key.minor else (0, 2, 4, 7, 9)
    base = {(key.tonic + step) % 12 for step in steps} if kind == "pentatonic" else set(key.scale)
    for tone in chord.tones[:4]:
        if tone not in base:
            base -= {(tone + 1) % 12, (tone - 1) % 12} - set(chord.tones)
            base.add(tone)
    return tuple(sorted(base))


def nearest_pitch(target: float, classes: tuple[int, ...]) -> int:
    """The pitch (MIDI number) of one of the pitch classes that lies nearest to `target`."""
    centre = round(target)
    return min(
        (pitch for pitch in range(centre - 7, centre + 8) if pitch % 12 in classes),
        key=lambda pitch: (abs(pitch - target), pitch),
    )


def move_steps(pitch: int, steps: int, classes: tuple[int, ...]) -> int:
    """Go `steps` scale steps up (or down) from `pitch` within the pitch classes."""
    direction = 1 if steps >= 0 else -1
    for _ in range(abs(steps)):
        pitch += direction
        while pitch % 12 not in classes:
            pitch += direction
    return pitch


def lead_voices(chord: Chord, previous: tuple[int, ...], low: int, high: int, size: int) -> tuple[int, ...]:
    """Voice a chord within `low`..`high` so that its notes move as little as possible from `previous`.

    Returns `size` ascending MIDI pitches (fewer for chords with fewer tones than asked and no room).
    """
    tones = chord.tones
    if size < len(tones):  # drop the fifth first, then the root: the bass plays it
        order = [tone for index, tone in enumerate(tones) if index != 2] if len(tones) > 3 else list(tones)
        tones = tuple(order[-size:]) if len(order) > size else tuple(order)
    middle = (low + high) / 2
    best: tuple[float, tuple[int, ...]] | None = None
    for bottom in range(low, high + 1):
        if bottom % 12 not in tones:
            continue
        voicing = _stack(bottom, tones, size)
        if voicing[-1] > high + 4 and best is not None:
            continue
        spread = sum(abs(note - middle) for note in voicing) / len(voicing)
        moved = sum(min(abs(note - old) for old in previous) for note in voicing) if previous else 0.0
        cost = moved + 0.35 * spread
        if best is None or cost < best[0]:
            best = (cost, voicing)
    return best[1] if best else ()


def _stack(bottom: int, tones: tuple[int, ...], size: int) -> tuple[int, ...]:
    notes = [bottom]
    while len(notes) < size:
        step = next(gap for gap in range(2, 13) if (notes[-1] + gap) % 12 in tones) if len(tones) > 1 else 12
        notes.append(notes[-1] + step)
    return tuple(notes)
