"""Effects: what a binding asks of the outside world; a driver steps the coroutine and performs what comes out.

Bindings are written in ordinary `async def` and await only our verbs. Every verb ends in one of the effects below,
whose `__await__` yields the effect itself to the driver. So one code serves blocking callers, asyncio and tests.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from lollms_client.cancel import CancelToken
from lollms_client.errors import BadSetting
from lollms_client.secret import Secret
from lollms_client.types.accounting import CallWarning, Progress

Result = TypeVar("Result")
Item = TypeVar("Item")

HeaderValue = str | Secret


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Time limits in seconds; None means no limit.

    connect: until the connection (TLS included) stands. first_byte: from the request being sent to the first byte of
    the reply. silence: between two pieces of a reply. total: the whole call, retries and clean-up waits included.
    """

    connect: float | None = 10.0
    first_byte: float | None = 300.0
    silence: float | None = 60.0
    total: float | None = 3600.0


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach a service: TLS checks, certificate authorities, proxy.

    `proxy` None takes the environment's (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY), "" goes direct.
    `certificate_file` is a PEM file with the certificate authorities to trust instead of the system's.
    """

    verify: bool = True
    certificate_file: str | None = None
    proxy: str | None = None


class HttpRequest(msgspec.Struct, kw_only=True):
    """One HTTP request. `address` pins the connection to an IP address that was checked before."""

    method: str
    url: str
    headers: dict[str, HeaderValue] = msgspec.field(default_factory=dict)
    body: bytes | None = None
    connection: Connection = Connection()
    timeouts: Timeouts | None = None  # None: the call's own
    max_bytes: int = 64 * 1024 * 1024  # of the decoded reply
    repeatable: bool | None = None  # None: decided by the method
    address: str | None = None
    redirects: int = 0  # followed so far

    def plain_headers(self) -> dict[str, str]:
        """The headers with secrets revealed: for transports alone. Raises BadSetting for one that would break lines."""
        plain: dict[str, str] = {}
        for name, value in self.headers.items():
            text = value.reveal() if isinstance(value, Secret) else value
            if "\n" in text or "\r" in text or "\0" in text or not name.isascii() or not name or " " in name:
                raise BadSetting(f"the header {name!r} or its value holds characters that a header cannot carry")
            plain[name] = text
        return plain


class HttpReply(msgspec.Struct, frozen=True, kw_only=True):
    """A whole reply. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class OpenReply(msgspec.Struct, kw_only=True):
    """A reply whose body is still to be read through `Next`; `handle` belongs to the driver."""

    status: int
    headers: Mapping[str, str]
    url: str
    handle: Any
    received: int = 0


class Effect(Generic[Result]):
    """Base of all effects: awaiting one yields it to the driver, which sends the result back."""

    __slots__ = ()

    def __await__(self) -> Generator[Effect[Result], Any, Result]:
        result: Result = yield self
        return result


class Send(Effect[HttpReply]):
    """Send a request and read the whole reply."""

    __slots__ = ("request",)

    def __init__(self, request: HttpRequest) -> None:
        self.request = request


class Open(Effect[OpenReply]):
    """Send a request and read the head of the reply."""

    __slots__ = ("request",)

    def __init__(self, request: HttpRequest) -> None:
        self.request = request


class Next(Effect[bytes]):
    """The next bytes of an open reply, as many as have arrived; empty at the end."""

    __slots__ = ("reply",)

    def __init__(self, reply: OpenReply) -> None:
        self.reply = reply


class Close(Effect[None]):
    """Close an open reply; one not read to its end closes the connection too, so that the service sees it."""

    __slots__ = ("reply",)

    def __init__(self, reply: OpenReply) -> None:
        self.reply = reply


class Resolve(Effect[tuple[str, ...]]):
    """The IP addresses of a host name."""

    __slots__ = ("host", "port")

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port


class Sleep(Effect[None]):
    """Wait some seconds."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Now(Effect[float]):
    """The driver's monotonic clock, in seconds."""

    __slots__ = ()


class Report(Effect[None]):
    """Tell the caller how far the call is."""

    __slots__ = ("progress",)

    def __init__(self, progress: Progress) -> None:
        self.progress = progress


class Work(Generic[Item, Result]):
    """A plain generator to be run by the driver: inline for blocking callers, in a worker thread for asyncio.

    `start` gets the call's cancel token and returns the generator. A work that can be waited for without a thread
    gives asyncio a handle of its own from `attend`, with `async def advance()`, which gives Steps, and `abandon()`.
    """

    def __init__(
        self,
        start: Callable[[CancelToken], Generator[Item, None, Result]],
        attend: Callable[[CancelToken], Any] | None = None,
    ) -> None:
        self.start = start
        self.attend = attend
        self.handle: Any = None  # belongs to the driver


class Steps(msgspec.Struct, Generic[Item, Result], kw_only=True):
    """What a worker made since it was asked last; with `done` the generator has returned `result`."""

    items: list[Item]
    done: bool = False
    result: Any = None


class Advance(Effect["Steps[Item, Result]"], Generic[Item, Result]):
    """Wait until a work has made at least one more item, or is done."""

    __slots__ = ("work",)

    def __init__(self, work: Work[Item, Result]) -> None:
        self.work = work


class Abandon(Effect[None]):
    """Stop a work: its generator is closed at its next step."""

    __slots__ = ("work",)

    def __init__(self, work: Work[Any, Any]) -> None:
        self.work = work


async def run_work(work: Work[Any, Result], report: bool = True) -> Result:
    """Drive a work to its end, pass its `Progress` items on, and give its result."""
    finished = False
    try:
        while True:
            steps: Steps[Any, Result] = await Advance(work)
            if report:
                for item in steps.items:
                    if isinstance(item, Progress):
                        await Report(item)
            if steps.done:
                finished = True
                return steps.result  # type: ignore[no-any-return]
    finally:
        if not finished:
            await Abandon(work)


async def report_warnings(warnings: Iterable[CallWarning]) -> None:
    """Tell what could not be honoured while a stream of sound begins, since no result will say it."""
    found = tuple(warnings)
    if found:
        await Report(Progress(stage="speaking", warnings=found))


def call(function: Callable[..., Result], *arguments: Any, **keywords: Any) -> Work[Any, Result]:
    """A work that is one plain blocking call."""

    def start(token: CancelToken) -> Generator[Any, None, Result]:
        token.check()
        yield from ()
        return function(*arguments, **keywords)

    return Work(start)
