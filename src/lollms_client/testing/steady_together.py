"""Calls of one object at once, from threads and as tasks: none may take anything from another."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from lollms_client.async_client import AsyncLollmsClient
from lollms_client.testing.attack_ends import same
from lollms_client.testing.attack_plan import LISTING
from lollms_client.testing.own_frames import OwnCode
from lollms_client.testing.server import Received
from lollms_client.testing.steady_arguments import with_text
from lollms_client.testing.steady_calls import SteadyCase
from lollms_client.testing.steady_requests import Sent, changed_values, differences
from lollms_client.testing.steady_turns import Turns
from lollms_client.testing.wire_playing import Prepared

_NAMES = ("osprey5101", "plover6202", "curlew7303")
_LONGEST = 20.0  # seconds of real time for all of them
_HELD = 2.0  # seconds for which a first request waits for those of the other calls
_clock = time.perf_counter


def mixed(case: SteadyCase, own: OwnCode) -> list[str]:
    """Faults of one case in words: found twice, so that chance is left out."""
    if not _can_be_told_apart(case) or not _once(case, own):
        return []
    return _once(case, own) or _once(case, own)


def _can_be_told_apart(case: SteadyCase) -> bool:
    """Whether the service gives equal answers to equal requests, so that calls at once can be answered as one."""
    wanted = case.arena.wanted
    if case.prepared.case.call in LISTING:
        return len(wanted) == 1  # further pages come from the same address
    return bool(wanted) and all(item.method == "GET" or wanted.count(item) == 1 for item in wanted)


def _once(case: SteadyCase, own: OwnCode) -> list[str]:
    calls = [with_text(case.prepared, name) for name in _NAMES]
    alone: list[tuple[list[Sent], Any]] = []
    client = case.fresh_client()
    try:
        case.tried(client, case.prepared)
        alone = [case.sent(client, call) for call in calls]
    finally:
        client.close()
    if any(isinstance(end, BaseException) for _, end in alone):
        return []  # a text of another kind is not answered; other rules look at that
    faults = _compared(case, alone, *_in_threads(case, calls, own), "from threads")
    if case.arena.subject.speaks_flows:
        faults += _compared(case, alone, *_as_tasks(case, calls), "as tasks")
    return faults


def _compared(
    case: SteadyCase, alone: list[tuple[list[Sent], Any]], sent: list[Sent], ends: list[Any], how: str
) -> list[str]:
    faults: list[str] = []
    volatile = changed_values(alone[0][0], alone[1][0])
    for name, (expected, whole), end in zip(_NAMES, alone, ends, strict=True):
        wanted = [item for item in expected if _bears(item, name)]
        got = [item for item in sent if _bears(item, name)]
        found = differences(wanted, got)
        faults += [
            f"{how} at once: {item.words}" for item in found if item.place not in volatile or " has " not in item.words
        ]
        if not faults and not same(end, whole):
            faults.append(f"{how} at once: it ends otherwise than alone: {_brief(end)} for {_brief(whole)}")
    return faults


def _bears(item: Sent, name: str) -> bool:
    return any(name in value for value in item.pieces.values())


def _in_threads(case: SteadyCase, calls: list[Prepared], own: OwnCode) -> tuple[list[Sent], list[Any]]:
    """Each call in a thread; they take turns line by line in the binding's own code."""
    ends: list[Any] = [TimeoutError("it did not come to an end")] * len(calls)
    client = case.fresh_client()
    client.binding(case.arena.subject.binding_type)  # made here, and not by the first of them while the others wait
    case.begin()
    case.taken()
    ready, turns = threading.Barrier(len(calls)), Turns(len(calls), own)

    def one(index: int) -> None:
        ready.wait(_LONGEST)
        sys.settrace(turns.trace)
        try:
            ends[index] = _called_quietly(client, calls[index])
        finally:
            sys.settrace(None)
            turns.leave()

    case.served.hook = _holding(len(calls))
    threads = [threading.Thread(target=one, args=(index,), daemon=True) for index in range(len(calls))]
    threading.settrace(turns.trace)  # for the threads that run blocking code
    try:
        for thread in threads:
            thread.start()
        end = _clock() + _LONGEST
        for thread in threads:
            thread.join(max(0.0, end - _clock()))
    finally:
        threading.settrace(None)
        case.served.hook = None
    if not any(thread.is_alive() for thread in threads):
        client.close()
    return case.taken(), ends


def _called_quietly(client: Any, prepared: Prepared) -> Any:
    from lollms_client.testing.wire_playing import _called

    try:
        return _called(client, prepared)
    except Exception as error:  # noqa: BLE001 (what somebody else's code raises is what is looked at)
        return error


def _holding(count: int) -> Callable[[Received], None]:
    """Holds the first request of each call until all have come, or a moment has passed."""
    everybody = threading.Event()
    seen: list[Received] = []

    def hold(request: Received) -> None:
        seen.append(request)
        if len(seen) >= count:
            everybody.set()
        elif not everybody.is_set():
            everybody.wait(_HELD)

    return hold


def _as_tasks(case: SteadyCase, calls: list[Prepared]) -> tuple[list[Sent], list[Any]]:
    case.begin()
    case.taken()

    async def all_of_them() -> list[Any]:
        async with AsyncLollmsClient(**case.prepared.client) as client:
            tasks = [case.awaited(client, call) for call in calls]
            async with asyncio.timeout(_LONGEST):
                return await asyncio.gather(*tasks, return_exceptions=True)

    case.served.hook = _holding(len(calls))
    try:
        ends: list[Any] = asyncio.run(all_of_them())
    except TimeoutError as late:
        ends = [late] * len(calls)
    finally:
        case.served.hook = None
    return case.taken(), ends


def _brief(end: Any) -> str:
    if isinstance(end, BaseException):
        return f"{type(end).__name__}: {end}"[:120]
    return repr(end)[:120]
