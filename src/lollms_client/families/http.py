"""The verbs of bindings that speak HTTP: each builds a request, sends it with retries, and reads the reply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec

from lollms_client import errors
from lollms_client.binding import LollmsBinding
from lollms_client.families import download
from lollms_client.families.events import ServerEvent, decode_json, snippet
from lollms_client.families.exchange import USER_AGENT, RetryPolicy, open_reply, origin, send
from lollms_client.families.multipart import FormFile, encode_form
from lollms_client.families.reply_stream import BytesReader, EventReader, LineReader, ReplyStream
from lollms_client.families.service_errors import error_facts, is_bare_error, service_error
from lollms_client.flow import (
    Close,
    Connection,
    HeaderValue,
    HttpReply,
    HttpRequest,
    Next,
    Now,
    OpenReply,
    Report,
    Sleep,
)
from lollms_client.secret import Secret
from lollms_client.types.accounting import Progress
from lollms_client.types.media import Media

Query = Mapping[str, Any]
Headers = Mapping[str, HeaderValue]

_MEDIA_KINDS = ("audio", "image", "video")


class HttpBinding(LollmsBinding):
    """A binding around an HTTP service. Put it before the modality's base class.

    Settings read here: host_address, service_key, verify_ssl_certificate, certificate_file_path, proxy, timeout,
    max_retries, extra_headers, transport. Override `auth_headers` where the key travels in another header, and
    `reply_error` where the service hides errors in replies with status 200.
    """

    speaks_flows: ClassVar[bool] = True
    default_address: ClassVar[str] = ""

    # --- what the service is ---

    @property
    def base_url(self) -> str:
        """The service's address without a slash at its end. Raises BadSetting where none is set."""
        address = str(self.settings.get("host_address") or self.default_address).strip().rstrip("/")
        if not address:
            raise errors.BadSetting(f"{self.binding_name} needs host_address", setting="host_address")
        return address if "://" in address else f"http://{address}"

    def key(self, name: str = "service_key") -> Secret | None:
        """The secret setting of that name, None where it is not set."""
        value = self.settings.get(name)
        if not value:
            return None
        return value if isinstance(value, Secret) else Secret(str(value))

    def required_key(self, name: str = "service_key") -> Secret:
        """The secret setting of that name. Raises MissingKey naming the environment variable."""
        found = self.key(name)
        if found is not None:
            return found
        known = self.manifest.setting(name) if self.manifest else None
        variable = known.env[0] if known and known.env else None
        way = f", or set the environment variable {variable}" if variable else ""
        raise errors.MissingKey(
            f"{self.binding_name} needs {name}: give it as a setting{way}", setting=name, environment=variable
        )

    def auth_headers(self) -> Headers:
        """The headers that carry the key; by default `Authorization: Bearer`, none without a key."""
        found = self.key()
        return {"Authorization": found.derive("Bearer {}")} if found else {}

    def default_headers(self) -> Headers:
        """Headers of every request besides the key's."""
        return {}

    @property
    def connection(self) -> Connection:
        """How to reach the service, from the settings."""
        settings = self.settings
        return Connection(
            verify=settings.get("verify_ssl_certificate") is not False,
            certificate_file=settings.get("certificate_file_path") or None,
            proxy=settings.get("proxy"),
        )

    @property
    def retry_policy(self) -> RetryPolicy:
        """How often requests are repeated: the setting `max_retries`, 2 by default."""
        retries = self.settings.get("max_retries")
        return RetryPolicy() if retries is None else RetryPolicy(retries=max(0, int(retries)))

    # --- building ---

    def url(self, path: str, query: Query | None = None) -> str:
        """The full address of a path of the service; None values of `query` are left out, lists repeat the name."""
        address = path if "://" in path else f"{self.base_url}/{path.lstrip('/')}"
        pairs = [(name, item) for name, value in (query or {}).items() for item in _query_values(value)]
        return f"{address}{'&' if '?' in address else '?'}{urlencode(pairs)}" if pairs else address

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes | None = None,
        content_type: str | None = None,
        query: Query | None = None,
        headers: Headers | None = None,
        repeatable: bool | None = None,
        max_bytes: int = 64 * 1024 * 1024,
    ) -> HttpRequest:
        """A request to the service, with its key and the user's extra headers."""
        sent: dict[str, HeaderValue] = {"User-Agent": USER_AGENT, "Accept": "application/json"}
        if json is not None:
            body, content_type = encode_json(json), "application/json"
        if content_type is not None:
            sent["Content-Type"] = content_type
        sent.update(self.auth_headers())
        sent.update(self.default_headers())
        if headers:
            sent.update(headers)
        extra = self.settings.get("extra_headers")
        if extra:
            sent.update(
                {str(name): value if isinstance(value, Secret) else str(value) for name, value in extra.items()}
            )
        return HttpRequest(
            method=method,
            url=self.url(path, query),
            headers=sent,
            body=body,
            connection=self.connection,
            repeatable=repeatable,
            max_bytes=max_bytes,
        )

    # --- verbs: JSON ---

    async def get(self, path: str, *, query: Query | None = None, headers: Headers | None = None) -> Any:
        """GET a path and give its decoded JSON."""
        return self.decoded(await self.send(self.request("GET", path, query=query, headers=headers)))

    async def post(
        self,
        path: str,
        json: Any = None,
        *,
        query: Query | None = None,
        headers: Headers | None = None,
        repeatable: bool | None = None,
    ) -> Any:
        """POST JSON to a path and give the decoded JSON of the reply."""
        request = self.request("POST", path, json=json, query=query, headers=headers, repeatable=repeatable)
        return self.decoded(await self.send(request))

    async def delete(self, path: str, *, query: Query | None = None) -> Any:
        """DELETE a path and give the decoded JSON of the reply, None for an empty one."""
        return self.decoded(await self.send(self.request("DELETE", path, query=query)))

    async def upload(
        self,
        path: str,
        fields: Mapping[str, Any] | Iterable[tuple[str, Any]],
        files: Sequence[FormFile] = (),
        *,
        headers: Headers | None = None,
    ) -> Any:
        """POST a form with files and give the decoded JSON of the reply."""
        return self.decoded(await self.send(self.form_request(path, fields, files, headers=headers)))

    def form_request(
        self,
        path: str,
        fields: Mapping[str, Any] | Iterable[tuple[str, Any]],
        files: Sequence[FormFile] = (),
        *,
        headers: Headers | None = None,
    ) -> HttpRequest:
        """The request for a form with files: None values are left out, lists repeat the name, booleans are words."""
        items = fields.items() if isinstance(fields, Mapping) else fields
        pairs = [(name, item) for name, value in items for item in _query_values(value)]
        body, content_type = encode_form(pairs, files)
        return self.request("POST", path, body=body, content_type=content_type, headers=headers)

    # --- verbs: whole replies, streams, media ---

    async def send(self, request: HttpRequest) -> HttpReply:
        """The whole reply with a good status; any other status is raised as an error of the tree."""
        reply = await send(request, self.retry_policy)
        if reply.status >= 300 or reply.status < 200:
            raise self.error_of(reply.status, reply.headers, reply.body)
        kind = str(request.headers.get("Accept", "")).partition("/")[0]
        if kind in _MEDIA_KINDS and "json" not in reply.headers.get("content-type", ""):
            download.refuse_text(reply.body, f"the {kind} that the service sent is")
        return reply

    async def open(self, request: HttpRequest) -> OpenReply:
        """A streamed reply with a good status; close it with `Close` when done."""
        reply = await open_reply(request, self.retry_policy)
        if 200 <= reply.status < 300:
            return reply
        try:
            body = await _read_some(reply)
        finally:
            await Close(reply)
        raise self.error_of(reply.status, reply.headers, body)

    def pieces(self, request: HttpRequest) -> ReplyStream[bytes]:
        """The bytes of a streamed reply as they arrive."""
        return ReplyStream(self.open(request), BytesReader(download.refuse_text))

    def events(self, request: HttpRequest) -> ReplyStream[list[ServerEvent]]:
        """The server-sent events of a reply, one list for each piece that arrived.

        A reply that is one JSON document instead is an error where it holds one, else a single event with it.
        """
        request.headers["Accept"] = "text/event-stream"
        return ReplyStream(self.open(request), EventReader(self._check))

    def lines(self, request: HttpRequest) -> ReplyStream[list[Any]]:
        """The decoded JSON lines of a reply, one list for each piece that arrived. A line with an error is raised."""
        return ReplyStream(self.open(request), LineReader(self._check))

    async def media(self, request: HttpRequest, kind: str, mime_type: str | None = None) -> Media:
        """The body of a reply as media of that kind (image, audio, video); JSON in its place is an error."""
        request.headers["Accept"] = f"{kind}/*"
        reply = await self.send(request)
        declared = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        if "json" in declared or declared.startswith("text/"):
            if "json" in declared:
                self._check(decode_json(reply.body), reply.status, reply.headers, reply.body)
            raise errors.BadReply(f"the service sent {declared} where {kind} is expected: {snippet(reply.body)}")
        if not reply.body:
            raise errors.BadReply(f"the service sent an empty {kind}")
        usable = declared if declared and declared != "application/octet-stream" else None
        return Media(reply.body, mime_type or usable)

    async def download(self, url: str, *, max_bytes: int = 1024 * 1024 * 1024) -> Media:
        """Media from a URL that a reply gave: the key goes only to the service itself, never to private addresses."""
        return await download.fetch(self, url, max_bytes)

    # --- verbs: time and progress ---

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await Sleep(seconds)

    async def now(self) -> float:
        """The driver's monotonic clock in seconds."""
        return await Now()

    async def report(self, fraction: float | None = None, stage: str = "", detail: str = "") -> None:
        """Tell the caller how far the call is."""
        await Report(Progress(fraction=fraction, stage=stage, detail=detail))

    # --- reading ---

    def decoded(self, reply: HttpReply) -> Any:
        """The JSON of a reply; an error hidden in it is raised, HTML in its place says so. None for an empty body."""
        if not reply.body.strip():
            return None
        declared = reply.headers.get("content-type", "")
        if "html" in declared:
            raise errors.BadReply(
                f"{origin(reply.url)[1]} answered with a web page; check host_address", host=origin(reply.url)[1]
            )
        value = decode_json(reply.body)
        self._check(value, reply.status, reply.headers, reply.body)
        return value

    def _check(self, value: Any, status: int, headers: Mapping[str, str], raw: bytes) -> None:
        hidden = self.reply_error(value)
        if hidden is not None:
            raise self.error_of(status, headers, raw, hidden)

    def reply_error(self, value: Any) -> Any:
        """The error body inside a decoded reply with a good status, None where there is none."""
        if not isinstance(value, dict):
            return None
        if value.get("error") and "choices" not in value:
            return value
        return value if is_bare_error(value) else None

    def error_of(self, status: int, headers: Mapping[str, str], raw: bytes, body: Any = None) -> errors.LollmsError:
        """The error of the tree for an error reply."""
        body = error_body(raw, body)
        error = service_error(status, headers, body, host=origin(self.base_url)[1], raw=raw)
        error.details.setdefault("binding", self.binding_name)
        return error

    def stream_error(self, body: Any, reply_status: int = 200) -> errors.LollmsError:
        """The error for an error event in the middle of a stream."""
        message, facts = error_facts(body)
        status = facts.get("service_code", "")
        number = int(status) if status.isdigit() and 400 <= int(status) < 600 else reply_status
        return self.error_of(number, {}, message.encode(), body)


async def _read_some(reply: OpenReply, limit: int = 256 * 1024) -> bytes:
    pieces: list[bytes] = []
    while reply.received < limit and (data := await Next(reply)):
        pieces.append(data)
    return b"".join(pieces)


def _query_values(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in _query_values(item)]
    return [value.reveal() if isinstance(value, Secret) else str(value)]


def encode_json(value: Any) -> bytes:
    """JSON bytes. Raises BadSetting for what JSON cannot carry."""
    try:
        return msgspec.json.encode(value, enc_hook=_encode_hook)
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise errors.BadSetting(f"the request cannot be written as JSON: {error}") from error


def _encode_hook(value: Any) -> Any:
    if isinstance(value, Media):
        return value.base64()
    raise TypeError(f"a {type(value).__name__} is no JSON value")


def error_body(raw: bytes, body: Any = None) -> Any:
    """The body of an error reply: as it was decoded already, else decoded from JSON; None where it is none."""
    if body is not None:
        return body
    try:
        return decode_json(raw)
    except errors.BadReply:
        return None
