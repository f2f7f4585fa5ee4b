"""The mix of a score written by hand: room, echo, pumping, noise, pan, each heard by itself."""

from __future__ import annotations

import msgspec
import numpy as np

from lollms_client.engines.music.plan import Plan, make_plan
from lollms_client.engines.music.score import Note, Score, Timing, Track
from lollms_client.engines.music.synthesis.mix import render
from lollms_client.types import MusicRequest
from tests.engines.music.music_measuring import Array

RATE = 44100


def mixed(instrument: str, notes: list[Note], role: str = "lead", pan: float = 0.0, **genre: float) -> Array:
    """A score of one track at 120 quarter notes a minute, four seconds long, mixed."""
    plan: Plan = make_plan(MusicRequest(prompt="pop", seconds=4, seed=1))[0]
    quiet = {"echo": 0.0, "pump": 0.0, "noise": 0.0}
    plan = msgspec.structs.replace(
        plan, reverb=genre.pop("reverb", 0.0), genre=msgspec.structs.replace(plan.genre, **{**quiet, **genre})
    )
    timing = Timing(numerator=4, denominator=4, quarter_bpm=120.0, bars=1, hold=4.0)
    track = Track(role=role, instrument=instrument, pan=pan, notes=notes)
    playing = render(Score(key=plan.key, timing=timing, sections=[], chords=[], tracks=[track]), plan)
    while True:
        try:
            next(playing)
        except StopIteration as stop:
            samples: Array = np.asarray(stop.value, dtype=np.float64)
            return samples


def level(samples: Array, start: float, end: float) -> float:
    return float(np.sqrt((samples[int(start * RATE) : int(end * RATE)] ** 2).mean()))


SHORT = [Note(0.0, 0.2, 79, 100)]
HELD = [Note(0.0, 7.5, 60, 100)]


def test_the_room_rings_on() -> None:
    dry, wet = mixed("xylophone", SHORT), mixed("xylophone", SHORT, reverb=0.6)
    assert level(wet, 0.8, 1.0) / level(wet, 0.0, 0.2) > 1.3 * level(dry, 0.8, 1.0) / level(dry, 0.0, 0.2)
    assert level(wet, 0.5, 0.7) > level(wet, 1.0, 1.2)


def test_the_echo_answers_after_three_quarters_of_a_beat() -> None:
    plain, echoed = mixed("xylophone", SHORT), mixed("xylophone", SHORT, echo=0.5)
    second = (0.78, 0.9)  # the second echo, when the note itself is over
    assert level(echoed, *second) / level(echoed, 0, 0.2) > 1.5 * level(plain, *second) / level(plain, 0, 0.2)


def test_pumping_ducks_on_the_beat() -> None:
    steady = mixed("organ", HELD, role="comp")
    pumped = mixed("organ", HELD, role="comp", pump=0.7)

    def ducked(samples: Array) -> float:
        return level(samples, 1.0, 1.04) / level(samples, 1.4, 1.44)

    assert ducked(pumped) < 0.5
    assert ducked(steady) > 0.7


def test_an_old_record_crackles_before_the_music() -> None:
    late = [Note(4.0, 2.0, 60, 100)]
    assert level(mixed("organ", late), 0.5, 1.5) < 1e-4
    assert level(mixed("organ", late, noise=0.004), 0.5, 1.5) > 1e-3


def test_pan_puts_a_player_to_a_side() -> None:
    samples = mixed("organ", HELD, pan=-0.8)
    assert level(samples[:, :1], 0.5, 3) > 3 * level(samples[:, 1:], 0.5, 3)


def test_vibrato_moves_the_pitch() -> None:
    def width(name: str) -> float:
        mono = mixed(name, [Note(0.0, 7.5, 69, 100)])[RATE : 3 * RATE, 0]
        power = np.abs(np.fft.rfft(mono * np.hanning(len(mono)))) ** 2
        hertz = np.fft.rfftfreq(len(mono), 1 / RATE)
        near = (hertz > 420) & (hertz < 460)
        centre = float((power[near] * hertz[near]).sum() / power[near].sum())
        return float(np.sqrt((power[near] * (hertz[near] - centre) ** 2).sum() / power[near].sum()))

    assert width("violin") > 2 * width("clarinet")
