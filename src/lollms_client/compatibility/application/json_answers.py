"""JSON out of a model's words: found between them, its usual faults mended, its values put into the schema's types."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lollms_client.compatibility.application.blocks import code_blocks, without_thoughts
from lollms_client.compatibility.application.schema_check import is_type
from lollms_client.compatibility.application.schemas import resolved

_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_BARE_KEY = re.compile(r"([{,]\s*)([A-Za-z_]\w*)(\s*:)")
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"'})
_NO_JSON = object()
_LONGEST = 2_000_000  # characters that are looked at


def read_json(text: str, schema: Mapping[str, Any]) -> Any:
    """The value that an answer holds. Raises ValueError, with what is wrong, where none can be read."""
    try:
        return _read(text, schema)
    except RecursionError:
        raise ValueError("the answer is nested too deeply") from None


def _read(text: str, schema: Mapping[str, Any]) -> Any:
    text = without_thoughts(text).strip()[:_LONGEST]
    if not text:
        raise ValueError("the answer is empty")
    wanted = resolved(dict(schema), schema).get("type")
    best: Any = _NO_JSON
    for candidate in _candidates(text):
        value = _decoded(candidate)
        if value is _NO_JSON:
            continue
        if wanted is None or not isinstance(wanted, str) or is_type(value, wanted):
            return fitted(value, schema, schema)
        best = value if best is _NO_JSON else best
    alone = _alone(text, schema)
    if alone is not None:
        return alone
    if best is _NO_JSON:
        raise ValueError("the answer is no JSON")
    return fitted(best, schema, schema)


_YES_OR_NO = re.compile(r"\W*(yes|no|true|false)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\W*(\d{1,18})\W*")


def _alone(text: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """The object of a single field where the answer is the field's value alone: a yes or no, or a whole number."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or len(properties) != 1:
        return None
    ((name, field),) = properties.items()
    kind = field.get("type") if isinstance(field, Mapping) else None
    if kind == "boolean" and (said := _YES_OR_NO.match(text)):
        return {str(name): said.group(1).lower() in ("yes", "true")}
    if kind == "integer" and (number := _NUMBER.fullmatch(text)):
        return {str(name): int(number.group(1))}
    return None


def objects_in(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects that stand between the words of a text, each with its place; not those inside another."""
    start = text.find("{")
    while start >= 0:
        end = _balanced_end(text, start)
        value = _decoded(text[start:end])
        if isinstance(value, dict):
            yield start, value
        start = text.find("{", end if isinstance(value, dict) else start + 1)


def _candidates(text: str) -> Iterator[str]:
    yield text
    for block in code_blocks(text):
        yield block["content"].strip()
    for opening in "{[":
        start = text.find(opening)
        while start >= 0:
            end = _balanced_end(text, start)
            yield text[start:end]
            start = text.find(opening, end) if end > start else -1


def _balanced_end(text: str, start: int) -> int:
    """Where the bracket at `start` closes; the end of the text where it never does."""
    depth, quoted, escaped = 0, "", False
    for place in range(start, len(text)):
        character = text[place]
        if quoted:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == quoted:
                quoted = ""
        elif character == '"':
            quoted = character
        elif character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
            if depth == 0:
                return place + 1
    return len(text)


def _decoded(text: str) -> Any:
    for mend in (_as_it_is, _mended, _closed, _with_plain_quotes):
        try:
            return msgspec.json.decode(mend(text))
        except (msgspec.DecodeError, UnicodeEncodeError):
            continue
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return _NO_JSON
    return value if isinstance(value, (dict, list, str, int, float, bool)) else _NO_JSON


def _as_it_is(text: str) -> str:
    return text


def _with_plain_quotes(text: str) -> str:
    return _closed(text.translate(_QUOTES))


def _mended(text: str) -> str:
    """Without comments and trailing commas, with JSON's words and quoted keys; outside of strings only."""
    pieces = re.split(r'("(?:[^"\\]|\\.)*")', text, flags=re.DOTALL)
    for place in range(0, len(pieces), 2):
        piece = re.sub(r"(?m)(?<!:)//[^\n]*$|/\*.*?\*/", "", pieces[place], flags=re.DOTALL)
        piece = re.sub(r"\bTrue\b", "true", piece)
        piece = re.sub(r"\bFalse\b", "false", piece)
        piece = re.sub(r"\b(?:None|NaN|undefined)\b", "null", piece)
        pieces[place] = _BARE_KEY.sub(r'\1"\2"\3', piece)
    for place in range(1, len(pieces), 2):
        pieces[place] = pieces[place].replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return _TRAILING_COMMA.sub("", "".join(pieces))


def _closed(text: str) -> str:
    """A mended text that was cut off, with its open strings and brackets closed."""
    text = _mended(text)
    waiting: list[str] = []
    quoted = escaped = False
    for character in text:
        if quoted:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                quoted = False
        elif character == '"':
            quoted = True
        elif character in "{[":
            waiting.append("}" if character == "{" else "]")
        elif character in "}]" and waiting:
            waiting.pop()
    if not waiting and not quoted:
        return text
    cut = text + ('"' if quoted else "")
    cut = re.sub(r',\s*"[^"]*"\s*:?\s*$', "", cut) if not quoted else cut
    return re.sub(r"[,:]\s*$", "", cut) + "".join(reversed(waiting))


def fitted(value: Any, schema: Any, root: Mapping[str, Any]) -> Any:
    """The value with what is plainly meant put into the schema's types: "5" into 5, "yes" into true, 3.0 into 3."""
    if not isinstance(schema, Mapping):
        return value
    schema = resolved(dict(schema), root)
    kinds = schema.get("type")
    names = kinds if isinstance(kinds, list) else [kinds] if kinds else []
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        return {name: fitted(item, properties.get(name, True), root) for name, item in value.items()}
    if isinstance(value, list):
        return [fitted(item, schema.get("items", True), root) for item in value]
    if not names or any(is_type(value, name) for name in names):
        return int(value) if "integer" in names and "number" not in names and isinstance(value, float) else value
    return _converted(value, names)


def _converted(value: Any, names: list[str]) -> Any:
    if isinstance(value, str):
        text = value.strip()
        if "boolean" in names and text.lower() in ("true", "yes", "false", "no"):
            return text.lower() in ("true", "yes")
        for name, pattern, kind in (
            ("integer", r"[+-]?\d{1,18}", int),
            ("number", r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", float),
        ):
            if name in names and re.fullmatch(pattern, text):
                return kind(text)
        if "null" in names and text.lower() in ("", "null", "none"):
            return None
    if "string" in names and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value
