"""One exchange with a service: retries with back-off where repeating is safe, redirects within the service alone."""

from __future__ import annotations

import random
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import msgspec

from lollms_client import errors
from lollms_client.families.service_errors import retry_after
from lollms_client.flow import Close, HttpReply, HttpRequest, Open, OpenReply, Send, Sleep
from lollms_client.secret import redact

USER_AGENT = "lollms_client/2"  # how this package names itself to a service

Reply = TypeVar("Reply", HttpReply, OpenReply)

_SAFE_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_NOT_TAKEN_ON = frozenset({408, 425, 429, 503, 529})  # the service says that it did not act on the request
_FAILED = frozenset({500, 502, 504})  # it may have acted on it
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how patiently a request is repeated. A Retry-After over `longest` seconds is not waited for."""

    retries: int = 2
    first: float = 0.5
    longest_backoff: float = 8.0
    longest: float = 60.0

    def delay(self, attempt: int, asked: float | None) -> float | None:
        """Seconds to wait before attempt number `attempt` + 1, None to give up."""
        if attempt >= self.retries:
            return None
        if asked is not None:
            return asked if asked <= self.longest else None
        return min(self.longest_backoff, self.first * 2.0**attempt) * (0.5 + random.random() / 2)


def _repeatable(request: HttpRequest) -> bool:
    return request.method in _SAFE_METHODS if request.repeatable is None else request.repeatable


async def send(request: HttpRequest, policy: RetryPolicy, *, follow: bool = True) -> HttpReply:
    """The whole reply, whatever its status; raises where none came. `follow`: redirects within the service."""
    attempt = 0
    while True:
        try:
            reply: HttpReply = await Send(request)
        except (errors.Unavailable, errors.TimedOut, errors.BadReply) as error:
            delay = _delay_after_failure(error, request, policy, attempt)
            if delay is None:
                raise
        else:
            if follow and reply.status in _REDIRECTS and "location" in reply.headers:
                request = redirected(request, reply)
                continue
            delay = _delay_after_status(reply, request, policy, attempt)
            if delay is None:
                return reply
        await Sleep(delay)
        attempt += 1


async def open_reply(request: HttpRequest, policy: RetryPolicy) -> OpenReply:
    """The head of a streamed reply, whatever its status; nothing is repeated once a body has begun to be read."""
    attempt = 0
    while True:
        try:
            reply: OpenReply = await Open(request)
        except (errors.Unavailable, errors.TimedOut, errors.BadReply) as error:
            delay = _delay_after_failure(error, request, policy, attempt)
            if delay is None:
                raise
        else:
            redirect = reply.status in _REDIRECTS and "location" in reply.headers
            delay = None if redirect else _delay_after_status(reply, request, policy, attempt)
            if not redirect and delay is None:
                return reply
            await Close(reply)
            if redirect:
                request = redirected(request, reply)
                continue
            assert delay is not None
        await Sleep(delay)
        attempt += 1


def _delay_after_failure(
    error: errors.CallError, request: HttpRequest, policy: RetryPolicy, attempt: int
) -> float | None:
    if error.details.get("stage") == "total" or not error.retryable:
        return None
    if error.details.get("sent", True) and not _repeatable(request):
        return None
    return policy.delay(attempt, None)


def _delay_after_status(
    reply: HttpReply | OpenReply, request: HttpRequest, policy: RetryPolicy, attempt: int
) -> float | None:
    again = reply.status in _NOT_TAKEN_ON or (reply.status in _FAILED and _repeatable(request))
    if not again or (isinstance(reply, HttpReply) and reply.status == 429 and _out_of_money(reply.body)):
        return None
    return policy.delay(attempt, retry_after(reply.headers))


def _out_of_money(body: bytes) -> bool:
    return b"insufficient_quota" in body or b"insufficient_credits" in body or b"billing_hard_limit" in body


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


def redirected(request: HttpRequest, reply: HttpReply | OpenReply) -> HttpRequest:
    """The request that follows a redirect within the same service; anywhere else is refused, the key stays here."""
    target = reply.headers["location"]
    try:
        target = urljoin(request.url, target)
        same = origin(target) == origin(request.url)
    except ValueError:
        same = False
    place = redact(target)[:200]
    if not same:
        raise errors.ForbiddenAddress(
            f"the service redirects to {place}, which is another server; if that is right, set it as host_address",
            status=reply.status,
        )
    hops = request.redirects + 1
    if hops > _MOST_REDIRECTS:
        raise errors.BadReply(f"the service redirects more than {_MOST_REDIRECTS} times, last to {place}")
    if reply.status in (307, 308) or request.method in ("GET", "HEAD"):
        return msgspec.structs.replace(request, url=target, redirects=hops)
    raise errors.BadReply(
        f"the service redirects a {request.method} to {place}; set that address as host_address", status=reply.status
    )
