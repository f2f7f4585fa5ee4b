"""Requests taken apart into their smallest pieces, so that two calls can be compared by what they sent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

from lollms_client.testing.server import Received
from lollms_client.testing.wire_forms import form_fields

Key = tuple[str, str]  # method and path
Place = tuple[Key, str]  # of a piece
# headers that say nothing of what is asked, or that each request has its own of
_PASSED_OVER = {
    "host", "content-length", "content-type", "connection", "date", "traceparent", "tracestate", "x-request-id",
    "idempotency-key", "accept-encoding", "transfer-encoding",
}  # fmt: skip
_MADE_UP = re.compile(r"[0-9a-f]{8,}|[0-9]{5,}", re.IGNORECASE)


class Sent(NamedTuple):
    """One request: its kind, and its pieces by where they stand."""

    key: Key
    pieces: dict[str, str]

    @property
    def words(self) -> str:
        """How findings name it."""
        return f"{self.key[0]} {self.key[1]}"


def sent_of(request: Received) -> Sent:
    """A request in pieces."""
    parts = urlsplit(request.url)
    pieces = {f"header {name}": value for name, value in request.headers.items() if name not in _PASSED_OVER}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        pieces[f"query {name}"] = value
    pieces["host"] = parts.netloc
    for at, value in _body(request):
        pieces[at] = value
    return Sent((request.method, _MADE_UP.sub("*", parts.path)), pieces)


def _body(request: Received) -> Iterator[tuple[str, str]]:
    fields = form_fields(request) if request.body[:1] not in (b"{", b"[") else None
    if fields is not None:
        for number, field in enumerate(fields):
            file = field.filename is not None
            yield f"field {number} {field.name}", _short(field.data) if file else field.text
        return
    try:
        value = msgspec.json.decode(request.body)
    except msgspec.DecodeError:
        if request.body:
            yield "body", _text(request.body)
        return
    yield from _leaves(value, "body")


def _leaves(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _leaves(item, f"{at}.{name}")
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, f"{at}[{index}]")
    else:
        yield at, value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _short(data)


def _short(data: bytes) -> str:
    return f"{len(data)} bytes {hashlib.sha256(data).hexdigest()[:12]}"


class Difference(NamedTuple):
    """How two calls differ: where (None: in the requests themselves), the new piece, and both in words."""

    place: Place | None
    now: str
    words: str


def differences(first: Sequence[Sent], later: Sequence[Sent], known: Iterable[Sent] = ()) -> list[Difference]:
    """What `later` sent otherwise than `first`. What was asked before (`known`) need not be asked again."""
    asked = {_frozen(item) for item in known}
    found: list[Difference] = []
    at = 0
    for item in later:
        place = next((index for index in range(at, len(first)) if first[index].key == item.key), None)
        if place is None:
            found.append(Difference(None, item.words, f"it sends {item.words} as well"))
            continue
        found += _left_out(first[at:place], asked)
        at = place + 1
        found += _pieces(first[place], item)
    return found + _left_out(first[at:], asked)


def _left_out(items: Iterable[Sent], asked: set[Any]) -> list[Difference]:
    gone = [item for item in items if _frozen(item) not in asked]
    return [Difference(None, item.words, f"it does not send {item.words}") for item in gone]


def _frozen(item: Sent) -> Any:
    return item.key, frozenset(item.pieces.items())


def _pieces(first: Sent, later: Sent) -> Iterator[Difference]:
    for at in dict.fromkeys((*first.pieces, *later.pieces)):
        old, new = first.pieces.get(at), later.pieces.get(at)
        if old is None:
            yield Difference((later.key, at), new or "", f"{later.words} carries {at} = {_brief(new)}")
        elif new is None:
            yield Difference((later.key, at), "", f"{later.words} lacks {at}")
        elif old != new:
            words = f"{later.words} has {at} = {_brief(new)} where it was {_brief(old)}"
            yield Difference((later.key, at), new, words)


def changed_values(first: Sequence[Sent], later: Sequence[Sent]) -> set[Place]:
    """The places whose values differ from call to call, though both calls have them."""
    found: set[Place] = set()
    for one, other in zip(first, later, strict=False):
        if one.key == other.key:
            both = one.pieces.keys() & other.pieces.keys()
            found |= {(one.key, at) for at in both if one.pieces[at] != other.pieces[at]}
    return found


def _brief(text: str | None) -> str:
    text = text or ""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
