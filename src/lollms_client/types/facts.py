"""Facts out of services' replies: what comes in a wrong type is left out where it may be missing, else refused."""

from __future__ import annotations

from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

_PLAIN = (str, int, float, bool)
_known: dict[type, tuple[tuple[str, type, Any], ...]] = {}


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of results and of facts about them.

    A text, number or flag of a wrong type becomes what it is by default, since services change their replies and send
    null, texts and fractions where none should be. Raises TypeError where the field has no default.
    """

    def __post_init__(self) -> None:
        keep_types(self)


def keep_types(facts: msgspec.Struct) -> None:
    """Put the default in place of each plain value that is of another type than declared; whole fractions fit."""
    for name, kind, default in _fields(type(facts)):
        value = getattr(facts, name)
        if type(value) is kind or value is default:
            continue
        if isinstance(value, kind) and (kind is not int or not isinstance(value, bool)):
            continue
        msgspec.structs.force_setattr(facts, name, _fitting(facts, name, kind, default, value))


def _fitting(facts: msgspec.Struct, name: str, kind: type, default: Any, value: Any) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if default is msgspec.NODEFAULT:
        wanted = f"{type(facts).__name__}.{name} must be of type {kind.__name__}"
        raise TypeError(f"{wanted}, not {type(value).__name__}")
    return default


def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, type, Any], ...]:
    """The plain fields of a class: name, type and default."""
    found = _known.get(kind)
    if found is None:
        rows = ((field.name, _plain_type(field.type), field.default) for field in msgspec.structs.fields(kind))
        found = _known[kind] = tuple((name, plain, default) for name, plain, default in rows if plain is not None)
    return found


def _plain_type(hint: Any) -> type | None:
    """The type of a field that holds a plain value, or a plain value or None."""
    if get_origin(hint) in (Union, UnionType):
        inner = [item for item in get_args(hint) if item is not type(None)]
        hint = inner[0] if len(inner) == 1 else None
    return hint if hint in _PLAIN else None
