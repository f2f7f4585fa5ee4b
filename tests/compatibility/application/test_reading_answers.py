"""What models write instead of JSON is read all the same, and what does not fit a schema is found."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lollms_client.compatibility.application.json_answers import read_json
from lollms_client.compatibility.application.schema_check import problems
from lollms_client.compatibility.application.schemas import schema_of
from lollms_client.errors import BadSetting

FIELDS = {"a": "int", "b": ["str"]}
SCHEMA = schema_of(FIELDS)
VALUE = {"a": 1, "b": ["x"]}


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "b": ["x"]}',
        '```json\n{"a": 1, "b": ["x"]}\n```',
        'Sure! {"a": 1, "b": ["x"]} Anything else?',
        '<think>{"a": 9}</think>{"a": 1, "b": ["x"]}',
        'I think so</think>{"a": 1, "b": ["x"]}',
        '{"a": 1, "b": ["x",],}',
        "{'a': 1, 'b': ['x']}",
        '{"a": "1", "b": ["x"]}',
        '{"a": 1.0, "b": ["x"] // the list\n}',
        '{"a": 1, /* so */ "b": ["x"]}',
        '{"a": 1, "b": ["x"]',
        '{"a": 1, "b": ["x"',
        'First [1] then {"a": 1, "b": ["x"]}',
        '{a: 1, b: ["x"]}',
        "{“a”: 1, “b”: [“x”]}",
    ],
)
def test_usual_faults_are_mended(text: str) -> None:
    found = read_json(text, SCHEMA)
    assert found == VALUE
    assert problems(found, SCHEMA) == []


@pytest.mark.parametrize("text", ["[" + '{"a":' * 3_000, "{" * 30_000, "<think>" * 20_000, "[" * 5_000 + "]" * 5_000])
def test_hostile_answers_end_in_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"empty|no JSON|deeply"):
        read_json(text, SCHEMA)


def test_words_inside_strings_are_left_alone() -> None:
    text = '{"t": "True, // not a comment, None, and {brackets}", "n": None,}'
    assert read_json(text, {"type": "object"}) == {
        "t": "True, // not a comment, None, and {brackets}", "n": None,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "   ", "I cannot say.", "<think>only thoughts"])
def test_no_json_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"empty|no JSON"):
        read_json(text, SCHEMA)


@pytest.mark.parametrize(
    ("schema", "value", "problem"),
    [
        ({"type": "integer"}, "x", "must be of type integer, not string"),
        ({"type": "number"}, True, "not boolean"),
        ({"type": ["string", "null"]}, 4, "string or null"),
        ({"enum": ["a", "b"]}, "c", "one of"),
        ({"const": 3}, 4, "must be 3"),
        ({"type": "string", "minLength": 2}, "a", "at least 2 characters"),
        ({"type": "string", "maxLength": 2}, "abc", "at most 2 characters"),
        ({"type": "string", "pattern": "^a"}, "b", "match"),
        ({"type": "number", "maximum": 2}, 3, "at most 2"),
        ({"type": "number", "exclusiveMinimum": 2}, 2, "more than 2"),
        ({"type": "integer", "multipleOf": 5}, 7, "multiple of 5"),
        ({"type": "array", "minItems": 1}, [], "at least 1 items"),
        ({"type": "array", "uniqueItems": True}, [1, 1], "twice"),
        ({"type": "array", "items": {"type": "string"}}, ["a", 1], r"\[1\] must be"),
        ({"type": "object", "required": ["a"]}, {}, "lacks 'a'"),
        ({"type": "object", "properties": {}, "additionalProperties": False}, {"b": 1}, "must not have 'b'"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"b": "x"}, "answer.b must be"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "x", "must be of type integer"),
        ({"oneOf": [{"type": "integer"}, {"minimum": 0}]}, 3, "more than one"),
        ({"allOf": [{"type": "integer"}, {"minimum": 4}]}, 3, "at least 4"),
        ({"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}, "x", "integer"),
    ],
)
def test_what_does_not_fit_is_said(schema: dict[str, Any], value: Any, problem: str) -> None:
    import re

    assert re.search(problem, problems(value, schema)[0])


def test_a_schema_that_refers_to_itself_is_followed_as_far_as_the_value_goes() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "n": {"type": "integer"}}}
    schema = {"$ref": "#/$defs/node", "$defs": {"node": node}}
    assert problems({"n": 1, "next": {"n": 2, "next": {"n": 3}}}, schema) == []
    assert problems({"n": 1, "next": {"n": "x"}}, schema) == ["the answer.next.n must be of type integer, not string"]
    assert problems(5, {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}) == []


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**50), 2**50)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.text(min_size=1), json_values, max_size=5))
def test_sound_json_is_never_changed(value: dict[str, Any]) -> None:
    assert read_json(msgspec.json.encode(value).decode(), {"type": "object"}) == value


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300))
def test_any_text_ends_in_a_value_or_a_clear_error(text: str) -> None:
    said = ""
    try:
        read_json(text, SCHEMA)
    except ValueError as error:
        said = str(error)
    assert said in ("", "the answer is empty", "the answer is no JSON")


@pytest.mark.parametrize(
    ("given_schema", "wanted"),
    [
        (["name", "age"], ["name", "age"]),
        ({"type": "the kind of thing", "description": "what it is"}, ["type", "description"]),
        ({"type": "string", "description": "str", "title": "str"}, ["type", "description", "title"]),
        ({"a": str, "b": list[int]}, ["a", "b"]),
    ],
)
def test_templates_are_told_from_schemas(given_schema: Any, wanted: list[str]) -> None:
    schema = schema_of(given_schema)
    assert schema["type"] == "object"
    assert schema["required"] == wanted


def test_schemas_stay_as_they_are() -> None:
    for schema in ({"type": "string", "description": "a name"}, {"anyOf": [{"type": "null"}]}, {"type": "object"}):
        assert schema_of(schema) == schema


@pytest.mark.parametrize("nothing", [None, 5, [], "no json", "7"])
def test_what_is_no_form_is_refused(nothing: Any) -> None:
    with pytest.raises(BadSetting):
        schema_of(nothing)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Yes", "boolean", True),
        ("**No**, it is not.", "boolean", False),
        ("true", "boolean", True),
        ("2", "integer", 2),
        ("2.", "integer", 2),
    ],
)
def test_the_value_of_a_single_field_alone(text: str, kind: str, value: Any) -> None:
    schema = {"type": "object", "properties": {"answer": {"type": kind}}, "required": ["answer"]}
    assert read_json(text, schema) == {"answer": value}


@pytest.mark.parametrize(("text", "kind"), [("Nobody knows", "boolean"), ("2 or 3", "integer"), ("Ann", "string")])
def test_other_words_alone_are_no_value(text: str, kind: str) -> None:
    schema = {"type": "object", "properties": {"answer": {"type": kind}}, "required": ["answer"]}
    with pytest.raises(ValueError, match="JSON"):
        read_json(text, schema)
