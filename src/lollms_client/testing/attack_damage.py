"""Attacks that damage a reply: cut, stalled, reset, mixed up, empty, of another type, endless, an error in disguise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lollms_client.testing.attack_replies import (
    Canned,
    Event,
    document,
    encode,
    form_of,
    json_reply,
    places,
    replaced,
    shape_of,
    units_of,
    with_units,
)
from lollms_client.testing.attacks import Attack, Expect, one

PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to the network</h1></body></html>"


def damage(place: int, reply: Canned, *, listing: bool = False) -> Iterator[Attack]:
    """All of them for one reply. Some can tell nothing about a reply that is empty anyway, or about a `listing`."""
    yield from stalled(place, reply)
    yield from reset(place, reply)
    yield from too_large(place, reply)
    if not reply.body:
        return
    yield from truncated(place, reply)
    yield from mixed_up(place, reply)
    yield from other_type(place, reply)
    yield from nothing(place, reply, listing=listing)
    yield from disguised(place, reply)


# --- cut off ---------------------------------------------------------------------------------------------------------


def truncated(place: int, reply: Canned) -> Iterator[Attack]:
    """The reply ends too early: within its announced length, or as if that were all."""
    for part in (0.0, 0.3, 0.7):
        kept = reply.with_body(reply.body[: int(len(reply.body) * part)])
        name = f"the connection ends after {part:.0%} of the announced body"
        yield one("A104", name, place, kept.changed(ending="short"), "complete" if part else "error")
    form = form_of(reply)
    if form == "json":
        for part in (0.25, 0.5, 0.9):
            body = reply.body[: int(len(reply.body.rstrip()) * part)]
            yield one("A104", f"the JSON stops after {part:.0%}", place, reply.with_body(body), "complete")
    elif form in ("events", "lines"):
        yield from _early_end(place, reply)


def _early_end(place: int, reply: Canned) -> Iterator[Attack]:
    units = units_of(reply)
    mark = end_mark(units)
    expect = "complete" if mark is not None else "typed"
    for count in range(1, len(units)):
        name = f"the stream ends after {count} of its {len(units)} parts"
        told = "typed" if mark is not None and count > mark else expect
        yield one("A104", name, place, with_units(reply, units[:count]), told)  # type: ignore[arg-type]
    for part in (0.3, 0.6):
        body = reply.body[: int(len(reply.body) * part)]
        name = f"the stream stops within a part, after {part:.0%}"
        yield one("A104", name, place, reply.with_body(body), expect)  # type: ignore[arg-type]


def end_mark(units: list[Event]) -> int | None:
    """The first part that says that the answer is complete, None where nothing tells the end from the rest.

    It is a part that is no JSON, has a name of its own, holds a field that no part before it has, or in which a field
    that was the same in all parts before it changes.
    """
    values = [found[0] if (found := document(unit.data)) is not None else None for unit in units]
    for index in range(len(units) - 1, 0, -1):
        if values[index] is None or units[index].event not in {unit.event for unit in units[:index]}:
            continue
        if not _differs(values[index], values[:index]):
            return index + 1 if index + 1 < len(units) else None
    return 1 if len(units) > 1 else None


def _differs(value: Any, earlier: list[Any]) -> bool:
    """Whether a part differs from those before it in more than its words."""
    now = {at: item for at, item in places(value) if not isinstance(item, (dict, list))}
    before = [dict(places(old)) for old in earlier]
    for at, item in now.items():
        known = [old[at] for old in before if at in old]
        if not known or (item is not None and all(old is None for old in known)):
            return True
        if isinstance(item, bool) and item not in known:
            return True
        if isinstance(item, str) and len(known) > 1 and len(set(map(str, known))) == 1 and item != known[0]:
            return True
    return False


def stalled(place: int, reply: Canned) -> Iterator[Attack]:
    """The service falls silent."""
    codes = ("timed_out",)
    silent = reply.changed(ending="stall", stage="head")
    yield one("A105", "the service does not begin to answer", place, silent, "error", codes=codes, limit=0.3)
    if len(reply.body) > 1:
        half = reply.with_body(reply.body[: len(reply.body) // 2]).changed(ending="stall")
        name = "the service falls silent in the middle of its answer"
        yield one("A105", name, place, half, "complete", codes=codes, limit=0.3)


def reset(place: int, reply: Canned) -> Iterator[Attack]:
    """The connection breaks."""
    before = reply.changed(ending="reset", stage="head")
    yield one("A106", "the connection is reset before the answer", place, before, "error")
    yield one("A106", "the connection is reset once before the answer", place, before, "complete", lasting=False)
    if len(reply.body) > 1:
        half = reply.with_body(reply.body[: len(reply.body) // 2]).changed(ending="reset")
        yield one("A106", "the connection is reset in the middle of the answer", place, half, "complete")


# --- mixed up --------------------------------------------------------------------------------------------------------


def mixed_up(place: int, reply: Canned) -> Iterator[Attack]:
    """Parts are lost, repeated, in another order, or damaged."""
    units = units_of(reply)
    if form_of(reply) in ("events", "lines"):
        for index in range(len(units)):
            rest = units[:index] + units[index + 1 :]
            yield one("A103", f"part {index + 1} of the stream is lost", place, with_units(reply, rest), "typed")
            twice = units[: index + 1] + units[index:]
            yield one("A103", f"part {index + 1} of the stream comes twice", place, with_units(reply, twice), "typed")
        for index in range(len(units) - 1):
            turned = [*units[:index], units[index + 1], units[index], *units[index + 2 :]]
            name = f"parts {index + 1} and {index + 2} of the stream are swapped"
            yield one("A103", name, place, with_units(reply, turned), "typed")
        yield one("A103", "the stream comes backwards", place, with_units(reply, units[::-1]), "typed")
    for index, unit in chosen_units(units):
        if document(unit.data) is None:
            continue
        broken = with_units(reply, replaced(units, index, unit.data.replace(b":", b"", 1)[:-1] + b","))
        yield one("A107", f"part {index + 1} is no JSON", place, broken, "complete")
        letters = unit.data.replace(b'"', b'"\xff\xfe', 1)
        wrong = with_units(reply, replaced(units, index, letters))
        yield one("A107", f"part {index + 1} is no UTF-8", place, wrong, "typed")
        deep = b"[" * 60_000 + b"]" * 60_000
        nested = with_units(reply, replaced(units, index, deep))
        yield one("A107", f"part {index + 1} is nested 60000 deep", place, nested, "complete")


def chosen_units(units: list[Event]) -> Iterator[tuple[int, Event]]:
    """One part of each shape."""
    seen: set[str] = set()
    for index, unit in enumerate(units):
        found = document(unit.data)
        shape = unit.event + (shape_of(found[0]) if found is not None else "no JSON")
        if shape not in seen:
            seen.add(shape)
            yield index, unit


def other_type(place: int, reply: Canned) -> Iterator[Attack]:
    """The type does not fit the body, or the body is a web page."""
    html = "text/html; charset=utf-8"
    page = Canned(status=200, headers=(("content-type", html),), body=PAGE)
    yield one("A107", "a web page comes with status 200", place, page, "complete")
    untold = page.with_header("content-type", reply.header("content-type") or None)
    yield one("A107", "a web page comes under the right type", place, untold, "complete")
    for kind in ("text/plain", "application/octet-stream", html, "application/json", None):
        if kind != reply.header("content-type"):
            name = f"the same body comes as {kind or 'no type at all'}"
            yield one("A107", name, place, reply.with_header("content-type", kind), "complete")


def nothing(place: int, reply: Canned, *, listing: bool = False) -> Iterator[Attack]:
    """There is nothing in the reply."""
    yield one("A109", "the body is empty", place, reply.with_body(b""), "complete")
    bare = Canned(status=204)
    yield one("A109", "the answer is 204 without a body", place, bare, "complete")
    if form_of(reply) in ("json", "events", "lines"):
        blank: tuple[Any, ...] = (None, {}, [], "", 0)
        for value in blank:
            empty = encode(value)
            name = f"the answer is {empty.decode()} alone"
            expect: Expect = "typed" if listing else "complete"
            yield one("A109", name, place, with_units(reply, [Event(data=empty)]), expect)


# --- errors in disguise ----------------------------------------------------------------------------------------------

WORDS = "The model is overloaded with requests"
DISGUISES: tuple[tuple[str, Any], ...] = (
    ("error with a message", {"error": {"message": WORDS, "type": "server_error", "code": None}}),
    ("error as a text", {"error": WORDS}),
    ("detail", {"detail": WORDS}),
    ("status error", {"status": "error", "message": WORDS}),
    ("success false", {"success": False, "errors": [{"code": 1001, "message": WORDS}], "result": None}),
    ("code and msg", {"code": 1001, "msg": WORDS}),
    ("a list of errors", {"errors": [{"message": WORDS}]}),
)


def disguised(place: int, reply: Canned) -> Iterator[Attack]:
    """An error comes with status 200, as the whole answer or in the middle of a stream."""
    for name, value in DISGUISES:
        hidden = json_reply(value)
        yield one("A110", f"an error comes with status 200: {name}", place, hidden, "complete")
        kept = hidden.with_header("content-type", reply.header("content-type") or "application/json")
        if kept != hidden:
            yield one("A110", f"an error comes under the right type: {name}", place, kept, "complete")
    units = units_of(reply)
    if form_of(reply) not in ("events", "lines") or len(units) < 2:
        return
    for name, value in DISGUISES[:4]:
        data = encode(value)
        for event in ("", "error") if form_of(reply) == "events" else ("",):
            middle = [*units[:1], Event(data=data, event=event)]
            words = f"an error{' event' if event else ''} ends the stream: {name}"
            yield one("A110", words, place, with_units(reply, middle), "complete")


def too_large(place: int, reply: Canned) -> Iterator[Attack]:
    """The reply never ends."""
    form = form_of(reply)
    filler = b"data: " + b"x" * 8192 if form == "events" else b"x" * 8192
    start = b'{"text": "' if form in ("json", "lines", "empty") else b""
    if form == "media":
        start = reply.body
    endless = reply.with_body(start).changed(ending="endless", filler=filler)
    yield one("A111", "the answer never ends", place, endless, "error")
