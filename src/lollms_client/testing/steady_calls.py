"""One case of a binding, answered well as often as it is asked, and what came of each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lollms_client.client import LollmsClient
from lollms_client.testing.attack_arena import Arena, limited
from lollms_client.testing.attack_clock import CLOCK
from lollms_client.testing.attack_service import CaseService, RanAway
from lollms_client.testing.attack_sockets import Served
from lollms_client.testing.server import Line, Received
from lollms_client.testing.steady_requests import Sent, sent_of
from lollms_client.testing.wire_playing import Prepared, _called, called_async

Hook = Callable[[Received], object]


class HookedServed(Served):
    """The service of a case that tells `hook` of each request before it answers."""

    def __init__(self, arena: Arena) -> None:
        super().__init__(arena._answer_line)
        self.hook: Hook | None = None

    def serve(self, line: Line, request: Received) -> object:
        """Answer one request."""
        if self.hook is not None:
            self.hook(request)
        return super().serve(line, request)


class SteadyCase:
    """Makes the calls of one case."""

    def __init__(self, arena: Arena) -> None:
        self.arena = arena
        self.title = arena.placed.title
        self.prepared = arena.prepared
        self.served = arena.served = HookedServed(arena)

    def fresh_client(self) -> LollmsClient:
        """A client with a new object of the binding."""
        return LollmsClient(**self.prepared.client)

    def begin(self) -> None:
        """The service knows of no call."""
        self.arena.service = CaseService(self.arena.wanted, self.arena.replies, None)
        self.arena.driver = None
        CLOCK.begin()

    def call(self, client: Any, prepared: Prepared) -> Any:
        """Make one call with the blocking client. Raises what it raises."""
        self.begin()
        return _called(client, prepared)

    def tried(self, client: Any, prepared: Prepared) -> Any:
        """Make one call; its result, or the exception with which it ended."""
        try:
            with limited():
                return self.call(client, prepared)
        except RanAway as away:
            return away
        except Exception as error:  # noqa: BLE001 (what somebody else's code raises is what is looked at)
            return error

    def sent(self, client: Any, prepared: Prepared) -> tuple[list[Sent], Any]:
        """What one call sends, and how it ends."""
        self.arena.server.requests.clear()
        end = self.tried(client, prepared)
        return self.taken(), end

    def taken(self) -> list[Sent]:
        """The requests that came since the last time."""
        found = [sent_of(request) for request in self.arena.server.requests]
        self.arena.server.requests.clear()
        return found

    async def awaited(self, client: Any, prepared: Prepared) -> Any:
        """Make one call with the asyncio client. Raises what it raises."""
        return await called_async(client, prepared)
