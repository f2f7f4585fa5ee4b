"""Every case of these tests runs over each driver and each transport."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from lollms_client.cancel import CancelToken
from lollms_client.drivers.asynchronous import AsyncDriver
from lollms_client.drivers.blocking import BlockingDriver
from lollms_client.drivers.context import CallContext
from lollms_client.flow import Timeouts
from lollms_client.types.accounting import Progress


class Runner:
    """Runs a flow to its end over one driver and one transport, as a caller of that kind would."""

    def __init__(self, kind: str, transport: str) -> None:
        self.kind = kind
        self.transport = transport
        self.blocking = kind == "blocking"

    def run(
        self,
        flow: Coroutine[Any, Any, Any],
        *,
        timeouts: Timeouts | None = None,
        cancel: CancelToken | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Any:
        options: dict[str, Any] = {"timeouts": timeouts or Timeouts(), "cancel": cancel, "on_progress": on_progress}
        if self.blocking:
            driver = BlockingDriver(self.transport)
            try:
                return driver.run(flow, CallContext(**options))
            finally:
                driver.close()

        async def main() -> Any:
            driver = AsyncDriver(self.transport)
            try:
                return await driver.run(flow, CallContext(**options))
            finally:
                await driver.close()

        return asyncio.run(main())

    def cancel_soon(self, when: threading.Event) -> CancelToken:
        """A token that another thread trips as soon as `when` is set."""
        token = CancelToken()

        def trip() -> None:
            assert when.wait(10)
            token.cancel("no longer wanted")

        threading.Thread(target=trip, daemon=True).start()
        return token


_KINDS = [(kind, transport) for kind in ("blocking", "asyncio") for transport in ("default", "httpx")]


@pytest.fixture(params=_KINDS, ids=lambda kind: "-".join(kind))
def runner(request: pytest.FixtureRequest) -> Runner:
    return Runner(*request.param)
