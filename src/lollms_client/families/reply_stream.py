"""A streamed reply as an async iterator over what its reader makes of the bytes.

It is no async generator on purpose: one that is dropped half-way could not close its reply outside an event loop. The
driver closes what a flow leaves open.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Generic, Protocol, Self, TypeVar

from lollms_client.errors import BadReply
from lollms_client.families.events import EventParser, LineParser, ServerEvent, decode_json, snippet
from lollms_client.families.exchange import origin
from lollms_client.flow import Close, Next, OpenReply

Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)
Check = Callable[[Any, int, Mapping[str, str], bytes], None]


class Reader(Protocol[Item_co]):
    """Makes items out of the bytes of a reply; None where there is nothing to give out yet."""

    def begin(self, reply: OpenReply) -> None:
        """Called with the head of the reply."""

    def feed(self, data: bytes) -> Item_co | None:
        """More bytes."""

    def finish(self) -> Item_co | None:
        """The end of the reply."""


class ReplyStream(Generic[Item]):
    """Iterate it with `async for`; `aclose()` ends it early."""

    def __init__(self, opening: Coroutine[Any, Any, OpenReply], reader: Reader[Item]) -> None:
        self._opening: Coroutine[Any, Any, OpenReply] | None = opening
        self._reader = reader
        self._reply: OpenReply | None = None
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        if self._ended:
            raise StopAsyncIteration
        if self._opening is not None:
            opening, self._opening = self._opening, None
            self._reply = await opening
            self._reader.begin(self._reply)
        reply = self._reply
        assert reply is not None
        try:
            while data := await Next(reply):
                item = self._reader.feed(data)
                if item is not None:
                    return item
            item = self._reader.finish()
        except BaseException:
            await self.aclose()
            raise
        await self.aclose()
        if item is None:
            raise StopAsyncIteration
        return item

    async def aclose(self) -> None:
        """Close the reply. Safe to call again, and before the first item."""
        self._ended = True
        if self._opening is not None:
            self._opening.close()
            self._opening = None
        reply, self._reply = self._reply, None
        if reply is not None:
            await Close(reply)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the reply, once the first item has been asked for."""
        return self._reply.headers if self._reply is not None else {}

    def __del__(self) -> None:
        if self._opening is not None:
            self._opening.close()  # never iterated: nothing was sent


class BytesReader:
    """Bytes as they are; a JSON document or a web page in their place is refused, and so is nothing at all."""

    def __init__(self, refuse: Callable[[bytes, str], None]) -> None:
        self._refuse = refuse
        self._document: list[bytes] | None = None
        self._begun = False

    def begin(self, reply: OpenReply) -> None:
        """See from the type what comes."""
        self._reply = reply
        declared = reply.headers.get("content-type", "")
        if "json" in declared or "html" in declared:
            self._document = []

    def feed(self, data: bytes) -> bytes | None:
        """The bytes."""
        if self._document is not None:
            self._document.append(data)
            return None
        if not self._begun:
            self._begun = True
            self._refuse(data, "the stream that the service sent is")
        return data

    def finish(self) -> bytes | None:
        """Nothing more."""
        reply = self._reply
        if not reply.received:
            raise BadReply("the service sent no audio or other media: its stream was empty", host=origin(reply.url)[1])
        if self._document is not None:
            body = b"".join(self._document)
            raise BadReply(f"the service sent text where a stream of media is expected: {snippet(body)}")
        return None


class EventReader:
    """Server-sent events; a single JSON document in their place is checked for an error and becomes one event."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._parser = EventParser()
        self._document: list[bytes] | None = None

    def begin(self, reply: OpenReply) -> None:
        """See from the type what comes."""
        self._reply = reply
        declared = reply.headers.get("content-type", "")
        if "json" in declared and "stream" not in declared and "nd" not in declared:
            self._document = []

    def feed(self, data: bytes) -> list[ServerEvent] | None:
        """The events that are complete now."""
        if self._document is not None:
            self._document.append(data)
            return None
        return self._parser.feed(data) or None

    def finish(self) -> list[ServerEvent] | None:
        """The last events."""
        reply = self._reply
        if not reply.received:
            raise BadReply("the service's stream was empty", host=origin(reply.url)[1])
        if self._document is None:
            return self._parser.finish() or None
        body = b"".join(self._document)
        self._check(decode_json(body), reply.status, reply.headers, body)
        return [ServerEvent("", body)]


class LineReader:
    """JSON lines, each checked for an error."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._parser = LineParser()

    def begin(self, reply: OpenReply) -> None:
        """Keep the head for errors."""
        self._reply = reply

    def feed(self, data: bytes) -> list[Any] | None:
        """The lines that are complete now."""
        return [self._decoded(line) for line in self._parser.feed(data)] or None

    def finish(self) -> list[Any] | None:
        """The last line."""
        return [self._decoded(line) for line in self._parser.finish()] or None

    def _decoded(self, line: bytes) -> Any:
        value = decode_json(line)
        self._check(value, self._reply.status, self._reply.headers, line)
        return value
