"""Attacks on jobs: they never finish, fail, vanish, go backwards, or are in a state that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lollms_client.testing.attack_replies import Canned, Path, document, encode, json_reply, put, strings
from lollms_client.testing.attacks import Attack, one

STATE_NAMES = ("status", "state", "task_status", "job_status", "phase", "stage", "status_str")


class Polls:
    """The exchanges of a case that ask how a job stands: the last one tells that it is done."""

    def __init__(self, pending: Sequence[int], done: int) -> None:
        self.pending = tuple(pending)
        self.done = done


def polls_of(asked: Sequence[tuple[str, str]], replies: Sequence[Canned]) -> Polls | None:
    """Which exchanges are polls: the same address asked several times, or a GET of JSON after the first request.

    `asked` are the methods and addresses. None where the case is no job.
    """
    first = next((index for index, wanted in enumerate(asked) if wanted[0] == "POST"), len(asked))
    for index, wanted in enumerate(asked):
        if index <= first:
            continue
        same = [other for other in range(index, len(asked)) if asked[other] == wanted]
        if len(same) > 1 and wanted[0] in ("GET", "POST") and _value(replies[index]) is not None:
            end = replies[same[-1]]
            return Polls([i for i in same if replies[i] != end], next(i for i in same if replies[i] == end))
    for index in range(1, len(asked)):
        if asked[index][0] == "GET" and asked[0][0] == "POST" and _state(_value(replies[index])) is not None:
            return Polls((), index)
    return None


def _value(reply: Canned) -> Any:
    found = document(reply.body)
    return found[0] if found is not None else None


def _state(value: Any) -> Path | None:
    """The place of the word that tells the job's state."""
    for at, _ in strings(value):
        if at and at[-1] in STATE_NAMES:
            return at
    return None


def job_attacks(polls: Polls, replies: Sequence[Canned]) -> Iterator[Attack]:
    """All of them for one job."""
    place = polls.pending[0] if polls.pending else polls.done
    waiting = pending_reply(polls, replies)
    if waiting is not None:
        yield one("A117", "the job never finishes", place, waiting, "error", codes=("timed_out",))
        yield Attack(
            rule="A118", name="the job goes backwards", place=place, expect="alike", lasting=False,
            replies=(*(replies[index] for index in polls.pending), waiting, waiting),
        )  # fmt: skip
        yield from _states(place, waiting)
    lost = json_reply({"error": {"message": "there is no such job", "type": "not_found"}}, 404)
    before = (waiting,) if waiting is not None else ()
    yield Attack(rule="A118", name="the job vanishes", place=place, replies=(*before, lost), expect="error")
    for status in (500, 503):
        down = json_reply({"error": {"message": "try again"}}, status)
        name = f"a question about the job is answered with {status} once"
        yield one("A118", name, place, down, "complete", lasting=False)


def _states(place: int, waiting: Canned) -> Iterator[Attack]:
    value = _value(waiting)
    at = _state(value)
    if at is None:
        return
    for word in ("failed", "FAILED", "error", "cancelled", "confabulating", ""):
        changed = waiting.with_body(encode(put(value, at, word)))
        rule = "A117" if word in ("confabulating", "") else "A118"
        yield one(rule, f"the job's state is {word!r}", place, changed, "error")


def pending_reply(polls: Polls, replies: Sequence[Canned]) -> Canned | None:
    """A reply that says that the job goes on: the case's own, or the last one with the first answer's word for it."""
    if polls.pending:
        return replies[polls.pending[-1]]
    done = _value(replies[polls.done])
    at, first = _state(done), _state(_value(replies[0]))
    if at is None or at != first:
        return None
    word = _at(_value(replies[0]), first)
    if word == _at(done, at):
        return None
    return replies[polls.done].with_body(encode(put(done, at, word)))


def _at(value: Any, at: Path) -> Any:
    for step in at:
        value = value[step]
    return value
