"""Writes what was said between a binding and its service as the exchanges of a case, without secrets."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lollms_client.testing.cases import UNSET
from lollms_client.testing.recording_proxy import Captured
from lollms_client.testing.recording_secrets import PRIVATE_HEADERS, KnownSecrets
from lollms_client.testing.recording_streams import events_of, json_of, lines_of
from lollms_client.testing.server import Received
from lollms_client.testing.wire_forms import FormField, form_fields
from lollms_client.types.media import Media, sniff_mime_type

LONG_TEXT = 512  # letters from which base64 becomes a file
_UNTOLD_REQUEST = re.compile(
    r"accept.*|connection|content-length|content-type|host|user-agent|x-stainless-.*|traceparent|tracestate|"
    r"idempotency-key|x-request-id|date|expect|origin|referer|priority|sec-.*|cache-control|pragma",
    re.IGNORECASE,
)
_TOLD_REPLY = re.compile(
    r"retry-after(-ms)?|location|operation-location|.*(usage|cost|credit|character|duration|seed|finish|tokens).*",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"[?&][^=]*(sig|token|key|expires|credential|policy|secret|x-amz|x-goog)[^=]*=", re.IGNORECASE)


class Given:
    """The media of a call: where their bytes come back in a request, the case names them as it did in `with`."""

    def __init__(self) -> None:
        self.known: list[tuple[dict[str, Any], str, Media]] = []

    def add(self, stated: Mapping[str, Any], media: Media) -> Media:
        """Remember one, with how the case states it."""
        self.known.append((dict(stated), _in_words(stated), media))
        return media

    def spec(self, data: bytes) -> dict[str, Any] | None:
        """How the case states these bytes, None where they are none of its media."""
        return next((stated for stated, _, media in self.known if media == data), None)

    def place(self, text: str) -> str | None:
        """The `${…}` that stands for this text, None where it is no media of the call."""
        for _, words, media in self.known:
            if words and text == media.base64():
                return f"${{base64:{words}}}"
            if words and text == media.data_url():
                return f"${{data_url:{words}}}"
        return None


def _in_words(stated: Mapping[str, Any]) -> str:
    if set(stated) == {"file"}:
        return f"file {stated['file']}"
    if set(stated) <= {"picture", "tone", "format"}:
        maker = "picture" if "picture" in stated else "tone"
        return " ".join(filter(None, (maker, str(stated[maker]), str(stated.get("format", "")))))
    return ""


class Writer:
    """Turns exchanges into plain data for YAML. `files` holds the media that are to lie beside it, by name."""

    def __init__(
        self, secrets: KnownSecrets, origin: str, given: Given, prefix: str, own_headers: frozenset[str] = frozenset()
    ) -> None:
        self._secrets = secrets
        self._origin = origin.rstrip("/")
        self._given = given
        self._prefix = prefix
        self._own_headers = own_headers  # of the user: no part of the wire
        self.files: dict[str, bytes] = {}

    def exchange(self, captured: Captured) -> dict[str, Any]:
        """One exchange."""
        return {"request": self._request(captured), "reply": self._reply(captured)}

    # --- requests ---

    def _request(self, captured: Captured) -> dict[str, Any]:
        parts = urlsplit(captured.url)
        path = self._secrets.taken_out(parts.path or "/")
        stated: dict[str, Any] = {"method": captured.method, "path": path}
        if f"{parts.scheme}://{parts.netloc}" != self._origin:
            stated["host"] = parts.netloc.rpartition("@")[2]
        query = self._query(captured.url)
        if query:
            stated["query"] = query
        headers = self._request_headers(captured.headers)
        if headers:
            stated["headers"] = headers
        return {**stated, **self._request_body(captured)}

    def _query(self, url: str) -> dict[str, Any]:
        if _SIGNED.search(url) and self._secrets.taken_out(url) == url.replace("${", "$${"):
            return {}  # a signed address out of a reply
        pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
        found: dict[str, Any] = {}
        for name, value in pairs:
            text = self._secrets.taken_out(value)
            if name in found:
                found[name] = [*(found[name] if isinstance(found[name], list) else [found[name]]), text]
            else:
                found[name] = text
        return found

    def _request_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in headers.items():
            if name in self._own_headers:
                continue
            text = self._secrets.taken_out(value)
            if text != value.replace("${", "$${"):
                found[name] = text
            elif PRIVATE_HEADERS.search(name):
                found[name] = "${any}"
            elif not _UNTOLD_REQUEST.fullmatch(name):
                found[name] = text
        return found

    def _request_body(self, captured: Captured) -> dict[str, Any]:
        if not captured.body:
            return {}
        received = Received(captured.method, "", captured.headers, captured.body, captured.url)
        fields = form_fields(received)
        if fields is not None:
            return {"form": self._form(fields)}
        value = json_of(captured.body)
        if value is not UNSET:
            return {"json": self._data(value, of_request=True)}
        spec = self._given.spec(captured.body)
        if spec is not None and set(spec) == {"file"}:
            return {"file": spec["file"]}
        try:
            return {"text": self._secrets.taken_out(captured.body.decode())}
        except UnicodeDecodeError:
            return {} if spec is None else {"base64": f"${{base64:{_in_words(spec)}}}"}

    def _form(self, fields: Sequence[FormField]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for field in fields:
            value = self._field(field)
            if field.name in found:
                before = found[field.name]
                found[field.name] = [*(before if isinstance(before, list) else [before]), value]
            else:
                found[field.name] = value
        return found

    def _field(self, field: FormField) -> Any:
        if field.filename is None:
            text = field.data.decode("utf-8", "replace")
            return self._given.place(text) or self._secrets.taken_out(text)
        spec = self._given.spec(field.data)
        stated: dict[str, Any] = {"content_type": field.content_type} if field.content_type else {}
        return {**stated, "media": spec} if spec else stated

    # --- replies ---

    def _reply(self, captured: Captured) -> dict[str, Any]:
        stated: dict[str, Any] = {} if captured.status == 200 else {"status": captured.status}
        kind = captured.reply_headers.get("content-type", "")
        body, usual = self._reply_body(captured.reply_body, kind.partition(";")[0].strip().lower())
        headers = {
            name: self._placed(value) for name, value in captured.reply_headers.items() if _TOLD_REPLY.fullmatch(name)
        }
        headers = {name: value for name, value in headers.items() if not PRIVATE_HEADERS.search(name) or _counts(name)}
        if kind and kind.partition(";")[0].strip().lower() != usual:
            headers["content-type"] = self._secrets.taken_out(kind)
        return {**stated, **({"headers": headers} if headers else {}), **body}

    def _reply_body(self, data: bytes, kind: str) -> tuple[dict[str, Any], str]:
        if not data:
            return {}, kind
        if kind == "text/event-stream":
            return {"events": [self._data(event) for event in events_of(data)]}, kind
        lines = lines_of(data) if "ndjson" in kind or "jsonl" in kind or "json-lines" in kind else None
        if lines is not None:
            return {"lines": [self._data(line) for line in lines]}, "application/x-ndjson"
        value = json_of(data) if not kind.startswith(("audio/", "image/", "video/")) else UNSET
        if value is not UNSET:
            return {"json": self._data(value)}, "application/json"
        text = _text(data)
        if text is not None and sniff_mime_type(data) is None:
            return {"text": self._placed(text)}, "text/plain"
        media = Media(data, kind or None)
        return {"file": self._file(media)}, media.mime_type

    def _data(self, value: Any, *, of_request: bool = False) -> Any:
        """Plain data without secrets, long base64 as files (of replies), the call's own media as places."""
        if isinstance(value, str):
            return self._string(value, of_request)
        if isinstance(value, Mapping):
            return {
                self._secrets.taken_out(str(name)): self._data(
                    self._secrets.named(str(name), item), of_request=of_request
                )
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self._data(item, of_request=of_request) for item in value]
        return value

    def _string(self, text: str, of_request: bool) -> str:
        place = self._given.place(text) if len(text) >= 64 else None
        if place is not None:
            return place
        if len(text) >= LONG_TEXT:
            media, form = _media_in(text)
            if media is not None:
                return "${any}" if of_request else f"${{{form}:file {self._file(media)}}}"
        return self._secrets.taken_out(text) if of_request else self._placed(text)

    def _placed(self, text: str) -> str:
        """A text of a reply: signatures of addresses left out, the service's own address as `${server}`."""
        if text.startswith(("http://", "https://")) and " " not in text:
            if _SIGNED.search(text):
                text = text.partition("?")[0]
            if text == self._origin or text.startswith(f"{self._origin}/"):
                return "${server}" + self._secrets.taken_out(text[len(self._origin) :])
        return self._secrets.without_names(text)

    def _file(self, media: Media) -> str:
        for name, data in self.files.items():
            if data == media:
                return name
        name = f"{self._prefix}_{len(self.files) + 1}{media.extension}"
        self.files[name] = bytes(media)
        return name


def _counts(name: str) -> bool:
    return (
        re.search(r"(input|output|total|prompt|completion|used|count).*tokens|tokens.*(used|count)", name) is not None
    )


def _media_in(text: str) -> tuple[Media | None, str]:
    """The media that a long text holds in base64 or as a data: URL, and which of the two it is."""
    header, comma, rest = text.partition(",")
    if header.startswith("data:") and header.endswith(";base64") and comma:
        data = _decoded(rest)
        return (Media(data, header[5:-7]) if data else None), "data_url"
    data = _decoded(text)
    if data is None or (sniff_mime_type(data) is None and _text(data) is not None):
        return None, ""
    return Media(data), "base64"


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
