"""Streams that an application holds: iterate them, close them early, ask for the result; sync and async."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Sequence
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from lollms_client.drivers.context import CallContext
from lollms_client.errors import LollmsError
from lollms_client.types.accounting import CallWarning, Progress
from lollms_client.types.chat import ChatAccumulator, ChatResult, StreamPart, TextDelta
from lollms_client.types.media import Media

Item = TypeVar("Item")


class _Stream(Generic[Item]):
    def __init__(self, batches: Generator[list[Item], None, None]) -> None:
        self._batches = batches
        self._ready: Iterator[Item] = iter(())

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Item:
        while True:
            for item in self._ready:
                self._took(item)
                return item
            self._ready = iter(next(self._batches))

    def _took(self, item: Item) -> None:
        """Called with each item as it is given out."""

    def close(self) -> None:
        """End the call: the service sees it at once. Safe to call again, and after the end."""
        self._ready = iter(())
        self._batches.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        batches = getattr(self, "_batches", None)
        if batches is not None and not batches.gi_running:
            try:
                batches.close()
            except LollmsError:
                return  # nobody is left to be told


class ChatStream(_Stream[StreamPart]):
    """An answer as it is made: iterate its parts, or `texts()` for the words alone; then ask for `result`."""

    def __init__(self, batches: Generator[list[StreamPart], None, None]) -> None:
        super().__init__(batches)
        self._accumulator = ChatAccumulator()

    def _took(self, item: StreamPart) -> None:
        self._accumulator.add(item)

    def texts(self) -> Iterator[str]:
        """The words of the first answer, piece by piece."""
        for part in self:
            if isinstance(part, TextDelta) and part.index == 0:
                yield part.text

    @property
    def result(self) -> ChatResult:
        """The whole result; reads the rest of the stream first."""
        for _ in self:
            pass
        return self._accumulator.result()

    @property
    def partial(self) -> ChatResult:
        """The result of what has been read so far."""
        return self._accumulator.result()


def kept_warnings(context: CallContext) -> list[CallWarning]:
    """A list that gets the warnings which a call tells on its way; its own listener hears of them as well."""
    found: list[CallWarning] = []
    told = context.on_progress

    def listen(progress: Progress) -> None:
        found.extend(progress.warnings)
        if told is not None:
            told(progress)

    context.on_progress = listen
    return found


class MediaStream(_Stream[Media]):
    """A sound as it is made: pieces of bytes that join to one file. `warnings` says what could not be honoured."""

    def __init__(self, batches: Generator[list[Media], None, None], warnings: Sequence[CallWarning] = ()) -> None:
        super().__init__(batches)
        self._warnings = warnings

    @property
    def warnings(self) -> tuple[CallWarning, ...]:
        """The warnings so far: all of them once the first piece has come."""
        return tuple(self._warnings)

    def read(self) -> Media:
        """All of it that is still to come, as one."""
        pieces = list(self)
        return Media(b"".join(pieces), pieces[0].mime_type if pieces else None)


class _AsyncStream(Generic[Item]):
    def __init__(self, batches: AsyncIterator[list[Item]]) -> None:
        self._batches: Any = batches
        self._ready: Iterator[Item] = iter(())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        while True:
            for item in self._ready:
                self._took(item)
                return item
            self._ready = iter(await self._batches.__anext__())

    def _took(self, item: Item) -> None:
        """Called with each item as it is given out."""

    async def aclose(self) -> None:
        """End the call: the service sees it at once. Safe to call again, and after the end."""
        self._ready = iter(())
        if isinstance(self._batches, AsyncGenerator):
            await self._batches.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class AsyncChatStream(_AsyncStream[StreamPart]):
    """An answer as it is made, for `async for`; see ChatStream."""

    def __init__(self, batches: AsyncIterator[list[StreamPart]]) -> None:
        super().__init__(batches)
        self._accumulator = ChatAccumulator()

    def _took(self, item: StreamPart) -> None:
        self._accumulator.add(item)

    async def texts(self) -> AsyncIterator[str]:
        """The words of the first answer, piece by piece."""
        async for part in self:
            if isinstance(part, TextDelta) and part.index == 0:
                yield part.text

    async def result(self) -> ChatResult:
        """The whole result; reads the rest of the stream first."""
        async for _ in self:
            pass
        return self._accumulator.result()

    @property
    def partial(self) -> ChatResult:
        """The result of what has been read so far."""
        return self._accumulator.result()


class AsyncMediaStream(_AsyncStream[Media]):
    """A sound as it is made, for `async for`: pieces of bytes that join to one file; see MediaStream."""

    def __init__(self, batches: AsyncIterator[list[Media]], warnings: Sequence[CallWarning] = ()) -> None:
        super().__init__(batches)
        self._warnings = warnings

    @property
    def warnings(self) -> tuple[CallWarning, ...]:
        """The warnings so far: all of them once the first piece has come."""
        return tuple(self._warnings)

    async def read(self) -> Media:
        """All of it that is still to come, as one."""
        pieces = [piece async for piece in self]
        return Media(b"".join(pieces), pieces[0].mime_type if pieces else None)
