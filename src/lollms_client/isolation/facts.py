"""What there is to call on a binding's own class, found without running any of it."""

from __future__ import annotations

import inspect
from typing import Any

from lollms_client.binding import LollmsBinding

_JOB_VERBS = ("submit", "check", "collect", "cancel_job", "wait_for", "run_job")
_SHARED = ("lollms_client.binding", "lollms_client.lollms_", "lollms_client.families.", "lollms_client.plain")
_LOCAL = frozenset({"close", "unload", "load", "settings_changed", "run", "call_plain", "error_dictionary", "handle"})
_BASE_ATTRIBUTES = frozenset(LollmsBinding.__annotations__)


def facts_of(binding: LollmsBinding) -> dict[str, Any]:
    """Its class's name, whether it speaks flows, its own public methods with the way to call them, its attributes."""
    kind = type(binding)
    methods: dict[str, str] = {}
    attributes: list[str] = []
    for name in {*dir(kind), *vars(binding)}:
        if name.startswith("_") or name in _LOCAL:
            continue
        found = inspect.getattr_static(binding, name, None)
        function = found.__func__ if isinstance(found, staticmethod | classmethod) else found
        if inspect.isfunction(function):
            if name in _JOB_VERBS or (_is_own(kind, name) and not name.startswith("run_")):
                methods[name] = _way(function)
        elif not hasattr(LollmsBinding, name) and name not in _BASE_ATTRIBUTES and not isinstance(found, type):
            attributes.append(name)
    return {
        "class_name": kind.__name__,
        "doc": inspect.getdoc(kind) or "",
        "speaks_flows": bool(kind.speaks_flows),
        "methods": methods,
        "attributes": sorted(attributes),
    }


def _is_own(kind: type, name: str) -> bool:
    """Whether the class that defines it is the binding's own, or a base class of its author's."""
    owner = next((item for item in kind.__mro__ if name in vars(item)), None)
    return owner is not None and not owner.__module__.startswith(_SHARED)


def _way(function: Any) -> str:
    function = inspect.unwrap(function)
    if inspect.isasyncgenfunction(function):
        return "asyncgen"
    return "coroutine" if inspect.iscoroutinefunction(function) else "method"
