"""The typed core: media that know themselves, parts that fold into results, subtitles, requests out of keywords."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lollms_client import errors
from lollms_client.calls import response_format_of, tools_of
from lollms_client.families.http import encode_json
from lollms_client.lollms_llm_binding import messages_of
from lollms_client.types import (
    AudioPart,
    CallWarning,
    ChatAccumulator,
    ChatResult,
    Finished,
    ImagePart,
    LogprobsDelta,
    Media,
    MediaDelta,
    Message,
    Progress,
    ProgressPart,
    ReasoningDelta,
    ReasoningPart,
    Segment,
    StreamPart,
    TextDelta,
    TextPart,
    TokenLogprob,
    ToolCallDelta,
    ToolCallPart,
    TranscriptionResult,
    Usage,
    WarningPart,
)
from lollms_client.types.chat import parts_of

_HEADS = {
    b"\x89PNG\r\n\x1a\n": ("image/png", ".png"),
    b"\xff\xd8\xff\xe0": ("image/jpeg", ".jpg"),
    b"GIF89a": ("image/gif", ".gif"),
    b"RIFF\0\0\0\0WEBPVP8 ": ("image/webp", ".webp"),
    b"RIFF\0\0\0\0WAVEfmt ": ("audio/wav", ".wav"),
    b"\0\0\0\x18ftypmp42": ("video/mp4", ".mp4"),
    b"\0\0\0\x18ftypM4A ": ("audio/mp4", ".m4a"),
    b"\0\0\0\x18ftypavif": ("image/avif", ".avif"),
    b"fLaC\0": ("audio/flac", ".flac"),
    b"ID3\x04": ("audio/mpeg", ".mp3"),
    b"\xff\xfb\x90\0": ("audio/mpeg", ".mp3"),
    b"\xff\xf1\x50\x80": ("audio/aac", ".aac"),
    b"OggS" + b"\0" * 24 + b"OpusHead": ("audio/opus", ".opus"),
    b"OggS" + b"\0" * 24 + b"\x01vorbis": ("audio/ogg", ".ogg"),
    b"\x1aE\xdf\xa3": ("video/webm", ".webm"),
    b"MThd\0\0\0\x06": ("audio/midi", ".mid"),
    b"%PDF-1.7": ("application/pdf", ".pdf"),
    b"<?xml version='1.0'?><svg/>": ("image/svg+xml", ".svg"),
    b"BMxxxx": ("image/bmp", ".bmp"),
    b"nothing known": ("application/octet-stream", ".bin"),
}


@pytest.mark.parametrize("head", _HEADS)
def test_media_know_what_they_are(head: bytes, tmp_path: Path) -> None:
    media = Media(head)
    mime_type, extension = _HEADS[head]
    assert (media.mime_type, media.extension, media.kind) == (mime_type, extension, mime_type.split("/")[0])
    assert media == head
    assert media.save(tmp_path / "file") == tmp_path / f"file{extension}"
    assert media.save(tmp_path / "in" / "x.dat").read_bytes() == head
    assert Media.of(media.data_url()) == media
    assert Media.of(media.data_url()).mime_type == mime_type
    assert Media.of(tmp_path / f"file{extension}").mime_type in (mime_type, "application/octet-stream")
    for other in (pickle.loads(pickle.dumps(media)), copy.deepcopy(media)):
        assert (other, other.mime_type) == (media, mime_type)
    assert str(media) == repr(media) == f"Media({mime_type}, {len(head)} bytes)"


def test_what_the_caller_says_of_media_counts() -> None:
    assert Media(b"raw", "audio/pcm; rate=24000").mime_type == "audio/pcm"
    assert Media(b"raw", "AUDIO/X-WAV").mime_type == "audio/wav"
    assert Media.of(Media(b"raw", "audio/pcm"), "audio/wav").mime_type == "audio/wav"
    assert Media.of(bytearray(b"\x89PNG\r\n\x1a\n")).mime_type == "image/png"
    assert Media.of("iVBORw0KGgoAAAANSUhEUg==").mime_type == "image/png"


@pytest.mark.parametrize(
    "source", ["/no/such/file.png", "short", "data:image/png;base64", "data:,x", "x" * 5000, "a\0b", "amissingfilename"]
)
def test_what_is_no_media_is_refused(source: str) -> None:
    with pytest.raises(errors.BadMedia) as caught:
        Media.of(source)
    assert len(str(caught.value)) < 300


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    with pytest.raises(errors.BadMedia, match="empty"):
        Media.of(tmp_path / "empty.wav")


_PARTS: list[StreamPart] = [
    ProgressPart(progress=Progress(fraction=0.1, stage="loading")),
    ReasoningDelta(text="think"),
    ReasoningDelta(text="ing", signature="sig-1"),
    ReasoningDelta(text="again"),
    TextDelta(text="Hel"),
    TextDelta(text="lo"),
    TextDelta(text="other", index=1),
    ToolCallDelta(position=0, id="c0", name="add", arguments='{"a": '),
    ToolCallDelta(position=1, id="c1", name="sub"),
    ToolCallDelta(position=0, arguments="1}"),
    ToolCallDelta(position=1, arguments="not json"),
    MediaDelta(media=Media(b"\x89PNG\r\n\x1a\n")),
    MediaDelta(media=Media(b"aa", "audio/pcm"), transcript="a ", id="s1"),
    MediaDelta(media=Media(b"bb", "audio/pcm"), transcript="b"),
    LogprobsDelta(tokens=(TokenLogprob(token="Hel", logprob=-0.1),)),
    LogprobsDelta(tokens=(TokenLogprob(token="lo", logprob=-0.2),)),
    WarningPart(warning=CallWarning(kind="dropped", setting="top_k", detail="not taken")),
    Finished(finish="tool_calls", usage=Usage(input_tokens=5)),
    Finished(finish="length", index=1),
    Finished(index=None, usage=Usage(output_tokens=7), model="m", id="r1", extra={"tier": "x"}),
]


def _folded(parts: list[StreamPart]) -> ChatResult:
    accumulator = ChatAccumulator()
    accumulator.add_all(parts)
    return accumulator.result()


def test_parts_fold_into_one_result() -> None:
    result = _folded(_PARTS)
    assert result.message.parts == (
        ReasoningPart(text="thinking", signature="sig-1"),
        ReasoningPart(text="again"),
        TextPart(text="Hello"),
        ToolCallPart(id="c0", name="add", arguments={"a": 1}),
        ToolCallPart(id="c1", name="sub", raw_arguments="not json"),
        ImagePart(media=Media(b"\x89PNG\r\n\x1a\n")),
        AudioPart(media=Media(b"aabb", "audio/pcm"), transcript="a b", id="s1"),
    )
    assert result.alternatives == (Message.assistant("other"),)
    assert (result.finish, result.model, result.id, result.extra) == ("tool_calls", "m", "r1", {"tier": "x"})
    assert result.usage == Usage(input_tokens=5, output_tokens=7)
    assert result.usage.total_tokens == 12
    assert [token.token for token in result.logprobs] == ["Hel", "lo"]
    assert [str(warning) for warning in result.warnings] == ["top_k: not taken (dropped)"]
    assert (result.text, result.reasoning, str(result)) == ("Hello", "thinkingagain", "Hello")
    assert [call.name for call in result.tool_calls] == ["add", "sub"]


def test_a_result_gives_parts_that_fold_into_it_again() -> None:
    result = _folded(_PARTS)
    again = _folded(parts_of(result))
    assert msgspec.structs.replace(again, alternatives=()) == msgspec.structs.replace(
        result,
        alternatives=(),
        message=msgspec.structs.replace(
            result.message,
            parts=(
                *result.message.parts[:-1],
                AudioPart(media=Media(b"aabb", "audio/pcm"), transcript="a b"),
            ),
        ),
    )
    assert again.alternatives == result.alternatives


@given(st.lists(st.sampled_from(_PARTS), max_size=25))
def test_parts_in_any_order_fold(parts: list[StreamPart]) -> None:
    result = _folded(parts)
    texts = [part.text for part in parts if isinstance(part, TextDelta) and part.index == 0]
    begun = {part.index for part in parts if hasattr(part, "index") and getattr(part, "finish", "") is not None}
    shown = result.text if 0 in begun else ""  # a part that ends no answer, and only counts, begins none either
    assert shown == "".join(texts)
    assert result.finish in ("tool_calls", "length", "other")


def test_unknown_usage_is_not_zero() -> None:
    assert Usage(input_tokens=3).total_tokens is None
    assert Usage().cost is None


def test_subtitles() -> None:
    result = TranscriptionResult(
        text="Hello there. You!",
        segments=(
            Segment(text=" Hello\nthere. ", start=0.0, end=1.9999),
            Segment(text="You!", start=3661.5, end=3662.25, speaker="B"),
        ),
    )
    assert result.srt() == (
        "1\n00:00:00,000 --> 00:00:02,000\nHello there.\n\n2\n01:01:01,500 --> 01:01:02,250\nB: You!\n"
    )
    assert result.vtt() == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nHello there.\n\n01:01:01.500 --> 01:01:02.250\nB: You!\n"
    )
    assert "00:00:07,500" in TranscriptionResult(text="x", seconds=7.5).srt()
    assert TranscriptionResult(text="").srt() == ""


def test_messages_are_read_in_every_form() -> None:
    picture = Media(b"\x89PNG\r\n\x1a\n")
    assert messages_of("hi") == (Message.user("hi"),)
    assert messages_of(Message.user("hi")) == (Message.user("hi"),)
    assert messages_of([Message.system("s"), Message.user("hi", images=[picture])])[1].images[0].media == picture
    nested = [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": picture.data_url()}}]
    read = messages_of([{"role": "system", "content": "s"}, {"role": "user", "content": nested}])
    assert [message.role for message in read] == ["system", "user"]
    assert (read[1].text, read[1].images[0].media) == ("look", picture)
    nothing: tuple[Any, ...] = (5, [], None, b"x")
    for wrong in nothing:
        with pytest.raises(errors.LollmsError):
            messages_of(wrong)


def add(a: int, b: float = 2.0, *, note: str | None = None) -> float:
    """Add two numbers.

    More words that a model need not read.
    """
    return a + b


def test_tools_in_every_form_are_one() -> None:
    (made,) = tools_of([add])
    assert (made.name, made.description) == ("add", "Add two numbers.")
    assert made.parameters["required"] == ["a"]
    assert made.parameters["properties"]["a"] == {"type": "integer"}
    assert made.parameters["properties"]["b"] == {"type": "number", "default": 2.0}
    plain = {"name": "add", "description": "Add two numbers.", "parameters": made.parameters}
    assert tools_of([plain, {"type": "function", "function": plain}, made]) == (made, made, made)
    for wrong in ("add", 5, [{"nameless": 1}], [lambda x: x], [5]):
        with pytest.raises(errors.BadSetting):
            tools_of(wrong)


class City(msgspec.Struct):
    name: str
    people: int


def test_response_formats_in_every_form() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert response_format_of("json").kind == "json"
    assert response_format_of({"type": "json_object"}).kind == "json"
    assert response_format_of({"type": "text"}).kind == "text"
    assert response_format_of(schema).json_schema == schema
    wrapped = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": False}}
    read = response_format_of(wrapped)
    assert (read.kind, read.name, read.strict, read.json_schema) == ("json_schema", "x", False, schema)
    assert "name" in json.dumps(response_format_of(City).json_schema)
    for wrong in ("yaml", 5, object):
        with pytest.raises(errors.BadSetting):
            response_format_of(wrong)


def test_errors_become_dictionaries_and_survive_pickling() -> None:
    error = errors.RateLimited("slow down", retry_after=3.0, nothing=None)
    facts = {"code": "rate_limited", "retryable": True, "retry_after": 3.0}
    assert error.as_dict() == {**facts, "status": "error", "message": "slow down"}
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.message, again.details) == (errors.RateLimited, "slow down", error.details)
    assert isinstance(errors.Unsupported("x"), NotImplementedError)


def test_every_error_has_a_code_of_its_own() -> None:
    kinds: list[Any] = [errors.LollmsError]
    codes: list[str] = []
    while kinds:
        kind = kinds.pop()
        codes.append(kind.code)
        kinds.extend(sub for sub in kind.__subclasses__() if sub.__module__ == "lollms_client.errors")
    assert len(codes) == len(set(codes)) > 25


def test_what_json_cannot_carry_is_a_settings_error() -> None:
    assert encode_json({"image": Media(b"abc")}) == b'{"image":"YWJj"}'
    with pytest.raises(errors.BadSetting):
        encode_json({"x": object()})
    with pytest.raises(errors.BadSetting):
        encode_json({"x": "\ud800"})


def test_a_count_of_tokens_says_whether_it_is_an_estimate() -> None:
    from lollms_client import LollmsClient
    from lollms_client.types import TokenCount

    config = {"host_address": "http://127.0.0.1:9", "model_name": "nobody-knows-this-model"}
    client = LollmsClient(llm_binding_name="openai_compatible", llm_binding_config=config)
    counted = client.count_tokens("four letters make one token, more or less")
    assert (counted > 5, counted.estimated) == (True, True)
    assert LollmsClient().count_tokens("hello world").estimated is False
    again = pickle.loads(pickle.dumps(TokenCount(3, estimated=True)))
    assert (again, again.estimated) == (3, True)
