"""Harmless attacks: the same reply in another form, which every reader must take for what it is."""

from __future__ import annotations

import functools
import gzip
import json
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lollms_client.testing.attack_replies import (
    Canned,
    Event,
    document,
    encode,
    events_of,
    form_of,
    lines_of,
    put,
    replaced,
    strings,
    units_of,
    with_units,
    write_events,
)
from lollms_client.testing.attacks import Attack, one

LETTERS = "é漢🙂"  # two, three and four bytes in UTF-8
MOST_SPLITS = 120


def splits(place: int, reply: Canned, texts: Sequence[str], most: int = MOST_SPLITS) -> Iterator[Attack]:
    """The reply in two pieces, cut at every byte or at a choice of them, and byte by byte."""
    whole = foreign_letters(reply, texts)
    body = whole.body
    if len(body) < 2:
        return
    every = whole.changed(cuts=tuple(range(1, min(len(body), 4096))))
    yield one("A101", "the reply comes byte by byte", place, every, "same", whole=whole)
    for cut in _cuts(body, most):
        name = f"the reply comes in two pieces, cut at byte {cut}"
        yield one("A101", name, place, whole.changed(cuts=(cut,)), "same", whole=whole)


def foreign_letters(reply: Canned, texts: Sequence[str]) -> Canned:
    """The reply with letters of several bytes in those of its strings that come out as text."""
    if form_of(reply) not in ("json", "events", "lines"):
        return reply
    units = units_of(reply)
    for index, unit in enumerate(units):
        found = document(unit.data)
        if found is None:
            continue
        value = found[0]
        for at, text in strings(value):
            if text.strip() and any(text in known for known in texts) and at[-1] not in _NAMES:
                value = put(value, at, text + LETTERS)
        if value != found[0]:
            units = replaced(units, index, encode(value))
    return with_units(reply, units)


_NAMES = ("role", "type", "object", "id", "model", "name", "status", "finish_reason", "url", "state")


def _cuts(body: bytes, most: int) -> list[int]:
    """All positions, or those within a letter or beside a line's end and a choice of the others."""
    places = range(1, len(body))
    if len(places) <= most:
        return list(places)
    inside = [cut for cut in places if body[cut] & 0xC0 == 0x80 or body[cut - 1 : cut] in (b"\n", b"\r")]
    chosen = set(inside[: most // 2])
    chosen.update(random.Random(len(body)).sample(places, most - len(chosen)))
    return sorted(chosen)


# --- other forms of the same -----------------------------------------------------------------------------------------


def forms(place: int, reply: Canned, *, flow: bool) -> Iterator[Attack]:
    """The reply as other services write the same."""
    form = form_of(reply)
    makers: dict[str, tuple[tuple[str, Callable[[Canned], Canned]], ...]] = {
        "events": _EVENT_FORMS,
        "lines": _LINE_FORMS,
        "json": _JSON_FORMS,
    }
    for name, make in makers.get(form, ()):
        changed = make(reply)
        if changed != reply:
            yield one("A102", name, place, changed, "same")
    if form == "json":
        found = document(reply.body)
        if found is not None and isinstance(found[0], dict):
            more = encode({**found[0], "x_not_known": {"since": [1, None]}})
            yield one("A102", "a field comes that nobody knows", place, reply.with_body(more), "alike")
    if reply.body:
        yield from _packed(place, reply, flow=flow)
    cookie = reply.with_header("set-cookie", "session=kept; Path=/; HttpOnly")
    yield one("A102", "a cookie comes with the reply", place, cookie, "same")


def _events(reply: Canned, newline: bytes = b"\n") -> Canned:
    return reply.with_body(write_events(events_of(reply.body), newline))


def _between(reply: Canned, words: bytes) -> Canned:
    body = b"".join(words + write_events([event]) for event in events_of(reply.body))
    return reply.with_body(words + body + words)


def _last_line_end(reply: Canned) -> Canned:
    return reply.with_body(reply.body.rstrip(b"\r\n"))


def _without_space(reply: Canned) -> Canned:
    return reply.with_body(write_events(events_of(reply.body)).replace(b"data: ", b"data:").replace(b"nt: ", b"nt:"))


def _named_fields(reply: Canned) -> Canned:
    blocks = [b"id: %d\nretry: 10\n" % index + write_events([e]) for index, e in enumerate(events_of(reply.body))]
    return reply.with_body(b"".join(blocks))


def _two_data_lines(reply: Canned) -> Canned:
    """JSON may be broken over lines between its tokens; the reader joins them with a line end."""
    events: list[Event] = []
    for event in events_of(reply.body):
        found = document(event.data)
        pretty = json.dumps(found[0], ensure_ascii=False, indent=1).encode() if found is not None else event.data
        events.append(Event(data=pretty, event=event.event))
    return reply.with_body(write_events(events))


_EVENT_FORMS: tuple[tuple[str, Callable[[Canned], Canned]], ...] = (
    ("lines end in CR LF", lambda reply: _events(reply, b"\r\n")),
    ("lines end in CR alone", lambda reply: _events(reply, b"\r")),
    ("comments come between the events", lambda reply: _between(reply, b": still here\n\n")),
    ("empty lines come between the events", lambda reply: _between(reply, b"\n\n")),
    ("a byte order mark comes first", lambda reply: reply.with_body(b"\xef\xbb\xbf" + reply.body)),
    ("the last line end is missing", _last_line_end),
    ("no space follows the colons", _without_space),
    ("events have numbers and a pause for reconnecting", _named_fields),
    ("the data of an event comes in several lines", _two_data_lines),
)


def _blank_lines(reply: Canned) -> Canned:
    return reply.with_body(b"\n" + b"".join(line + b"\n\n" for line in lines_of(reply.body)))


_LINE_FORMS: tuple[tuple[str, Callable[[Canned], Canned]], ...] = (
    ("lines end in CR LF", lambda reply: reply.with_body(reply.body.replace(b"\n", b"\r\n"))),
    ("empty lines come between the lines", _blank_lines),
    ("the last line end is missing", _last_line_end),
)


def _pretty(reply: Canned) -> Canned:
    found: Any = document(reply.body)
    return reply.with_body(json.dumps(found[0], ensure_ascii=True, indent=3).encode()) if found else reply


def _turned(reply: Canned) -> Canned:
    found: Any = document(reply.body)
    if not found or not isinstance(found[0], dict):
        return reply
    return reply.with_body(encode(dict(reversed(found[0].items()))))


_JSON_FORMS: tuple[tuple[str, Callable[[Canned], Canned]], ...] = (
    ("the JSON is written with indents and escapes", _pretty),
    ("space stands around the JSON", lambda reply: reply.with_body(b"\r\n \t" + reply.body + b"\n\n ")),
    ("the fields come in another order", _turned),
)


# --- packed ----------------------------------------------------------------------------------------------------------


def _packed(place: int, reply: Canned, *, flow: bool) -> Iterator[Attack]:
    """The body packed, though nobody asked for it: flows unpack it, others may refuse it."""
    expect = "same" if flow else "complete"
    packed = gzip.compress(reply.body, mtime=0)
    whole = reply.with_body(packed).with_header("content-encoding", "gzip")
    yield one("A112", "the body is packed with gzip", place, whole, expect)  # type: ignore[arg-type]
    raw = reply.with_body(zlib.compress(reply.body)).with_header("content-encoding", "deflate")
    yield one("A112", "the body is packed with deflate", place, raw, expect)  # type: ignore[arg-type]
    cut = whole.with_body(packed[: len(packed) * 2 // 3])
    yield one("A112", "the packed body is cut off", place, cut, "complete")
    broken = bytes(255 - byte if index > 12 else byte for index, byte in enumerate(packed))
    yield one("A112", "the packed body is broken", place, whole.with_body(broken), "complete")
    plain = reply.with_header("content-encoding", "gzip")
    yield one("A112", "the body is said to be packed and is not", place, plain, "complete")
    unknown = reply.with_body(packed).with_header("content-encoding", "br")
    yield one("A112", "the body is packed in a way that nobody asked for", place, unknown, "complete")
    if form_of(reply) != "media":
        yield one("A111", "a small body unpacks to 128 MiB", place, _bomb(reply), "error")


def _bomb(reply: Canned) -> Canned:
    return reply.with_body(_packed_spaces()).with_header("content-encoding", "gzip")


@functools.lru_cache(maxsize=1)
def _packed_spaces() -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    block = b" " * (1024 * 1024)
    return b"".join([*(packer.compress(block) for _ in range(128)), packer.flush()])
