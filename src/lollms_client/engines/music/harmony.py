"""Writes the chords: a progression for each kind of section, a cadence at the end, and the last chord."""

from __future__ import annotations

import random

from lollms_client.engines.music.catalogue import Genre, Harmony
from lollms_client.engines.music.plan import Plan
from lollms_client.engines.music.score import ChordSpan, Section, Timing
from lollms_client.engines.music.theory import Chord, Key, parse_chord

_CADENCES = {"major": "IV V", "minor": "iv V"}
_MODAL = {  # what takes the place of chords that are outside the mode
    "dorian": {"iv": "IV", "iv7": "IV7", "iv9": "IV9", "bVI": "IV", "bVImaj7": "IV7", "ii7b5": "ii7", "bII": "bVII"},
    "lydian": {"IV": "II", "IVadd9": "II", "IVmaj7": "II", "IVmaj9": "II", "ii7": "II7"},
}
_MINOR_FINALS = {"69": "6", "maj9": "9", "13": "9"}


def write_chords(plan: Plan, timing: Timing, sections: list[Section]) -> list[ChordSpan]:
    """All chords of the piece in order, the last one held to the end."""
    mode = "minor" if plan.key.minor else "major"
    harmony = plan.genre.harmony["minor" if mode == "minor" else "major"]
    chance = random.Random(f"harmony {plan.seed}")
    chosen: dict[str, list[str]] = {}
    bars: list[str] = []
    for section in sections:
        source = {"intro": "verse", "solo": "verse", "ending": "chorus"}.get(section.role, section.role)
        name = f"{source} {section.occurrence // 3}"  # a long piece brings new chords in time
        if name not in chosen:
            chosen[name] = _in_mode(_progression(harmony, source, section, plan.genre, chance), plan.key.mode)
        progression = chosen[name]
        bars += [progression[index % len(progression)] for index in range(section.bars)]
    tonic = "i" if plan.key.minor else "I"
    cadence = (plan.genre.cadence.get("minor" if mode == "minor" else "major") or _CADENCES[mode]).split()
    if len(bars) == 1:
        bars = [f"{tonic},{cadence[-1].rpartition(',')[2]}"]
    else:
        bars = [*bars[: -len(cadence)], *cadence] if len(bars) > len(cadence) else [*bars[:1], cadence[-1]]
    spans = [span for index, bar in enumerate(bars) for span in _spans(bar, index, plan.key, timing)]
    last = ChordSpan(start=timing.bars * timing.bar, length=timing.hold, chord=_final(plan), bar=timing.bars)
    return [*spans, last]


def _progression(harmony: Harmony, source: str, section: Section, genre: Genre, chance: random.Random) -> list[str]:
    choices: tuple[str, ...] = getattr(harmony, source)
    if harmony.short and section.bars % genre.section_bars:
        choices = harmony.short
    return chance.choice(choices).split()


def _in_mode(bars: list[str], mode: str) -> list[str]:
    table = _MODAL.get(mode, {})
    return [",".join(table.get(numeral, numeral) for numeral in bar.split(",")) for bar in bars]


def _spans(bar: str, index: int, key: Key, timing: Timing) -> list[ChordSpan]:
    numerals = bar.split(",")
    length = timing.bar / len(numerals)
    if len(numerals) == 2 and timing.numerator % 2 and not timing.compound:
        first = (timing.numerator + 1) // 2 * 4 / timing.denominator
        lengths = [first, timing.bar - first]
    else:
        lengths = [length] * len(numerals)
    start = index * timing.bar
    spans = []
    for numeral, share in zip(numerals, lengths, strict=True):
        spans.append(ChordSpan(start=start, length=share, chord=parse_chord(numeral, key), bar=index))
        start += share
    return spans


def _final(plan: Plan) -> Chord:
    suffix = plan.genre.final
    if plan.key.minor:
        return parse_chord("i" + _MINOR_FINALS.get(suffix, suffix), plan.key)
    return parse_chord("I" + suffix, plan.key)


def chord_at(chords: list[ChordSpan], position: float) -> ChordSpan:
    """The chord that sounds at `position` (quarter notes)."""
    low, high = 0, len(chords) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if chords[middle].start <= position + 1e-6:
            low = middle
        else:
            high = middle - 1
    return chords[low]
