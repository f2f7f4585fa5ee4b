"""Cases are read with clear faults, their places are filled, their media are made, their replies are rendered."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import wave
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from lollms_client.engines.audio import duration
from lollms_client.errors import BadManifest
from lollms_client.testing.cases import CaseReply
from lollms_client.testing.cases_media import film, media_in_words, media_of, picture, tone
from lollms_client.testing.cases_reading import pack_names, read_cases
from lollms_client.testing.cases_rendering import event_bytes, line_bytes, rendered
from lollms_client.testing.cases_values import ANY, Filling
from lollms_client.testing.recording_streams import events_of, lines_of
from lollms_client.testing.wire_media import decode
from lollms_client.types import Media

# what is wrong in a file, the line, and words that must be said
WRONG = {
    "cases: ]": (1, "not valid YAML"),
    "- name: one": (1, "must be a mapping"),
    "case: []": (1, "did you mean cases"),
    "uses: [openai_chats]\n": (1, "did you mean openai_chat"),
    "cases:\n- name: one\n  call: chat\n": (2, "states no end"),
    "cases:\n- call: chat\n  result: x\n": (2, "missing required field `name`"),
    "cases:\n- name: one\n  call: chats\n  result: x\n": (2, "did you mean chat"),
    "cases:\n- name: one\n  call: image\n  result: x\n": (2, "no call of the modality llm"),
    "cases:\n- name: one\n  call: chat\n  result: x\n  error: {code: y}\n": (2, "has one end"),
    "cases:\n- {name: one, call: chat, result: x}\n- {name: one, call: chat, result: x}\n": (3, "two cases are called"),
    "cases:\n- name: one\n  call: chat\n  result: x\n  exchanges:\n  - request: {method: GET}\n": (6, "path"),
    "cases:\n- name: one\n  call: chat\n  result: x\n  exchanges:\n  - request: {method: GET, path: /, jsn: 1}\n": (
        6, "did you mean json",
    ),
    "cases:\n- name: one\n  call: chat\n  result: x\n  exchanges:\n  - request: {method: GET, path: /}\n"
    "    reply: {json: 1, text: a}\n": (7, "several bodies (json, text)"),
    "cases:\n- name: one\n  call: chat\n  result: x\n  exchanges:\n  - request: {method: GET, path: /}\n"
    "    reply:\n      status: often\n": (8, "int"),
    "without: {answers: because it does not}\n": (1, "has a case 'answers'"),
    "uses: [openai_models]\nwithout: {lists models: nope}\n": (2, "say in a sentence"),
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_a_fault_names_its_line_and_the_cure(tmp_path: Path, text: str) -> None:
    line, words = WRONG[text]
    (tmp_path / "wire_cases.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadManifest) as caught:
        read_cases(tmp_path, "llm", ("chat", "models"))
    assert caught.value.details["line"] == line
    assert words in str(caught.value)


def test_cases_come_from_files_folders_and_packs(tmp_path: Path) -> None:
    (tmp_path / "wire_cases").mkdir()
    (tmp_path / "wire_cases" / "more.yaml").write_text("cases: [{name: two, call: chat, result: x}]", encoding="utf-8")
    (tmp_path / "wire_cases.yaml").write_text(
        "uses: [openai_models]\nwithout: {lists models in the documented form: it has no such form}\n"
        "settings: {service_key: abc}\nvariables: {models_path: /v3/models}\n"
        "recorded: {date: 2026-11-22, host: example.com}\ncases: [{name: one, call: chat, result: x}]",
        encoding="utf-8",
    )
    found = read_cases(tmp_path, "llm", ("chat", "models"))
    titles = [placed.title for placed in found.cases]
    assert titles[:2] == ["wire_cases.yaml: one", "openai_models: lists models"]
    assert titles[-1] == "more.yaml: two"
    assert found.left_out == {"openai_models: lists models in the documented form": "it has no such form"}
    assert found.recorded == ({"date": "2026-11-22", "host": "example.com"},)
    assert found.words() == (
        "wire cases: 4, recorded 2026-11-22; 1 of packs left out: "
        "openai_models: lists models in the documented form (it has no such form)"
    )
    listed = found.cases[1]
    assert listed.variables["models_path"] == "/v3/models"
    assert listed.settings["service_key"] == "abc"


def test_cases_of_packs_need_their_capability(tmp_path: Path) -> None:
    (tmp_path / "wire_cases.yaml").write_text("uses: [openai_chat]", encoding="utf-8")
    few = {placed.case.name for placed in read_cases(tmp_path, "llm", ("chat",)).cases}
    more = {placed.case.name for placed in read_cases(tmp_path, "llm", ("chat", "tools")).cases}
    assert more - few == {"asks for a tool", "sends a tool's answer back"}


@pytest.mark.parametrize("pack", pack_names())
def test_every_pack_can_be_read(tmp_path: Path, pack: str) -> None:
    kinds = {"images": "tti", "transcription": "stt", "speech": "tts", "video": "ttv", "videos": "ttv"}
    binding_type = next((kind for word, kind in kinds.items() if pack.endswith(word)), "llm")
    capabilities = ("chat", "stream", "embed", "models", "completion", "edit", "voices", "generate")
    (tmp_path / "wire_cases.yaml").write_text(f"uses: [{pack}]", encoding="utf-8")
    assert read_cases(tmp_path, binding_type, capabilities).cases


def test_places_are_filled(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture(2, 2))
    known = {"model": "small", "both": "${model}-${count}", "count": 3, "none": ""}
    filling = Filling(known, {"model": "never"}, folder=tmp_path)
    assert filling.fill({"a": ["${count}", "n${count}", "${both}", "$${x}"], "${none}": 1, "${model}": 2}) == {
        "a": [3, "n3", "small-3", "${x}"], "small": 2,
    }  # fmt: skip
    assert filling.fill("${any}") is ANY
    assert base64.b64decode(filling.fill("${base64:file a.png}")) == picture(2, 2)
    assert filling.fill("${data_url:picture 3x2}") == picture(3, 2).data_url()
    assert filling.fill({"x": {"tone": 0.1}}, media=len) == {"x": len(tone(0.1))}


@pytest.mark.parametrize(
    "place", ["${modle}", "${base64:picture}", "${base64:tone x}", "${base64:file no.png}", "${a}"]
)
def test_a_place_that_nothing_fills_is_told(tmp_path: Path, place: str) -> None:
    with pytest.raises(BadManifest):
        Filling({"model": "x", "a": "${b}", "b": "${a}"}, folder=tmp_path).fill(place)


def test_a_file_elsewhere_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "key.txt").write_text("secret", encoding="utf-8")
    with pytest.raises(BadManifest):
        Filling(folder=tmp_path / "inner").fill("${base64:file ../key.txt}")


@pytest.mark.parametrize("form", ["png", "jpeg", "webp", "gif"])
def test_pictures_are_pictures_of_that_size(form: str) -> None:
    made = picture(40, 24, form)
    assert made.mime_type == f"image/{form}"
    with Image.open(io.BytesIO(made)) as image:
        assert image.size == (40, 24)
        assert len(image.convert("RGB").getcolors(4000) or ()) > 50
    assert decode(made)[:3] == (f"image/{form}", 40, 24)
    assert not decode(made).problem


def test_a_drawing_says_its_size() -> None:
    assert decode(picture(40, 24, "svg"))[:3] == ("image/svg+xml", 40, 24)


@pytest.mark.parametrize("form", ["wav", "mp3", "flac", "opus"])
def test_sounds_last_as_long_as_asked(form: str) -> None:
    made = tone(0.75, form)
    assert made.kind == "audio"
    assert duration(made) == pytest.approx(0.75, abs=0.1)
    found = decode(made)
    assert found.seconds == pytest.approx(0.75, abs=0.12)
    assert not found.problem


def test_a_tone_can_be_heard() -> None:
    with wave.open(io.BytesIO(tone(0.2))) as sound:
        assert len(set(sound.readframes(sound.getnframes()))) > 100


def test_films_have_their_size_and_length() -> None:
    found = decode(film(64, 48, 1.0))
    assert found[:3] == ("video/mp4", 64, 48)
    assert found.seconds == pytest.approx(1.0, abs=0.12)
    assert media_in_words("film 64x48 1") == film(64, 48, 1.0)


@pytest.mark.parametrize("spec", [{"picture": "big"}, {"tone": 0}, {"tone": 1, "format": "midi"}, {"film": "0x1"}])
def test_media_that_cannot_be_made_are_told(spec: dict[str, object]) -> None:
    with pytest.raises(BadManifest):
        media_of(spec)


def test_damaged_media_are_told() -> None:
    whole = picture(20, 20)
    assert "damaged" in decode(Media(whole[:60] + b"\0" + whole[61:], "image/png")).problem
    assert decode(Media(whole[:-20], "image/png")).problem
    assert decode(Media(tone(1)[:9000], "audio/wav")).problem == "it is cut off"
    assert decode(Media(b"", "image/png")).problem


def test_replies_are_rendered_as_a_service_sends_them(tmp_path: Path) -> None:
    filling = Filling({"server": "https://x.example"}, folder=tmp_path)
    reply = rendered(CaseReply(json={"url": "${server}/a"}, headers={"X-A": 1}), filling)
    assert (reply.body, reply.streamed) == (b'{"url":"https://x.example/a"}', False)
    assert reply.headers == {"Content-Type": "application/json", "X-A": "1"}
    reply = rendered(CaseReply(events=[{"a": 1}, {"event": "end", "data": {}}, "[DONE]", {"comment": "hm"}]), filling)
    assert reply.body == b'data: {"a":1}\n\nevent: end\ndata: {}\n\ndata: [DONE]\n\n: hm\n\n'
    assert reply.streamed
    assert rendered(CaseReply(lines=[{"a": 1}, {"b": 2}]), filling).pieces == (b'{"a":1}\n', b'{"b":2}\n')
    assert rendered(CaseReply(media={"tone": 0.1}), filling).headers == {"Content-Type": "audio/wav"}
    assert rendered(CaseReply(text="x", headers={"content-type": "text/vtt"}), filling).headers == {
        "content-type": "text/vtt"
    }
    assert rendered(CaseReply(status=204), filling) == (204, {}, (), False)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["abc", "event", "data"]), inner),
    max_leaves=6,
)  # fmt: skip
_OBJECTS = st.dictionaries(st.text("abcdeё🌍 ", max_size=5), _VALUES, max_size=4)
_WORDS = st.text("abc {}[]:é", min_size=1, max_size=10)


@given(st.lists(_OBJECTS | _WORDS, max_size=5))
@example(["[ ]", "{ }", "[", "[ [] ]x", ' {"a": 1}'])
def test_events_that_are_recorded_are_the_events_that_came(values: list[object]) -> None:
    read = events_of(_stream(values))
    again = b"".join(event_bytes(event) for event in read)
    assert again == _stream([_compact(value) for value in values])
    assert events_of(again) == read


def _stream(values: list[object]) -> bytes:
    return b"".join(event_bytes({"event": "message", "data": value}) for value in values)


def _compact(value: object) -> object:
    """A text that is a JSON object or list without the spaces around its values, which mean nothing."""
    if isinstance(value, str) and value.startswith(("[", "{")):
        with contextlib.suppress(ValueError):
            return json.dumps(json.loads(value), separators=(",", ":"), ensure_ascii=False)
    return value


@given(st.lists(st.tuples(st.sampled_from(["", "delta", "end"]), _OBJECTS), max_size=5))
def test_events_are_read_and_written_again_with_the_same_meaning(events: list[tuple[str, dict[str, object]]]) -> None:
    wire = b"".join(
        event_bytes({"event": name, "data": value} if name else {"event": "message", "data": value})
        for name, value in events
    )
    plain = wire.replace(b"event: message\n", b"")  # as most services send them: without a name
    again = b"".join(event_bytes(event) for event in events_of(plain))
    assert again == plain


@given(st.lists(_OBJECTS, min_size=1, max_size=5))
def test_lines_are_read_and_written_again(values: list[dict[str, object]]) -> None:
    wire = b"".join(line_bytes(value) for value in values)
    assert lines_of(wire) == values
