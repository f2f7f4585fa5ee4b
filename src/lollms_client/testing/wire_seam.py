"""Leads all requests of bindings in flows to the kit's server, whatever host they mean, and lets waiting pass at once.

For processes of the kit alone: it changes the drivers of the whole process.
"""

from __future__ import annotations

import contextlib
import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock
from urllib.parse import quote

import msgspec

from lollms_client import flow
from lollms_client.drivers import asynchronous, base, blocking, scripted, shared
from lollms_client.drivers import transport as seam
from lollms_client.drivers.context import CallContext
from lollms_client.flow import Connection, HttpRequest
from lollms_client.testing.server import URL_HEADER

PUBLIC_ADDRESS = "93.184.215.14"  # what names mean here; nothing is sent there
_BRIEF = 0.001  # seconds that any wait really takes


class Led:
    """Where requests go, which addresses names have, and how far the clock is ahead."""

    def __init__(self, server_url: str, addresses: Mapping[str, str]) -> None:
        self.server_url = server_url
        self.addresses = addresses
        self.ahead = 0.0  # seconds
        self.sleeps: list[float] = []

    def request(self, request: HttpRequest) -> HttpRequest:
        """The same request to the kit's server, with the address that was meant in a header."""
        _, _, _, target = seam.split_url(request)
        meant = quote(request.url, safe="/?&=+%:;,@!$'()*~[]#-._")
        return msgspec.structs.replace(
            request, url=self.server_url + target, headers={**request.headers, URL_HEADER: meant},
            connection=Connection(proxy=""), address=None,
        )  # fmt: skip

    def resolved(self, host: str) -> tuple[str, ...]:
        """The address of a name: as told, loopback for localhost, itself for an address, else a public one."""
        if host in self.addresses:
            return (self.addresses[host],)
        try:
            return (str(ipaddress.ip_address(host)),)
        except ValueError:
            return ("127.0.0.1" if host == "localhost" else PUBLIC_ADDRESS,)

    def let_pass(self, seconds: float, context: CallContext) -> None:
        """Let time pass on the call's clock. Raises TimedOut where its limit is nearer."""
        context.check()
        self.sleeps.append(seconds)
        self.ahead += seconds
        if context.deadline is not None:
            context.deadline -= seconds
            context.limit(None, "total", time.monotonic())


class _LedTransport:
    """A transport, blocking or asynchronous, that another one carries."""

    def __init__(self, inner: Any, led: Led) -> None:
        self._inner = inner
        self._led = led

    def open(self, request: HttpRequest, context: CallContext) -> Any:
        return self._inner.open(self._led.request(request), context)

    def close(self) -> Any:
        return self._inner.close()


@contextlib.contextmanager
def led_to(server_url: str, addresses: Mapping[str, str] | None = None, *, at_once: bool = True) -> Iterator[Led]:
    """Inside, the drivers of this process reach `server_url` alone, and Sleep takes no time where `at_once`.

    `addresses` says which IP addresses names have.
    """
    led = Led(server_url, addresses or {})

    def wrapped(make: Callable[[str], Any]) -> Callable[[str], Any]:
        return lambda name: _LedTransport(make(name), led)

    with (
        mock.patch.object(blocking, "blocking_transport", wrapped(base.blocking_transport)),
        mock.patch.object(asynchronous, "async_transport", wrapped(base.async_transport)),
        mock.patch.dict(blocking._PERFORMERS, _chosen(_blocking_performers(led), at_once)),
        mock.patch.dict(asynchronous._PERFORMERS, _chosen(_async_performers(led), at_once)),
        mock.patch.dict(scripted._PERFORMERS, {flow.Resolve: _blocking_performers(led)[flow.Resolve]}),
    ):
        _forget_drivers()
        try:
            yield led
        finally:
            shared.blocking_driver("default").close()
            _forget_drivers()


def _chosen(performers: dict[type, Callable[..., Any]], at_once: bool) -> dict[type, Callable[..., Any]]:
    return performers if at_once else {flow.Resolve: performers[flow.Resolve]}


def _forget_drivers() -> None:
    shared.blocking_driver.cache_clear()
    shared.async_driver.cache_clear()


def _blocking_performers(led: Led) -> dict[type, Callable[..., Any]]:
    def sleep(driver: Any, effect: flow.Sleep, context: CallContext) -> None:
        led.let_pass(effect.seconds, context)
        time.sleep(_BRIEF)

    def now(driver: Any, effect: flow.Now, context: CallContext) -> float:
        return time.monotonic() + led.ahead

    def resolve(driver: Any, effect: flow.Resolve, context: CallContext) -> tuple[str, ...]:
        return led.resolved(effect.host)

    return {flow.Sleep: sleep, flow.Now: now, flow.Resolve: resolve}


def _async_performers(led: Led) -> dict[type, Callable[..., Any]]:
    async def sleep(driver: Any, effect: flow.Sleep, context: CallContext) -> None:
        import asyncio

        led.let_pass(effect.seconds, context)
        await asyncio.sleep(_BRIEF)

    async def now(driver: Any, effect: flow.Now, context: CallContext) -> float:
        return time.monotonic() + led.ahead

    async def resolve(driver: Any, effect: flow.Resolve, context: CallContext) -> tuple[str, ...]:
        return led.resolved(effect.host)

    return {flow.Sleep: sleep, flow.Now: now, flow.Resolve: resolve}
