"""Plays the service of one case: answers the requests in their order and notes how each differs from what is stated."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

from lollms_client.drivers.scripted import CannedReply
from lollms_client.errors import BadManifest
from lollms_client.flow import HttpRequest
from lollms_client.secret import redact
from lollms_client.testing.cases import Case
from lollms_client.testing.cases_rendering import Rendered, rendered
from lollms_client.testing.cases_values import Filling
from lollms_client.testing.server import Line, Received
from lollms_client.testing.wire_comparing import request_faults

_NONE_LEFT = b'{"error": {"message": "the case has no further exchange", "code": "no_exchange_left"}}'
_UNUSABLE = b'{"error": {"message": "the case cannot be played", "code": "bad_case"}}'


class Script:
    """The exchanges of one case. `faults` holds the differences, `urls` the addresses that were asked."""

    def __init__(self, case: Case, filling: Filling, *, hosts_known: bool) -> None:
        self._exchanges = case.exchanges
        self._filling = filling
        self._hosts_known = hosts_known
        self._used = 0
        self._lock = threading.Lock()
        self.faults: list[str] = []
        self.extra: list[str] = []  # requests that no exchange is left for
        self.urls: list[str] = []

    def answer(self, request: Received) -> Rendered:
        """The reply to the next request."""
        with self._lock:
            number = self._used
            self._used += 1
            self.urls.append(request.url)
            shown = f"{request.method} {redact(urlsplit(request.url).path)}"
            if number >= len(self._exchanges):
                self.extra.append(shown)
                return Rendered(410, {"Content-Type": "application/json"}, (_NONE_LEFT,), False)
            exchange = self._exchanges[number]
            where = f"request {number + 1}" if len(self._exchanges) > 1 else "request"
            try:
                known = self._hosts_known or urlsplit(request.url).hostname != "127.0.0.1"
                found = request_faults(exchange.request, request, self._filling, hosts_known=known)
                self.faults += [f"{where}: {text}" for text in found]
                return rendered(exchange.reply, self._filling)
            except BadManifest as error:
                self.faults.append(f"{where}: the case cannot be played: {error}")
                return Rendered(410, {"Content-Type": "application/json"}, (_UNUSABLE,), False)

    def canned(self, request: HttpRequest) -> CannedReply:
        """The reply for the scripted driver."""
        reply = self.answer(received_of(request))
        return CannedReply(status=reply.status, headers=reply.headers, body=reply.body, chunks=reply.pieces)

    def serve(self, line: Line, request: Received) -> None:
        """The reply for the server on loopback."""
        reply = self.answer(request)
        if request.method == "HEAD":
            line.head(reply.status, {**reply.headers, "Content-Length": str(len(reply.body))})
        elif reply.streamed:
            line.stream(reply.pieces, reply.status, reply.headers)
        else:
            line.reply(reply.body, reply.status, reply.headers)

    def unused(self) -> list[str]:
        """The exchanges that never took place."""
        left = self._exchanges[self._used :]
        first = self._used + 1
        return [
            f"exchange {number}: {exchange.request.method} {exchange.request.path} was never asked"
            for number, exchange in enumerate(left, first)
        ]


def received_of(request: HttpRequest) -> Received:
    """A request of the scripted driver as a server would see it."""
    headers = {name.lower(): value for name, value in request.plain_headers().items()}
    parts = urlsplit(request.url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return Received(request.method, target, headers, request.body or b"", request.url)
