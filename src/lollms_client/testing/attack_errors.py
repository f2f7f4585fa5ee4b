"""Attacks with which a service says that it failed: statuses with the bodies that services send, and none at all."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Iterator
from typing import Any

from lollms_client.testing.attack_replies import Canned, json_reply
from lollms_client.testing.attacks import Attack, one

WAIT = 7.0  # seconds that the service asks for
LONG_WAIT = 50.0  # until a date; a slow machine has used some of them when it is asked
_HTML = (("content-type", "text/html"),)
_TEXT = (("content-type", "text/plain; charset=utf-8"),)
_REJECTED = ("rejected", "context_too_long", "content_filtered")
_UNAVAILABLE = ("unavailable",)
# status: the words that a service says, and the codes that fit
STATUSES: dict[int, tuple[str, tuple[str, ...]]] = {
    400: ("The parameter temperature is out of its range", _REJECTED),
    401: ("No such account is known", ("authentication_failed",)),
    402: ("Your balance is used up", ("quota_exceeded",)),
    403: ("This account may not use the model", ("permission_denied", "authentication_failed")),
    404: ("There is no such model", ("not_found", "job_expired")),
    408: ("The request took too long to arrive", ("unavailable", "timed_out")),
    413: ("The request is too large", _REJECTED),
    422: ("The field prompt is not valid", _REJECTED),
    429: ("Too many requests in this minute", ("rate_limited",)),
    500: ("Something broke inside", _UNAVAILABLE),
    502: ("The server behind the gateway did not answer", _UNAVAILABLE),
    503: ("The service is under maintenance", _UNAVAILABLE),
    504: ("The server behind the gateway took too long", ("unavailable", "timed_out")),
    529: ("The service is overloaded", _UNAVAILABLE),
}
_NOT_ARRIVED = (400, 401, 402, 403, 404, 408, 413, 422, 429, 503, 529)  # the service says that it did nothing


def _json_bodies(words: str) -> Iterator[tuple[str, Any]]:
    yield "as an object", {"error": {"message": words, "type": "some_error", "code": None, "param": None}}
    yield "as a text", {"error": words}
    yield "as detail", {"detail": words}
    yield "as a list of details", {"detail": [{"loc": ["body", "prompt"], "msg": words, "type": "value_error"}]}
    yield "as a message", {"message": words, "code": "some_code"}
    yield "as a list", [{"error": {"code": 1, "message": words, "status": "SOME_STATUS"}}]
    yield "as nothing that is known", {"unexpected": {"deep": [words]}}


def bodies(status: int, words: str) -> Iterator[tuple[str, Canned]]:
    """The same failure in the shapes in which services say it."""
    for name, value in _json_bodies(words):
        yield f"{status} with JSON, {name}", json_reply(value, status)
    yield f"{status} with a text", Canned(status=status, headers=_TEXT, body=words.encode())
    page = f"<html><head><title>{status}</title></head><body><h1>{words}</h1></body></html>".encode()
    yield f"{status} with a web page", Canned(status=status, headers=_HTML, body=page)
    yield f"{status} without a body", Canned(status=status)
    broken = Canned(status=status, headers=(("content-type", "application/json"),), body=b'{"error": {"mess')
    yield f"{status} with broken JSON", broken


def statuses(place: int, *, first: bool) -> Iterator[Attack]:
    """Each failing status; on the first request of a case in every shape, with the code that must come of it."""
    for status, (words, codes) in STATUSES.items():
        arrived = status not in _NOT_ARRIVED
        for index, (name, reply) in enumerate(bodies(status, words)):
            if first or index == 0:
                told = codes if first else ()
                yield one("E101", name, place, reply, "error", codes=told, arrived=arrived)
    yield from _waits(place)


def _waits(place: int) -> Iterator[Attack]:
    words = STATUSES[429][0]
    base = json_reply({"error": {"message": words, "type": "rate_limit_error"}}, 429)
    date = email.utils.formatdate(time.time() + LONG_WAIT, usegmt=True)
    for name, value, seconds in (("seconds", f"{WAIT:g}", WAIT), ("a date", date, LONG_WAIT)):
        asked = base.with_header("retry-after", value)
        title = f"429 that asks to wait, as {name}"
        yield one("E104", title, place, asked, "error", codes=("rate_limited",), arrived=False, retry_after=seconds)
    down = json_reply({"error": {"message": "down"}}, 503).with_header("retry-after", f"{WAIT:g}")
    yield one("E104", "503 that asks to wait", place, down, "error", arrived=False, retry_after=WAIT)
    nonsense = base.with_header("retry-after", "soon")
    yield one("E101", "429 that asks to wait in words", place, nonsense, "error", arrived=False)
    endless = base.with_header("retry-after", "1e12")
    yield one("E109", "429 that asks to wait for 30000 years", place, endless, "error", arrived=False)
    once = base.with_header("retry-after", "1")
    yield one("E109", "429 once", place, once, "complete", arrived=False, lasting=False)


def unreachable(place: int) -> Iterator[Attack]:
    """The service is not there, or does not answer in time."""
    gone = Canned(ending="reset", stage="connect")
    yield one("E110", "the connection is refused", place, gone, "error", codes=("unavailable",), arrived=False)
    deaf = Canned(ending="stall", stage="connect")
    yield one("E111", "no connection comes about", place, deaf, "error", codes=("timed_out",), arrived=False)
    silent = Canned(ending="stall", stage="head")
    yield one("E111", "no answer comes", place, silent, "error", codes=("timed_out",), limit=0.3)
    broken = Canned(ending="reset", stage="head")
    yield one("E110", "the connection breaks", place, broken, "error", codes=("unavailable", "bad_reply"))
