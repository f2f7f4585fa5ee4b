"""The asyncio driver: steps a flow and awaits its effects on the running loop; blocking work gets a worker thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from lollms_client import flow
from lollms_client.drivers.base import async_transport, check_effect, explained
from lollms_client.drivers.context import CallContext
from lollms_client.drivers.gate import pass_gate
from lollms_client.drivers.transport import ContentDecoder
from lollms_client.errors import Cancelled, TimedOut, Unavailable

if TYPE_CHECKING:
    from lollms_client.drivers.transport import AsyncTransport

Result = TypeVar("Result")


class AsyncDriver:
    """Runs flows on whichever loop the caller is on; each loop gets a transport of its own."""

    def __init__(self, transport: str = "default") -> None:
        self._name = transport
        self._homes: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncGenerator[AsyncTransport, None]] = (
            weakref.WeakKeyDictionary()
        )
        self._transports: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncTransport] = (
            weakref.WeakKeyDictionary()
        )

    async def _transport(self) -> AsyncTransport:
        loop = asyncio.get_running_loop()
        transport = self._transports.get(loop)
        if transport is None:
            home = self._homes[loop] = _home(self._name)
            transport = self._transports[loop] = await anext(home)
        return transport

    async def close(self) -> None:
        """Close the connections of the running loop; the driver stays usable."""
        loop = asyncio.get_running_loop()
        self._transports.pop(loop, None)
        home = self._homes.pop(loop, None)
        if home is not None:
            await home.aclose()

    async def run(self, coroutine: Coroutine[Any, Any, Result], context: CallContext) -> Result:
        """Step `coroutine` to its end and give its result."""
        try:
            return await self._step(coroutine, context)  # type: ignore[no-any-return]
        finally:
            await self._close_kept(context)

    async def iterate(self, items: AsyncGenerator[Result, None], context: CallContext) -> AsyncIterator[Result]:
        """The items of an async generator of effects; closing it closes the flow."""
        try:
            while True:
                try:
                    item = await self._step(items.__anext__(), context)
                except StopAsyncIteration:
                    return
                yield item
        finally:
            context.begin_clean_up(time.monotonic())
            await self._step(items.aclose(), context)
            await self._close_kept(context)

    async def _close_kept(self, context: CallContext) -> None:
        """Close what a flow left open, such as a stream that it stopped reading."""
        context.finish()
        if not context.kept:
            return
        kept, context.kept = context.kept, []
        for item in kept:
            if isinstance(item, flow.Work):
                context.token.cancel("the caller stopped early")
                item.handle.abandon()
            else:
                await item.handle[0].close()

    async def _step(self, awaitable: Any, context: CallContext) -> Any:
        send = awaitable.send
        value: Any = None
        failure: BaseException | None = None
        thrown: BaseException | None = None
        while True:
            try:
                effect = send(value) if failure is None else awaitable.throw(failure)
            except BaseException as error:
                if context.interrupted is not None:
                    interrupted, context.interrupted = context.interrupted, None
                    raise interrupted from None
                if isinstance(error, StopIteration):
                    return error.value
                told = explained(error, thrown, context)
                if told is error:
                    raise
                raise told from error
            failure = None
            try:
                value = await self._perform(effect, context)
            except asyncio.CancelledError as cancelled:
                context.interrupted = cancelled
                context.token.cancel("the task was cancelled")
                context.begin_clean_up(time.monotonic())
                failure = Cancelled("the task was cancelled")
            except (Cancelled, TimedOut) as error:
                if not context.cleaning_up and (isinstance(error, Cancelled) or error.details.get("stage") == "total"):
                    context.begin_clean_up(time.monotonic())
                failure = error
            except BaseException as error:  # noqa: BLE001 (handed to the flow)
                failure = error
            thrown = failure or thrown

    async def _perform(self, effect: Any, context: CallContext) -> Any:
        performer = _PERFORMERS.get(type(effect))
        if performer is None:
            check_effect(effect)
            raise TypeError(f"no driver performs {type(effect).__name__}")
        context.check()
        if context.parent_token is None or context.cleaning_up:
            return await performer(self, effect, context)
        return await self._perform_cancellable(performer(self, effect, context), context)

    async def _perform_cancellable(self, performing: Coroutine[Any, Any, Any], context: CallContext) -> Any:
        """Perform, and stop when another thread trips the caller's token."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert context.parent_token is not None
        assert task is not None
        tripped = False

        def trip() -> None:
            nonlocal tripped
            if not finished:
                tripped = True
                task.cancel()

        finished = False
        forget = context.parent_token.on_cancel(lambda: _tell(loop, trip))
        try:
            return await performing
        except asyncio.CancelledError:
            if not tripped or task.uncancel() > 0:
                raise
            raise context.parent_token.error() from None
        finally:
            finished = True
            forget()

    async def _send(self, effect: flow.Send, context: CallContext) -> flow.HttpReply:
        request = effect.request
        pass_gate(request.url)
        exchange = await (await self._transport()).open(request, context)
        try:
            decoder = ContentDecoder(request, exchange.headers.get("content-encoding", ""))
            pieces: list[bytes] = []
            if request.method != "HEAD":
                while data := await exchange.read(context):
                    pieces.append(decoder.feed(data))
                decoder.finish()
        finally:
            await exchange.close()
        context.replied = request.url
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return flow.HttpReply(status=exchange.status, headers=exchange.headers, body=body, url=request.url)

    async def _open(self, effect: flow.Open, context: CallContext) -> flow.OpenReply:
        pass_gate(effect.request.url)
        exchange = await (await self._transport()).open(effect.request, context)
        try:
            decoder = ContentDecoder(effect.request, exchange.headers.get("content-encoding", ""))
        except BaseException:
            await exchange.close()
            raise
        reply = flow.OpenReply(
            status=exchange.status, headers=exchange.headers, url=effect.request.url, handle=(exchange, decoder)
        )
        context.kept.append(reply)
        context.replied = reply.url
        return reply

    async def _next(self, effect: flow.Next, context: CallContext) -> bytes:
        exchange, decoder = effect.reply.handle
        while data := await exchange.read(context):
            if decoded := decoder.feed(data):
                effect.reply.received += len(decoded)
                return decoded  # type: ignore[no-any-return]
        decoder.finish()
        return b""

    async def _close(self, effect: flow.Close, context: CallContext) -> None:
        context.release(effect.reply)
        await effect.reply.handle[0].close()

    async def _resolve(self, effect: flow.Resolve, context: CallContext) -> tuple[str, ...]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(effect.host, effect.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Unavailable(f"the name {effect.host} cannot be resolved: {error}", host=effect.host) from error
        return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))

    async def _sleep(self, effect: flow.Sleep, context: CallContext) -> None:
        seconds, stage = context.limit(effect.seconds, "sleep", time.monotonic())
        await asyncio.sleep(seconds or 0.0)
        if stage == "total" and seconds is not None and seconds < effect.seconds:
            context.limit(None, "total", time.monotonic() + 0.001)

    async def _now(self, effect: flow.Now, context: CallContext) -> float:
        return time.monotonic()

    async def _report(self, effect: flow.Report, context: CallContext) -> None:
        if context.on_progress is not None:
            context.on_progress(effect.progress)

    async def _advance(self, effect: flow.Advance[Any, Any], context: CallContext) -> flow.Steps[Any, Any]:
        from lollms_client.drivers.context import timed_out
        from lollms_client.drivers.worker import Worker

        work = effect.work
        if work.handle is None:
            work.handle = Worker(work, context.token) if work.attend is None else work.attend(context.token)
            context.kept.append(work)
        seconds, stage = context.limit(None, "total", time.monotonic())
        try:
            async with asyncio.timeout(seconds) as limit:
                steps: flow.Steps[Any, Any] = await work.handle.advance()
        except TimeoutError as error:
            if not limit.expired():
                raise
            context.token.cancel("the time limit ran out")
            raise timed_out(stage, context.timeouts.total) from error
        if steps.done:
            context.release(work)
        return steps

    async def _abandon(self, effect: flow.Abandon, context: CallContext) -> None:
        context.release(effect.work)
        if effect.work.handle is not None:
            context.token.cancel("the caller stopped early")
            effect.work.handle.abandon()


async def _home(name: str) -> AsyncGenerator[AsyncTransport, None]:
    """Holds a transport. The loop closes its async generators when it shuts down, and this one the connections."""
    transport = async_transport(name)
    try:
        yield transport
    finally:
        await transport.close()


def _tell(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: the call is over
        loop.call_soon_threadsafe(callback)


_PERFORMERS: dict[type, Callable[[AsyncDriver, Any, CallContext], Coroutine[Any, Any, Any]]] = {
    flow.Send: AsyncDriver._send,
    flow.Open: AsyncDriver._open,
    flow.Next: AsyncDriver._next,
    flow.Close: AsyncDriver._close,
    flow.Resolve: AsyncDriver._resolve,
    flow.Sleep: AsyncDriver._sleep,
    flow.Now: AsyncDriver._now,
    flow.Report: AsyncDriver._report,
    flow.Advance: AsyncDriver._advance,
    flow.Abandon: AsyncDriver._abandon,
}
