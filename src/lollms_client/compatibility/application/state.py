"""What the application side keeps with a client: bindings under aliases, tools, the callback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lollms_client.cancel import CancelToken
from lollms_client.client_core import BINDING_TYPES, Choice

PLACE = "_application_side"  # the attribute of the client under which it is kept


class ApplicationState:
    """Aliases of bindings by modality, with those of them that are made, and the binding of tools."""

    def __init__(self) -> None:
        self.aliases: dict[str, dict[str, Choice]] = {kind: {} for kind in BINDING_TYPES}
        self.made: dict[str, dict[str, Any]] = {kind: {} for kind in BINDING_TYPES}
        self.tools: Choice | None = None
        self.tools_dir: Any = None
        self.tools_binding: Any = None
        self.running: set[CancelToken] = set()
        self.told: set[str] = set()  # bindings of whose estimates the application was told


def state_of(client: Any) -> ApplicationState:
    """The client's state, made where there is none yet."""
    found: ApplicationState = vars(client).setdefault(PLACE, ApplicationState())
    return found


def callback_of(client: Any) -> Callable[..., Any] | None:
    """The callback that the client was made with."""
    callback: Callable[..., Any] | None = vars(client).get("callback")
    return callback
