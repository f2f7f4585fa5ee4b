"""Turns the reply of a case into status, headers and the pieces of its body, as a service would send them."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from lollms_client.errors import BadManifest
from lollms_client.testing.cases import UNSET, CaseReply
from lollms_client.testing.cases_values import Filling
from lollms_client.types.media import Media


class Rendered(NamedTuple):
    """A reply as bytes. A `streamed` one goes out in chunks, one for each piece; any other with its length."""

    status: int
    headers: Mapping[str, str]
    pieces: tuple[bytes, ...]
    streamed: bool

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(self.pieces)


def rendered(reply: CaseReply, filling: Filling) -> Rendered:
    """The reply with all its places filled. Raises BadManifest for what cannot be sent."""
    kind, pieces = _body(reply, filling)
    headers = {"Content-Type": kind} if kind else {}
    given = {str(name): str(value) for name, value in filling.fill(reply.headers).items()}
    if any(name.lower() == "content-type" for name in given):
        headers = {}
    streamed = reply.events is not None or reply.lines is not None
    return Rendered(reply.status, {**headers, **given}, pieces, streamed)


def _body(reply: CaseReply, filling: Filling) -> tuple[str, tuple[bytes, ...]]:
    if reply.json is not UNSET:
        return "application/json", (json_bytes(filling.fill(reply.json)),)
    if reply.text is not None:
        return "text/plain; charset=utf-8", (str(filling.fill(reply.text)).encode(),)
    if reply.events is not None:
        return "text/event-stream", tuple(event_bytes(filling.fill(event)) for event in reply.events)
    if reply.lines is not None:
        return "application/x-ndjson", tuple(line_bytes(filling.fill(line)) for line in reply.lines)
    if reply.media is not None:
        media = filling.media(reply.media)
        return media.mime_type, (bytes(media),)
    if reply.base64 is not None:
        return "application/octet-stream", (_decoded(str(filling.fill(reply.base64))),)
    if reply.file is not None:
        media = filling.file(str(filling.fill(reply.file)))
        return _type_of_file(reply.file, media), (bytes(media),)
    return "", ()


def _type_of_file(name: str, media: Media) -> str:
    if media.mime_type != "application/octet-stream":
        return media.mime_type
    return mimetypes.guess_type(name)[0] or media.mime_type


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise BadManifest(f"{text!r:.40} is no base64") from error


def json_bytes(value: Any) -> bytes:
    """A value as JSON. Raises BadManifest for what JSON does not have."""
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise BadManifest(f"a reply cannot be written as JSON: {error}") from error


def event_bytes(event: Any) -> bytes:
    """One server-sent event: a text or a value is its data; `{event: name, data: value}` is a named one.

    `{event: …, data: …, id: …, retry: …}` and `{comment: text}` are written as they are named.
    """
    lines = list(_event_lines(event)) if is_named_event(event) else list(_data_lines(event))
    return ("\n".join(lines) + "\n\n").encode()


def is_named_event(event: Any) -> bool:
    """Whether a value of `events` states the fields of an event by their names."""
    return isinstance(event, Mapping) and (
        set(event) == {"comment"} or ("event" in event and set(event) <= {"event", "data", "id", "retry"})
    )


def _event_lines(event: Mapping[str, Any]) -> Iterator[str]:
    if "comment" in event:
        yield f": {event['comment']}"
        return
    for name in ("id", "event", "retry"):
        if name in event:
            yield f"{name}: {event[name]}"
    if "data" in event:
        yield from _data_lines(event["data"])


def _data_lines(value: Any) -> Iterator[str]:
    text = value if isinstance(value, str) else json_bytes(value).decode()
    return (f"data: {line}" for line in text.split("\n"))


def line_bytes(line: Any) -> bytes:
    """One line of NDJSON; a text is sent as it stands."""
    return (line.encode() if isinstance(line, str) else json_bytes(line)) + b"\n"
