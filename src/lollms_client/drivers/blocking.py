"""The blocking driver: steps a flow and performs its effects with blocking I/O; no event loop, no thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from typing import Any, TypeVar

from lollms_client import flow
from lollms_client.drivers.base import blocking_transport, check_effect, explained, foreign
from lollms_client.drivers.context import CallContext
from lollms_client.drivers.gate import pass_gate
from lollms_client.drivers.transport import ContentDecoder
from lollms_client.errors import Cancelled, TimedOut, Unavailable

Result = TypeVar("Result")


class BlockingDriver:
    """Runs flows to their end in the calling thread; one driver serves many threads."""

    def __init__(self, transport: str = "default") -> None:
        self._transport = blocking_transport(transport)

    def close(self) -> None:
        """Close the idle connections; the driver stays usable."""
        self._transport.close()

    def run(self, coroutine: Coroutine[Any, Any, Result], context: CallContext) -> Result:
        """Step `coroutine` to its end and give its result."""
        try:
            return self._step(coroutine, context)  # type: ignore[no-any-return]
        finally:
            self._close_kept(context)

    def iterate(self, items: AsyncGenerator[Result, None], context: CallContext) -> Generator[Result, None, None]:
        """The items of an async generator of effects, as a plain generator; closing it closes the flow."""
        try:
            while True:
                try:
                    item = self._step(items.__anext__(), context)
                except StopAsyncIteration:
                    return
                yield item
        finally:
            context.begin_clean_up(time.monotonic())
            self._step(items.aclose(), context)
            self._close_kept(context)

    def _close_kept(self, context: CallContext) -> None:
        """Close what a flow left open, such as a stream that it stopped reading."""
        context.finish()
        if not context.kept:
            return
        kept, context.kept = context.kept, []
        for item in kept:
            if isinstance(item, flow.Work):
                item.handle.close()
            else:
                item.handle[0].close()

    def _step(self, awaitable: Any, context: CallContext) -> Any:
        send = awaitable.send
        value: Any = None
        failure: BaseException | None = None
        thrown: BaseException | None = None
        while True:
            try:
                effect = send(value) if failure is None else awaitable.throw(failure)
            except StopIteration as stop:
                self._finish(context)
                return stop.value
            except BaseException as error:
                self._finish(context)
                if isinstance(error, RuntimeError) and "no running event loop" in str(error):
                    raise foreign("an asyncio function") from error
                told = explained(error, thrown, context)
                if told is error:
                    raise
                raise told from error
            failure = None
            try:
                value = self._perform(effect, context)
            except KeyboardInterrupt as interrupt:
                context.interrupted = interrupt
                context.begin_clean_up(time.monotonic())
                failure = Cancelled("the call was interrupted")
            except (Cancelled, TimedOut) as error:
                if not context.cleaning_up and (isinstance(error, Cancelled) or error.details.get("stage") == "total"):
                    context.begin_clean_up(time.monotonic())
                failure = error
            except BaseException as error:  # noqa: BLE001 (handed to the flow)
                failure = error
            thrown = failure or thrown

    def _finish(self, context: CallContext) -> None:
        """A call that was interrupted ends with the interrupt, whatever its flow made of it."""
        interrupted = context.interrupted
        if interrupted is not None:
            context.interrupted = None
            raise interrupted from None

    def _perform(self, effect: Any, context: CallContext) -> Any:
        performer = _PERFORMERS.get(type(effect))
        if performer is None:
            check_effect(effect)
            raise TypeError(f"no driver performs {type(effect).__name__}")
        context.check()
        return performer(self, effect, context)

    def _send(self, effect: flow.Send, context: CallContext) -> flow.HttpReply:
        request = effect.request
        pass_gate(request.url)
        exchange = self._transport.open(request, context)
        try:
            decoder = ContentDecoder(request, exchange.headers.get("content-encoding", ""))
            pieces: list[bytes] = []
            if request.method != "HEAD":
                while data := exchange.read(context):
                    pieces.append(decoder.feed(data))
                decoder.finish()
        finally:
            exchange.close()
        context.replied = request.url
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return flow.HttpReply(status=exchange.status, headers=exchange.headers, body=body, url=request.url)

    def _open(self, effect: flow.Open, context: CallContext) -> flow.OpenReply:
        pass_gate(effect.request.url)
        exchange = self._transport.open(effect.request, context)
        try:
            decoder = ContentDecoder(effect.request, exchange.headers.get("content-encoding", ""))
        except BaseException:
            exchange.close()
            raise
        reply = flow.OpenReply(
            status=exchange.status, headers=exchange.headers, url=effect.request.url, handle=(exchange, decoder)
        )
        context.kept.append(reply)
        context.replied = reply.url
        return reply

    def _next(self, effect: flow.Next, context: CallContext) -> bytes:
        exchange, decoder = effect.reply.handle
        while data := exchange.read(context):
            if decoded := decoder.feed(data):
                effect.reply.received += len(decoded)
                return decoded  # type: ignore[no-any-return]
        decoder.finish()
        return b""

    def _close(self, effect: flow.Close, context: CallContext) -> None:
        context.release(effect.reply)
        effect.reply.handle[0].close()

    def _resolve(self, effect: flow.Resolve, context: CallContext) -> tuple[str, ...]:
        try:
            found = socket.getaddrinfo(effect.host, effect.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Unavailable(f"the name {effect.host} cannot be resolved: {error}", host=effect.host) from error
        return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))

    def _sleep(self, effect: flow.Sleep, context: CallContext) -> None:
        seconds, stage = context.limit(effect.seconds, "sleep", time.monotonic())
        parent = context.parent_token
        if parent is None or context.cleaning_up:
            time.sleep(seconds or 0.0)
        else:
            woken = threading.Event()
            forget = parent.on_cancel(woken.set)
            woken.wait(seconds)
            forget()
            context.check()
        if stage == "total" and seconds is not None and seconds < effect.seconds:
            context.limit(None, "total", time.monotonic() + 0.001)

    def _now(self, effect: flow.Now, context: CallContext) -> float:
        return time.monotonic()

    def _report(self, effect: flow.Report, context: CallContext) -> None:
        if context.on_progress is not None:
            context.on_progress(effect.progress)

    def _advance(self, effect: flow.Advance[Any, Any], context: CallContext) -> flow.Steps[Any, Any]:
        work = effect.work
        generator: Generator[Any, None, Any] | None = work.handle
        if generator is None:
            generator = work.handle = work.start(context.token)
            context.kept.append(work)
        context.limit(None, "total", time.monotonic())
        try:
            return flow.Steps(items=[next(generator)])
        except StopIteration as stop:
            context.release(work)
            return flow.Steps(items=[], done=True, result=stop.value)

    def _abandon(self, effect: flow.Abandon, context: CallContext) -> None:
        context.release(effect.work)
        if effect.work.handle is not None:
            effect.work.handle.close()


_PERFORMERS: dict[type, Callable[[BlockingDriver, Any, CallContext], Any]] = {
    flow.Send: BlockingDriver._send,
    flow.Open: BlockingDriver._open,
    flow.Next: BlockingDriver._next,
    flow.Close: BlockingDriver._close,
    flow.Resolve: BlockingDriver._resolve,
    flow.Sleep: BlockingDriver._sleep,
    flow.Now: BlockingDriver._now,
    flow.Report: BlockingDriver._report,
    flow.Advance: BlockingDriver._advance,
    flow.Abandon: BlockingDriver._abandon,
}
