"""What calls before a call change in it: nothing may, since every call says all that it is about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lollms_client.testing.attack_ends import same
from lollms_client.testing.attack_errors import STATUSES
from lollms_client.testing.attack_replies import json_reply
from lollms_client.testing.attack_service import CaseService
from lollms_client.testing.attacks import Attack
from lollms_client.testing.steady_arguments import MARK, marked_calls, own_values
from lollms_client.testing.steady_calls import SteadyCase
from lollms_client.testing.steady_requests import Difference, Place, Sent, changed_values, differences
from lollms_client.testing.wire_playing import Prepared


def remembered(case: SteadyCase) -> list[str]:
    """Faults of one case in words; what chance may have brought about is found twice."""
    sure, likely = _once(case)
    if sure or not likely:
        return sure
    sure, likely = _once(case)
    return sure or likely


def _once(case: SteadyCase) -> tuple[list[str], list[str]]:
    """What is there or lacking, or bears the mark; and what only has another value."""
    prepared = case.prepared
    first, _ = _fresh(case, prepared)
    second, whole = _fresh(case, prepared)
    sure = [f"a second new object: {item.words}" for item in differences(first, second, first) if _is_form(item)]
    client = case.fresh_client()
    try:
        marked = list(marked_calls(prepared, case.arena.subject.manifest))
        known = [*first]
        for other in marked:
            known += case.sent(client, other)[0]
        _failing(case, client, marked[0])
        later, end = case.sent(client, prepared)
    finally:
        client.close()
    third, _ = _fresh(case, prepared)
    volatile = changed_values(first, second) | changed_values(second, third)
    values = own_values(prepared, marked)
    found = [item for item in differences(second, later, known) if _counts(item, volatile, values)]
    sure += [f"after other calls of the same object {item.words}" for item in found if _is_form(item)]
    sure += list(_marks(later))
    likely = [f"after other calls of the same object {item.words}" for item in found if not _is_form(item)]
    if not isinstance(whole, BaseException) and not (sure or likely) and not same(end, whole):
        likely.append(f"after other calls of the same object it ends otherwise: {_brief(end)} for {_brief(whole)}")
    return sure, likely


def _fresh(case: SteadyCase, prepared: Prepared) -> tuple[list[Sent], Any]:
    client = case.fresh_client()
    try:
        return case.sent(client, prepared)
    finally:
        client.close()


def _failing(case: SteadyCase, client: Any, prepared: Prepared) -> None:
    """A call that the service refuses: what it was about must be forgotten, too."""
    reply = json_reply({"error": {"message": STATUSES[400][0]}}, 400)
    attack = Attack(rule="", name="", place=0, replies=(reply,), expect="error")
    begin = case.begin

    def begin_failing() -> None:
        begin()
        case.arena.service = CaseService(case.arena.wanted, case.arena.replies, attack)

    case.begin = begin_failing  # type: ignore[method-assign]
    try:
        case.tried(client, prepared)
    finally:
        case.begin = begin  # type: ignore[method-assign]
    case.taken()


def _is_form(difference: Difference) -> bool:
    """Whether something is there or lacking, which no chance decides."""
    return difference.place is None or " carries " in difference.words or " lacks " in difference.words


def _counts(difference: Difference, volatile: set[Place], values: set[str]) -> bool:
    return _is_form(difference) or difference.place not in volatile or difference.now in values


def _marks(later: list[Sent]) -> Iterator[str]:
    for item in later:
        for at, value in item.pieces.items():
            if MARK in value:
                yield f"{item.words} carries in {at} what an earlier call was about"


def _brief(end: Any) -> str:
    if isinstance(end, BaseException):
        return f"{type(end).__name__}: {end}"[:120]
    return repr(end)[:120]
