"""The scripted driver: answers effects from a list, on a virtual clock; tests without a network, at once."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from lollms_client import errors, flow
from lollms_client.drivers.base import check_effect, explained
from lollms_client.drivers.context import CallContext, timed_out
from lollms_client.drivers.transport import ContentDecoder, cut_off

Result = TypeVar("Result")


class CannedReply(msgspec.Struct, frozen=True, kw_only=True):
    """What the service answers. `body` is bytes, a text, or a value sent as JSON; `chunks` is a body in pieces.

    `delay` and `chunk_delay` pass on the virtual clock (seconds). `failure` is raised instead of an answer, or in the
    middle of it once `chunks` are used up.
    """

    status: int = 200
    headers: Mapping[str, str] = {}
    body: Any = b""
    chunks: tuple[bytes, ...] | None = None
    delay: float = 0.0
    chunk_delay: float = 0.0
    failure: errors.LollmsError | None = None

    def pieces(self) -> tuple[bytes, ...]:
        """The body as it arrives."""
        if self.chunks is not None:
            return self.chunks
        if isinstance(self.body, bytes):
            return (self.body,) if self.body else ()
        if isinstance(self.body, str):
            return (self.body.encode("utf-8"),)
        return (msgspec.json.encode(self.body),)

    def lower_headers(self) -> dict[str, str]:
        """The headers with lower-case names, and a type for bodies that are values."""
        found = {name.lower(): value for name, value in self.headers.items()}
        if not isinstance(self.body, (bytes, str)):
            found.setdefault("content-type", "application/json")
        return found


Answer = CannedReply | Callable[[flow.HttpRequest], CannedReply]


class ScriptedDriver:
    """Performs flows against a script. `requests` holds what was sent, `sleeps` what was waited for, `now` the clock.

    A request beyond the script's end, and an answer left over (see `finish`), are failures of the test.
    """

    def __init__(self, answers: Iterable[Answer] = (), *, addresses: Mapping[str, Sequence[str]] | None = None) -> None:
        self._answers: deque[Answer] = deque(answers)
        self._addresses = dict(addresses or {})
        self.requests: list[flow.HttpRequest] = []
        self.sleeps: list[float] = []
        self.closed = 0  # open replies that were closed before their end
        self.now = 0.0

    def context(self, **options: Any) -> CallContext:
        """A call's context on this driver's clock."""
        return CallContext(now=self.now, **options)

    def run(self, coroutine: Coroutine[Any, Any, Result], context: CallContext | None = None) -> Result:
        """Step `coroutine` to its end and give its result."""
        context = context or self.context()
        try:
            return self._step(coroutine, context)  # type: ignore[no-any-return]
        finally:
            self._close_kept(context)

    def iterate(
        self, items: AsyncGenerator[Result, None], context: CallContext | None = None
    ) -> Generator[Result, None, None]:
        """The items of an async generator of effects."""
        context = context or self.context()
        try:
            while True:
                try:
                    item = self._step(items.__anext__(), context)
                except StopAsyncIteration:
                    return
                yield item
        finally:
            context.begin_clean_up(self.now)
            self._step(items.aclose(), context)
            self._close_kept(context)

    def finish(self) -> None:
        """Raise AssertionError where the script has answers that nobody asked for."""
        if self._answers:
            raise AssertionError(f"{len(self._answers)} canned replies were never asked for")

    def _step(self, awaitable: Any, context: CallContext) -> Any:
        value: Any = None
        failure: BaseException | None = None
        thrown: BaseException | None = None
        while True:
            try:
                effect = awaitable.send(value) if failure is None else awaitable.throw(failure)
            except StopIteration as stop:
                return stop.value
            except Exception as error:
                told = explained(error, thrown, context)
                if told is error:
                    raise
                raise told from error
            failure = None
            try:
                value = self._perform(effect, context)
            except errors.LollmsError as error:
                stage = error.details.get("stage")
                if not context.cleaning_up and (isinstance(error, errors.Cancelled) or stage == "total"):
                    context.begin_clean_up(self.now)
                failure = thrown = error

    def _perform(self, effect: Any, context: CallContext) -> Any:
        check_effect(effect)
        context.check()
        performer = _PERFORMERS.get(type(effect))
        if performer is None:
            raise TypeError(f"no driver performs {type(effect).__name__}")
        return performer(self, effect, context)

    def _pass(self, seconds: float, stage_limit: float | None, stage: str, context: CallContext) -> None:
        """Let time pass, and run out where a limit is nearer."""
        limit, which = context.limit(stage_limit, stage, self.now)
        if limit is not None and seconds > limit:
            self.now += limit
            raise timed_out(which, limit)
        self.now += seconds

    def _open(self, effect: flow.Open | flow.Send, context: CallContext) -> flow.OpenReply:
        request = effect.request
        request.plain_headers()
        self.requests.append(request)
        if not self._answers:
            raise AssertionError(f"no canned reply is left for {request.method} {request.url}")
        answer = self._answers.popleft()
        reply = answer if isinstance(answer, CannedReply) else answer(request)
        self._pass(reply.delay, context.limits(request).first_byte, "first_byte", context)
        if reply.failure is not None and reply.chunks is None:
            raise reply.failure
        headers = reply.lower_headers()
        decoder = ContentDecoder(request, headers.get("content-encoding", ""))
        handle = (deque(reply.pieces()), reply, decoder, request)
        opened = flow.OpenReply(status=reply.status, headers=headers, url=request.url, handle=handle)
        if isinstance(effect, flow.Open):
            context.kept.append(opened)
        context.replied = request.url
        return opened

    def _next(self, effect: flow.Next, context: CallContext) -> bytes:
        pieces, reply, decoder, request = effect.reply.handle
        while pieces:
            self._pass(reply.chunk_delay, context.limits(request).silence, "silence", context)
            if decoded := decoder.feed(pieces.popleft()):
                effect.reply.received += len(decoded)
                return decoded  # type: ignore[no-any-return]
        if reply.failure is not None:
            raise reply.failure
        length = effect.reply.headers.get("content-length")
        if length is not None and int(length) > sum(map(len, reply.pieces())):
            raise cut_off(request, "bytes are missing")
        decoder.finish()
        return b""

    def _send(self, effect: flow.Send, context: CallContext) -> flow.HttpReply:
        reply = self._open(effect, context)
        body: list[bytes] = []
        while data := self._next(flow.Next(reply), context):
            body.append(data)
        return flow.HttpReply(status=reply.status, headers=reply.headers, body=b"".join(body), url=reply.url)

    def _close(self, effect: flow.Close, context: CallContext) -> None:
        context.release(effect.reply)
        if effect.reply.handle[0]:
            self.closed += 1

    def _close_kept(self, context: CallContext) -> None:
        for reply in context.kept:
            if reply.handle[0]:
                self.closed += 1
        context.kept = []

    def _resolve(self, effect: flow.Resolve, context: CallContext) -> tuple[str, ...]:
        found = self._addresses.get(effect.host)
        if found is None:
            import ipaddress

            try:
                return (str(ipaddress.ip_address(effect.host)),)
            except ValueError:
                raise errors.Unavailable(f"the script has no address for {effect.host}") from None
        return tuple(found)

    def _sleep(self, effect: flow.Sleep, context: CallContext) -> None:
        self.sleeps.append(effect.seconds)
        self._pass(effect.seconds, None, "total", context)

    def _now(self, effect: flow.Now, context: CallContext) -> float:
        return self.now

    def _report(self, effect: flow.Report, context: CallContext) -> None:
        if context.on_progress is not None:
            context.on_progress(effect.progress)

    def _advance(self, effect: flow.Advance[Any, Any], context: CallContext) -> flow.Steps[Any, Any]:
        work = effect.work
        if work.handle is None:
            work.handle = work.start(context.token)
        try:
            return flow.Steps(items=[next(work.handle)])
        except StopIteration as stop:
            return flow.Steps(items=[], done=True, result=stop.value)

    def _abandon(self, effect: flow.Abandon, context: CallContext) -> None:
        if effect.work.handle is not None:
            effect.work.handle.close()


_PERFORMERS: dict[type, Callable[[ScriptedDriver, Any, CallContext], Any]] = {
    flow.Send: ScriptedDriver._send,
    flow.Open: ScriptedDriver._open,
    flow.Next: ScriptedDriver._next,
    flow.Close: ScriptedDriver._close,
    flow.Resolve: ScriptedDriver._resolve,
    flow.Sleep: ScriptedDriver._sleep,
    flow.Now: ScriptedDriver._now,
    flow.Report: ScriptedDriver._report,
    flow.Advance: ScriptedDriver._advance,
    flow.Abandon: ScriptedDriver._abandon,
}
