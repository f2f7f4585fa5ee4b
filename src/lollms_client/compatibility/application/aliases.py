"""Several bindings of one modality under aliases: made when first used, put in place of one another."""

from __future__ import annotations

import logging
from collections.abc import Iterator, MutableMapping
from typing import Any

from lollms_client.client_core import Choice
from lollms_client.compatibility.application.state import state_of

MASTER = "master"  # the binding that the client was made with


class MountedBindings(MutableMapping[str, Any]):
    """The bindings of a modality by alias. Each is made when it is first asked for, and raises then what it raises."""

    def __init__(self, client: Any, kind: str) -> None:
        self._client = client
        self._kind = kind
        state = state_of(client)
        self._choices = state.aliases[kind]
        self._made = state.made[kind]

    def __getitem__(self, alias: str) -> Any:
        found = self._made.get(alias)
        if found is not None:
            return found
        if alias == MASTER:
            return self._client.binding(self._kind)
        choice = self._choices.get(alias)
        if choice is None:
            raise KeyError(alias)
        made = self._client.create_binding(self._kind, choice.name, choice.config)
        self._client.keep_binding(made)
        return self._made.setdefault(alias, made)

    def __setitem__(self, alias: str, binding: Any) -> None:
        self._made[alias] = binding

    def __delitem__(self, alias: str) -> None:
        known = alias in self
        self._choices.pop(alias, None)
        self._made.pop(alias, None)
        if not known:
            raise KeyError(alias)

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys([MASTER, *self._choices, *self._made])

    def __len__(self) -> int:
        return len({MASTER, *self._choices, *self._made})

    def __contains__(self, alias: object) -> bool:
        return alias == MASTER or alias in self._choices or alias in self._made

    def __repr__(self) -> str:
        return f"MountedBindings({self._kind}: {', '.join(self)})"


def aliases_of(client: Any, kind: str) -> MountedBindings:
    """The client's bindings of a modality by alias."""
    return MountedBindings(client, kind)


def mount(client: Any, kind: str, alias: str) -> bool:
    """Let the binding of that alias answer from now on. False, and a word in the log, where there is no such alias."""
    bindings = MountedBindings(client, kind)
    if alias not in bindings:
        logging.getLogger("lollms_client").warning(
            "no %s binding is called %r here; there are %s", kind, alias, ", ".join(bindings)
        )
        return False
    if MASTER not in state_of(client).made[kind]:
        bindings[MASTER] = client.binding(kind)
    choice = state_of(client).aliases[kind].get(alias, Choice("", {}))
    client.put_binding(kind, bindings[alias], choice.config)
    return True
