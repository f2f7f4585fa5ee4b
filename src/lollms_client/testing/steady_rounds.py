"""The same call made many times, well answered: what stays behind, what is changed meanwhile, what is printed."""

from __future__ import annotations

import asyncio
import gc
import itertools
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from lollms_client.async_client import AsyncLollmsClient
from lollms_client.testing import steady_left
from lollms_client.testing.kept_things import kept
from lollms_client.testing.loop_watch import LoopWatch
from lollms_client.testing.own_frames import OwnCode
from lollms_client.testing.process_state import Dice, State, changed_meanwhile, changed_since
from lollms_client.testing.server import Received
from lollms_client.testing.steady_arguments import with_text
from lollms_client.testing.steady_calls import SteadyCase
from lollms_client.testing.steady_evidence import SteadyEvidence
from lollms_client.testing.watching import Watch

WARM = 4  # calls before anything is counted
CALLS = 14  # calls between two counts
FURTHER = 140  # calls after which whatever has a bound is full
AWAITED = 10  # calls with the asyncio client
STRETCH = 80  # calls between two looks at the memory
_SHARE = 0.9  # of the calls that must have left something
_ROUGHLY = 0.5  # of them, where other things come and go as well


class Rounds:
    """Calls of one case, counted through, so that no two are about the same text."""

    def __init__(self, case: SteadyCase, evidence: SteadyEvidence, watch: Watch, own: OwnCode, before: State) -> None:
        self.case = case
        self.evidence = evidence
        self._watch = watch
        self._own = own
        self._before = before  # what was global before any call
        self._numbers = itertools.count(10_000)
        self._client = case.arena.client
        self._left_here = False

    def all_of_them(self, loop_watch: LoopWatch) -> None:
        """Fill in `left`, `changed` and `blocking` of the evidence."""
        self._states()
        self._many(self._blocking_calls, "")
        if self.case.arena.subject.speaks_flows:
            self._under_asyncio(loop_watch)
        if not self._left_here:
            self._memory()  # what stays open holds memory, too

    # --- calls ---

    def _one(self) -> Any:
        return self.case.tried(self._client, with_text(self.case.prepared, f"{next(self._numbers)}"))

    def _blocking_calls(self, count: int) -> None:
        for _ in range(count):
            self._one()
        self._forget()

    def _forget(self) -> None:
        """What the kit itself keeps of calls."""
        self.case.arena.server.forget()
        self.case.arena.led.sleeps.clear()
        self.case.begin()

    # --- what is changed ---

    def _states(self) -> None:
        """Some calls, with a look at what is global before, in the middle, and after each."""
        dice, meanwhile = Dice(), list[str]()

        def look(request: Received) -> None:
            meanwhile.extend(changed_meanwhile(self._before))

        self.case.served.hook = look
        try:
            for _ in range(2):
                dice.throw()
                self._one()
                dice.look("call")
        finally:
            self.case.served.hook = None
        for name in (*changed_since(self._before), *meanwhile, *dice.seeded):
            if name not in self.evidence.changed:
                self.evidence.changed.append(name)

    # --- what is left ---

    def _note(self, kind: str, words: str) -> None:
        self._left_here = True
        self.evidence.left.setdefault(kind, []).append(f"{self.case.title}: {words}")

    def _many(self, calls: Callable[[int], None], how: str) -> None:
        calls(WARM)
        written = self._watch.written
        start = len(written)
        before = steady_left.settled(steady_left.held([]), [])
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", ResourceWarning)
            calls(CALLS)
            gc.collect()
        after = steady_left.settled(before, written[start:])
        for name, count in before.items():
            if after[name] - count >= CALLS * _SHARE:
                self._note(name, f"{after[name] - count} {name} stayed after {CALLS} calls{how}")
        dropped = [item for item in told if issubclass(item.category, ResourceWarning)]
        if len(dropped) >= CALLS * _SHARE:
            self._note("files or connections", f"each call leaves one open, which Python closes late: {_text(dropped)}")
        del written[start:]

    def _under_asyncio(self, loop_watch: LoopWatch) -> None:
        async def many() -> None:
            async with AsyncLollmsClient(**self.case.prepared.client) as client:
                await self._awaited(client, WARM)
                before = len(asyncio.all_tasks())
                await self._awaited(client, AWAITED)
                for _ in range(20):
                    await asyncio.sleep(0)
                stayed = len(asyncio.all_tasks()) - before
                if stayed >= AWAITED * _SHARE:
                    self._note("tasks", f"{stayed} tasks stayed after {AWAITED} calls")

        before = steady_left.settled(steady_left.held([]), [])
        with loop_watch.on():
            asyncio.run(many())
        self._forget()
        after = steady_left.settled(before, [])
        for name in ("threads", "files or connections"):
            if after[name] - before[name] >= AWAITED * _SHARE:
                self._note(name, f"{after[name] - before[name]} {name} stayed after {AWAITED} calls under asyncio")

    async def _awaited(self, client: Any, count: int) -> None:
        for _ in range(count):
            self.case.begin()
            call = with_text(self.case.prepared, f"{next(self._numbers)}")
            await asyncio.gather(self.case.awaited(client, call), return_exceptions=True)

    # --- memory ---

    def _memory(self) -> None:
        """Containers of the binding, and pieces of memory, that grow with every call, also when bounds are reached."""
        if not any(self._grown()):
            return
        self._stretch(FURTHER)
        names, pieces = self._grown()
        for name in names:
            self._note("memory", f"{name} grows with every call")
        if pieces and not names:
            for words in self._where():
                self._note("memory", words)

    def _stretch(self, count: int) -> None:
        self._blocking_calls(count)
        self._watch.written.clear()  # the names of files are the kit's own, too

    def _grown(self) -> tuple[list[str], bool]:
        """The names of the containers that grew in one stretch, and whether Python's memory may have."""
        binding = self._client.binding(self.case.arena.subject.binding_type)
        steady_left.forget_bounded_caches()
        size = kept(binding, self._own)
        start = steady_left.blocks()
        self._stretch(STRETCH)
        steady_left.forget_bounded_caches()
        end = steady_left.blocks()
        now = kept(binding, self._own)
        names = [name for name, count in now.items() if count - size.get(name, 0) >= STRETCH * _SHARE]
        return names, end - start >= STRETCH * _ROUGHLY

    def _where(self) -> Iterator[str]:
        """The lines at which the memory was taken that stays, in each of two further stretches."""
        tracemalloc.start(1)
        try:
            self._stretch(CALLS)
            shots = [_snapshot()]
            for _ in range(2):
                self._stretch(CALLS)
                shots.append(_snapshot())
        finally:
            tracemalloc.stop()
        first, second = (_growing(*pair) for pair in itertools.pairwise(shots))
        for (file, line), size in second.items():
            if (file, line) in first:
                given = steady_left.is_of_the_arguments(file)
                what = "of what it is given" if given else f"that {self._own.place(file, line)} made"
                yield f"each call keeps {size / CALLS:.0f} bytes {what}"


def _growing(before: tracemalloc.Snapshot, after: tracemalloc.Snapshot) -> dict[tuple[str, int], int]:
    """The bytes by which the memory taken at each line grew, of those that grew with every call."""
    return {
        (found.traceback[0].filename, found.traceback[0].lineno): found.size_diff
        for found in after.compare_to(before, "lineno")
        if found.count_diff >= CALLS * _SHARE and not steady_left.is_of_the_kit(found.traceback[0].filename)
    }


def _snapshot() -> tracemalloc.Snapshot:
    steady_left.forget_of_python()
    return tracemalloc.take_snapshot()


def _text(told: list[warnings.WarningMessage]) -> str:
    return str(told[0].message)[:160]
