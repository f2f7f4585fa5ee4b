"""Stands between a binding and its service: passes every request on and keeps what was said, byte for byte."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lollms_client.drivers.transport import ContentDecoder
from lollms_client.errors import BadReply
from lollms_client.flow import HttpRequest
from lollms_client.testing.server import Line, Received

_OF_THE_CONNECTION = {
    "connection", "keep-alive", "transfer-encoding", "content-length", "host", "accept-encoding", "proxy-connection",
    "te", "trailer", "upgrade", "expect",
}  # fmt: skip
_LONGEST_WAIT = 300.0  # seconds for the next bytes of the service


class Captured(NamedTuple):
    """One exchange as it took place. Names of headers are lower case; the body is unpacked."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    reply_headers: Mapping[str, str]
    reply_body: bytes


class Forwarder:
    """The service that a binding meets while it is recorded. `origin` is where requests go that name no other host."""

    def __init__(self, origin: str, settings: Mapping[str, Any]) -> None:
        self.origin = origin
        self.captured: list[Captured] = []
        self.problems: list[str] = []
        self._opener = _opener(settings)

    def serve(self, line: Line, request: Received) -> object:
        """Pass a request on and its reply back."""
        url = request.url
        if urlsplit(url).hostname == "127.0.0.1" and urlsplit(url).port == line.sock.getsockname()[1]:
            url = self.origin + request.target
        headers = {name: value for name, value in request.headers.items() if name not in _OF_THE_CONNECTION}
        body = request.body if request.body or request.method in ("POST", "PUT", "PATCH") else None
        forwarded = urllib.request.Request(  # noqa: S310 (the user's own address)
            url, data=body, headers={**headers, "accept-encoding": "identity"}, method=request.method
        )
        try:
            with self._opener.open(forwarded, timeout=_LONGEST_WAIT) as reply:
                self._pass_back(line, request, url, reply)
        except (urllib.error.URLError, OSError) as error:
            self.problems.append(f"{urlsplit(url).netloc} cannot be reached: {error}")
            return "close"
        return None

    def _pass_back(self, line: Line, request: Received, url: str, reply: Any) -> None:
        headers = {name.lower(): value for name, value in reply.headers.items()}
        kept = {name: value for name, value in headers.items() if name not in _OF_THE_CONNECTION}
        pieces: list[bytes] = []
        has_body = request.method != "HEAD" and reply.status not in (204, 304)
        line.head(
            reply.status, {**kept, "Transfer-Encoding": "chunked"} if has_body else {**kept, "Content-Length": "0"}
        )
        for piece in _pieces(reply) if has_body else ():
            pieces.append(piece)
            line.chunk(piece)
        if has_body:
            line.end()
        whole = _unpacked(b"".join(pieces), headers.get("content-encoding", ""), url)
        self.captured.append(Captured(request.method, url, request.headers, request.body, reply.status, headers, whole))


def _pieces(reply: Any) -> Iterator[bytes]:
    while piece := reply.read1(65536):
        yield piece


def _unpacked(data: bytes, coding: str, url: str) -> bytes:
    try:
        decoder = ContentDecoder(HttpRequest(method="GET", url=url), coding)
        return decoder.feed(data)
    except BadReply:
        return data


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Gives every reply as it is: errors and redirects are the binding's own affair."""

    def http_response(self, request: Any, response: Any) -> Any:
        return response

    https_response = http_response


def _opener(settings: Mapping[str, Any]) -> urllib.request.OpenerDirector:
    proxy = settings.get("proxy")
    proxies = None if proxy is None else {} if not proxy else {"http": str(proxy), "https": str(proxy)}
    file = settings.get("certificate_file_path")
    context = ssl.create_default_context(cafile=str(file) if file else None)
    if settings.get("verify_ssl_certificate") is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler(proxies), urllib.request.HTTPSHandler(context=context), _AnyStatus
    )
    opener.addheaders = []
    return opener
