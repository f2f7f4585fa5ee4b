"""What the drivers share: choosing a transport, finishing a flow that was cancelled or ran out of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lollms_client.errors import BadFlow, BadReply, BadSetting, LollmsError
from lollms_client.flow import Effect
from lollms_client.secret import redact

if TYPE_CHECKING:
    from lollms_client.drivers.context import CallContext
    from lollms_client.drivers.transport import AsyncTransport, BlockingTransport

TRANSPORTS = ("default", "httpx")


def blocking_transport(name: str) -> BlockingTransport:
    """The blocking transport of that name."""
    if name == "default":
        from lollms_client.drivers.transport_http_client import HttpClientTransport

        return HttpClientTransport()
    if name == "httpx":
        from lollms_client.drivers.transport_httpx import HttpxTransport

        return HttpxTransport()
    raise _unknown(name)


def async_transport(name: str) -> AsyncTransport:
    """The asynchronous transport of that name, for the running loop."""
    if name == "default":
        from lollms_client.drivers.transport_aiohttp import AiohttpTransport

        return AiohttpTransport()
    if name == "httpx":
        from lollms_client.drivers.transport_httpx import AsyncHttpxTransport

        return AsyncHttpxTransport()
    raise _unknown(name)


def _unknown(name: str) -> BadSetting:
    return BadSetting(f"no transport is called {name!r}; choose one of {', '.join(TRANSPORTS)}", setting="transport")


def foreign(awaited: str) -> BadFlow:
    """The error for a binding that awaits something that is no effect."""
    return BadFlow(
        f"a binding awaited {awaited}, which only an event loop of its own could perform; await our verbs instead: "
        "self.sleep for asyncio.sleep, self.post/self.get for an HTTP library, self.run for blocking code"
    )


def explained(error: BaseException, thrown: BaseException | None, context: CallContext) -> BaseException:
    """The error with which a flow's call ends: BadReply for whatever reading a reply made of something unforeseen.

    Errors of ours, those that the driver itself handed to the flow (`thrown`), and those of a flow that has had no
    reply yet stay as they are.
    """
    ours = (LollmsError, NotImplementedError, AssertionError, StopAsyncIteration, MemoryError)
    if not context.replied or error is thrown or not isinstance(error, Exception) or isinstance(error, ours):
        return error
    host = urlsplit(context.replied).hostname or ""
    what = f"{type(error).__name__}: {redact(str(error))[:200]}"
    return BadReply(f"what {host} sent could not be read ({what})", host=host, exception=type(error).__name__)


def check_effect(effect: Any) -> None:
    """Raise BadFlow unless `effect` is one of ours."""
    if not isinstance(effect, Effect):
        raise foreign(f"a {type(effect).__module__}.{type(effect).__qualname__}")
