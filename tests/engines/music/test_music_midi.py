"""MIDI files, read back by an independent reader."""

from __future__ import annotations

import importlib
import io

import pytest

from lollms_client.engines.music.catalogue import genres, instruments
from tests.engines.music.music_measuring import music, score_of

mido = importlib.import_module("mido")


@pytest.mark.parametrize("name", list(genres()))
def test_midi_says_what_the_score_says(name: str) -> None:
    result = music(name, seconds=40, output_format="midi")
    score, plan = score_of(name, seconds=40)
    assert result.audio.mime_type == "audio/midi"
    file = mido.MidiFile(file=io.BytesIO(result.audio))
    assert file.type == 1
    assert file.length == pytest.approx(40, abs=0.02)
    facts = {message.type: message for message in file.tracks[0]}
    assert mido.tempo2bpm(facts["set_tempo"].tempo) == pytest.approx(score.timing.quarter_bpm, rel=0.001)
    meter = facts["time_signature"]
    assert (meter.numerator, meter.denominator) == (score.timing.numerator, score.timing.denominator)
    assert facts["key_signature"].key.endswith("m") == plan.key.minor
    markers = [message.text for message in file.tracks[0] if message.type == "marker"]
    assert markers == [section.name for section in score.sections]
    for track, written in zip(file.tracks[1:], score.tracks, strict=True):
        started = [message for message in track if message.type == "note_on" and message.velocity]
        assert len(started) == len(written.notes)
        programs = [message.program for message in track if message.type == "program_change"]
        if written.drums:
            assert {message.channel for message in started} == {9}
        else:
            assert 9 not in {message.channel for message in started}
            assert programs == [instruments()[written.instrument].program]


def test_every_note_is_ended() -> None:
    file = mido.MidiFile(file=io.BytesIO(music("metal", seconds=60, model="composer-midi").audio))
    for track in file.tracks:
        sounding: set[tuple[int, int]] = set()
        for message in track:
            if message.type == "note_on":
                assert (message.channel, message.note) not in sounding
                sounding.add((message.channel, message.note))
            elif message.type == "note_off":
                sounding.remove((message.channel, message.note))
        assert not sounding


@pytest.mark.parametrize(
    ("key", "signature"),
    [("D minor", "Dm"), ("F# major", "F#"), ("Eb major", "Eb"), ("C# minor", "C#m"), ("Bb minor", "Bbm")],
)
def test_key_signatures(key: str, signature: str) -> None:
    file = mido.MidiFile(file=io.BytesIO(music("folk", key=key, seconds=5, output_format="mid").audio))
    assert next(m.key for m in file.tracks[0] if m.type == "key_signature") == signature


def test_the_same_bytes_again() -> None:
    assert music("rock", seed=9, output_format="midi").audio == music("rock", seed=9, output_format="midi").audio
    assert music("rock", seed=9, output_format="midi").audio != music("rock", seed=10, output_format="midi").audio
