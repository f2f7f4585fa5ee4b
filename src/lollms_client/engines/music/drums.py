"""Writes the drums: a groove for each kind of section, fills before the next, and a crash where it begins."""

from __future__ import annotations

import random

from lollms_client.engines.music.plan import Plan
from lollms_client.engines.music.rhythm import meter_bar, pattern_steps, swing, velocity_of
from lollms_client.engines.music.score import DRUMS, Note, Section, Timing

_ACCENTS = {"X": 1.0, "x": 0.78, "o": 0.42}
_COMPOUND = {"k": "X.....x.....", "s": "......X.....", "h": "x.x.x.x.x.x."}
_TRIPLE = {"k": "X...........", "s": "....x...x...", "h": "x.x.x.x.x.x."}
_FALLBACK = {"verse": {"k": "X.......X.......", "s": "....X.......X...", "h": "x.x.x.x.x.x.x.x."}}


def write_groove(plan: Plan, timing: Timing, section: Section) -> list[Note]:
    """The drum notes of a section, with a fill that leads out of it."""
    groove, own_bar = _groove(plan, timing, section)
    notes: list[Note] = []
    chance = random.Random(f"drums {plan.seed} {section.name}")
    for bar in range(section.bars):
        start = (section.start + bar) * timing.bar
        last = bar == section.bars - 1
        fill = plan.genre.fills != "none" and (last or (bar % 4 == 3 and chance.random() < 0.3))
        cut = timing.bar - (timing.bar / 2 if last else timing.beat) if fill else timing.bar
        for letter, pattern in groove.items():
            for step in pattern_steps(pattern, bar, own_bar, timing.bar):
                if step.start >= cut - 1e-6 and letter not in ("k", "h", "r"):
                    continue
                at = start + step.start if step.triplet else swing(start + step.start, plan.genre, timing)
                accent = _ACCENTS.get(step.letter, 0.7) * chance.uniform(0.93, 1.0)
                notes.append(Note(at, 0.2, DRUMS[letter], velocity_of(section.intensity, accent)))
        if fill:
            notes += _fill(plan, timing, start + cut, start + timing.bar, section.intensity, chance)
    if section.role in ("chorus", "solo") or (section.role == "verse" and section.occurrence):
        notes.append(_crash(section.start * timing.bar, section.intensity, plan))
    return notes


def _groove(plan: Plan, timing: Timing, section: Section) -> tuple[dict[str, str], float]:
    grooves = plan.genre.drums or _FALLBACK
    own_bar = meter_bar(plan.genre.meter) if plan.genre.drums else 4.0
    if timing.compound and own_bar != timing.bar:
        groove, own_bar = _COMPOUND, 3.0
    elif timing.bar == 3.0 and own_bar == 4.0:
        groove, own_bar = _TRIPLE, 3.0
    else:
        loud = section.role in ("chorus", "solo") or (section.role == "ending" and section.bars > 2)
        groove = grooves.get("chorus" if loud else "verse") or grooves.get("verse") or {}
        if section.role == "intro":
            groove = grooves.get("intro") or {letter: row for letter, row in groove.items() if letter in "hrxtlf"}
    if section.role == "bridge":
        groove = {letter: row for letter, row in groove.items() if letter not in ("k", "c", "o", "p")}
    return groove, own_bar


def _crash(start: float, intensity: float, plan: Plan) -> Note:
    quiet = plan.ensemble.kit in ("brush", "folk", "lofi", "latin", "orchestral")
    return Note(start, 1.0, DRUMS["c"], velocity_of(intensity, 0.55 if quiet else 0.9))


def _fill(plan: Plan, timing: Timing, start: float, end: float, intensity: float, chance: random.Random) -> list[Note]:
    """Strokes that grow towards the next section."""
    kind = plan.genre.fills
    step = 0.125 if kind == "roll" and timing.quarter_bpm < 120 else 0.25
    if timing.compound:
        step = 0.5
    count = max(1, round((end - start) / step))
    notes = []
    for index in range(count):
        share = index / count
        if kind != "roll" and chance.random() < 0.22 and index:
            continue
        drum = "s"
        if kind == "toms":
            drum = ("s", "th", "tm", "tl")[min(3, int(share * 4))]
        elif kind == "roll" and plan.ensemble.kit == "orchestral":
            drum = "tl"
        accent = 0.45 + 0.5 * share if kind == "roll" else 0.7 + 0.28 * share
        notes.append(Note(start + index * step, 0.2, DRUMS[drum], velocity_of(intensity, accent)))
    return notes


def final_stroke(plan: Plan, start: float, intensity: float) -> list[Note]:
    """Kick and cymbal with the last chord."""
    if plan.ensemble.kit == "folk":
        return [Note(start, 0.5, DRUMS["x"], velocity_of(intensity, 0.8))]
    return [Note(start, 0.5, DRUMS["k"], velocity_of(intensity, 0.95)), _crash(start, intensity, plan)]
