"""What an attack is: one reply of a case is replaced, and what may come of the call."""

from __future__ import annotations

from typing import Literal

import msgspec

from lollms_client.testing.attack_replies import Canned

# what a call may end with under attack:
#   same      the same result as without the attack
#   alike     the same content; usage and other facts may differ
#   error     an error of the tree
#   complete  an error, or the same content: never a part of it, nor anything else
#   typed     an error, or a result of the declared types
Expect = Literal["same", "alike", "error", "complete", "typed"]


class Attack(msgspec.Struct, frozen=True, kw_only=True):
    """One reply of a case replaced by others.

    `place` is the exchange. Each time it is asked for, the next of `replies` comes; after the last, that one again
    (`lasting`), or what the case says. `whole` replaces the reply in the call that the result is compared with.
    `wire` attacks show on a real connection only. `codes` are the errors that fit, of a binding in flows; empty: any.
    """

    rule: str
    name: str
    place: int
    replies: tuple[Canned, ...]
    lasting: bool = True
    expect: Expect = "typed"
    codes: tuple[str, ...] = ()
    whole: Canned | None = None
    wire: bool = False
    marks: tuple[str, ...] = ()  # what must not show in a result
    limit: float | None = None  # seconds for the call, where the attack is that nothing comes
    arrived: bool = True  # whether the service may have acted on the request
    retry_after: float | None = None  # what the reply asks to wait


def one(rule: str, name: str, place: int, reply: Canned, expect: Expect, **fields: object) -> Attack:
    """An attack with one reply. One that is good in another form comes once, and the call goes on."""
    if expect in ("same", "alike"):
        fields.setdefault("lasting", False)
    return Attack(rule=rule, name=name, place=place, replies=(reply,), expect=expect, **fields)  # type: ignore[arg-type]
