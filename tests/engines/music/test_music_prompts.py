"""What the composer understands of a request, and what it says of the rest."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lollms_client.engines.music.catalogue import genres, instruments, moods
from lollms_client.engines.music.form import fit_sections, fit_timing
from lollms_client.engines.music.plan import LONGEST, SHORTEST, Plan, make_plan
from lollms_client.engines.music.words import read_words
from lollms_client.errors import BadSetting
from lollms_client.types import CallWarning, Media, MusicRequest


def plan_of(prompt: str, **fields: object) -> tuple[Plan, list[CallWarning]]:
    return make_plan(MusicRequest(prompt=prompt, **{"seed": 1, **fields}))  # type: ignore[arg-type]


def settings_of(warnings: list[CallWarning]) -> set[tuple[str, str]]:
    return {(warning.setting, warning.kind) for warning in warnings}


def test_a_full_prompt_is_understood() -> None:
    plan, warnings = plan_of("A happy 45 second jazz waltz in D minor at 120 bpm with piano and upright bass, no drums")
    assert (plan.genre.name, plan.moods, str(plan.key)) == ("jazz", ("happy",), "D minor")
    assert (plan.seconds, plan.tempo, plan.tempo_fixed, plan.meter) == (45.0, 120.0, True, (3, 4))
    assert plan.ensemble.parts["lead"] == "piano"
    assert plan.ensemble.parts["bass"] == "upright bass"
    assert plan.ensemble.kit == "none"
    assert warnings == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30 seconds of rain", 30), ("two minutes", 120), ("a minute of techno", 60), ("1:30 long", 90),
        ("2 min 15 sec", 135), ("a 20-second jingle", 20), ("10s sting", 10), ("half a minute", 30),
        ("80s rock", None), ("rock", None), ("120 bpm", None), ("3/4", None),
    ],
)  # fmt: skip
def test_lengths_are_read(text: str, seconds: float | None) -> None:
    assert read_words(text).seconds == seconds


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("in D minor", "D minor"), ("key of F# major", "F# major"), ("in Bb major", "Bb major"),
        ("in C sharp minor", "C# minor"), ("in Am", "A minor"), ("in G", "G major"), ("in A flat major", "Ab major"),
        ("in E dorian", "E dorian"),
        ("a minor role for a flute", None), ("in a minor mood", None), ("in a minor, slow", "A minor"),
        ("in Paris", None), ("I am in love", None),
    ],
)  # fmt: skip
def test_keys_are_read(text: str, key: str | None) -> None:
    found = read_words(text).key
    assert (None if found is None else str(found)) == key


@pytest.mark.parametrize("name", list(genres()))
def test_each_genre_answers_to_its_words(name: str) -> None:
    for word in (name, *genres()[name].words):
        assert read_words(f"some {word} please").genre == name


@pytest.mark.parametrize("name", list(moods()))
def test_each_mood_answers_to_its_name(name: str) -> None:
    assert read_words(f"{name} music").moods[0] == name


def test_fields_win_over_the_prompt() -> None:
    plan, _ = plan_of(
        "sad metal in C major at 180 bpm, 3 minutes", genre="bossa nova", mood="happy", tempo=100, key="F# minor",
        seconds=12, instruments=("flute", "classical guitar"), extra={"time_signature": "5/4", "energy": 0.9},
    )  # fmt: skip
    assert (plan.genre.name, plan.moods, plan.tempo, str(plan.key)) == ("bossa nova", ("happy",), 100, "F# minor")
    assert (plan.seconds, plan.meter, plan.energy) == (12, (5, 4), 0.9)
    assert set(plan.ensemble.names) == {"flute", "classical guitar"}


def test_words_for_speed_and_era_count() -> None:
    slow, fast = plan_of("slow rock")[0], plan_of("fast rock")[0]
    assert slow.tempo < genres()["rock"].tempo[0] < genres()["rock"].tempo[1] < fast.tempo
    assert plan_of("something from the 80s")[0].genre.name == "synthwave"
    assert plan_of("something epic")[0].genre.name == "cinematic"


def test_mood_changes_mode_tempo_and_energy() -> None:
    happy, sad = plan_of("happy folk")[0], plan_of("sad folk")[0]
    assert (happy.key.mode, sad.key.mode) == ("major", "minor")
    assert happy.tempo > sad.tempo
    assert happy.energy > sad.energy
    assert happy.brightness > sad.brightness


def test_drum_and_bass_is_no_bass_guitar() -> None:
    found = read_words("drum and bass")
    assert (found.genre, found.instruments, found.drums) == ("drum and bass", (), None)


def test_solo_and_left_out_instruments() -> None:
    assert plan_of("solo piano nocturne")[0].ensemble.names == ("piano",)
    assert plan_of("rock", instruments=("drums",))[0].ensemble.names == ("drums",)
    for seed in range(6):
        plan, warnings = plan_of("folk", seed=seed, negative_prompt="guitar, violin, drums")
        assert not {"acoustic guitar", "violin", "drums"} & set(plan.ensemble.names)
        assert warnings == []


def test_what_is_not_understood_is_said() -> None:
    _, warnings = plan_of(
        "pop song with female vocals and a theremin", lyrics="la la", audio=Media(b"x", "audio/wav"),
        negative_prompt="boredom", instruments=("piano", "flugelhornet"), seconds=5000, genre="poppy-ish",
    )  # fmt: skip
    assert settings_of(warnings) >= {
        ("lyrics", "unsupported"), ("audio", "dropped"), ("instruments", "unsupported"), ("negative_prompt", "dropped"),
        ("seconds", "clamped"), ("genre", "replaced"),
    }  # fmt: skip
    assert settings_of(plan_of("qwertz uiop")[1]) == {("genre", "approximate")}
    assert settings_of(plan_of("jazz and metal")[1]) == {("genre", "dropped")}
    assert settings_of(plan_of("rock in 11/16")[1]) == {("time_signature", "replaced")}


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "  "}, {"key": "H sharp"}, {"seconds": 0}, {"seconds": math.nan}, {"tempo": -3},
        {"extra": {"energy": 3}}, {"extra": {"energy": "much"}}, {"extra": {"time_signature": "waltz"}},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(BadSetting):
        plan_of(**{"prompt": "rock", **fields})  # type: ignore[arg-type]


_WORDS = st.sampled_from(
    [
        *genres(),
        *moods(),
        *instruments(),
        "no",
        "solo",
        "without",
        "in D",
        "7/8",
        "3/0",
        "99 bpm",
        "999 bpm",
        "1 s",
        "drums",
    ]
)
_PROMPTS = st.one_of(st.text(min_size=1), st.lists(_WORDS, min_size=1, max_size=9).map(" ".join))


@settings(max_examples=150, deadline=None)
@given(prompt=_PROMPTS, seed=st.integers(), seconds=st.one_of(st.none(), st.floats(0.1, 2000)))
def test_any_text_gives_a_plan_that_fits(prompt: str, seed: int, seconds: float | None) -> None:
    plan, _ = make_plan(MusicRequest(prompt=prompt + ".", seed=seed, seconds=seconds))
    timing = fit_timing(plan)
    sections = fit_sections(timing.bars, plan.genre)
    assert SHORTEST <= plan.seconds <= LONGEST
    assert timing.seconds(timing.quarters) == pytest.approx(plan.seconds)
    assert sum(section.bars for section in sections) == timing.bars
    assert [section.start for section in sections] == [sum(s.bars for s in sections[:i]) for i in range(len(sections))]
    assert plan.ensemble.names
    if not plan.tempo_fixed and plan.seconds > 12:
        assert abs(timing.tempo / plan.tempo - 1) < 0.08
