"""Incremental parsers of streamed replies: server-sent events and JSON lines, however the bytes are cut."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgspec

from lollms_client.errors import BadReply, ReplyTooLarge
from lollms_client.secret import redact

MAX_EVENT_BYTES = 32 * 1024 * 1024


class ServerEvent(NamedTuple):
    """One server-sent event; `data` is still bytes, since it is mostly JSON."""

    event: str
    data: bytes
    id: str = ""

    def json(self) -> Any:
        """The decoded data. Raises BadReply for what is no JSON."""
        return decode_json(self.data)


class EventParser:
    """Server-sent events as WHATWG HTML (9.2, event streams, November 2026) defines them, out of bytes cut anywhere."""

    __slots__ = ("_data", "_event", "_id", "_limit", "_pieces", "_rest", "_size", "_started", "_waiting")

    def __init__(self, limit: int = MAX_EVENT_BYTES) -> None:
        self._rest = b""
        self._pieces: list[bytes] = []  # of one line, after `_rest`
        self._waiting = 0  # bytes in them
        self._event = ""
        self._id = ""
        self._data: list[bytes] = []
        self._size = 0
        self._limit = limit
        self._started = False

    def feed(self, data: bytes) -> list[ServerEvent]:
        """The events that are complete now."""
        if self._started and b"\n" not in data and b"\r" not in data:
            self._pieces.append(data)  # joined only when a line ends: an endless line costs no more than its bytes
            self._waiting += len(data)
            if self._waiting + len(self._rest) + self._size > self._limit:
                raise ReplyTooLarge(f"one event of the reply is larger than {self._limit} bytes")
            return []
        data = self._joined(data)
        if not self._started:
            if len(data) < 3 and b"\xef\xbb\xbf".startswith(data):
                self._rest = data
                return []
            data = data.removeprefix(b"\xef\xbb\xbf")
            self._started = True
        lines = data.splitlines(keepends=True)
        self._rest = b""
        if lines and (not lines[-1].endswith(b"\n")):
            self._rest = lines.pop()  # a lone carriage return may be half of a line end
            if len(self._rest) + self._size > self._limit:
                raise ReplyTooLarge(f"one event of the reply is larger than {self._limit} bytes")
        events: list[ServerEvent] = []
        for line in lines:
            self._line(line.rstrip(b"\r\n"), events)
        return events

    def finish(self) -> list[ServerEvent]:
        """Called at the end of the reply: the last event counts even where its blank line is missing."""
        events: list[ServerEvent] = []
        rest, self._rest = self._joined(b""), b""
        for line in rest.splitlines():
            self._line(line, events)
        self._line(b"", events)
        return events

    def _joined(self, data: bytes) -> bytes:
        """What has not been read yet, and `data` after it."""
        if not self._pieces:
            return self._rest + data
        whole = b"".join((self._rest, *self._pieces, data))
        self._pieces, self._waiting = [], 0
        return whole

    def _line(self, line: bytes, events: list[ServerEvent]) -> None:
        if not line:
            if self._data or self._event:
                data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                events.append(ServerEvent(self._event, data, self._id))
                self._event, self._data, self._size = "", [], 0
            return
        field, _, value = line.partition(b":")
        if value.startswith(b" "):
            value = value[1:]
        if field == b"data":
            self._size += len(value)
            if self._size > self._limit:
                raise ReplyTooLarge(f"one event of the reply is larger than {self._limit} bytes")
            self._data.append(value)
        elif field == b"event":
            self._event = value.decode("utf-8", "replace")
        elif field == b"id":
            self._id = value.decode("utf-8", "replace")


class LineParser:
    """Lines out of bytes cut anywhere; empty lines are passed over."""

    __slots__ = ("_limit", "_pieces", "_waiting")

    def __init__(self, limit: int = MAX_EVENT_BYTES) -> None:
        self._pieces: list[bytes] = []  # of the line that is not complete
        self._waiting = 0  # bytes in them
        self._limit = limit

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now."""
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = b"".join((*self._pieces, lines[0]))
            self._pieces, self._waiting = [], 0
        self._pieces.append(rest)
        self._waiting += len(rest)
        if self._waiting > self._limit:
            raise ReplyTooLarge(f"one line of the reply is larger than {self._limit} bytes")
        return [stripped for line in lines if (stripped := line.strip())]

    def finish(self) -> list[bytes]:
        """Called at the end of the reply: the last line needs no line end."""
        rest, self._pieces = b"".join(self._pieces).strip(), []
        return [rest] if rest else []


def decode_json(data: bytes) -> Any:
    """Decode JSON, also with the NaN and raw control characters that some services send. Raises BadReply."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        value = json.loads(data, strict=False)
        return _whole_letters(value) if b"\\ud" in data or b"\\uD" in data else value
    except (ValueError, RecursionError) as error:
        raise BadReply(f"the reply is no JSON ({_reason(error)}): {snippet(data)}") from error


def _whole_letters(value: Any) -> Any:
    """The value with a replacement character for each half of a letter, which nothing could write or show."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole_letters(name): _whole_letters(item) for name, item in value.items()}
    return [_whole_letters(item) for item in value] if isinstance(value, list) else value


def _reason(error: Exception) -> str:
    return str(error)[:120]


def snippet(data: bytes, length: int = 200) -> str:
    """The beginning of a reply for an error message, secrets masked."""
    text = " ".join(redact(data[: length * 8].decode("utf-8", "replace")).split())
    return repr(text if len(text) <= length else text[:length] + "…")
