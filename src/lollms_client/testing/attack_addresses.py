"""Attacks that lead a binding elsewhere: redirects, and addresses in replies that point to private places or files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lollms_client.testing.attack_replies import (
    Canned,
    document,
    encode,
    put,
    replaced,
    spelt,
    strings,
    units_of,
    with_units,
)
from lollms_client.testing.attacks import Attack, one

PRIVATE = (
    "http://169.254.169.254/latest/meta-data/", "http://10.11.12.13/private.png", "http://192.168.77.1/private.png",
    "http://[fd00:ec2::254]/private.png", "http://0.0.0.0:9/private.png", "http://[::ffff:10.11.12.13]/private.png",
    "http://inside.lollms-check.example/private.png",
)  # fmt: skip
NO_HTTP = ("file:///etc/hosts", "ftp://169.254.169.254/private", "gopher://10.11.12.13/", "//", "http://", "http://[")
RESOLVED = {"inside.lollms-check.example": "10.11.12.13"}


def redirects(place: int, url: str, elsewhere: str) -> Iterator[Attack]:
    """The service sends the caller round in a circle, to another server, to a private address, to a file."""
    for status in (301, 302, 307, 308):
        circle = _to(status, url)
        yield one("A113", f"the service redirects to the same address for ever ({status})", place, circle, "error")
        other = _to(status, f"{elsewhere}/taken")
        yield one("A114", f"the service redirects to another server ({status})", place, other, "typed")
    for target in (*PRIVATE[:2], *NO_HTTP):
        yield one("A114", f"the service redirects to {target}", place, _to(302, target), "error")
    nowhere = Canned(status=302)
    yield one("A113", "a redirect does not say where to", place, nowhere, "error")


def _to(status: int, target: str) -> Canned:
    return Canned(status=status, headers=(("location", target),))


def given_addresses(place: int, reply: Canned, followed: Sequence[str], elsewhere: str) -> Iterator[Attack]:
    """Where a reply names an address that the binding then fetches: the same reply with other addresses.

    `followed` are the addresses that the case goes to later.
    """
    units = units_of(reply)
    for index, unit in enumerate(units):
        found = document(unit.data)
        if found is None:
            continue
        for at, text in strings(found[0]):
            if not any(_leads_to(text, url) for url in followed):
                continue
            for target in (*PRIVATE, *NO_HTTP, f"{elsewhere}/taken.png"):
                data = encode(put(found[0], at, target))
                changed = with_units(reply, replaced(units, index, data))
                expect = "typed" if target.startswith(elsewhere) else "error"
                yield one("A115", f"{spelt(at)} leads to {target}", place, changed, expect)  # type: ignore[arg-type]


def _leads_to(text: str, url: str) -> bool:
    """Whether a text of a reply is an address that was fetched, up to its query."""
    return "://" in text and url.partition("?")[0] == text.partition("?")[0]
