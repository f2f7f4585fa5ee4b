"""The written piece: form, chords, tune, determinism, told from the score."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from lollms_client.engines.music.catalogue import genres, instruments
from lollms_client.engines.music.score import DRUMS, Note, Score
from lollms_client.engines.music.theory import Key, lead_voices, melody_scale, parse_chord, parse_key
from tests.engines.music.music_measuring import likely_keys, music, score_of


def notes_of(score: Score, role: str) -> list[Note]:
    return [note for track in score.tracks if track.role == role for note in track.notes]


def bars_of(score: Score, role: str) -> list[tuple[tuple[float, int], ...]]:
    """Each bar's notes as (place in eighths, pitch)."""
    bar = score.timing.bar
    rows: list[list[tuple[float, int]]] = [[] for _ in range(score.timing.bars + 1)]
    for note in notes_of(score, role):
        index = min(int((note.start + 0.1) / bar), score.timing.bars)
        rows[index].append((round((note.start - index * bar) * 2), note.pitch))
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("name", list(genres()))
def test_every_genre_writes_playable_parts(name: str) -> None:
    score, plan = score_of(name, seconds=90)
    assert score.tracks
    end = score.timing.quarters
    for track in score.tracks:
        assert track.notes, track.instrument
        for note in track.notes:
            assert 0 <= note.start < note.start + note.length <= end + 1e-9
            assert 1 <= note.velocity <= 127
            if track.drums:
                assert note.pitch in DRUMS.values()
            else:
                player = instruments()[track.instrument]
                assert player.low <= note.pitch <= player.high
    assert score.chords[-1].chord.root == plan.key.tonic
    assert (plan.ensemble.kit == "none") == (not any(track.drums for track in score.tracks))


@pytest.mark.parametrize("meter", ["2/2", "2/4", "3/4", "5/4", "7/4", "3/8", "5/8", "6/8", "7/8", "9/8", "12/8"])
@pytest.mark.parametrize("name", ["jazz", "rock", "bossa nova", "celtic", "baroque", "techno"])
def test_every_metre_can_be_played(name: str, meter: str) -> None:
    score, plan = score_of(name, seconds=25, extra={"time_signature": meter})
    assert f"{score.timing.numerator}/{score.timing.denominator}" == meter
    assert score.timing.seconds(score.timing.quarters) == pytest.approx(25)
    assert all(bar for bar in bars_of(score, "bass" if "bass" in plan.ensemble.parts else "comp")[4:])


@pytest.mark.parametrize("seconds", [2, 3, 5, 8, 13, 30, 61, 180, 600])
def test_the_form_grows_with_the_length(seconds: float) -> None:
    score, _ = score_of("pop", seconds=seconds)
    roles = [section.role for section in score.sections]
    if seconds < 10:
        assert roles == ["verse"]
    if seconds >= 30:  # 13 bars and more
        assert roles[0] == "intro"
        assert roles[-1] == "ending"
        assert {"verse", "chorus"} <= set(roles)
    if seconds >= 61:
        assert "bridge" in roles
    if seconds == 600:
        assert roles.count("chorus") > 4
        assert max(section.bars for section in score.sections) <= 16


def test_an_explicit_tempo_is_kept() -> None:
    for tempo in (60, 97, 120, 143):
        score, _ = score_of("rock", tempo=tempo, seconds=40)
        assert score.timing.tempo == pytest.approx(tempo, rel=0.01)


def test_a_piece_is_no_loop_and_yet_repeats_itself() -> None:
    score, _ = score_of("pop song", seconds=120)
    bars = bars_of(score, "lead")
    rhythms = Counter(tuple(place for place, _ in bar) for bar in bars if bar)
    assert len(set(bars)) > 12  # not a loop
    assert rhythms.most_common(1)[0][1] >= 4  # a motif comes back
    by_role = {s.role: bars[s.start : s.start + 4] for s in score.sections if s.occurrence == 0}
    assert by_role["verse"] != by_role["chorus"]
    first, second = (s for s in score.sections if s.role == "verse" and s.occurrence < 2)
    assert bars[first.start : first.start + first.bars] != bars[second.start : second.start + second.bars]


def test_sections_differ_in_players_and_force() -> None:
    score, _ = score_of("rock", seconds=120)
    bar = score.timing.bar

    def force(role: str) -> float:
        chosen = [s for s in score.sections if s.role == role]
        spans = [(s.start * bar, (s.start + s.bars) * bar) for s in chosen]
        strokes = [n for t in score.tracks for n in t.notes if any(a <= n.start < b for a, b in spans)]
        return sum(note.velocity for note in strokes) / sum(s.bars for s in chosen)

    assert force("intro") < force("verse") < force("chorus")
    assert force("bridge") < force("chorus")


def test_phrases_end_on_tones_of_the_chord() -> None:
    good = total = 0
    for seed in range(8):
        score, _ = score_of("folk", seconds=60, seed=seed)
        for section in score.sections:
            end = (section.start + section.bars) * score.timing.bar
            before = [note for note in notes_of(score, "lead") if end - score.timing.bar <= note.start < end]
            if not before:
                continue
            span = max((c for c in score.chords if c.start <= before[-1].start + 0.05), key=lambda c: c.start)
            total += 1
            good += before[-1].pitch % 12 in span.chord.tones
    assert total > 20
    assert good / total > 0.95


def test_chords_move_by_small_steps() -> None:
    key = Key(0, "major")
    voicing: tuple[int, ...] = ()
    for numeral in ("I", "vi", "IV", "V7", "I", "ii7", "V9", "Imaj7"):
        chord = parse_chord(numeral, key)
        following = lead_voices(chord, voicing, 50, 74, 3)
        assert {pitch % 12 for pitch in following} <= set(chord.tones)
        if voicing:
            assert sum(min(abs(new - old) for old in voicing) for new in following) <= 8
        voicing = following


@pytest.mark.parametrize("text", ["D minor", "F# major", "Bb major", "A dorian", "Eb minor"])
def test_the_notes_are_in_the_key(text: str) -> None:
    key = parse_key(text)
    assert key is not None
    for name in ("pop", "classical", "new age"):
        score, _ = score_of(f"{name} in {text}", seconds=60)
        profile = np.zeros(12)
        for track in score.tracks:
            for note in track.notes:
                profile[note.pitch % 12] += 0 if track.drums else note.length
        ranked = likely_keys(profile / profile.sum())
        assert (key.tonic, key.minor) in ranked[:3]
        assert profile[list(key.scale)].sum() / profile.sum() > 0.85


def test_the_same_seed_writes_the_same_and_another_does_not() -> None:
    first, second = score_of("jazz", seed=5)[0], score_of("jazz", seed=5)[0]
    assert first == second
    pieces = {str(bars_of(score_of("jazz in C major", seed=seed)[0], "lead")) for seed in range(8)}
    assert len(pieces) == 8


def test_genres_have_their_own_grooves() -> None:
    grooves = {}
    for name, genre in genres().items():
        if genre.drums:
            score, _ = score_of(name, seconds=120)
            section = next(s for s in score.sections if s.role == "chorus")
            bar = score.timing.bar
            inside = [n for n in notes_of(score, "drums") if 0 <= n.start - section.start * bar < 2 * bar]
            grooves[name] = frozenset((round((n.start - section.start * bar) * 6), n.pitch) for n in inside)
    assert len(set(grooves.values())) == len(grooves)


def test_sections_end_on_a_long_note() -> None:
    score, _ = score_of("folk", seconds=120, seed=2)
    bar = score.timing.bar
    for section in score.sections[1:]:
        end = (section.start + section.bars) * bar
        last = [note for note in notes_of(score, "lead") if note.start < end - 0.05][-1]
        assert last.length > 0.35 * bar
        assert last.start + last.length > end - 0.3


def test_strong_beats_carry_tones_of_the_chord() -> None:
    good = total = 0
    for seed in range(6):
        score, _ = score_of("pop", seconds=60, seed=seed)
        for note in notes_of(score, "lead"):
            if abs(note.start / score.timing.bar - round(note.start / score.timing.bar)) < 0.02:
                span = max((c for c in score.chords if c.start <= note.start + 0.1), key=lambda c: c.start)
                total += 1
                good += note.pitch % 12 in span.chord.tones
    assert good / total > 0.97


def test_swing_delays_the_second_eighth() -> None:
    def offbeats(name: str) -> list[float]:
        score, _ = score_of(name, seconds=90, extra={"time_signature": "4/4"})
        places = [note.start % 1 for note in notes_of(score, "lead")]
        return [place for place in places if 0.4 < place < 0.8]

    assert np.median(offbeats("jazz")) > 0.62
    assert np.median(offbeats("rock")) < 0.54


def test_a_new_chord_begins_on_its_root() -> None:
    score, _ = score_of("waltz", seconds=90)
    before = None
    for span in score.chords[:-1]:
        first = [note for note in notes_of(score, "bass") if abs(note.start - span.start) < 0.1]
        if first and span.chord != before:
            assert first[0].pitch % 12 == span.chord.root
        before = span.chord


def test_choruses_begin_with_a_crash_and_sections_with_fills() -> None:
    score, _ = score_of("rock", seconds=120)
    bar = score.timing.bar
    drums = notes_of(score, "drums")
    verse = next(s for s in score.sections if s.role == "verse")
    for section in (s for s in score.sections if s.role in ("chorus", "solo")):
        start = section.start * bar
        assert any(note.pitch == DRUMS["c"] and abs(note.start - start) < 0.1 for note in drums)
        toms = [
            n
            for n in drums
            if start - bar / 2 <= n.start < start and n.pitch in (DRUMS["th"], DRUMS["tm"], DRUMS["tl"])
        ]
        assert toms
    plain = (verse.start + 1) * bar
    assert not [n for n in drums if plain <= n.start < plain + bar and n.pitch == DRUMS["tl"]]


def test_the_last_chorus_has_a_second_voice() -> None:
    score, _ = score_of("rock", seconds=120)
    bar = score.timing.bar
    last = next(s for s in score.sections if s.last)
    spans = (last.start * bar + 0.05, (last.start + last.bars) * bar - 0.1)
    lead = [n for n in notes_of(score, "lead") if spans[0] < n.start < spans[1]]
    second = [n for n in notes_of(score, "counter") if spans[0] < n.start < spans[1]]
    together = [n for n in lead if any(abs(n.start - m.start) < 0.1 for m in second)]
    assert len(together) > 0.8 * len(lead)
    below = [m for n in lead for m in second if abs(n.start - m.start) < 0.1 and m.pitch < n.pitch]
    assert len(below) > 0.8 * len(together)


def test_counterpoint_imitates_the_theme_a_bar_later() -> None:
    score, _ = score_of("baroque in 4/4", seconds=90)
    lead, answer = bars_of(score, "lead"), bars_of(score, "counter")
    same = sum(
        1
        for section in score.sections
        if section.role == "verse" and section.occurrence == 0
        for bar in range(section.start, section.start + 3)
        if {place for place, _ in lead[bar]} == {place for place, _ in answer[bar + 1]}
    )
    assert same >= 2


def test_the_description_shortens_repeated_chords() -> None:
    result = music("folk", seconds=60, output_format="midi")
    lines = [line for line in result.text.splitlines() if line.startswith("Chords of the")]
    assert lines
    for line in lines:
        chords = line.partition(": ")[2].rstrip(".").split(" | ")
        assert len(chords) < 2 or chords[: len(chords) // 2] != chords[len(chords) // 2 :]


def test_a_dominant_bends_the_scale() -> None:
    key = Key(9, "minor")
    assert 8 in melody_scale(key, parse_chord("V7", key), "full")
    assert 7 not in melody_scale(key, parse_chord("V7", key), "full")
    assert 7 in melody_scale(key, parse_chord("i", key), "full")
