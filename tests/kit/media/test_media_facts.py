"""The kit's look at media: what they are, whether they decode, and whether anything is in them."""

from __future__ import annotations

import struct
import sys
import zlib

import pytest

from lollms_client.testing.cases_media import film, picture, tone
from lollms_client.testing.media_facts import MediaFacts, facts_of, observe, same_type
from lollms_client.types import EmbeddingResult, ImageResult, Media, Segment, TranscriptionResult, Voice, Word
from lollms_client.types.accounting import CallWarning


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without pillow, av and numpy."""
    for name in ("PIL", "PIL.Image", "av", "numpy", "lollms_client.engines.audio"):
        monkeypatch.setitem(sys.modules, name, None)


def png(rows: bytes, width: int, height: int, kind: int = 2) -> Media:
    def part(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    body = part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")
    return Media(b"\x89PNG\r\n\x1a\n" + body)


def wav(samples: bytes, rate: int = 8000, channels: int = 1, stated: int | None = None) -> Media:
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * 2 * channels, 2 * channels, 16)
    size = len(samples) if stated is None else stated
    head = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", size)
    return Media(b"RIFF" + struct.pack("<I", 36 + len(samples)) + head + samples)


def _flat(filter_kind: int) -> Media:
    """A grey picture of 4 x 3, each row by one of PNG's filters."""
    first = bytes((filter_kind,)) + {0: b"\x63" * 12, 1: b"\x63" * 3 + bytes(9), 2: b"\x63" * 12}.get(
        filter_kind, b"\x63" * 3 + (bytes(9) if filter_kind == 4 else b"\x32" * 9)
    )
    rest = {0: b"\x63" * 12, 1: b"\x63" * 3 + bytes(9), 2: bytes(12)}.get(
        filter_kind, bytes(12) if filter_kind == 4 else b"\x32" * 3 + bytes(9)
    )
    return png(first + (bytes((filter_kind,)) + rest) * 2, 4, 3)


@pytest.mark.parametrize("form", ["png", "jpeg", "webp", "gif", "svg"])
def test_pictures_of_every_form_are_measured(form: str) -> None:
    facts = facts_of(picture(40, 30, form))
    assert (facts.width, facts.height, facts.problem, facts.one_colour) == (40, 30, "", False)


@pytest.mark.parametrize("kind", range(5))
def test_a_picture_of_one_colour_is_seen_without_pillow_too(kind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    media = _flat(kind)
    assert facts_of(media).one_colour
    monkeypatch.setitem(sys.modules, "PIL", None)
    facts = facts_of(media)
    assert facts.one_colour
    assert (facts.width, facts.height) == (4, 3)


@pytest.mark.usefixtures("bare")
def test_a_bare_machine_looks_at_png_and_wav_and_says_what_is_missing_for_others() -> None:
    assert facts_of(picture(16, 9)).one_colour is False
    assert facts_of(tone(0.5)).seconds == pytest.approx(0.5)
    for media in (
        Media(b"\xff\xd8\xff\xe0" + bytes(40)),
        Media(b"ID3" + bytes(40)),
        Media(b"\0\0\0\x18ftypisom" + bytes(9)),
    ):
        facts = facts_of(media)
        assert "needs the package" in facts.unproven
        assert not facts.problem


@pytest.mark.parametrize("form", ["wav", "mp3", "flac", "opus", "ogg", "aac", "m4a"])
def test_sounds_of_every_form_are_measured(form: str) -> None:
    facts = facts_of(tone(0.5, form))
    assert facts.problem == ""
    assert facts.seconds == pytest.approx(0.5, abs=0.15)
    assert facts.channels == 1
    assert not facts.silent


def test_films_are_measured() -> None:
    facts = facts_of(film(64, 48, 1.0))
    assert (facts.width, facts.height, facts.problem, facts.still, facts.one_colour) == (64, 48, "", False, False)
    assert facts.seconds == pytest.approx(1.0, abs=0.15)
    assert facts.frames == 10


@pytest.mark.parametrize(
    ("media", "said"),
    [
        (Media(b""), "empty"),
        (Media(b"iVBORw0KGgoAAAANSUhEUg"), "no picture, sound or film"),
        (Media(picture(64, 48)[:-16]), "damaged"),
        (Media(picture(64, 48)[:-40] + bytes(40)), "damaged"),
        (Media(b"\x89PNG\r\n\x1a\n" + bytes(5)), "decode"),
        (Media(picture(64, 48, "jpeg")[:-200]), "decode"),
        (Media(b"<svg xmlns='http://www.w3.org/2000/svg'><rect"), "no XML"),
        (Media(b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><svg>&b;</svg>"), "entities"),
        (Media(tone(0.5)[:-2000]), "states"),
        (wav(b""), "no samples"),
        (Media(b"RIFF\x10\0\0\0WAVEdata\0\0\0\0"), "samples"),
        (Media(b"fLaC" + bytes(30)), "decode"),
        (Media(film(64, 48, 1.0)[:-600]), "decode"),
        (Media(b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\xff\0"), "too early"),
        (Media(b"MThd\0\0\0\x06\0\0\0\x01\0\x60"), "no track"),
        (Media(b"abc", "audio/pcm"), "16-bit"),
    ],
)
def test_what_does_not_decode_is_told(media: Media, said: str) -> None:
    assert said in facts_of(media).problem


def test_silence_and_clipping_are_heard() -> None:
    assert facts_of(wav(bytes(2000))).silent
    assert not facts_of(wav(b"\0\x10" * 1000)).silent
    assert facts_of(wav(b"\xff\x7f\0\x80" * 500)).clipped == 1.0
    assert facts_of(Media(b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x04\0\xff\x2f\0")).silent
    assert facts_of(Media(bytes(100), "audio/pcm")).silent


def test_a_stream_that_does_not_know_its_length_is_no_cut_file() -> None:
    facts = facts_of(wav(b"\0\x10" * 4000, stated=0xFFFFFFFF))
    assert facts.problem == ""
    assert facts.seconds == pytest.approx(0.5)


def test_stereo_is_measured_in_time() -> None:
    facts = facts_of(wav(b"\0\x10" * 8000, channels=2))
    assert (facts.seconds, facts.channels) == (0.5, 2)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("audio/ogg", "audio/opus", True), ("audio/mp4", "video/mp4", True), ("image/png", "image/png", True),
        ("image/png", "image/jpeg", False), ("audio/wav", "audio/mpeg", False), ("audio/x-wav", "audio/wav", True),
    ],
)  # fmt: skip
def test_types_in_two_spellings_are_the_same(one: str, other: str, same: bool) -> None:
    assert same_type(one, other) is same
    assert same_type(other, one) is same


def test_a_result_is_seen_with_what_was_asked_and_warned_of() -> None:
    warning = CallWarning(kind="clamped", setting="width", detail="at most 64")
    result = ImageResult(images=(picture(8, 8), picture(9, 9)), warnings=(warning,))
    seen = observe("engine", "image", {"width": 99, "n": 2, "prompt": "x", "height": None}, result)
    assert seen.asked == {"width": 99, "count": 2}
    assert seen.warned == ["width"]
    assert [facts.width for facts in seen.media] == [8, 9]
    assert observe("wire", "voices", {}, [Voice(name="anna"), Voice(name="")]).names == ["anna", ""]
    assert [facts.declared for facts in observe("wire", "speak", {}, bytes(tone(0.1))).media] == ["audio/wav"]


def test_vectors_are_looked_at() -> None:
    result = EmbeddingResult(vectors=((0.0, 0.0), (float("inf"), 1.0)))
    facts = observe("engine", "embed", {"texts": ["a", "b", "c"]}, result)
    assert facts.asked["texts"] == 3
    assert facts.vectors is not None
    assert (facts.vectors.texts, facts.vectors.finite, facts.vectors.zero, facts.vectors.alike) == (
        2,
        False,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [(0.5, 0.2, "goes from"), (-1.0, 0.2, "goes from"), (float("nan"), 1.0, "goes from"), (9.0, 9.5, "begins at")],
)
def test_wrong_times_are_told(start: float, end: float, said: str) -> None:
    word = Word(text="hello", start=start, end=end)
    seen = observe("engine", "transcribe", {}, TranscriptionResult(text="hello", seconds=1.0, words=(word,)))
    assert said in seen.times[0]


def test_words_out_of_order_are_told() -> None:
    segments = tuple(Segment(text=str(at), start=at, end=at + 0.1) for at in (0.0, 3.0, 1.0))
    seen = observe("engine", "transcribe", {}, TranscriptionResult(text="0 3 1", segments=segments))
    assert "comes after" in seen.times[0]
    assert isinstance(facts_of(b"RIFF"), MediaFacts)
