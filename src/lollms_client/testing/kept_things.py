"""How much a binding keeps: in containers of the object, its classes, its modules, and their functions' defaults."""

from __future__ import annotations

import collections
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

from lollms_client.testing.own_frames import OwnCode

_DEEPEST = 3
_CONTAINERS = (list, dict, set, frozenset, tuple, collections.deque, bytearray, str, bytes)


def kept(binding: object, own: OwnCode) -> dict[str, int]:
    """How much the containers of a binding hold, by their names: of the object, its classes, and its modules."""
    found: dict[str, int] = {}
    for name, value in _named(binding, own):
        size = _size(value, own, _DEEPEST)
        if size:
            found[name] = found.get(name, 0) + size
    return found


def _named(binding: object, own: OwnCode) -> Iterator[tuple[str, Any]]:
    yield from ((f"self.{name}", value) for name, value in vars(binding).items())
    for kind in type(binding).__mro__:
        if _is_own(kind, own):
            for name, value in list(vars(kind).items()):
                yield from _of_class(f"{kind.__name__}.{name}", value)
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType) and own.holds(getattr(module, "__file__", None) or ""):
            for name, value in list(vars(module).items()):
                if not name.startswith("__"):
                    yield from _of_class(name, value)


def _of_class(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A value, or of a function its defaults."""
    function = getattr(value, "__func__", value)
    if isinstance(function, FunctionType):
        yield f"a default of {name}", list(function.__defaults__ or ()) + list((function.__kwdefaults__ or {}).values())
    elif not isinstance(value, type | ModuleType):
        yield name, value


def _is_own(kind: type, own: OwnCode) -> bool:
    module = sys.modules.get(kind.__module__)
    return own.holds(getattr(module, "__file__", None) or "")


def _size(value: Any, own: OwnCode, depth: int) -> int:
    if isinstance(value, collections.deque) and value.maxlen is not None:
        return 0
    if isinstance(value, str | bytes | bytearray):
        return len(value)
    if isinstance(value, _CONTAINERS):
        inner = list(value.values()) if isinstance(value, dict) else list(value)
        return len(inner) + (sum(_size(item, own, depth - 1) for item in inner) if depth else 0)
    if depth and _is_own(type(value), own) and hasattr(value, "__dict__"):
        return sum(_size(item, own, depth - 1) for item in list(vars(value).values()))
    return 0
