"""The blocking transport on the standard library's http.client: time limits at each stage, cancellation, pooling."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import time
from collections.abc import Callable, Mapping
from typing import NoReturn
from urllib.parse import quote, unquote, urlsplit

from lollms_client.drivers import transport as seam
from lollms_client.drivers.context import CallContext, timed_out
from lollms_client.drivers.pool import ConnectionPool, Destination
from lollms_client.drivers.reply_head import HeadedReply
from lollms_client.drivers.tls import tls_context
from lollms_client.errors import BadSetting, LollmsError
from lollms_client.flow import HttpRequest


class HttpClientTransport:
    """Writes requests itself, reads replies with http.client; safe to use from several threads."""

    def __init__(self) -> None:
        self._pool = ConnectionPool()

    def open(self, request: HttpRequest, context: CallContext) -> seam.BlockingReply:
        """Send the request and read the head of the reply."""
        scheme, host, port, target = seam.split_url(request)
        proxy = seam.proxy_for(request.url, request.connection)
        headers = request.plain_headers()
        if proxy and scheme == "http":
            target = request.url
            headers.update(_proxy_authorization(proxy))
        message = _written(request, target, _host_header(scheme, host, port), headers)
        destination = (scheme, host, port, proxy, request.address, request.connection)
        sock = self._pool.take(destination) or _connect(request, context, proxy)
        exchange = _Exchange(self._pool, destination, request, sock)
        exchange.send(message, context)
        return exchange

    def close(self) -> None:
        """Close all idle connections."""
        self._pool.close()


def _host_header(scheme: str, host: str, port: int) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port == (443 if scheme == "https" else 80) else f"{name}:{port}"


def _written(request: HttpRequest, target: str, host: str, headers: Mapping[str, str]) -> bytes:
    """The request as bytes. Raises BadSetting for an address that a request line cannot carry."""
    if not target.isascii():
        target = quote(target, safe="/?&=+%:;,@!$'()*~[]#-._")
    if not target.isprintable() or " " in target or not host.isascii():
        raise BadSetting("the address holds characters that must be percent-encoded", setting="host_address")
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    body = request.body
    if body is not None or request.method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body or b'')}")
    lines.append("\r\n")
    try:
        return "\r\n".join(lines).encode("latin-1") + (body or b"")
    except UnicodeEncodeError:
        raise BadSetting("a header holds characters that a header cannot carry", setting="extra_headers") from None


class _Exchange:
    """One request on one connection, and its reply."""

    def __init__(
        self, pool: ConnectionPool, destination: Destination, request: HttpRequest, sock: socket.socket
    ) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self._pool = pool
        self._destination = destination
        self._request = request
        self._sock = sock
        self._reply: http.client.HTTPResponse | None = None
        self._context: CallContext
        self._stage: tuple[str, float | None] = ("first_byte", None)  # with its limit in seconds
        self._until: float | None = None  # when the stage as a whole must be over
        self._running_out = "first_byte"  # the limit that the next read runs into first
        self._forget_cancel: Callable[[], None] | None = None
        self._complete = False
        self._closed = False

    def send(self, message: bytes, context: CallContext) -> None:
        """Send everything and read the head of the reply."""
        token = context.parent_token
        if token is not None and not context.cleaning_up:
            self._forget_cancel = token.on_cancel(lambda: _shut_down(self._sock))
        try:
            self._begin("first_byte", context.limits(self._request).first_byte, context)
            self._until = None if self._stage[1] is None else time.monotonic() + self._stage[1]
            self._set_limit()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._sock.sendall(message)  # where it breaks off, an early answer says why
            reply = HeadedReply(self._sock, self._request.method, self._set_limit)
            try:
                reply.begin()
            except BaseException:
                reply.close()
                raise
            self._reply = reply
            self.status = reply.status
            self.headers = reply.fields
        except BaseException as error:  # noqa: BLE001 (given its own meaning)
            self.close()
            self._fail(error, context)

    def _begin(self, stage: str, limit: float | None, context: CallContext) -> None:
        self._context, self._stage, self._until = context, (stage, limit), None

    def _set_limit(self) -> None:
        """Before the socket is used: what is left of the stage and of the call. Raises TimedOut where nothing is."""
        now = time.monotonic()
        stage, limit = self._stage
        left = limit if self._until is None else self._until - now
        if left is not None and left <= 0:
            raise timed_out(stage, limit)
        seconds, self._running_out = self._context.limit(left, stage, now)
        self._sock.settimeout(seconds)

    def read(self, context: CallContext) -> bytes:
        """The next raw bytes as they arrive; empty at the end."""
        reply = self._reply
        if reply is None or self._complete:
            return b""
        try:
            self._begin("silence", context.limits(self._request).silence, context)
            data = reply.read1(seam.CHUNK_BYTES)
            if not data:
                if reply.length:
                    raise http.client.IncompleteRead(b"", reply.length)
                self._complete = True
        except BaseException as error:  # noqa: BLE001 (given its own meaning)
            self.close()
            self._fail(error, context)
        return data

    def close(self) -> None:
        """Give the connection back if the body was read to its end, else close it."""
        if self._closed:
            return
        self._closed = True
        if self._forget_cancel is not None:
            self._forget_cancel()
        reply = self._reply
        if reply is not None:
            reply.close()
            if self._complete and not reply.will_close and seam.keeps_going(self.headers):
                self._pool.give(self._destination, self._sock)
                return
        _shut_down(self._sock)
        self._sock.close()

    def _fail(self, error: BaseException, context: CallContext) -> NoReturn:
        """Raise what the failure means in our own terms."""
        if not isinstance(error, Exception) or isinstance(error, LollmsError):
            raise error
        context.check()
        if isinstance(error, TimeoutError):
            total = self._running_out == "total"
            raise timed_out(self._running_out, context.timeouts.total if total else self._stage[1]) from error
        if isinstance(error, http.client.IncompleteRead):
            raise seam.cut_off(self._request, f"{error.expected or 'some'} bytes are missing") from error
        if isinstance(error, http.client.RemoteDisconnected):
            raise seam.unavailable(self._request, "it closed the connection without an answer", sent=True) from error
        if isinstance(error, (http.client.HTTPException, UnicodeError)):
            raise seam.garbage(self._request, error or type(error).__name__) from error
        if isinstance(error, OSError):
            if self._reply is not None:
                raise seam.cut_off(self._request, error) from error
            raise seam.unavailable(self._request, error, sent=True) from error
        raise error


def _shut_down(sock: socket.socket) -> None:
    """End both directions at once: a thread that waits on the socket wakes up."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _connect(request: HttpRequest, context: CallContext, proxy: str | None) -> socket.socket:
    scheme, host, port, _ = seam.split_url(request)
    limit, stage = context.limit(context.limits(request).connect, "connect", time.monotonic())
    to_host, to_port = request.address or host, port
    if proxy:
        parts = urlsplit(seam.check_proxy(proxy))
        to_host, to_port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    forget: list[Callable[[], None]] = []
    try:
        context.check()
        sock = _dial(to_host, to_port, limit, context, forget)
        try:
            return _prepare(request, sock, scheme, host, port, proxy)
        except BaseException:
            sock.close()
            raise
    except TimeoutError as error:
        context.check()
        failure = timed_out(stage, limit)
        failure.details["sent"] = False
        raise failure from error
    except OSError as error:
        context.check()
        failure_ = seam.unavailable(request, _explained(error), sent=False)
        failure_.retryable = not _is_certificate_failure(error)
        raise failure_ from error
    except (http.client.HTTPException, UnicodeError) as error:
        raise seam.unavailable(request, error, sent=False) from error
    finally:
        for call in forget:
            call()


def _dial(
    host: str, port: int, limit: float | None, context: CallContext, forget: list[Callable[[], None]]
) -> socket.socket:
    """A TCP connection to the first address that answers; a cancel ends the attempt."""
    end = None if limit is None else time.monotonic() + limit
    last: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(None if end is None else max(0.001, end - time.monotonic()))
            if context.parent_token is not None and not context.cleaning_up:
                forget.append(context.parent_token.on_cancel(lambda sock=sock: _shut_down(sock)))  # type: ignore[misc]
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            last = error
            context.check()
            if isinstance(error, TimeoutError):
                raise
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise last or OSError(f"the name {host} has no address")


def _prepare(
    request: HttpRequest, sock: socket.socket, scheme: str, host: str, port: int, proxy: str | None
) -> socket.socket:
    """TLS to the proxy and a tunnel through it where needed, and TLS to the service."""
    if proxy and urlsplit(proxy).scheme == "https":
        sock = tls_context(request.connection).wrap_socket(sock, server_hostname=urlsplit(proxy).hostname)
    if proxy and scheme == "https":
        _tunnel(sock, host, port, proxy)
    if scheme == "https":
        sock = tls_context(request.connection).wrap_socket(sock, server_hostname=host)
    return sock


def _tunnel(sock: socket.socket, host: str, port: int, proxy: str) -> None:
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    lines += [f"{name}: {value}" for name, value in _proxy_authorization(proxy).items()]
    limit = sock.gettimeout()
    end = None if limit is None else time.monotonic() + limit

    def set_limit() -> None:
        if end is not None and (left := end - time.monotonic()) > 0:
            sock.settimeout(left)
        elif end is not None:
            raise TimeoutError("the proxy did not answer in time")

    sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    reply = HeadedReply(sock, "CONNECT", set_limit)
    try:
        reply.begin()
    finally:
        reply.close()
    if not 200 <= reply.status < 300:
        raise OSError(f"the proxy refused the connection with status {reply.status}")


def _proxy_authorization(proxy: str) -> dict[str, str]:
    parts = urlsplit(proxy)
    if not parts.username:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode("ascii")}


def _is_certificate_failure(error: OSError) -> bool:
    return type(error).__name__ == "SSLCertVerificationError"


def _explained(error: OSError) -> str:
    if _is_certificate_failure(error):
        return seam.certificate_advice(error)
    return error.strerror or str(error) or type(error).__name__
