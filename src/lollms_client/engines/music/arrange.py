"""Composes the whole piece: form, chords, and who plays what in which section."""

from __future__ import annotations

import math
from collections.abc import Callable

from lollms_client.engines.music.accompaniment import Bass, Comping, Pad
from lollms_client.engines.music.catalogue import Instrument, instruments
from lollms_client.engines.music.drums import final_stroke, write_groove
from lollms_client.engines.music.form import fit_sections, fit_timing
from lollms_client.engines.music.harmony import chord_at, write_chords
from lollms_client.engines.music.melody import Theme, Tune, harmonise, make_theme
from lollms_client.engines.music.plan import Plan
from lollms_client.engines.music.rhythm import humanise, velocity_of
from lollms_client.engines.music.score import Note, Score, Section, Track
from lollms_client.engines.music.theory import nearest_pitch

_PANS = {"lead": 0.06, "comp": -0.32, "counter": 0.42, "pad": 0.0, "bass": 0.0}
_LEVELS = {"lead": 1.0, "comp": 0.62, "counter": 0.68, "pad": 0.5, "bass": 0.95}


def compose(plan: Plan) -> Score:
    """Write the piece that the plan describes. The same plan gives the same piece."""
    timing = fit_timing(plan)
    sections = fit_sections(timing.bars, plan.genre)
    chords = write_chords(plan, timing, sections)
    score = Score(key=plan.key, timing=timing, sections=sections, chords=chords)
    arrangement = _Arrangement(plan, score)
    for role in ("bass", "comp", "pad", "lead", "counter"):
        if role in plan.ensemble.parts:
            arrangement.add(role)
    if plan.ensemble.kit != "none":
        arrangement.add_drums()
    return score


class _Arrangement:
    def __init__(self, plan: Plan, score: Score) -> None:
        self.plan, self.score = plan, score
        self.timing, self.chords = score.timing, score.chords
        self.themes: dict[str, Theme] = {}
        self.tune: dict[str, list[Note]] = {}
        self.alone = "comp" not in plan.ensemble.parts and "pad" not in plan.ensemble.parts
        players = [instruments()[name] for name in plan.ensemble.parts.values()]
        self.sustained = any(player.voice == "wave" and "bass" not in player.roles[:1] for player in players)
        self.final_start = self.timing.bars * self.timing.bar
        self.final_length = self.timing.hold
        self.final_intensity = score.sections[-1].intensity

    def add(self, role: str) -> None:
        """Write one role's track."""
        name = self.plan.ensemble.parts[role]
        player = instruments()[name]
        writers: dict[str, Callable[[Instrument], list[Note]]] = {
            "bass": self._bass, "comp": self._comp, "pad": self._pad, "lead": self._lead, "counter": self._counter,
        }  # fmt: skip
        notes = [_in_range(note, player) for note in writers[role](player)]
        if not self.sustained:
            notes = [_in_range(stroke, player) for note in notes for stroke in self._restruck(note)]
        self._track(role, name, notes, drums=False)

    def _restruck(self, note: Note) -> list[Note]:
        """A long note of an ensemble in which nothing sustains: struck again on tones of the chord until it ends."""
        limit = 1.1 * self.timing.quarter_bpm / 60
        if note.length <= limit:
            return [note]
        count = math.ceil(note.length / limit)
        step = note.length / count
        tones = chord_at(self.chords, note.start).chord.tones[:3]
        strokes = []
        for index in range(count):
            pitch = note.pitch if index % 2 == 0 else nearest_pitch(note.pitch + 4, tones)
            strokes.append(Note(note.start + index * step, step, pitch, max(1, note.velocity - (12 if index else 0))))
        return strokes

    def _track(self, role: str, name: str, notes: list[Note], *, drums: bool) -> None:
        end = self.timing.quarters
        notes = list({(round(note.start * 24), note.pitch): note for note in reversed(notes)}.values())[::-1]
        purpose = f"human {self.plan.seed} {role}"
        played = humanise(notes, self.plan.genre, self.timing, purpose, end)
        played = [note for note in played if note.start < end - 0.02]
        fitted = [Note(n.start, min(n.length, end - n.start), n.pitch, n.velocity) for n in played]
        fitted.sort(key=lambda note: (note.start, note.pitch))
        level = 1.0 if drums else _LEVELS[role]
        self.score.tracks.append(
            Track(role=role, instrument=name, pan=_PANS.get(role, 0.0), level=level, drums=drums, notes=fitted)
        )

    def _theme(self, role: str) -> Theme:
        if role not in self.themes:
            self.themes[role] = make_theme(self.plan, self.timing, role)
        return self.themes[role]

    def _bass(self, player: Instrument) -> list[Note]:
        bass = Bass(self.plan, self.timing, self.chords, player)
        notes: list[Note] = []
        for section in self.score.sections:
            part = bass.section(section, 1 if section.role in ("chorus", "solo") else 0)
            if section.role == "intro" and not self.alone:
                middle = (section.start + section.bars // 2) * self.timing.bar
                part = [note for note in part if note.start >= middle - 0.01]
            notes += part
        return notes + bass.final(self.final_start, self.final_length, self.final_intensity)

    def _comp(self, player: Instrument) -> list[Note]:
        comping = Comping(self.plan, self.timing, self.chords, player)
        notes: list[Note] = []
        for section in self.score.sections:
            notes += comping.section(section, 1 if section.role in ("chorus", "solo") else 0)
        return notes + comping.final(self.final_start, self.final_length, self.final_intensity)

    def _pad(self, player: Instrument) -> list[Note]:
        pad = Pad(self.plan, self.timing, self.chords, player)
        bar = self.timing.bar
        notes: list[Note] = []
        always = self.plan.genre.energy < 0.65 or "comp" not in self.plan.ensemble.parts or len(self.score.sections) < 3
        for section in self.score.sections:
            if always or section.role in ("intro", "chorus", "bridge", "ending"):
                notes += pad.notes(section.start * bar, (section.start + section.bars) * bar, section.intensity)
        return notes + pad.notes(self.final_start, self.timing.quarters, self.final_intensity)

    def _centre(self, player: Instrument, below: float = 0.0) -> float:
        middle = (player.low + player.high) / 2
        return max(player.low + 7.0, min(player.high - 7.0, 0.4 * middle + 0.6 * 71 + self.plan.register - below))

    def _lead(self, player: Instrument) -> list[Note]:
        centre = self._centre(player)
        tune = Tune(self.plan, self.timing, self.chords, player.low, player.high, centre)
        notes: list[Note] = []
        for section in self.score.sections:
            if section.role == "intro" and not self.alone:
                continue
            lift = {"chorus": 3.0, "solo": 2.0, "bridge": -2.0}.get(section.role, 0.0)
            source = {"intro": "verse", "ending": "chorus"}.get(section.role, section.role)
            turn = section.occurrence // 3  # a long piece brings new tunes in time
            theme = self._theme(source if turn == 0 else f"{source} {turn}")
            part = tune.section(section, theme, lift=lift, legato=self.alone)
            self.tune[section.name] = part
            notes += part
        tones = self.chords[-1].chord.tones[:3]
        goal = nearest_pitch(tune.last, tones[:1] if self.plan.genre.melody.kind != "sparse" else tones)
        last = _Last(self.final_start, self.final_length, self.final_intensity)
        return [*notes, last.note(goal)]

    def _counter(self, player: Instrument) -> list[Note]:
        voice = Tune(self.plan, self.timing, self.chords, player.low, player.high, self._centre(player, 5.0))
        notes: list[Note] = []
        for section in self.score.sections:
            notes += self._counter_section(section, voice, player)
        tones = self.chords[-1].chord.tones[1:3]
        last = _Last(self.final_start, self.final_length, self.final_intensity * 0.85)
        return [*notes, last.note(nearest_pitch(voice.last, tones))]

    def _counter_section(self, section: Section, voice: Tune, player: Instrument) -> list[Note]:
        """Imitation in counterpoint, a second voice in choruses, answers in the gaps elsewhere."""
        lead = self.tune.get(section.name, [])
        if self.plan.genre.counterpoint and section.bars > 2:
            return voice.section(section, self._theme("verse"), shift=0 if section.role == "intro" else 1, lift=-4.0)
        if section.role == "intro":
            return voice.section(section, self._theme("verse"), legato=False)[: 3 * section.bars]
        if section.role == "chorus" and (section.last or section.occurrence):
            return harmonise(lead, self.plan, self.chords, player.low)
        softer = Section(
            name=section.name, role=section.role, start=section.start, bars=section.bars,
            intensity=section.intensity * 0.8, occurrence=section.occurrence,
        )  # fmt: skip
        answers = voice.section(softer, self._theme("answer"), lift=-2.0)
        bar = self.timing.bar
        if section.role == "verse" and section.occurrence == 0 and len(self.score.sections) > 3:
            return []
        return [note for note in answers if int(note.start / bar + 1e-6) % 4 in (1, 3)]

    def add_drums(self) -> None:
        """Write the drum track."""
        notes: list[Note] = []
        for section in self.score.sections:
            notes += write_groove(self.plan, self.timing, section)
        end = self.final_start
        if not self.plan.ensemble.parts:  # nobody else would fill the last bar
            last = self.score.sections[-1]
            extra = Section(name="last bar", role=last.role, start=self.timing.bars, bars=2, intensity=last.intensity)
            end = self.timing.quarters - self.timing.beat
            notes += [n for n in write_groove(self.plan, self.timing, extra) if n.start < end - 0.1]
        notes += final_stroke(self.plan, end, self.final_intensity)
        self._track("drums", self.plan.ensemble.kit, notes, drums=True)


class _Last:
    """The last note of a part."""

    def __init__(self, start: float, length: float, intensity: float) -> None:
        self.start, self.length, self.intensity = start, length, intensity

    def note(self, pitch: int) -> Note:
        return Note(self.start, self.length, pitch, velocity_of(self.intensity, 0.9))


def _in_range(note: Note, player: Instrument) -> Note:
    pitch = note.pitch
    while pitch < player.low:
        pitch += 12
    while pitch > player.high:
        pitch -= 12
    return note if pitch == note.pitch else Note(note.start, note.length, max(pitch, 0), note.velocity)
