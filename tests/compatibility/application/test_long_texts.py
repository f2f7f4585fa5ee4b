"""Texts longer than the context: every word is read, no request is too long, the answer comes from the notes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lollms_client import LollmsClient, errors
from lollms_client.compatibility.application.long_texts import pieces
from tests.compatibility.application.conftest import Service, native_arguments

WORDS = [f"word{number}" for number in range(1_500)]
LONG = " ".join(WORDS)


def _tokens(text: str) -> int:
    return len(re.findall(r"\S+", text))


@pytest.fixture
def reader(service: Service, monkeypatch: pytest.MonkeyPatch) -> LollmsClient:
    """A client whose model counts words as tokens."""
    client = LollmsClient(**native_arguments(service))
    monkeypatch.setattr(client, "count_tokens", _tokens, raising=False)
    return client


def _said(body: dict[str, Any]) -> str:
    return str(body["messages"][-1]["content"])


def test_what_fits_is_done_at_once(reader: LollmsClient, service: Service) -> None:
    assert reader.long_context_processing("A short text.", "Sum it up.") == "Hello there"
    (body,) = service.asked
    assert "A short text." in _said(body)
    assert "Sum it up." in _said(body)


def test_every_word_is_read_and_no_request_outgrows_the_context(reader: LollmsClient, service: Service) -> None:
    def note(body: dict[str, Any]) -> str:
        found = re.findall(r"word\d+", _said(body))
        return f"{found[0]} to {found[-1]}"

    service.answers = [note] * 60
    reader.long_context_processing(LONG, "Which words?", ctx_size=500)
    asked = [_said(body) for body in service.asked]
    assert len(asked) > 4
    assert max(map(_tokens, asked)) < 500
    assert set(WORDS) <= set(re.findall(r"word\d+", " ".join(asked[:-1])))
    assert "word0 to " in asked[-1]


def test_the_size_of_the_context_is_that_of_the_model(reader: LollmsClient, service: Service) -> None:
    service.answers = ["NOTHING"] * 20
    reader.long_context_processing(" ".join(WORDS), "Which words?", context_fill_percentage=0.5)
    assert len(service.asked) >= 3
    assert "(nothing found)" in _said(service.asked[-1])


def test_notes_alone(reader: LollmsClient, service: Service) -> None:
    service.answers = [f"note {number}" for number in range(30)]
    found = reader.long_context_processing(LONG, "Which?", ctx_size=600, return_scratchpad_only=True)
    assert found.split("\n\n")[:2] == ["note 0", "note 1"]


def test_the_kinds_of_answers(reader: LollmsClient, service: Service) -> None:
    service.answers = ['{"n": 4}', '{"answer": true}', '{"index": 1}', "```python\nx = 1\n```"]
    assert reader.long_context_processing("t", "Count.", processing_type="structured", schema={"n": "int"}) == {"n": 4}
    assert reader.long_context_processing("t", "Is it?", processing_type="yes_no") is True
    assert (
        reader.long_context_processing("t", "Which?", processing_type="multichoice", possible_answers=["a", "b"]) == 1
    )
    assert reader.long_context_processing("t", "Write.", processing_type="code") == "x = 1"
    with pytest.raises(errors.BadSetting, match="processing_type"):
        reader.long_context_processing("t", "Write.", processing_type="poem")


def test_a_context_that_is_too_small_is_an_error(reader: LollmsClient) -> None:
    with pytest.raises(errors.ContextTooLong, match="no room"):
        reader.long_context_processing(LONG, "Count.", ctx_size=100)
    with pytest.raises(errors.BadSetting, match="above 0"):
        reader.long_context_processing(LONG, "Count.", chunk_size_ratio=0)


def test_notes_that_never_get_shorter_are_an_error(reader: LollmsClient, service: Service) -> None:
    service.answers = [lambda body: "note " * 400] * 100
    with pytest.raises(errors.ContextTooLong, match="passes"):
        reader.long_context_processing(" ".join(WORDS[:600]), "Count.", ctx_size=500, overlap_tokens=0)


def test_the_older_names_for_the_same_work(reader: LollmsClient, service: Service, tmp_path: Path) -> None:
    assert reader.sequential_summarize("A text.", ctx_size=1_000) == "Hello there"
    file = tmp_path / "notes.txt"
    file.write_text("From a file.", encoding="utf-8")
    assert reader.deep_analyze("What?", "A text.", files=[file]) == "Hello there"
    assert "From a file." in _said(service.asked[-1])
    with pytest.raises(errors.BadSetting, match="text or files"):
        reader.deep_analyze("What?")


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet=st.sampled_from("ab .\n"), max_size=600), st.integers(8, 40), st.integers(0, 6))
def test_pieces_cover_the_text_and_fit(text: str, room: int, overlap: int) -> None:
    found = pieces(text, room, overlap, len)
    assert all(0 < len(piece) <= room for piece in found)
    place = 0
    for piece in found:
        start = next(
            start for start in range(place, -1, -1) if text.startswith(piece, start) and start + len(piece) >= place
        )
        place = start + len(piece)
    assert place == len(text)
    assert "".join(pieces(text, room, 0, len)) == text


def test_pieces_can_be_bounded_by_the_caller(reader: LollmsClient, service: Service) -> None:
    reader.sequential_summarize(" ".join(WORDS[:400]), ctx_size=8_000, chunk_size=100, overlap=10)
    assert len(service.asked) == 1  # it fits: nothing is cut without need


def test_bounded_pieces_of_a_text_that_does_not_fit(reader: LollmsClient, service: Service) -> None:
    service.answers = ["note"] * 40
    reader.deep_analyze("What?", " ".join(WORDS[:600]), ctx_size=700, chunk_size=100, overlap=10, bootstrap_steps=2)
    assert len(service.asked) >= 7
