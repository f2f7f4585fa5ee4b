"""Values and errors come out of a frame as they went in, and nothing else can be made of what another process sends."""

from __future__ import annotations

import datetime
import io
import json
import uuid
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lollms_client import errors
from lollms_client.isolation.failures import pack_error, unpack_error
from lollms_client.isolation.frames import BrokenChannel, encode_frame, read_frame
from lollms_client.isolation.values import Packer, Unpacker, struct_type
from lollms_client.lollms_discussion import LollmsDiscussion
from lollms_client.lollms_types import MSG_TYPE
from lollms_client.secret import Secret
from lollms_client.types import ChatRequest, ImagePart, ImageResult, Media, Message, TokenCount, ToolCallPart, Usage
from lollms_client.types.job import JobHandle


def crossed(value: Any, *, reveal: bool = False) -> Any:
    frame = read_frame(io.BytesIO(encode_frame(["end", Packer(reveal=reveal).pack(value)])))
    assert frame is not None
    return Unpacker().unpack(frame[1])


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), text, st.binary(max_size=6),
    st.builds(lambda data: Media(data, "audio/wav"), st.binary(max_size=6)), st.datetimes(), st.dates(), st.uuids(),
    st.complex_numbers(allow_nan=False), st.builds(TokenCount, st.integers(0, 9), estimated=st.booleans()),
)  # fmt: skip
keys = st.one_of(text, st.integers(), st.sampled_from(["\0", "v"]))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.lists(inner, max_size=4).map(tuple), st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=20,
)


def kinds(value: Any) -> Any:
    """The types of a value, all the way down."""
    if isinstance(value, dict):
        return [(kinds(key), kinds(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [kinds(item) for item in value]
    return type(value)


@given(values)
def test_any_value_crosses_unchanged(value: Any) -> None:
    back = crossed(value)

    assert back == value
    assert kinds(back) == kinds(value)


PICTURE = Media(b"\x89PNG\r\n\x1a\n", "image/png")
STRUCTS = [
    ChatRequest(messages=(Message.user("x", images=(PICTURE,)),), stop=("a",), extra={"own": (1, {"b": PICTURE})}),
    Message(role="assistant", parts=(ToolCallPart(id="1", name="f", arguments={"x": [1]}), ImagePart(media=PICTURE))),
    ImageResult(images=(PICTURE,), usage=Usage(images=1, cost=0.5)),
    JobHandle(binding="b", binding_type="ttv", method="video", id="1", state={"a": [1]}),
]


@pytest.mark.parametrize("value", STRUCTS, ids=lambda value: type(value).__name__)
def test_typed_values_cross_unchanged(value: msgspec.Struct) -> None:
    assert crossed([value]) == [value]
    assert crossed(ImageResult(images=(PICTURE,))).image.mime_type == "image/png"


def test_further_kinds() -> None:
    someday = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    for value in (Path("a/b"), {1, 2}, frozenset("a"), someday, uuid.UUID(int=5), MSG_TYPE.MSG_TYPE_CHUNK, 2**80):
        assert crossed(value) == value
        assert type(crossed(value)) is type(value)
    assert crossed(bytearray(b"x")) == b"x"


def test_a_discussion_crosses_with_all_its_branches() -> None:
    discussion = LollmsDiscussion.from_messages(
        [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    )
    back = crossed(discussion)

    assert isinstance(back, LollmsDiscussion)
    assert back.to_messages() == discussion.to_messages()
    assert back.active_branch_id == discussion.active_branch_id


def test_secrets_cross_one_way_only() -> None:
    secret = Secret("sk-crossing-0123456789")
    assert crossed(secret, reveal=True) == secret
    assert crossed({"key": secret})["key"].reveal() == "***"


class Odd:
    pass


@pytest.mark.parametrize("value", [Odd(), io.BytesIO(), Odd, (item for item in "ab"), "\ud800"], ids=repr)
def test_what_cannot_cross_is_refused_here(value: Any) -> None:
    with pytest.raises(errors.BadReply, match="cross"):
        crossed([value])


def test_endless_values_are_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(errors.BadReply, match="too deeply"):
        crossed(endless)


FORGED: list[Any] = [
    {"\0": "struct", "t": "os.system", "v": {}},
    {"\0": "struct", "t": "media.Media", "v": {}},
    {"\0": "struct", "t": "chat._Delta", "v": {}},
    {"\0": "struct", "t": "flow.Work", "v": {}},
    {"\0": "struct", "t": "chat.ChatRequest", "v": {"nothing": 1}},
    {"\0": "enum", "t": "__import__", "v": "x"},
    {"\0": "nothing such", "v": 1},
    {"\0": "function", "v": 1},
    {"\0": "uuid", "v": "x"},
    {"\0": [], "v": 1},
    {"\0": "int"},
]


@pytest.mark.parametrize("packed", FORGED, ids=str)
def test_nothing_else_is_made_of_what_is_sent(packed: Any) -> None:
    with pytest.raises(errors.BadReply, match="cannot be read"):
        Unpacker().unpack(packed)


def test_only_types_of_ours_have_names() -> None:
    assert struct_type("chat.ChatRequest") is ChatRequest
    for name in ("chat.msgspec", "settings.Settings", "chat", ""):
        with pytest.raises(KeyError):
            struct_type(name)


def test_cut_or_wild_frames() -> None:
    for data in (b"", b"\0" * 7, encode_frame(["x"])[:-1]):
        assert read_frame(io.BytesIO(data)) is None
    with pytest.raises(BrokenChannel, match="too long"):
        read_frame(io.BytesIO(b"\xff" * 8))
    for body in (b"\xc1", b"\x91\xa1\xff", msgspec.msgpack.encode({"a": 1}), msgspec.msgpack.encode([])):
        with pytest.raises(BrokenChannel):
            read_frame(io.BytesIO(len(body).to_bytes(8, "big") + body))


class OwnValueError(ValueError):
    pass


class OwnError(Exception):
    pass


class OwnLimit(errors.RateLimited):
    code = "own"


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return unpack_error(msgspec.msgpack.decode(msgspec.msgpack.encode(pack_error(caught))))


def test_errors_keep_class_details_and_words() -> None:
    limit = errors.RateLimited("slower", retry_after=3, where={"a": (1, 2)})
    limit.retryable = False
    back = raised(limit)
    assert isinstance(back, errors.RateLimited)
    assert (back.as_dict(), back.retryable) == (limit.as_dict(), False)
    assert "test_crossing.py" in str(back.__cause__)
    assert type(raised(OwnLimit("x"))) is errors.RateLimited
    assert type(raised(errors.Unsupported("x"))) is errors.Unsupported
    assert raised(KeyError("x")).args == ("x",)
    assert str(raised(OwnValueError("odd"))) == "OwnValueError: odd"
    assert type(raised(OwnValueError("odd"))) is ValueError
    assert type(raised(json.JSONDecodeError("no", "doc", 0))) is ValueError
    assert type(raised(UnicodeDecodeError("utf-8", b"x", 0, 1, "bad"))) is UnicodeDecodeError
    assert type(raised(OwnError(Odd()))) is errors.CallError
    assert type(raised(errors.CallError("x", odd=Odd()))) is errors.CallError


def test_errors_hold_no_secret() -> None:
    Secret("sk-hidden-0123456789")
    back = raised(ValueError("with sk-hidden-0123456789", {"sk-hidden-0123456789": 1}))

    assert "sk-hidden" not in repr(back) + str(back.__cause__)
