"""Reads the body of a recorded reply into the form in which a case states it: events, lines, JSON, text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lollms_client.testing.cases_rendering import is_named_event


def events_of(body: bytes) -> list[Any]:
    """Server-sent events as a case states them: the data alone, decoded where it is JSON, or all fields by name."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found: list[Any] = []
    for block in text.split("\n\n"):
        event = _event(block)
        if event is not None:
            found.append(event)
    return found


def _event(block: str) -> Any:
    fields: dict[str, Any] = {}
    data: list[str] = []
    comments: list[str] = []
    for line in block.split("\n"):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not name and value:
            comments.append(value)
        elif name == "data":
            data.append(value)
        elif name in ("event", "id", "retry"):
            fields[name] = value
    if not data and not fields:
        return {"comment": comments[0]} if comments else None
    content = data_of("\n".join(data)) if data else None
    if not fields:
        return content
    named = {"event": fields.pop("event", "message"), **fields}
    return {**named, "data": content} if data else named


def data_of(text: str) -> Any:
    """An event's data: decoded where it is a JSON object or list, else the text; the spaces in JSON are lost."""
    if text[:1] not in ("{", "["):
        return text
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return text if isinstance(value, Mapping) and is_named_event(value) else value


def lines_of(body: bytes) -> list[Any] | None:
    """The lines of NDJSON, decoded; None where one of them is no JSON object."""
    found: list[Any] = []
    for line in body.decode("utf-8", "replace").split("\n"):
        if not line.strip():
            continue
        try:
            value = msgspec.json.decode(line)
        except msgspec.DecodeError:
            return None
        if not isinstance(value, Mapping):
            return None
        found.append(value)
    return found


def json_of(body: bytes) -> Any:
    """The decoded JSON; UNSET where it is none."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.UNSET
