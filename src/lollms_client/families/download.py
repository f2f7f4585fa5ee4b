"""Fetching media from a URL that a service's reply gave: nothing is trusted, each redirect is checked again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from lollms_client import errors
from lollms_client.families import addresses
from lollms_client.families.events import decode_json, snippet
from lollms_client.families.exchange import USER_AGENT, origin, send
from lollms_client.flow import HttpReply, HttpRequest, Resolve
from lollms_client.secret import redact
from lollms_client.types.media import Media

if TYPE_CHECKING:
    from lollms_client.families.http import HttpBinding

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_ERROR_NAMES = frozenset({"error", "errors", "detail", "message", "msg", "error_message"})
_LARGEST_TEXT = 1024 * 1024  # bytes of a body that may be an error in disguise


async def fetch(binding: HttpBinding, url: str, max_bytes: int) -> Media:
    """The media behind `url`. Raises ForbiddenAddress for private addresses, NotFound and BadReply as fits."""
    if url.startswith("data:"):
        try:
            return Media.of(url)
        except errors.BadMedia as error:
            raise errors.BadReply(f"the service's reply holds a broken data: URL: {error}") from error
    url = _joined(binding.base_url + "/", url)
    for _ in range(_MOST_REDIRECTS + 1):
        reply = await _step(binding, url, max_bytes)
        if reply.status not in _REDIRECTS or "location" not in reply.headers:
            return _media(reply)
        url = _joined(url, reply.headers["location"])
    raise errors.BadReply(f"{redact(url)[:200]} redirects more than {_MOST_REDIRECTS} times")


async def _step(binding: HttpBinding, url: str, max_bytes: int) -> HttpReply:
    parts = _split(url)
    if origin(url) == origin(binding.base_url):
        request = binding.request("GET", url, max_bytes=max_bytes)
        request.headers["Accept"] = "*/*"
    else:
        address = await _allowed_address(binding, parts.hostname or "", origin(url)[2])
        request = HttpRequest(
            method="GET",
            url=url,
            headers={"User-Agent": USER_AGENT, "Accept": "*/*"},
            connection=binding.connection,
            max_bytes=max_bytes,
            address=address,
        )
    reply = await send(request, binding.retry_policy, follow=False)
    moved = reply.status in _REDIRECTS and "location" in reply.headers
    if reply.status >= 300 and not moved:
        raise binding.error_of(reply.status, reply.headers, reply.body[:65536])
    return reply


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError as error:
        raise errors.BadReply(f"the service's reply gives a broken address: {redact(url)[:200]!r}") from error


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise errors.BadReply(f"the service's reply gives a broken address: {redact(url)[:200]!r}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise errors.ForbiddenAddress(
            f"the service's reply gives an address that is not http(s): {redact(url)[:200]!r}"
        )
    return parts


async def _allowed_address(binding: HttpBinding, host: str, port: int) -> str:
    found = await Resolve(host, port)
    if all(addresses.is_public(text) for text in found) and found:
        return found[0]
    _, own_host, own_port = origin(binding.base_url)
    return addresses.check(host, found, await Resolve(own_host, own_port))


def refuse_text(body: bytes, where: str) -> None:
    """Raise BadReply where the body is a web page, or JSON that tells of an error: no picture, sound or film."""
    start = body[:256].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise errors.BadReply(f"{where} a web page, no media: {snippet(body)}")
    if start[:1] in (b"{", b"[") and len(body) < _LARGEST_TEXT:
        try:
            value = decode_json(body)
        except errors.BadReply:
            return
        if isinstance(value, dict) and _ERROR_NAMES & value.keys():
            raise errors.BadReply(f"{where} an error, no media: {snippet(body)}")


def _media(reply: HttpReply) -> Media:
    if not reply.body:
        raise errors.BadReply(f"{redact(reply.url)[:200]} is empty")
    refuse_text(reply.body, f"{redact(reply.url)[:200]} holds")
    declared = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    usable = declared if declared not in ("", "application/octet-stream", "binary/octet-stream") else None
    return Media(reply.body, usable)
