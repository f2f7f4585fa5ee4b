"""The kit's server on loopback as the tests use it: what a handler raises fails the test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from lollms_client.testing.server import Handler, Line, Received, serving
from lollms_client.testing.server import LoopbackServer as Loopback


@contextlib.contextmanager
def loopback(handler: Handler) -> Iterator[Loopback]:
    """A server while the block runs; raises at its end what the handler raised."""
    with serving(handler) as server:
        yield server
    for failure in server.failures:
        raise failure


__all__ = ["Handler", "Line", "Loopback", "Received", "loopback"]
