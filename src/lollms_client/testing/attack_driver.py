"""The scripted driver under attack: the service's replies, good or bad, on a virtual clock, with no network."""

from __future__ import annotations

import functools
import ipaddress
import time
from collections.abc import Callable
from typing import Any

from lollms_client import flow
from lollms_client.drivers import transport as seam
from lollms_client.drivers.context import CallContext, timed_out
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.errors import LollmsError, Unavailable
from lollms_client.testing.attack_addresses import RESOLVED
from lollms_client.testing.attack_replies import Canned
from lollms_client.testing.attack_service import RanAway
from lollms_client.testing.wire_seam import PUBLIC_ADDRESS

MOST_EFFECTS = 100_000  # of one call: more is running away
_FOREVER = 1e9  # seconds
_BLOCK = 1024 * 1024
Answer = Callable[[flow.HttpRequest], Canned]


@functools.lru_cache(maxsize=4)
def _block(filler: bytes) -> bytes:
    return filler * (_BLOCK // len(filler))


class _Played(CannedReply, frozen=True, kw_only=True):
    canned: Canned


class AttackDriver(ScriptedDriver):
    """Answers every request with what `answer` says. `effects` counts what was asked of the driver.

    `trip_at` is the number of the effect before which `trip` is called: the moment at which a caller gives up.
    """

    def __init__(self, answer: Answer, *, trip_at: int | None = None, trip: Callable[[], object] | None = None) -> None:
        super().__init__()
        self.now = self.began = time.monotonic()
        self.effects = 0
        self.open_now = 0  # streamed replies that the call has not closed
        self.read = 0  # bytes
        self._answer = answer
        self._trip_at = trip_at
        self._trip = trip
        self.kinds: list[str] = []  # of the effects

    def _perform(self, effect: Any, context: CallContext) -> Any:
        self.effects += 1
        if len(self.kinds) < 2000:
            self.kinds.append(type(effect).__name__)
        if self.effects > MOST_EFFECTS:
            raise RanAway("it goes on without end")
        if self._trip is not None and self.effects == self._trip_at:
            self._trip()
        own = {flow.Next: self._next, flow.Send: self._send, flow.Open: self._open, flow.Resolve: self._resolve}
        own[flow.Close] = self._close
        performer: Any = own.get(type(effect))
        if performer is None:
            return super()._perform(effect, context)
        context.check()
        return performer(effect, context)

    def _open(self, effect: flow.Open | flow.Send, context: CallContext) -> flow.OpenReply:
        reply = self._played(effect.request, self._answer(effect.request))
        self._answers.append(reply)
        opened = super()._open(effect, context)
        if isinstance(effect, flow.Open):
            self.open_now += 1
        return opened

    def _close(self, effect: flow.Close, context: CallContext) -> None:
        super()._close(effect, context)
        self.open_now -= 1

    def _close_kept(self, context: CallContext) -> None:
        self.open_now -= len(context.kept)
        super()._close_kept(context)

    def _played(self, request: flow.HttpRequest, canned: Canned) -> _Played:
        failure: LollmsError | None = None
        delay = 0.0
        if canned.stage == "connect" and canned.ending == "reset":
            failure = seam.unavailable(request, "connection refused", sent=False)
        elif canned.stage == "connect" and canned.ending == "stall":
            failure = timed_out("connect", 10.0)
            failure.details["sent"] = False
        elif canned.stage == "head" and canned.ending == "reset":
            failure = seam.unavailable(request, "connection reset by peer", sent=True)
        elif canned.stage == "head" and canned.ending == "stall":
            delay = _FOREVER
        headers: dict[str, str] = {}
        for name, value in canned.headers:
            key = name.lower()
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        if failure is not None:
            return _Played(failure=failure, canned=canned)
        return _Played(status=canned.status, headers=headers, chunks=canned.pieces(), delay=delay, canned=canned)

    def _next(self, effect: flow.Next, context: CallContext) -> bytes:
        pieces, reply, decoder, request = effect.reply.handle
        canned: Canned = reply.canned
        if pieces:
            data = super()._next(effect, context)
            self.read += len(data)
            if data or canned.ending == "whole":
                return data
        if canned.ending in ("short", "reset"):
            raise seam.cut_off(request, "bytes are missing")
        if canned.ending == "stall":
            self._pass(_FOREVER, context.limits(request).silence, "silence", context)
        if canned.ending == "endless":
            block = _block(canned.filler)
            data = decoder.feed(block)
            self.read += len(data)
            effect.reply.received += len(data)
            return data  # type: ignore[no-any-return]
        return super()._next(effect, context)

    def _resolve(self, effect: flow.Resolve, context: CallContext) -> tuple[str, ...]:
        host = effect.host
        if host in RESOLVED:
            return (RESOLVED[host],)
        try:
            return (str(ipaddress.ip_address(host)),)
        except ValueError:
            pass
        if not host or not host.isascii():
            raise Unavailable(f"the name {host!r} has no address", host=host)
        return ("127.0.0.1" if host == "localhost" else PUBLIC_ADDRESS,)
