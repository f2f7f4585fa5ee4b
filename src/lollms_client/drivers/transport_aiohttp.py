"""The asynchronous transport on aiohttp: one session for each event loop, time limits at each stage, cancellation."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from lollms_client.drivers import transport as seam
from lollms_client.drivers.context import CallContext, timed_out
from lollms_client.drivers.tls import tls_context
from lollms_client.errors import BadSetting
from lollms_client.flow import HttpRequest

if TYPE_CHECKING:
    import aiohttp


class AiohttpTransport:
    """Sends requests with aiohttp on the loop it was made on."""

    def __init__(self) -> None:
        self._session = _session(force_close=False)
        self._streams: aiohttp.ClientSession | None = None  # for streams of events, whose connections serve once

    async def open(self, request: HttpRequest, context: CallContext) -> seam.AsyncReply:
        """Send the request and read the head of the reply."""
        session = self._session
        if "event-stream" in str(request.headers.get("Accept", "")):
            if self._streams is None:
                self._streams = _session(force_close=True)
            session = self._streams
        exchange = _Exchange(request)
        await exchange.send(session, context)
        return exchange

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()
        if self._streams is not None:
            await self._streams.close()
        for _ in range(2):
            await asyncio.sleep(0)  # closed transports say goodbye in the loop's next turns


def _session(*, force_close: bool) -> aiohttp.ClientSession:
    import aiohttp

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=60, force_close=force_close),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None, sock_read=None),
        skip_auto_headers=("User-Agent", "Content-Type", "Accept", "Accept-Encoding"),
        requote_redirect_url=False,
    )


class _Exchange:
    """One request and its reply."""

    def __init__(self, request: HttpRequest) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self._request = request
        self._reply: aiohttp.ClientResponse | None = None
        self._limit: tuple[float | None, str] = (None, "connect")

    async def send(self, session: aiohttp.ClientSession, context: CallContext) -> None:
        """Send everything and read the head of the reply."""
        import aiohttp

        limits, now = context.limits(self._request), time.monotonic()
        connect = context.limit(limits.connect, "connect", now)
        self._limit = context.limit(limits.first_byte, "first_byte", now)
        seconds, total = _sum(self._limit, connect), context.limit(None, "total", now)
        if total[0] is not None and (seconds is None or total[0] < seconds):
            seconds, self._limit = total[0], (context.timeouts.total, "total")
        url, options = self._target()
        options["timeout"] = aiohttp.ClientTimeout(total=None, connect=connect[0])
        try:
            async with asyncio.timeout(seconds):
                self._reply = await session.request(self._request.method, url, **options)
        except aiohttp.ConnectionTimeoutError as error:
            failure = timed_out(connect[1], connect[0])
            failure.details["sent"] = False
            raise failure from error
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 (given its own meaning)
            self._fail(error)
        self.status = self._reply.status
        self.headers = _lower(self._reply)

    def _target(self) -> tuple[Any, dict[str, Any]]:
        from yarl import URL

        request = self._request
        scheme, host, port, _ = seam.split_url(request)
        headers = request.plain_headers()
        options: dict[str, Any] = {"allow_redirects": False, "headers": headers}
        body = request.body
        if body is not None:
            options["data"] = body if len(body) < 512 * 1024 else io.BytesIO(body)
            headers.setdefault("Content-Length", str(len(body)))
        try:
            url = URL(request.url, encoded=True)
        except ValueError as error:
            raise BadSetting(f"not a usable address: {error}", setting="host_address") from error
        if request.address:
            headers.setdefault("Host", host if port == url.build(scheme=scheme, host="x").port else f"{host}:{port}")
            options["server_hostname"] = host if scheme == "https" else None
            url = url.with_host(request.address)
        if scheme == "https":
            options["ssl"] = tls_context(request.connection)
        proxy = seam.proxy_for(request.url, request.connection)
        if proxy:
            options["proxy"] = seam.check_proxy(proxy)
        return url, options

    async def read(self, context: CallContext) -> bytes:
        """The next raw bytes as they arrive; empty at the end."""
        assert self._reply is not None
        content = self._reply.content
        self._limit = context.limit(context.limits(self._request).silence, "silence", time.monotonic())
        try:
            data = content.read_nowait()  # what has arrived already needs no timer
            if data:
                return data
            async with asyncio.timeout(self._limit[0]):
                return await content.readany()
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 (given its own meaning)
            await self.close()
            self._fail(error)

    async def close(self) -> None:
        """Give the connection back if the body was read to its end, else close it."""
        if self._reply is not None:
            if self._reply.content.at_eof():
                self._reply.release()
            else:
                self._reply.close()

    def _fail(self, error: BaseException) -> NoReturn:
        import aiohttp

        if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ClientError):
            raise timed_out(self._limit[1], self._limit[0]) from error
        if isinstance(error, (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)):
            raise BadSetting(f"not a usable address: {error}", setting="host_address") from error
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            raise _certificate(self._request, error) from error
        if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ClientProxyConnectionError)):
            raise seam.unavailable(self._request, error, sent=False) from error
        if isinstance(error, aiohttp.ClientPayloadError):
            raise seam.cut_off(self._request, _short(error)) from error
        if isinstance(error, (aiohttp.ClientHttpProxyError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
            raise seam.unavailable(self._request, _short(error), sent=True) from error
        if isinstance(error, aiohttp.ClientResponseError):
            raise seam.garbage(self._request, error.message) from error
        if isinstance(error, (OSError, aiohttp.ClientError)):
            raise seam.cut_off(self._request, _short(error)) from error
        if isinstance(error, ValueError):
            raise BadSetting(f"the request cannot be sent: {type(error).__name__} in a header or the address") from None
        raise error


def _sum(limit: tuple[float | None, str], connect: tuple[float | None, str]) -> float | None:
    """Waiting for the first byte begins after connecting, unless the whole call's limit is the nearer one."""
    if limit[0] is None or limit[1] == "total":
        return limit[0]
    return limit[0] + (connect[0] or 0.0)


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:300]


def _certificate(request: HttpRequest, error: Exception) -> Exception:
    failure = seam.unavailable(request, seam.certificate_advice(error), sent=False)
    failure.retryable = False
    return failure


def _lower(reply: aiohttp.ClientResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in reply.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers
