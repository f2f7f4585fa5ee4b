"""Canned replies as the attacks see them: status, headers and bytes, taken apart by form and put together again."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

Form = Literal["json", "events", "lines", "text", "media", "empty"]
Ending = Literal["whole", "short", "reset", "stall", "endless"]
Stage = Literal["connect", "head", "body"]
Path = tuple[str | int, ...]
DONE = b"[DONE]"


class Canned(msgspec.Struct, frozen=True, kw_only=True):
    """One reply of a service, and how it comes over the wire.

    `cuts` are the positions where the body is sent in pieces. `ending` is what happens at `stage`: nothing special, the
    body ends too early for its announced length, the connection is reset, the service falls silent, or it goes on
    sending for ever. `interim` are bytes before the head; `raw_head` replaces the head as it is written.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    cuts: tuple[int, ...] = ()
    ending: Ending = "whole"
    stage: Stage = "body"
    interim: bytes = b""
    raw_head: bytes | None = None
    filler: bytes = b""  # what an endless body repeats

    def header(self, name: str) -> str:
        """The value of a header, "" without one."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), "")

    def with_header(self, name: str, value: str | None) -> Canned:
        """The same reply with one header set, or taken away."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return msgspec.structs.replace(self, headers=kept if value is None else (*kept, (name, value)))

    def with_body(self, body: bytes) -> Canned:
        """The same reply with another body."""
        return msgspec.structs.replace(self, body=body, cuts=())

    def changed(self, **fields: Any) -> Canned:
        """The same reply with other fields."""
        return msgspec.structs.replace(self, **fields)

    def pieces(self) -> tuple[bytes, ...]:
        """The body in pieces."""
        edges = [0, *sorted({cut for cut in self.cuts if 0 < cut < len(self.body)}), len(self.body)]
        return tuple(self.body[a:b] for a, b in itertools.pairwise(edges) if b > a)


def json_reply(value: Any, status: int = 200) -> Canned:
    """A reply that holds JSON."""
    return Canned(status=status, headers=(("content-type", "application/json"),), body=encode(value))


def encode(value: Any) -> bytes:
    """JSON with the letters of all languages as they are."""
    return json.dumps(value, ensure_ascii=False, allow_nan=True).encode("utf-8", "surrogatepass")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One server-sent event."""

    data: bytes
    event: str = ""


def form_of(reply: Canned) -> Form:
    """What the body is, from its type and its bytes."""
    declared = reply.header("content-type").partition(";")[0].strip().lower()
    if not reply.body:
        return "empty"
    if declared == "text/event-stream":
        return "events"
    if declared in ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-lines"):
        return "lines"
    if declared.endswith("json"):
        return "json" if document(reply.body) is not None else "lines"
    if declared.startswith("text/"):
        return "text"
    if not declared and document(reply.body) is not None:
        return "json"
    return "media"


def document(body: bytes) -> Any:
    """The JSON document in a body as a list of one, None where it is none."""
    try:
        return [json.loads(body)]
    except (ValueError, RecursionError):
        return None


def events_of(body: bytes) -> list[Event]:
    """The events of a stream as the kit wrote it."""
    found: list[Event] = []
    for block in body.replace(b"\r\n", b"\n").split(b"\n\n"):
        data: list[bytes] = []
        name = ""
        for line in block.split(b"\n"):
            field, _, value = line.partition(b":")
            if field == b"data":
                data.append(value.removeprefix(b" "))
            elif field == b"event":
                name = value.strip().decode("utf-8", "replace")
        if data or name:
            found.append(Event(data=b"\n".join(data), event=name))
    return found


def write_events(events: list[Event], newline: bytes = b"\n") -> bytes:
    """A stream of events."""
    lines: list[bytes] = []
    for event in events:
        if event.event:
            lines.append(b"event: " + event.event.encode("utf-8"))
        lines += [b"data: " + line for line in event.data.split(b"\n")]
        lines.append(b"")
    return b"".join(line + newline for line in lines)


def lines_of(body: bytes) -> list[bytes]:
    """The lines of a stream of JSON lines."""
    return [line for line in body.split(b"\n") if line.strip()]


def units_of(reply: Canned) -> list[Event]:
    """The events or the lines of a stream; the one document of a JSON reply."""
    form = form_of(reply)
    if form == "events":
        return events_of(reply.body)
    if form == "lines":
        return [Event(data=line) for line in lines_of(reply.body)]
    return [Event(data=reply.body)] if form == "json" else []


def with_units(reply: Canned, units: list[Event]) -> Canned:
    """The same reply with other events, lines, or another document."""
    form = form_of(reply)
    if form == "events":
        return reply.with_body(write_events(units))
    if form == "lines":
        return reply.with_body(b"".join(unit.data + b"\n" for unit in units))
    return reply.with_body(units[0].data if units else b"")


def replaced(units: list[Event], place: int, data: bytes) -> list[Event]:
    """The units with other data in one of them."""
    return [msgspec.structs.replace(unit, data=data) if i == place else unit for i, unit in enumerate(units)]


# --- JSON ------------------------------------------------------------------------------------------------------------


def places(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every place in a JSON value with what stands there; of a list the first and the last item alone."""
    yield at, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*at, key))
    elif isinstance(value, list):
        for index in sorted({0, len(value) - 1} if value else ()):
            yield from places(value[index], (*at, index))


def put(value: Any, at: Path, new: Any) -> Any:
    """A copy of a JSON value with another one at a place."""
    if not at:
        return new
    step, *rest = at
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[step] = put(copy[step], tuple(rest), new)
    return copy


def without(value: Any, at: Path) -> Any:
    """A copy of a JSON value without what stands at a place (a key or an item)."""
    *front, step = at
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    if front:
        copy[front[0]] = without(copy[front[0]], (*front[1:], step))
    else:
        del copy[step]
    return copy


def shape_of(value: Any) -> str:
    """The shape of a JSON value: its places and types, not what stands there."""
    kinds = {f"{'.'.join(map(str, at))}:{type(item).__name__}" for at, item in places(value)}
    return " ".join(sorted(kinds))


def spelt(at: Path) -> str:
    """A place in words."""
    return ".".join(map(str, at)) or "the whole"


def strings(value: Any) -> Iterator[tuple[Path, str]]:
    """The places where texts stand."""
    for at, item in places(value):
        if isinstance(item, str):
            yield at, item
