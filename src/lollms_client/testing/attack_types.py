"""Attacks on the fields of a reply: every one of them with values of other types, or missing, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lollms_client.testing.attack_damage import chosen_units
from lollms_client.testing.attack_replies import (
    Canned,
    document,
    encode,
    form_of,
    places,
    put,
    replaced,
    spelt,
    units_of,
    with_units,
    without,
)
from lollms_client.testing.attacks import Attack, one

WRONG: tuple[Any, ...] = (None, -31415.5, "wrong text!", ["wrong item"], {"wrong key": "wrong value"}, True)
MARKS = ("wrong item'", "wrong key'", "wrong value'")  # as Python writes a list or a mapping
ODD_NUMBERS: tuple[bytes, ...] = (b"1e400", b"-1", b"123456789" * 60, b"NaN")
MOST_PLACES = 60


def wrong_types(place: int, reply: Canned, *, every: bool = True) -> Iterator[Attack]:
    """Each field with each wrong type; without `every` with one of them."""
    if form_of(reply) not in ("json", "events", "lines"):
        return
    units = units_of(reply)
    for index, unit in chosen_units(units):
        found = document(unit.data)
        if found is None:
            continue
        part = f" in part {index + 1}" if len(units) > 1 else ""
        for at, old in list(places(found[0]))[:MOST_PLACES]:
            for count, value in enumerate(_unlike(old)):
                if not every and count != len(at) % 4:
                    continue
                data = encode(put(found[0], at, value))
                name = f"{spelt(at)}{part} is {encode(value).decode()}"
                yield one("A108", name, place, with_units(reply, replaced(units, index, data)), "typed", marks=MARKS)
            if at and isinstance(at[-1], str):
                data = encode(without(found[0], at))
                name = f"{spelt(at)}{part} is missing"
                yield one("A108", name, place, with_units(reply, replaced(units, index, data)), "typed")
            yield from _odd(place, reply, index, at, found[0], part)


def _odd(place: int, reply: Canned, index: int, at: Any, value: Any, part: str) -> Iterator[Attack]:
    """Numbers that no number type holds, and half a letter where a text stands."""
    units = units_of(reply)
    old = value
    for step in at:
        old = old[step]
    if isinstance(old, (int, float)) and not isinstance(old, bool):
        for number in ODD_NUMBERS:
            data = encode(put(value, at, "@number@")).replace(b'"@number@"', number)
            name = f"{spelt(at)}{part} is {number[:12].decode()}"
            yield one("A108", name, place, with_units(reply, replaced(units, index, data)), "typed")
    if isinstance(old, str):
        data = encode(put(value, at, "@half@")).replace(b"@half@", b"half \\ud83d of a letter")
        name = f"{spelt(at)}{part} holds half a letter"
        yield one("A108", name, place, with_units(reply, replaced(units, index, data)), "typed")


def _unlike(old: Any) -> Iterator[Any]:
    for value in WRONG:
        numbers = isinstance(old, (int, float)) and isinstance(value, float) and not isinstance(old, bool)
        if type(value) is not type(old) and not numbers:
            yield value
