"""The seam between drivers and HTTP libraries: two protocols, one blocking, one asynchronous, and what they share."""

from __future__ import annotations

import functools
import os
import sys
import urllib.request
import zlib
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

from lollms_client.drivers.context import CallContext
from lollms_client.errors import BadReply, BadSetting, ReplyTooLarge, Unavailable
from lollms_client.flow import Connection, HttpRequest
from lollms_client.secret import redact

CHUNK_BYTES = 64 * 1024


class BlockingReply(Protocol):
    """An open reply of a blocking transport."""

    status: int
    headers: Mapping[str, str]

    def read(self, context: CallContext) -> bytes:
        """The next raw bytes as they arrive; empty at the end."""

    def close(self) -> None:
        """Give the connection back if the body was read to its end, else close it."""


class BlockingTransport(Protocol):
    """Sends requests for blocking callers; safe to use from several threads."""

    def open(self, request: HttpRequest, context: CallContext) -> BlockingReply:
        """Send the request and read the head of the reply."""

    def close(self) -> None:
        """Close all connections."""


class AsyncReply(Protocol):
    """An open reply of an asynchronous transport."""

    status: int
    headers: Mapping[str, str]

    async def read(self, context: CallContext) -> bytes:
        """The next raw bytes as they arrive; empty at the end."""

    async def close(self) -> None:
        """Give the connection back if the body was read to its end, else close it."""


class AsyncTransport(Protocol):
    """Sends requests on the running event loop."""

    async def open(self, request: HttpRequest, context: CallContext) -> AsyncReply:
        """Send the request and read the head of the reply."""

    async def close(self) -> None:
        """Close all connections."""


def unavailable(request: HttpRequest, reason: object, *, sent: bool) -> Unavailable:
    """The error for a connection that failed; `sent` says whether the service may have got the request."""
    host = urlsplit(request.url).netloc.rpartition("@")[2]
    text = redact(str(reason)) or type(reason).__name__
    advice = "the service may or may not have acted on it" if sent else "check the address and the network"
    return Unavailable(f"{host} cannot be reached: {text}; {advice}", host=host, sent=sent)


def certificate_advice(reason: object) -> str:
    """What to say where the service's certificate is not trusted."""
    return (
        f"its certificate is not trusted ({reason}); give its authority as certificate_file_path, "
        "or set verify_ssl_certificate to false where you accept the risk"
    )


def cut_off(request: HttpRequest, reason: object) -> BadReply:
    """The error for a reply that ended before its end."""
    host = urlsplit(request.url).netloc.rpartition("@")[2]
    error = BadReply(f"the reply of {host} was cut off: {redact(str(reason))}; try again", host=host)
    error.retryable = True
    return error


def garbage(request: HttpRequest, reason: object) -> BadReply:
    """The error for a reply that is no HTTP."""
    host = urlsplit(request.url).netloc.rpartition("@")[2]
    text = redact(str(reason))[:200]
    return BadReply(f"{host} did not answer in HTTP ({text}); check the address", host=host)


def too_large(request: HttpRequest) -> ReplyTooLarge:
    """The error for a reply over the request's limit."""
    host = urlsplit(request.url).netloc.rpartition("@")[2]
    return ReplyTooLarge(f"the reply of {host} is larger than {request.max_bytes} bytes", host=host)


class ContentDecoder:
    """Undoes gzip and deflate piece by piece, never further than the request's limit: a small body may unpack huge."""

    __slots__ = ("_inflate", "_limit", "_raw_deflate", "_request", "_total")

    def __init__(self, request: HttpRequest, encoding: str) -> None:
        self._request = request
        self._limit = request.max_bytes
        self._total = 0
        self._raw_deflate = False
        coding = encoding.strip().lower()
        if coding in ("", "identity"):
            self._inflate = None
        elif coding in ("gzip", "x-gzip", "deflate"):
            self._inflate = zlib.decompressobj(wbits=47)
            self._raw_deflate = coding == "deflate"
        else:
            raise BadReply(f"the reply is packed as {coding[:40]!r}, which was not asked for")

    def feed(self, data: bytes) -> bytes:
        """Decoded bytes; raises ReplyTooLarge over the limit and BadReply for what is not in the promised coding."""
        if self._inflate is not None and data:
            data = self._unpack(data)
        self._total += len(data)
        if self._total > self._limit:
            raise too_large(self._request)
        return data

    def _unpack(self, data: bytes) -> bytes:
        assert self._inflate is not None
        room = self._limit - self._total + 1
        try:
            out = self._inflate.decompress(data, room)
        except zlib.error as error:
            if not self._raw_deflate or self._total:
                raise BadReply(f"the reply's packing is broken: {error}") from error
            self._inflate, self._raw_deflate = zlib.decompressobj(wbits=-15), False
            return self._unpack(data)
        self._raw_deflate = False
        return out

    def finish(self) -> None:
        """Called at the end of the body: a packed body must be complete."""
        if self._inflate is not None and self._total and not self._inflate.eof:
            raise cut_off(self._request, "the packed body is incomplete")


def proxy_for(url: str, connection: Connection) -> str | None:
    """The proxy to use for `url`: the connection's own, or the environment's, or none."""
    if connection.proxy is not None:
        return connection.proxy or None
    parts = urlsplit(url)
    scheme = parts.scheme
    look = os.environ.get
    named = look(f"{scheme}_proxy"), look(f"{scheme.upper()}_PROXY"), look("all_proxy"), look("ALL_PROXY")
    if named == _NONE_NAMED and not _SYSTEM_HAS_PROXIES:
        return None
    return _environment_proxy(scheme, parts.hostname or "", (*named, look("no_proxy"), look("NO_PROXY")))


_NONE_NAMED = (None, None, None, None)
_SYSTEM_HAS_PROXIES = sys.platform in ("darwin", "win32")


@functools.lru_cache(maxsize=256)
def _environment_proxy(scheme: str, host: str, variables: tuple[str | None, ...]) -> str | None:
    """The standard library's reading of the environment and the system, done again only when `variables` change."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def check_proxy(proxy: str) -> str:
    """Only HTTP proxies are spoken to."""
    if urlsplit(proxy).scheme not in ("http", "https") or not urlsplit(proxy).hostname:
        raise BadSetting(f"the proxy must be an http:// or https:// address, not {redact(proxy)!r}", setting="proxy")
    return proxy


def split_url(request: HttpRequest) -> tuple[str, str, int, str]:
    """Scheme, host, port and target of the request's URL; BadSetting for what is no http(s) URL."""
    try:
        scheme, host, port, target = _split(request.url)
    except ValueError as error:
        raise BadSetting(f"not a usable address: {redact(request.url)!r} ({error})", setting="host_address") from error
    if scheme not in ("http", "https") or not host:
        shown = redact(request.url)
        raise BadSetting(f"the address must begin with http:// or https://, not {shown!r}", setting="host_address")
    return scheme, host, port or (443 if scheme == "https" else 80), target


@functools.lru_cache(maxsize=128)
def _split(url: str) -> tuple[str, str, int | None, str]:
    parts = urlsplit(url)
    target = parts.path or "/"
    return parts.scheme, parts.hostname or "", parts.port, f"{target}?{parts.query}" if parts.query else target


def keeps_going(headers: Mapping[str, str]) -> bool:
    """Whether a connection may serve again after this reply: after a stream of events many servers close it.

    They do so even where they said that they would keep it; the next request would then be lost on its way.
    """
    declared = headers.get("content-type", "")
    return "event-stream" not in declared and "ndjson" not in declared
