"""Stream parsers: any bytes, cut anywhere, give the same events, and never another exception than ours."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lollms_client import errors
from lollms_client.families.events import EventParser, LineParser, ServerEvent, decode_json
from lollms_client.families.multipart import FormFile, encode_form
from lollms_client.families.service_errors import error_facts, retry_after, service_error
from lollms_client.types import Media

_TEXT = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))
_FIELD = st.sampled_from(["data", "event", "id", "retry", "", "datax"])
_LINE = st.tuples(_FIELD, _TEXT).map(lambda pair: f"{pair[0]}: {pair[1]}")
_END = st.sampled_from(["\n", "\r\n", "\r"])
_STREAM = st.lists(st.tuples(st.one_of(_LINE, st.just("")), _END), max_size=30).map(
    lambda lines: "".join(line + end for line, end in lines).encode()
)


def _fed(pieces: list[bytes]) -> list[ServerEvent]:
    parser = EventParser()
    found = [event for piece in pieces for event in parser.feed(piece)]
    return found + parser.finish()


@given(_STREAM, st.lists(st.integers(0, 400), max_size=20))
def test_events_do_not_depend_on_where_bytes_are_cut(stream: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in itertools.pairwise(places)]
    whole = _fed([stream])
    assert _fed(pieces) == whole
    assert _fed([stream[i : i + 1] for i in range(len(stream))]) == whole


@given(st.lists(st.text(max_size=40), min_size=1, max_size=10))
def test_what_is_written_as_events_is_read_back(texts: list[str]) -> None:
    def lines(text: str) -> str:
        return "".join(f"data: {line}\n" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))

    clean = [text.encode("utf-8", "ignore").decode() for text in texts]
    stream = "".join(lines(text) + "\n" for text in clean).encode()
    expected = [text.replace("\r\n", "\n").replace("\r", "\n").encode() for text in clean]
    assert [event.data for event in _fed([stream])] == expected


@given(st.binary(max_size=300))
def test_any_bytes_are_events_or_none(stream: bytes) -> None:
    assert all(isinstance(event, ServerEvent) for event in _fed([stream]))


def test_reads_names_ids_and_a_byte_order_mark() -> None:
    stream = b"\xef\xbb\xbfid: 7\nevent: delta\ndata:x\ndata:  y\n\ndata: z\n\n"
    assert _fed([stream]) == [ServerEvent("delta", b"x\n y", "7"), ServerEvent("", b"z", "7")]


def test_an_event_over_the_limit_is_refused() -> None:
    with pytest.raises(errors.ReplyTooLarge):
        EventParser(limit=10).feed(b"data: 12345678901")
    with pytest.raises(errors.ReplyTooLarge):
        EventParser(limit=10).feed(b"data: 123456\ndata: 789012\n")
    with pytest.raises(errors.ReplyTooLarge):
        LineParser(limit=10).feed(b"12345678901")


@given(
    st.lists(st.binary(min_size=1, max_size=20).map(lambda b: b.replace(b"\n", b"")), max_size=10), st.integers(1, 9)
)
def test_lines_do_not_depend_on_where_bytes_are_cut(lines: list[bytes], size: int) -> None:
    stream = b"\r\n".join(lines)
    parser = LineParser()
    found = [line for i in range(0, len(stream), size) for line in parser.feed(stream[i : i + size])]
    assert found + parser.finish() == [line.strip() for line in stream.split(b"\n") if line.strip()]


@given(st.binary(max_size=200))
def test_json_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(errors.BadReply):
        decode_json(data)


def test_reads_what_sloppy_services_write() -> None:
    assert decode_json(b'{"a": NaN}')["a"] != decode_json(b'{"a": 0}')["a"]
    assert decode_json(b'"a\tb"') == "a\tb"


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=10)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["error", "message", "detail", "code", "type", "errors", "loc", "msg"]), inner),
    ),
    max_leaves=8,
)


@given(st.integers(400, 599), _JSON)
def test_any_error_body_gives_an_error(status: int, body: object) -> None:
    error = service_error(status, {}, body, host="example.org", raw=b"raw")
    assert isinstance(error, errors.LollmsError)
    assert error.as_dict()["status"] == "error"
    message, facts = error_facts(body)
    assert isinstance(message, str)
    assert isinstance(facts, dict)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-4"}, 0.0),
        ({}, None),
    ],
)
def test_reads_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@given(_TEXT, _TEXT, st.binary(max_size=50))
def test_forms_are_read_back_by_the_standard_library(name: str, value: str, data: bytes) -> None:
    from email import message_from_bytes

    body, content_type = encode_form([("field", value)], [FormFile("file", Media(data, "image/png"), name or "x")])
    parsed = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    first, second = list(parsed.walk())[1:]
    assert first.get_payload(decode=True) == value.encode()
    assert second.get_payload(decode=True) == data
    assert second.get_content_type() == "image/png"
