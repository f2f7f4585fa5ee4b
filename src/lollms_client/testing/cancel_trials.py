"""Cancelling as the service sees it: in each phase of a call, by token, by closing, by the task's end."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from lollms_client import errors
from lollms_client.async_client import AsyncLollmsClient
from lollms_client.cancel import CancelToken
from lollms_client.testing.attack_arena import Arena, limited
from lollms_client.testing.attack_damage import end_mark
from lollms_client.testing.attack_driver import AttackDriver
from lollms_client.testing.attack_ends import Trial, same
from lollms_client.testing.attack_jobs import pending_reply, polls_of
from lollms_client.testing.attack_plan import LISTING
from lollms_client.testing.attack_replies import Canned, form_of, units_of, with_units
from lollms_client.testing.attack_service import CaseService, RanAway
from lollms_client.testing.attacks import Attack
from lollms_client.testing.cases import CLIENT_CALLS
from lollms_client.testing.wire_playing import Prepared, _called, _method

SEEN_WITHIN = 3.0  # seconds of real time in which the service must see the end
CLIENT = {"models", *(call for calls in CLIENT_CALLS.values() for call in calls)}
STREAMS = ("stream_chat", "stream_speech")


def cancel_trials(arena: Arena) -> Iterator[Trial]:
    """All of them for one case of a binding in flows, where it is a call of the client, which takes a token."""
    if arena.placed.case.call not in CLIENT:
        return
    steps = list(_each_step(arena))
    yield from steps
    if any(found.after for found in steps):
        return  # every further call would wait for what does not come
    yield from _on_sockets(arena)
    yield from _jobs(arena)


def trial(arena: Arena, rule: str, words: str, driver: str) -> Trial:
    return Trial(
        rule=rule, case=arena.placed.title, attack=words, driver=driver, expect="error", codes=("cancelled",),
        flow=arena.subject.speaks_flows,
    )  # fmt: skip


# --- the scripted driver: at each step of the flow -------------------------------------------------------------------


def _each_step(arena: Arena) -> Iterator[Trial]:
    """The caller gives up before each single effect of the call, by a token."""
    arena.call("scripted", None)()
    assert arena.driver is not None
    kinds = list(arena.driver.kinds)
    for number in _steps(kinds):
        found = trial(arena, "X101", f"the caller gives up before step {number} ({kinds[number - 1]})", "scripted")
        token = CancelToken()
        call = arena.call("scripted", None, cancel=token)
        driver = arena.driver = AttackDriver(arena._answer_scripted, trip_at=number, trip=token.cancel)
        noted(found, call)
        if driver.open_now:
            found.left = f"{driver.open_now} replies stayed open"
        if number in (1, len(kinds)):
            found.after = next_call(arena, "scripted")
        yield found


def _steps(kinds: list[str]) -> list[int]:
    """Every step that waits for something, and at most forty of them."""
    waiting = [index + 1 for index, kind in enumerate(kinds) if kind not in ("Now", "Report", "Close")]
    if len(waiting) <= 40:
        return waiting
    return waiting[:20] + waiting[-20:]


def noted(found: Trial, call: Callable[[], Any]) -> None:
    try:
        with limited():
            value = call()
    except RanAway as away:
        found.kind, found.text = "hung", str(away)
    except errors.LollmsError as error:
        found.kind, found.code, found.type, found.text = "error", error.code, type(error).__name__, str(error)
    except asyncio.CancelledError:
        found.kind, found.code, found.text = "error", "cancelled", "the task was cancelled"
    except Exception as error:  # noqa: BLE001 (what somebody else's code raises is what is looked at)
        found.kind, found.type, found.text = "foreign", type(error).__name__, str(error)[:200]
    else:
        found.kind, found.type, found.text = "value", type(value).__name__, repr(value)[:120]


def next_call(arena: Arena, driver: str) -> str:
    """What is wrong with a call after one that was cancelled."""
    try:
        with limited():
            value = arena.call(driver, None)()
    except RanAway as away:
        return str(away)
    except Exception as error:  # noqa: BLE001 (what somebody else's code raises is what is looked at)
        return f"{type(error).__name__}: {error}"[:200]
    return "" if same(value, arena.whole) else "it gives another result"


# --- real connections ------------------------------------------------------------------------------------------------


def held_up(arena: Arena, place: int, *, middle: bool) -> Attack:
    """The service falls silent at one exchange: before its answer, or in the middle of it."""
    reply = arena.replies[place]
    if middle:
        silent = reply.with_body(_first_part(reply)).changed(ending="stall")
    else:
        silent = reply.changed(ending="stall", stage="head")
    return Attack(rule="", name="", place=place, replies=(silent,), expect="error")


def _first_part(reply: Canned) -> bytes:
    """The parts of a stream before its mark of the end, complete; half of any other body."""
    if form_of(reply) in ("events", "lines"):
        units = units_of(reply)
        return with_units(reply, units[: end_mark(units) or max(1, len(units) - 1)]).body
    return reply.body[: len(reply.body) // 2]


def _on_sockets(arena: Arena) -> Iterator[Trial]:
    for place in sorted({0, len(arena.replies) - 1}):
        for middle in (False, True):
            if middle and len(arena.replies[place].body) < 4:
                continue
            phase = "in the middle of the answer" if middle else "before the first byte"
            where = f"{phase} to {arena.wanted[place].method} {arena.wanted[place].path}"
            attack = held_up(arena, place, middle=middle)
            rule = "X102" if middle else "X101"
            for driver in ("blocking", "asyncio"):
                yield _by_token(arena, attack, rule, f"a token is tripped {where}", driver)
            yield _by_task(arena, attack, f"the task is cancelled {where}")
    if arena.placed.case.call in STREAMS and len(units_of(arena.replies[-1])) != 1:
        yield from _closed_early(arena)


def _by_token(arena: Arena, attack: Attack, rule: str, words: str, driver: str) -> Trial:
    found = trial(arena, rule, words, driver)
    token = CancelToken()
    call = arena.call(driver, attack, cancel=token)
    arena.driver = None
    closed = arena.served.closed
    trips = threading.Thread(target=trip_when_asked, args=(arena, attack.place, token))
    trips.start()
    noted(found, call)
    trips.join(10)
    note_closed(arena, found, closed)
    found.after = next_call(arena, driver)
    return found


def _until_asked(arena: Arena, place: int) -> None:
    """Wait until the service has got the request at which it falls silent, and the client had time to wait for it."""
    end = time.monotonic() + 5
    while not arena.service.times(place) and time.monotonic() < end:
        threading.Event().wait(0.005)
    threading.Event().wait(0.05)


def trip_when_asked(arena: Arena, place: int, token: CancelToken) -> None:
    _until_asked(arena, place)
    token.cancel("no longer wanted")


def note_closed(arena: Arena, found: Trial, before: int) -> None:
    end = time.monotonic() + SEEN_WITHIN
    while arena.served.closed == before and time.monotonic() < end:
        threading.Event().wait(0.005)
    if arena.served.closed == before:
        found.left = "the service does not see that the connection is closed"


def _by_task(arena: Arena, attack: Attack, words: str) -> Trial:
    found = trial(arena, "X106", words, "asyncio")
    closed = arena.served.closed
    arena.call("asyncio", attack)

    async def main() -> None:
        async with AsyncLollmsClient(**arena.prepared.client) as client:
            task = asyncio.ensure_future(_whole(client, arena.prepared))
            await asyncio.to_thread(_until_asked, arena, attack.place)
            task.cancel()
            try:
                await task
            finally:
                await asyncio.to_thread(note_closed, arena, found, closed)
                if rest := len(asyncio.all_tasks()) - 1:
                    found.left = found.left or f"{rest} tasks stayed"

    noted(found, lambda: asyncio.run(main()))
    found.after = next_call(arena, "asyncio")
    return found


async def _whole(client: Any, prepared: Prepared) -> Any:
    method, arguments = _method(client, prepared)
    made = method(**arguments)
    if prepared.case.call in STREAMS:
        async with made as stream:
            async for _ in stream:
                pass
        return None
    return await made if asyncio.iscoroutine(made) else made


def _closed_early(arena: Arena) -> Iterator[Trial]:
    """The caller stops reading a stream after its first part: the service must see it."""
    attack = held_up(arena, len(arena.replies) - 1, middle=True)
    for words, leave in (("break in a with block", "with"), ("close()", "close"), ("the last reference", "drop")):
        found = trial(arena, "X103", f"a stream is left by {words}", "blocking")
        closed = arena.served.closed
        arena.call("blocking", attack)
        arena.driver = None
        noted(found, lambda leave=leave: _read_first(arena, leave))  # type: ignore[misc]
        note_closed(arena, found, closed)
        found.after = next_call(arena, "blocking")
        yield _ended_quietly(found)
    found = trial(arena, "X103", "a stream is left by aclose()", "asyncio")
    closed = arena.served.closed
    arena.call("asyncio", attack)
    noted(found, lambda: asyncio.run(_read_first_async(arena)))
    note_closed(arena, found, closed)
    found.after = next_call(arena, "asyncio")
    yield _ended_quietly(found)


def _ended_quietly(found: Trial) -> Trial:
    """Leaving a stream raises nothing."""
    if found.kind == "value":
        found.kind, found.code = "error", "cancelled"
    elif found.kind == "error":
        found.kind, found.type = "foreign", found.type
    return found


def _read_first(arena: Arena, leave: str) -> None:
    method, arguments = _method(arena.client, arena.prepared)
    stream = method(**arguments)
    if leave == "with":
        with stream:
            for _ in stream:
                break
        return
    next(iter(stream))
    if leave == "close":
        stream.close()
        stream.close()
    del stream


async def _read_first_async(arena: Arena) -> None:
    async with AsyncLollmsClient(**arena.prepared.client) as client:
        method, arguments = _method(client, arena.prepared)
        stream = method(**arguments)
        async for _ in stream:
            break
        await stream.aclose()
        await stream.aclose()


# --- jobs ------------------------------------------------------------------------------------------------------------


def _jobs(arena: Arena) -> Iterator[Trial]:
    """The caller gives up while a job goes on: the service is told, where the binding can tell it."""
    polls = polls_of(arena.wanted, arena.replies) if arena.placed.case.call not in LISTING else None
    waiting = pending_reply(polls, arena.replies) if polls is not None else None
    if polls is None or waiting is None:
        return
    place = polls.pending[0] if polls.pending else polls.done
    endless = Attack(rule="", name="", place=place, replies=(waiting,), expect="error")
    for words, options in (("a token is tripped", {}), ("the time limit runs out", {"timeout": 120.0})):
        found = trial(arena, "X104", f"{words} between two questions about a job", "scripted")
        token = CancelToken()
        given: dict[str, Any] = {**options} if options else {"cancel": token}
        call = arena.call("scripted", endless, **given)
        trip = None if options else token.cancel
        arena.driver = AttackDriver(arena._answer_scripted, trip_at=_second_sleep(arena, endless), trip=trip)
        noted(found, call)
        if options:
            found.codes = ("timed_out",)
        asked = [item for item in arena.service.asked if item.place is None or item.place < place]
        if _can_cancel(arena) and len(asked) <= place:
            found.left = "the service was not told that the job is not wanted any more"
        found.after = next_call(arena, "scripted")
        yield found


def _second_sleep(arena: Arena, attack: Attack) -> int:
    """The number of the effect with which the call waits for the second time."""
    arena.service = CaseService(arena.wanted, arena.replies, attack)
    token = CancelToken()
    seen = AttackDriver(arena._answer_scripted, trip_at=60, trip=token.cancel)
    arena.driver = seen
    with contextlib.suppress(Exception):
        _called(arena.client, _with(arena.prepared, cancel=token))
    sleeps = [index + 1 for index, kind in enumerate(seen.kinds) if kind == "Sleep"]
    arena.service = CaseService(arena.wanted, arena.replies, attack)
    return sleeps[min(1, len(sleeps) - 1)] if sleeps else 3


def _with(prepared: Prepared, **options: Any) -> Prepared:
    return prepared._replace(arguments={**prepared.arguments, **options})


def _can_cancel(arena: Arena) -> bool:
    from lollms_client.families.jobs import JobBinding

    kind = type(arena.client.binding(arena.subject.binding_type))
    return issubclass(kind, JobBinding) and kind.cancel_job is not JobBinding.cancel_job
