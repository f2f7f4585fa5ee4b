"""Each difference between what is stated and what came is told in one line, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from lollms_client import errors
from lollms_client.families.multipart import FormFile, encode_form
from lollms_client.secret import Secret
from lollms_client.testing.cases import CaseRequest
from lollms_client.testing.cases_media import tone
from lollms_client.testing.cases_values import ANY, Filling
from lollms_client.testing.server import Received
from lollms_client.testing.wire_comparing import differences, request_faults
from lollms_client.testing.wire_media import media_faults
from lollms_client.testing.wire_results import (
    End,
    end_of_error,
    end_of_value,
    error_faults,
    result_faults,
    warning_faults,
)
from lollms_client.types import CallWarning, ChatResult, ImageResult, Media, Message, TokenCount, Usage

JSON_BODY = {"model": "m", "list": [1, {"a": 1, "b": 2}], "deep": {"x": None, "y": True}, "number": 2.0}


def received(body: bytes = b"", kind: str = "", **headers: str) -> Received:
    """A POST to https://api.example.com/v1/x?a=1&b=2&b=3&up=true."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if kind:
        named["content-type"] = kind
    target = "/v1/x?a=1&b=2&b=3&up=true&none="
    return Received("POST", target, {"host": "h", **named}, body, f"https://api.example.com{target}")


def faults(stated: str, sent: Received, *, hosts_known: bool = True) -> list[str]:
    """The faults of a request that is stated in YAML."""
    request = msgspec.convert({"method": "POST", "path": "/v1/x", **yaml.safe_load(stated)}, CaseRequest)
    filling = Filling({"key": "abc", "one": 1}, folder=Path(__file__).parent)
    return list(request_faults(request, sent, filling, hosts_known=hosts_known))


# what is stated of the request above, and the faults
PLACES = {
    "{}": [],
    "{method: post}": [],
    "{method: PUT}": ['method: expected "PUT", got "POST"'],
    "{path: /v1/y}": ['path: expected "/v1/y", got "/v1/x"'],
    "{path: '${any}'}": [],
    "{host: api.example.com}": [],
    "{host: api.example.org}": ['host: expected "api.example.org", got "api.example.com"'],
    "{query: {a: 1}}": [],
    "{query: {a: '${one}'}}": [],
    "{query: {a: 2}}": ['query a: expected "2", got "1"'],
    "{query: {b: [2, 3]}}": [],
    "{query: {b: [3, 2]}}": ['query b: expected "3, 2", got "2, 3"'],
    "{query: {b: 2}}": ['query b: expected "2", got "2, 3"'],
    "{query: {up: true, none: ''}}": [],
    "{query: {c: 1}}": ["query c: expected 1, got nothing"],
    "{query: {c: '${any}'}}": ["query c: expected ${any}, got nothing"],
    "{query: {a: '${any}'}}": [],
    "{query: {a: 1, b: [2, 3], up: true, none: ''}, exact: true, headers: {x-a: '${key}'}}": [],
    "{query: {a: 1, b: [2, 3]}, exact: true, headers: {x-a: '${key}'}}": [
        "query none: expected nothing, got ", "query up: expected nothing, got true",
    ],
    "{headers: {X-A: abc}}": [],
    "{headers: {x-a: abd}}": ['header x-a: expected "abd", got "abc"'],
    "{headers: {x-b: abc}}": ["header x-b: expected abc, got nothing"],
    "{headers: {x-b: null}}": [],
    "{headers: {x-a: null}}": ["header x-a: expected nothing, got abc"],
    "{headers: {x-a: '${any}'}}": [],
    "{query: {a: 1, b: [2, 3], up: true, none: ''}, exact: true}": ["header x-a: expected nothing, got abc"],
}  # fmt: skip


@pytest.mark.parametrize("stated", PLACES)
def test_places_of_a_request(stated: str) -> None:
    assert faults(stated, received(x_a="abc")) == PLACES[stated]


def test_hosts_are_left_alone_where_all_requests_come_here() -> None:
    assert faults("{host: api.example.org}", received(), hosts_known=False) == []


BODIES = {
    "{json: {model: m}}": [],
    "{json: {model: n}}": ['json.model: expected "n", got "m"'],
    "{json: {other: 1}}": ["json.other: expected 1, got nothing"],
    "{json: {other: null}}": [],
    "{json: {deep: {x: null, y: true}}}": [],
    "{json: {deep: {y: false}}}": ["json.deep.y: expected false, got true"],
    "{json: {deep: {y: 1}}}": ["json.deep.y: expected 1, got true"],
    "{json: {deep: {x: '${any}'}}}": ["json.deep.x: expected a value, got nothing"],
    "{json: {number: 2}}": [],
    "{json: {number: '2'}}": ['json.number: expected "2", got 2.0'],
    "{json: {list: [1, {a: 1, b: 2}]}}": [],
    "{json: {list: [1, {a: 1}]}}": ["json.list[1].b: expected nothing, got 2"],
    "{json: {list: [1, '${any}']}}": [],
    "{json: {list: [1]}}": ['json.list: expected 1 items, got 2: [1,{"a":1,"b":2}]'],
    "{json: {list: {}}}": ['json.list: expected {}, got [1,{"a":1,"b":2}]'],
    "{json: {model: m}, exact: true}": [
        'query a: expected nothing, got 1', 'query b: expected nothing, got 2, 3', 'query none: expected nothing, got ',
        'query up: expected nothing, got true', 'json.deep: expected nothing, got {"x":null,"y":true}',
        'json.list: expected nothing, got [1,{"a":1,"b":2}]', "json.number: expected nothing, got 2.0",
    ],
    "{absent: [other, deep.z, list.2, list.1.c]}": [],
    "{absent: [model, deep.y, list.0]}": [
        "json.model: expected nothing, got m", "json.deep.y: expected nothing, got true",
        "json.list.0: expected nothing, got 1",
    ],
    "{text: Hello}": ['body: expected "Hello", got "{\\"model\\":\\"m\\",\\"list\\":[1,{\\"a\\":1,'],
    "{form: {a: 1}}": ["body: expected a form, got application/json"],
    "{base64: QUJD}": ["body: expected 3 bytes, got 78 others"],
}  # fmt: skip


@pytest.mark.parametrize("stated", BODIES)
def test_bodies_of_json(stated: str) -> None:
    found = faults(stated, received(msgspec.json.encode(JSON_BODY), "application/json"))
    assert [text[:60] for text in found] == [text[:60] for text in BODIES[stated]]


@pytest.mark.parametrize(
    ("stated", "body", "found"),
    [
        ("{json: {}}", b"no json", ["body: expected JSON, got no json"]),
        ("{json: {}}", b"", ["body: expected JSON, got nothing"]),
        ("{text: 'Grüße'}", "Grüße".encode(), []),
        ("{base64: QUJD}", b"ABC", []),
        ("{base64: QUJD}", b"ABD", ["body: expected 3 bytes, got 3 others"]),
        ("{file: test_comparing.py}", Path(__file__).read_bytes(), []),
        ("{absent: [a]}", b"no json", []),
    ],
)
def test_other_bodies(stated: str, body: bytes, found: list[str]) -> None:
    assert faults(stated, received(body)) == found


def test_a_body_is_too_much_where_nothing_else_may_be_sent() -> None:
    query = "query: {a: 1, b: [2, 3], up: true, none: ''}"
    assert faults(f"{{exact: true, {query}}}", received(b"abc")) == ["body: expected nothing, got 3 bytes"]
    assert faults(f"{{exact: true, {query}}}", received()) == []


FORMS = {
    "{form: {model: m, n: 3}}": [],
    "{form: {model: x}}": ['form model: expected "x", got "m"'],
    "{form: {model: '${any}'}}": [],
    "{form: {other: x}}": ["form other: expected x, got nothing"],
    "{form: {words: [a, b]}}": [],
    "{form: {words: [a, c]}}": ['form words[1]: expected "c", got "b"'],
    "{form: {words: [a]}}": ["form words: expected 1 values, got 2"],
    "{form: {file: {filename: a.wav, content_type: audio/wav, media: {tone: 0.1}}}}": [],
    "{form: {file: {filename: b.wav}}}": ['form file.filename: expected "b.wav", got "a.wav"'],
    "{form: {file: {content_type: audio/mpeg}}}": ['form file.content_type: expected "audio/mpeg", got "audio/wav"'],
    "{form: {file: {filename: '${any}', content_type: '${any}'}}}": [],
    "{form: {file: {media: {tone: 0.2}}}}": ["form file: expected the bytes of {'tone': 0.2}, got 3244 others"],
    "{form: {model: {content_type: text/plain}}}": [
        'form model.content_type: expected "text/plain", got null', "form model: expected a file, got a plain field",
    ],
    "{form: {empty: {}}}": ["form empty: expected a file, got an empty one"],
    "{form: {}, absent: [model, other, file]}": [
        "form model: expected nothing, got m", "form file: expected nothing, got a file of 3244 bytes",
    ],
}  # fmt: skip


@pytest.mark.parametrize("stated", FORMS)
def test_forms_with_files(stated: str) -> None:
    files = [FormFile("file", tone(0.1), "a.wav"), FormFile("empty", Media(b"", "text/plain"), "e.txt")]
    body, kind = encode_form([("model", "m"), ("n", "3"), ("words", "a"), ("words", "b")], files)
    assert faults(stated, received(body, kind)) == FORMS[stated]


def test_forms_without_files() -> None:
    sent = received(b"model=m&text=Gr%C3%BC%C3%9Fe+a&none=", "application/x-www-form-urlencoded; charset=utf-8")
    assert faults("{form: {model: m, text: 'Grüße a', none: ''}}", sent) == []
    query = "query: {a: 1, b: [2, 3], up: true, none: ''}"
    assert faults(f"{{form: {{model: m, none: ''}}, exact: true, {query}}}", sent) == [
        "form text: expected nothing, got Grüße a"
    ]


def test_what_is_secret_is_masked_and_said_to_differ() -> None:
    first, second = Secret("first-secret-value"), Secret("second-secret-value")
    found = list(differences({"key": first.reveal()}, {"key": second.reveal()}, "json"))
    assert found == ['json.key: expected "***", got "***" (they differ in what is masked)']


def test_long_values_are_cut() -> None:
    (text,) = differences("a" * 500, "b" * 500, "result")
    assert len(text) < 300
    assert "(502 letters)" in text


def test_results_become_plain_data() -> None:
    usage = Usage(input_tokens=3, output_tokens=4)
    warning = CallWarning(kind="dropped", setting="seed", detail="no")
    end = end_of_value(ChatResult(message=Message.assistant("Hi"), usage=usage, warnings=(warning,)))
    assert end.warnings == ["seed"]
    assert not list(result_faults({"text": "Hi", "finish": "stop", "usage": {"total_tokens": 7}}, end))
    assert not list(result_faults("Hi", end))
    assert not list(result_faults(ANY, end))
    assert list(result_faults({"message": {"parts": [{"type": "reasoning"}]}}, end)) == [
        'result.message.parts[0].type: expected "reasoning", got "text"'
    ]
    assert not list(warning_faults(["seed"], end))
    assert not list(warning_faults("any", end))
    assert list(warning_faults([], end)) == ["warnings: one of 'seed' is not stated"]
    assert list(warning_faults(["seed", "stop"], end)) == ["warnings: expected one of 'stop', got seed"]


def test_numbers_of_tokens_may_be_stated_alone() -> None:
    end = end_of_value(TokenCount(7, estimated=True))
    assert not list(result_faults(7, end))
    assert not list(result_faults({"tokens": 7, "estimated": True}, end))
    assert list(result_faults(8, end)) == ["result: expected 8, got 7"]


def test_media_are_found_wherever_they_are() -> None:
    sound = tone(0.5)
    end = end_of_value({"deep": [{"audio": bytes(sound)}], "again": sound})
    assert end.media == [sound]
    assert not list(media_faults({"type": "audio/wav", "seconds": 0.5, "count": 1}, end.media))
    assert list(media_faults({"count": 2, "seconds": 2, "width": 5}, end.media)) == [
        "media: expected 2, got 1", "media.width: expected 5, but it has none", "media.seconds: expected 2, got 0.50",
    ]  # fmt: skip
    assert list(media_faults({}, [])) == ["media: expected some, got none"]
    assert len(end_of_value(ImageResult(images=(Media(b"\x89PNG\r\n\x1a\n1"), Media(b"GIF89a")))).media) == 2


def test_errors_are_compared_by_code_details_and_words() -> None:
    end = end_of_error(errors.RateLimited("Slow down, please", retry_after=7.0, status=429))
    assert not list(error_faults({"code": "rate_limited", "retry_after": 7, "mentions": "slow DOWN"}, end))
    assert not list(error_faults({"retryable": True, "type": "RateLimited", "mentions": ["please", "slow"]}, end))
    assert list(error_faults({"code": "not_found", "mentions": ["key"]}, end)) == [
        "error.message: expected a mention of 'key', got Slow down, please",
        'error.code: expected "not_found", got "rate_limited"',
    ]
    assert list(result_faults("Hi", end)) == ["result: expected Hi, got the error rate_limited: Slow down, please"]
    assert not list(warning_faults(["seed"], end))
    told = end_of_value({"status": "error", "message": "no", "code": "not_found"})
    assert not list(error_faults({"code": "not_found", "mentions": "no"}, told))
    assert end_of_error(NotImplementedError("never")).error == {
        "code": "unsupported", "message": "never", "type": "NotImplementedError",
    }  # fmt: skip
    foreign = end_of_error(KeyError("x"))
    assert list(error_faults({"code": "not_found"}, foreign)) == [
        "error: expected the error not_found, got the exception KeyError: 'x'"
    ]
    assert list(result_faults("Hi", foreign)) == ["result: expected Hi, got the exception KeyError: 'x'"]
    assert list(error_faults({"code": "x"}, end_of_value("Hi"))) == ["error: expected the error x, got the value Hi"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (End(value={"id": "a", "text": "x"}), End(value={"id": "b", "text": "x"}), True),
        (End(value=[{"created": 1, "n": 1}]), End(value=[{"created": 2, "n": 1}]), True),
        (End(value={"text": "x"}), End(value={"text": "y"}), False),
        (End(value={"text": "x"}), End(value={"text": "x"}, warnings=["seed"]), False),
        (End(foreign="OSError: port 1"), End(foreign="OSError: port 2"), True),
        (End(foreign="OSError: x"), End(foreign="KeyError: x"), False),
        (End(error={"code": "a", "message": "x"}), End(error={"code": "a", "message": "y"}), True),
        (End(error={"code": "a"}), End(error={"code": "b"}), False),
        (End(error={"code": "a", "retryable": True}), End(error={"code": "a", "retryable": False}), False),
    ],
)
def test_ends_are_the_same_but_for_what_was_made_up(one: Any, other: Any, same: bool) -> None:
    assert (one.comparable() == other.comparable()) is same
