"""The second transport, on httpx2, for both drivers: chosen by the setting `transport: httpx`."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from lollms_client.abandoned import BlockingCall
from lollms_client.drivers import transport as seam
from lollms_client.drivers.context import CallContext, timed_out
from lollms_client.drivers.tls import tls_context
from lollms_client.errors import BadSetting, MissingDependency
from lollms_client.flow import Connection, HttpRequest

if TYPE_CHECKING:
    import httpx2

Reply = TypeVar("Reply")


def _library() -> Any:
    try:
        import httpx2
    except ImportError as error:
        raise MissingDependency(
            "the transport `httpx` needs the package httpx2: pip install 'lollms_client[httpx]'", package="httpx2"
        ) from error
    return httpx2


class _Clients:
    """One httpx client for each way of connecting."""

    def __init__(self, kind: str) -> None:
        self._httpx = _library()
        self._kind = kind
        self._clients: dict[tuple[Connection, str | None], Any] = {}

    def get(self, request: HttpRequest) -> Any:
        seam.split_url(request)
        proxy = seam.proxy_for(request.url, request.connection)
        key = (request.connection, proxy)
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = getattr(self._httpx, self._kind)(
                verify=tls_context(request.connection),
                proxy=seam.check_proxy(proxy) if proxy else None,
                trust_env=False,
                follow_redirects=False,
                limits=self._httpx.Limits(max_connections=None, max_keepalive_connections=32),
                headers={},
            )
        return client

    def all(self) -> list[Any]:
        clients, self._clients = list(self._clients.values()), {}
        return clients


class _Exchange:
    """What the blocking and the asynchronous exchange share: building the request, limits, failures."""

    def __init__(self, request: HttpRequest) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self._request = request
        self._limits: dict[str, float | None] = {}
        self._stages: dict[str, str] = {}
        self._reply: httpx2.Response | None = None
        self._complete = False

    def _build(self, client: Any, context: CallContext) -> Any:
        request = self._request
        self._set_limits(context, context.limits(request).first_byte, "first_byte")
        headers = request.plain_headers()
        headers.setdefault("Accept-Encoding", "identity")
        extensions: dict[str, Any] = {"timeout": self._limits}
        url = request.url
        if request.address:
            scheme, host, port, target = seam.split_url(request)
            headers.setdefault("Host", f"{host}:{port}")
            extensions["sni_hostname"] = host
            address = f"[{request.address}]" if ":" in request.address else request.address
            url = f"{scheme}://{address}:{port}{target}"
        try:
            return client.build_request(
                request.method, url, headers=headers, content=request.body, extensions=extensions
            )
        except (ValueError, TypeError, _library().InvalidURL) as error:
            raise BadSetting(f"the request cannot be sent: {type(error).__name__} in a header or the address") from None

    def _set_limits(self, context: CallContext, stage_limit: float | None, stage: str) -> None:
        now = time.monotonic()
        connect = context.limit(context.limits(self._request).connect, "connect", now)
        read = context.limit(stage_limit, stage, now)
        self._limits.update({"connect": connect[0], "read": read[0], "write": read[0], "pool": connect[0]})
        self._stages = {"connect": connect[1], "read": read[1]}

    def _took(self, reply: Any) -> None:
        self._reply = reply
        self.status = reply.status_code
        self.headers = {name.lower(): value for name, value in reply.headers.items()}

    def _fail(self, error: BaseException) -> NoReturn:
        httpx = _library()
        if isinstance(error, (httpx.ConnectTimeout, httpx.PoolTimeout)):
            failure = timed_out(self._stages["connect"], self._limits["connect"])
            failure.details["sent"] = False
            raise failure from error
        if isinstance(error, httpx.TimeoutException):
            raise timed_out(self._stages["read"], self._limits["read"]) from error
        if isinstance(error, (httpx.ConnectError, httpx.ProxyError)):
            failure_ = seam.unavailable(self._request, _explained(error), sent=False)
            failure_.retryable = "CERTIFICATE_VERIFY_FAILED" not in str(error)
            raise failure_ from error
        if isinstance(error, httpx.UnsupportedProtocol):
            raise BadSetting(f"not a usable address: {error}", setting="host_address") from error
        if isinstance(error, httpx.RemoteProtocolError):
            if self._reply is not None:
                raise seam.cut_off(self._request, error) from error
            if "disconnected without" in str(error).lower():
                raise seam.unavailable(self._request, error, sent=True) from error
            raise seam.garbage(self._request, error) from error
        if isinstance(error, httpx.HTTPError):
            if self._reply is not None:
                raise seam.cut_off(self._request, error) from error
            raise seam.unavailable(self._request, error, sent=True) from error
        raise error


def _explained(error: Exception) -> str:
    return seam.certificate_advice(error) if "CERTIFICATE_VERIFY_FAILED" in str(error) else str(error)


class HttpxTransport:
    """Blocking. A cancel token closes the connection in each phase.

    Its limits count anew with each piece that arrives: a service that sends single bytes, and no whole header or
    chunk, outlasts them. It does not outlast the default transport.
    """

    def __init__(self) -> None:
        self._clients = _Clients("Client")

    def open(self, request: HttpRequest, context: CallContext) -> seam.BlockingReply:
        """Send the request and read the head of the reply."""
        context.check()
        client = self._clients.get(request)
        exchange = _BlockingExchange(request)
        exchange.send(client, context)
        return exchange

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.all():
            client.close()


class _BlockingExchange(_Exchange):
    _chunks: Iterator[bytes]
    _forget_cancel: Callable[[], None] | None = None

    def send(self, client: Any, context: CallContext) -> None:
        """Send everything and read the head of the reply."""
        prepared = self._build(client, context)
        token = None if context.cleaning_up else context.parent_token
        running = BlockingCall()
        forget = token.on_cancel(running.give_up) if token is not None else None
        try:
            with running:
                self._took(client.send(prepared, stream=True))
        except Exception as error:  # noqa: BLE001 (every failure is given its own meaning)
            context.check()
            self._fail(error)
        finally:
            if forget is not None:
                forget()
        assert self._reply is not None
        self._chunks = self._reply.iter_raw()
        if token is not None:
            self._forget_cancel = token.on_cancel(self._shut_down)

    def _shut_down(self) -> None:
        import contextlib
        import socket

        assert self._reply is not None
        stream = self._reply.extensions.get("network_stream")
        sock = stream.get_extra_info("socket") if stream is not None else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def read(self, context: CallContext) -> bytes:
        """The next raw bytes as they arrive; empty at the end."""
        self._set_limits(context, context.limits(self._request).silence, "silence")
        try:
            data = next(self._chunks, b"")
        except Exception as error:  # noqa: BLE001 (every failure is given its own meaning)
            context.check()
            self._fail(error)
        if not data:
            context.check()
        return data

    def close(self) -> None:
        """Give the connection back if the body was read to its end, else close it."""
        if self._forget_cancel is not None:
            self._forget_cancel()
        if self._reply is not None:
            self._reply.close()


class AsyncHttpxTransport:
    """Asynchronous, on the loop it was made on."""

    def __init__(self) -> None:
        self._clients = _Clients("AsyncClient")

    async def open(self, request: HttpRequest, context: CallContext) -> seam.AsyncReply:
        """Send the request and read the head of the reply."""
        client = self._clients.get(request)
        exchange = _AsyncExchange(request)
        await exchange.send(client, context)
        return exchange

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.all():
            await client.aclose()


class _AsyncExchange(_Exchange):
    _chunks: AsyncIterator[bytes]

    async def send(self, client: Any, context: CallContext) -> None:
        """Send everything and read the head of the reply."""
        prepared = self._build(client, context)
        try:
            self._took(await self._within(context, client.send(prepared, stream=True)))
        except Exception as error:  # noqa: BLE001 (every failure is given its own meaning)
            self._fail(error)
        assert self._reply is not None
        self._chunks = self._reply.aiter_raw()

    async def read(self, context: CallContext) -> bytes:
        """The next raw bytes as they arrive; empty at the end."""
        self._set_limits(context, context.limits(self._request).silence, "silence")
        try:
            return await self._within(context, anext(self._chunks, b""))
        except Exception as error:  # noqa: BLE001 (every failure is given its own meaning)
            self._fail(error)

    async def _within(self, context: CallContext, step: Awaitable[Reply]) -> Reply:
        """The step's outcome within the whole call's time, which reads with a limit for each may outlast."""
        import asyncio

        seconds, stage = context.limit(None, "total", time.monotonic())
        try:
            async with asyncio.timeout(seconds):
                return await step
        except TimeoutError as error:
            raise timed_out(stage, context.timeouts.total) from error

    async def close(self) -> None:
        """Give the connection back if the body was read to its end, else close it."""
        if self._reply is not None:
            await self._reply.aclose()
