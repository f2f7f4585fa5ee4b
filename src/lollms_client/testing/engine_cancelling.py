"""Cancels calls of a local engine in their middle, and looks whether they end, and whether the next call works."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from functools import partial
from typing import Any

from lollms_client.async_client import AsyncLollmsClient
from lollms_client.cancel import CancelToken
from lollms_client.client import LollmsClient
from lollms_client.testing.engine_calls import Engine, Steps, call, call_async, ended, working
from lollms_client.testing.engine_plan import Planned
from lollms_client.testing.evidence import EngineEvidence, Outcome

_PATIENCE = 20.0  # seconds that an abandoned call has for its running step
_SHORT = 0.02  # seconds until a call without steps is cancelled


def cancel_calls(engine: Engine, found: EngineEvidence) -> None:
    """Cancel the first call of each kind in its middle, then one before it begins, then a task of asyncio."""
    seen: set[str] = set()
    with contextlib.closing(engine.client()) as client:
        for planned in engine.planned:
            if planned.call in seen or planned.call in ("models", "voices") or planned.title not in found.calls:
                continue
            seen.add(planned.call)
            _cancel(client, planned, found)
        found.tripped = _tripped(client, engine.planned[0])
    for planned in engine.planned[:1]:
        found.dropped[planned.title] = asyncio.run(_drop(engine, planned, found.steps.get(planned.title, 0)))
    found.still_working = _rest()


def _cancel(client: LollmsClient, planned: Planned, found: EngineEvidence) -> None:
    token, all_steps = CancelToken(), found.steps[planned.title]
    at = (all_steps + 1) // 2
    steps = Steps(at, lambda: token.cancel("by the check"))
    timer = threading.Timer(_SHORT, token.cancel, ("by the check",))
    if not all_steps:
        timer.start()
    end, _ = ended(partial(call, client, planned, steps, cancel=token))
    timer.cancel()
    found.cancelled[planned.title] = end
    found.steps_after[planned.title] = max(0, steps.count - at)
    found.after_cancel[planned.title], _ = ended(partial(call, client, planned))


def _tripped(client: LollmsClient, planned: Planned) -> Outcome:
    token = CancelToken()
    token.cancel("before the call")
    return ended(partial(call, client, planned, cancel=token))[0]


async def _drop(engine: Engine, planned: Planned, all_steps: int) -> Outcome:
    """Cancel the task in the middle of the call."""
    client = engine.async_client()
    try:
        return await _dropped(client, planned, (all_steps + 1) // 2)
    finally:
        await client.close()


async def _dropped(client: AsyncLollmsClient, planned: Planned, at: int) -> Outcome:
    task: asyncio.Task[Any] | None = None

    def stop() -> None:
        if task is not None:
            task.cancel()

    task = asyncio.ensure_future(call_async(client, planned, Steps(at, stop)))
    if not at:
        asyncio.get_running_loop().call_later(_SHORT, stop)
    try:
        await task
    except asyncio.CancelledError:
        return Outcome(kind="cancelled")
    except Exception as error:  # noqa: BLE001 (what somebody else's code raises is what is looked at)
        return Outcome(kind="foreign", type=type(error).__name__, text=str(error))
    return Outcome(kind="value")


def _rest() -> list[str]:
    """Threads that still work for a call after all had time to come to their next step."""
    until = time.monotonic() + _PATIENCE
    while working() and time.monotonic() < until:
        time.sleep(0.02)
    return working()
