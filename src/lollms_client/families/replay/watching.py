"""Runs somebody's flow as one's own, and notes the progress that it reports on its way."""

from __future__ import annotations

import types
from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar

from lollms_client.flow import Report
from lollms_client.types.accounting import Progress

Result = TypeVar("Result")


async def watched(awaitable: Awaitable[Result], told: Callable[[Progress], object]) -> Result:
    """The result of a flow; its effects go to the driver as they are."""
    result: Result = await _stepped(awaitable.__await__(), told)
    return result


@types.coroutine
def _stepped(flow: Generator[Any, Any, Any], told: Callable[[Progress], object]) -> Generator[Any, Any, Any]:
    value: Any = None
    failure: BaseException | None = None
    while True:
        try:
            effect = flow.send(value) if failure is None else flow.throw(failure)
        except StopIteration as stop:
            return stop.value
        value, failure = None, None
        if isinstance(effect, Report):
            told(effect.progress)
        try:
            value = yield effect
        except GeneratorExit:
            flow.close()
            raise
        except BaseException as error:  # noqa: BLE001 (handed to the flow)
            failure = error
