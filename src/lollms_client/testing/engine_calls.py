"""Calls a binding that works on this machine, through the public client, and notes how each call ended."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from lollms_client import errors
from lollms_client.async_client import AsyncLollmsClient
from lollms_client.client import LollmsClient
from lollms_client.manifest import Manifest
from lollms_client.testing.engine_plan import Planned
from lollms_client.testing.evidence import EngineEvidence, Evidence, Outcome
from lollms_client.testing.media_facts import observe

_NOT_HERE = ("missing_dependency", "missing_asset")


class Engine(NamedTuple):
    """What is needed to make clients of one binding."""

    name: str
    binding_type: str
    folder: Path
    manifest: Manifest
    settings: dict[str, Any]
    planned: list[Planned]

    def arguments(self, **settings: Any) -> dict[str, Any]:
        """The arguments of a client whose only named binding is this one."""
        kind = self.binding_type
        chosen = {f"{kind}_binding_name": self.name, f"{kind}_binding_config": {**self.settings, **settings}}
        return {"bindings_dir": self.folder, "config": {}, **chosen}

    def client(self, **settings: Any) -> LollmsClient:
        """A blocking client."""
        return LollmsClient(**self.arguments(**settings))

    def async_client(self, **settings: Any) -> AsyncLollmsClient:
        """An asyncio client."""
        return AsyncLollmsClient(**self.arguments(**settings))


def ended(call: Callable[[], Any]) -> tuple[Outcome, Any]:
    """How a typed call ended, and its result."""
    try:
        result = call()
    except errors.LollmsError as error:
        settings = [error.details["setting"]] if isinstance(error.details.get("setting"), str) else []
        return Outcome(
            kind="typed", type=type(error).__name__, text=str(error), code=error.code, settings=settings
        ), None
    except Exception as error:  # noqa: BLE001 (what somebody else's code raises is what is looked at)
        return Outcome(kind="foreign", type=type(error).__name__, text=str(error)), None
    warned = [warning.setting for warning in getattr(result, "warnings", ())]
    return Outcome(kind="value", type=type(result).__name__, text=_words(result), settings=warned), result


def _words(result: Any) -> str:
    if isinstance(result, list):
        return f"{len(result)} items"
    return str(getattr(result, "text", "") or getattr(result, "audio", "") or getattr(result, "video", ""))[:200]


class Steps:
    """Counts what a call tells on its way (progress, parts of an answer), and does something at one of them."""

    def __init__(self, at: int = 0, action: Callable[[], object] = lambda: None) -> None:
        self.count = 0
        self._at = at
        self._action = action

    def __call__(self, told: object) -> None:
        """One step."""
        self.count += 1
        if self.count == self._at:
            self._action()


def call(client: LollmsClient, planned: Planned, steps: Steps | None = None, **options: Any) -> Any:
    """Make a planned call; an answer is streamed, and folded."""
    steps = steps or Steps()
    given = {**planned.options, **options, "on_progress": steps}
    if planned.call != "chat":
        return getattr(client, planned.call)(*planned.content, **given)
    with client.stream_chat(*planned.content, **given) as stream:
        for part in stream:
            steps(part)
        return stream.result


async def call_async(client: AsyncLollmsClient, planned: Planned, steps: Steps | None = None, **options: Any) -> Any:
    """The same call of the asyncio client."""
    steps = steps or Steps()
    given = {**planned.options, **options, "on_progress": steps}
    if planned.call != "chat":
        return await getattr(client, planned.call)(*planned.content, **given)
    async with client.stream_chat(*planned.content, **given) as stream:
        async for part in stream:
            steps(part)
        return await stream.result()


def try_out(engine: Engine, evidence: Evidence, connections: list[str]) -> list[tuple[Planned, Any]]:
    """Make every planned call once. Where the engine or its data are not here, `not_called` says what to do."""
    evidence.engine = found = EngineEvidence()
    results: list[tuple[Planned, Any]] = []
    with contextlib.closing(engine.client()) as client:
        for planned in engine.planned:
            reached = len(connections)
            steps = Steps()
            end, result = ended(partial(call, client, planned, steps))
            if not results and (why := _not_here(end, connections[reached:], engine.name)):
                evidence.not_called = why
                return []
            if end.code == "unsupported":
                continue
            if end.code in _NOT_HERE:
                found.missing[planned.title] = end.text
                continue
            found.calls[planned.title] = end
            found.steps[planned.title] = steps.count
            if end.kind == "value":
                results.append((planned, result))
                evidence.observations.append(observe("engine", planned.call, _asked(planned), result, planned.title))
    return results


def _asked(planned: Planned) -> dict[str, Any]:
    return {**planned.options, **({"texts": planned.content[0]} if planned.call == "embed" else {})}


def _not_here(end: Outcome, reached: list[str], name: str) -> str:
    if end.code in _NOT_HERE:
        return f"{end.text} (then check again)"
    if end.kind != "value" and reached:
        return (
            f"its first call tried to reach {reached[0]} and ended with: {end.text}; "
            f"fetch its data first (`lollms install {name} --assets`, or a call of yours), then check again"
        )
    return ""


def at_once(engine: Engine, evidence: Evidence) -> None:
    """Make the main call from two threads at the same time."""
    planned = engine.planned[0]
    ends: list[Outcome] = []
    with contextlib.closing(engine.client()) as client:
        threads = [threading.Thread(target=lambda: ends.append(ended(partial(call, client, planned))[0])) for _ in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    evidence.engine.together = ends


def working() -> list[str]:
    """The names of the threads of ours that still work for a call."""
    return [item.name for item in threading.enumerate() if item.name in ("lollms-worker", "lollms-callback")]
