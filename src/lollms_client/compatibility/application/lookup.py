"""From a name to a bound method of the public client: blocking, or awaitable where the client is asynchronous."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from lollms_client.cancel import CancelToken
from lollms_client.client import Jobs, LollmsClient
from lollms_client.client_core import CallOptions
from lollms_client.compatibility.application.state import state_of


def attribute_of(client: Any, name: str) -> Any:
    """What stands under that name in `PublicMethods`, bound to the client. Raises AttributeError."""
    from lollms_client.compatibility.application.public_methods import PublicMethods

    for owner in PublicMethods.__mro__[:-1]:
        if name in vars(owner):
            found = vars(owner)[name]
            break
    else:
        raise AttributeError(f"{type(client).__name__} has no attribute {name!r}")
    if not hasattr(found, "__get__"):
        return found
    if isinstance(client, LollmsClient) or not isinstance(found, FunctionType):
        return found.__get__(client, type(client))
    return functools.partial(_in_a_thread, client, found) if name not in INSTANT else found.__get__(client)


INSTANT = frozenset({"sink", "extract_code_blocks", "extract_thinking_blocks", "remove_thinking_blocks"})


async def _in_a_thread(client: Any, method: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Await a blocking method; cancelling the task ends the calls that it makes."""
    token = CancelToken()
    running = state_of(client).running
    running.add(token)
    view = _BlockingView(client, token)
    try:
        return await asyncio.to_thread(method, view, *arguments, **keywords)
    except asyncio.CancelledError:
        token.cancel()
        raise
    finally:
        running.discard(token)


class _BlockingView(LollmsClient):
    """An asynchronous client's bindings and settings behind the blocking calls."""

    def __init__(self, origin: Any, token: CancelToken) -> None:
        vars(self).update({name: value for name, value in vars(origin).items() if name != "_drivers"})
        self.jobs = Jobs(self)
        self._token = token

    def _context(self, binding: Any, options: CallOptions | Mapping[str, Any]) -> Any:
        return super()._context(binding, {"cancel": self._token, **options})  # type: ignore[typeddict-item]
