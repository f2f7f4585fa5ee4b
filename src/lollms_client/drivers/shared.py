"""The process's own drivers, made on first use: one for each transport."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lollms_client.drivers.asynchronous import AsyncDriver
    from lollms_client.drivers.blocking import BlockingDriver


@functools.lru_cache(maxsize=8)
def blocking_driver(transport: str = "default") -> BlockingDriver:
    """The shared blocking driver; thread-safe."""
    from lollms_client.drivers.blocking import BlockingDriver

    return BlockingDriver(transport)


@functools.lru_cache(maxsize=8)
def async_driver(transport: str = "default") -> AsyncDriver:
    """The shared asyncio driver; each event loop has connections of its own."""
    from lollms_client.drivers.asynchronous import AsyncDriver

    return AsyncDriver(transport)
