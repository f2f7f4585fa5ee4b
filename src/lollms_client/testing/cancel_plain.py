"""Cancelling classes that override documented methods: the caller is free at once, the service sees it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from lollms_client.async_client import AsyncLollmsClient
from lollms_client.cancel import CancelToken
from lollms_client.testing.attack_arena import Arena
from lollms_client.testing.attack_ends import Trial
from lollms_client.testing.cancel_trials import (
    CLIENT,
    held_up,
    next_call,
    note_closed,
    noted,
    trial,
    trip_when_asked,
)  # fmt: skip
from lollms_client.testing.wire_playing import _method


def plain_cancel_trials(arena: Arena) -> Iterator[Trial]:
    """Their blocking code runs in a thread; when the caller gives up, what that thread waits for is closed."""
    for middle in (False, True) if len(arena.replies[0].body) >= 4 else (False,):
        for driver in ("blocking", "asyncio"):
            yield _by_token(arena, driver, middle=middle)
    yield from _callbacks(arena)


def _by_token(arena: Arena, driver: str, *, middle: bool) -> Trial:
    attack = held_up(arena, 0, middle=middle)
    phase = "in the middle of the answer" if middle else "before the first byte"
    found = trial(arena, "X102" if middle else "X101", f"a token is tripped {phase}", driver)
    token = CancelToken()
    call = arena.call(driver, attack, cancel=token)
    if arena.placed.case.call not in CLIENT:
        call = _by_the_client(arena, driver, token)
    closed = arena.served.closed
    trips = threading.Thread(target=trip_when_asked, args=(arena, 0, token))
    trips.start()
    noted(found, call)
    trips.join(10)
    note_closed(arena, found, closed)
    found.after = next_call(arena, driver)
    return found


def _by_the_client(arena: Arena, driver: str, token: CancelToken) -> Callable[[], Any]:
    """The case's documented method as the client calls it, which can be ended."""
    name = arena.placed.case.call

    def flow(binding: Any) -> Any:
        return binding.call_plain(getattr(binding, name), **_method(arena.client, arena.prepared)[1])

    if driver == "blocking":
        return lambda: arena.client._run(arena.client.binding(arena.subject.binding_type), flow, {"cancel": token})
    return lambda: asyncio.run(_run_once(arena, flow, token))


async def _run_once(arena: Arena, flow: Callable[[Any], Any], token: CancelToken) -> Any:
    async with AsyncLollmsClient(**arena.prepared.client) as client:
        return await client._run(client.binding(arena.subject.binding_type), flow, {"cancel": token})


def _callbacks(arena: Arena) -> Iterator[Trial]:
    """A streaming callback stops the answer by returning False, and by nothing else."""
    from lollms_client.plain import fitting
    from lollms_client.testing.attack_documented import documented_call

    made = documented_call(arena)
    if made is None or arena.placed.case.call not in ("chat", "stream_chat", *_TEXT_METHODS):
        return
    name = made[0]
    binding: Any = arena.client.binding(arena.subject.binding_type)
    if "streaming_callback" not in fitting(getattr(binding, name), {"streaming_callback": True})[0]:
        return
    for answer in (None, True, False):
        found = trial(arena, "X105", f"the streaming callback of {name} returns {answer}", "blocking")
        arena.call("blocking", None)
        told: list[str] = []
        with _callback(arena, told, answer):
            made_now = documented_call(arena)
            assert made_now is not None
            noted(found, made_now[1])
        _judge_callback(found, told, answer, str(arena.whole))
        yield found


_TEXT_METHODS = ("generate_text", "generate_from_messages")


@contextlib.contextmanager
def _callback(arena: Arena, told: list[str], answer: bool | None) -> Iterator[None]:
    def callback(piece: str = "", *rest: Any, **more: Any) -> bool | None:
        told.append(str(piece))
        return answer

    kept = arena.prepared
    arena.prepared = kept._replace(arguments={**kept.arguments, "streaming_callback": callback})
    try:
        yield
    finally:
        arena.prepared = kept


def _judge_callback(found: Trial, told: list[str], answer: bool | None, whole: str) -> None:
    """A callback that says False is not called again; any other is told the whole text."""
    if found.kind in ("foreign", "hung"):
        return
    if answer is False and len(told) > 1:
        found.left = f"it went on for {len(told) - 1} pieces after the callback had returned False"
    if answer is not False and told and "".join(told) != whole:
        found.left = f"it stopped after {len(told)} pieces, though the callback returned {answer}"
    if found.kind in ("value", "error"):
        found.kind, found.code = "error", "cancelled"
