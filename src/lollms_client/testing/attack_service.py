"""The service of a case under attack: answers as the case says, but for the exchange that is attacked."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from lollms_client.testing.attack_replies import Canned, json_reply
from lollms_client.testing.attacks import Attack

MOST_ASKED = 3000  # requests of one call: more is running away


class Wanted(NamedTuple):
    """What an exchange of the case asks: method and path."""

    method: str
    path: str


class Asked(NamedTuple):
    """A request that came: which exchange it was of (None: of none), and whether it held a secret."""

    place: int | None
    method: str
    url: str
    secret: bool
    body: int  # a number for the body, the same for the same bytes


class RanAway(BaseException):
    """The call asks without end. No `except Exception` of a binding stops it."""


class CaseService:
    """Answers requests of one call. `asked` holds what came."""

    def __init__(self, wanted: Sequence[Wanted], replies: Sequence[Canned], attack: Attack | None) -> None:
        self._wanted = wanted
        self._replies = list(replies)
        self._attack = attack
        self._next = 0
        self._used = 0  # of the attack's replies
        self._attacked: tuple[str, str, int] | None = None  # the first request that was attacked
        self._lock = threading.Lock()
        self.asked: list[Asked] = []

    def answer(self, method: str, url: str, *, secret: bool = False, body: bytes = b"") -> Canned:
        """The reply to a request. Raises RanAway where there is no end of them."""
        with self._lock:
            key = (method, url, hash(body))
            place = self._place(Wanted(method, urlsplit(url).path or "/"), key)
            self.asked.append(Asked(place, method, url, secret, hash(body)))
            if len(self.asked) > MOST_ASKED:
                raise RanAway("it sends requests without end")
            return self._reply(place, key)

    def _reply(self, place: int | None, key: tuple[str, str, int]) -> Canned:
        if place is None:
            return json_reply({"error": {"message": "there is nothing at this address", "code": "no_exchange"}}, 404)
        attack = self._attack
        if attack is not None and place == attack.place and (attack.lasting or self._used < len(attack.replies)):
            found = attack.replies[min(self._used, len(attack.replies) - 1)]
            self._used += 1
            self._attacked = self._attacked or key
            if not attack.lasting and len(attack.replies) == 1 and attack.expect in ("same", "alike"):
                self._next = max(self._next, place + 1)  # a good reply in another form: the call goes on
            return found
        if not self._is_meanwhile(place):
            self._next = max(self._next, place + 1)
        return self._replies[place]

    def _is_meanwhile(self, place: int | None) -> bool:
        """Whether an exchange lies between the attacked one and its last repetition, while the attack goes on.

        A job that is asked about at several addresses stays where it is until the attack lets it get on.
        """
        attack = self._attack
        if attack is None or place is None or self._attacked is None or self._next > attack.place:
            return False
        last = max(index for index, wanted in enumerate(self._wanted) if wanted == self._wanted[attack.place])
        going_on = attack.lasting or self._used < len(attack.replies)
        return going_on and attack.place < place < last and self._wanted[place] != self._wanted[attack.place]

    def _place(self, wanted: Wanted, key: tuple[str, str, int]) -> int | None:
        """The exchange that a request is of: the next one that fits, else the last one before it that does.

        The attacked one stays the next until another request of its kind comes, such as that for the next page.
        """
        start = self._next
        if self._attacked == key and self._attack is not None and self._attack.place >= start:
            return self._attack.place
        if self._attack is not None and start == self._attack.place and self._attacked not in (None, key):
            start += 1
        for place in range(start, len(self._wanted)):
            if _fits(self._wanted[place], wanted):
                return place
        for place in reversed(range(min(self._next, len(self._wanted)))):
            if _fits(self._wanted[place], wanted):
                return place
        return None

    def times(self, place: int) -> int:
        """How often an exchange was asked for."""
        return sum(1 for asked in self.asked if asked.place == place)


def _fits(expected: Wanted, got: Wanted) -> bool:
    return expected.method == got.method and expected.path in (got.path, "${any}")
