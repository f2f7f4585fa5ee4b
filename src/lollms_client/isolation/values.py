"""Values across the border of a process: what is plain as it is, our types by name, everything else refused by name.

Nothing is unpickled: whatever the other side sends, only types of this package are made of it.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import functools
import importlib
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from typing import Any

import msgspec

from lollms_client.errors import BadReply
from lollms_client.secret import MASK, Secret
from lollms_client.types.accounting import TokenCount
from lollms_client.types.media import Media

_KIND = "\0"  # the key that marks a value which has no plain form
_TYPE_MODULES = (
    "accounting", "catalogue", "chat", "embedding", "image", "job", "message", "music", "speech", "transcription",
    "video",
)  # fmt: skip
_PLAIN = frozenset({str, float, bool, type(None)})
_LARGEST = 2**63 - 1
_DEEPEST = 200

PackFunction = Callable[[Callable[..., Any]], int]


class Packer:
    """Turns values into plain ones. `functions` numbers the functions that the other side may call.

    `reveal` lets secrets cross as what they are, for the worker process that has to send them.
    """

    def __init__(self, *, reveal: bool = False, functions: PackFunction | None = None) -> None:
        self._reveal = reveal
        self._functions = functions

    def pack(self, value: Any, depth: int = 0) -> Any:
        """The plain form. Raises BadReply for what cannot cross."""
        kind = type(value)
        if kind in _PLAIN or kind is bytes:
            return value
        if depth > _DEEPEST:
            raise BadReply("a value is nested too deeply to cross to another process")
        if kind is int:
            return value if -_LARGEST <= value <= _LARGEST else {_KIND: "int", "v": str(value)}
        if kind is list:
            return self._items(value, depth)
        if kind is tuple:
            return {_KIND: "tuple", "v": self._items(value, depth)}
        if kind is dict:
            return self._mapping(value, depth)
        packed = self._known(value, depth)
        return packed if packed is not None else self._foreign(value, depth)

    def _items(self, value: Any, depth: int) -> list[Any]:
        if _PLAIN.issuperset(map(type, value)):
            return list(value)
        return [self.pack(item, depth + 1) for item in value]

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        if all(type(key) is str for key in value) and _KIND not in value:
            return {key: self.pack(item, depth + 1) for key, item in value.items()}
        pairs = [[self.pack(key, depth + 1), self.pack(item, depth + 1)] for key, item in value.items()]
        return {_KIND: "dict", "v": pairs}

    def _known(self, value: Any, depth: int) -> dict[str, Any] | None:
        """Types of this package, and of the standard library."""
        if isinstance(value, Media):
            return {_KIND: "media", "t": value.mime_type, "v": memoryview(value)}
        if isinstance(value, Secret):
            return {_KIND: "secret", "v": value.reveal() if self._reveal else MASK}
        if isinstance(value, TokenCount):
            return {_KIND: "tokens", "v": int(value), "estimated": value.estimated}
        if isinstance(value, msgspec.Struct):
            return self._struct(value, depth)
        if isinstance(value, set | frozenset):
            items = [self.pack(item, depth + 1) for item in value]
            return {_KIND: type(value).__name__ if type(value) in (set, frozenset) else "set", "v": items}
        if isinstance(value, PurePath):
            return {_KIND: "path", "v": str(value)}
        if isinstance(value, datetime.datetime | datetime.date):
            return {_KIND: "datetime" if isinstance(value, datetime.datetime) else "date", "v": value.isoformat()}
        if isinstance(value, uuid.UUID):
            return {_KIND: "uuid", "v": str(value)}
        if isinstance(value, complex):
            return {_KIND: "complex", "v": [value.real, value.imag]}
        if isinstance(value, enum.Enum) and type(value).__module__ == "lollms_client.lollms_types":
            return {_KIND: "enum", "t": type(value).__name__, "v": value.name}
        return self._discussion(value)

    def _discussion(self, value: Any) -> dict[str, Any] | None:
        if not hasattr(value, "to_messages"):
            return None
        from lollms_client.lollms_discussion import LollmsDiscussion

        found = value if isinstance(value, LollmsDiscussion) else LollmsDiscussion.from_messages(value.to_messages())
        return {_KIND: "discussion", "v": found.export("json")}

    def _struct(self, value: msgspec.Struct, depth: int) -> dict[str, Any]:
        for kind in type(value).__mro__:
            if (found := _struct_name(kind)) is not None:
                fields = msgspec.structs.fields(kind)
                packed = {field.name: self.pack(getattr(value, field.name), depth + 1) for field in fields}
                return {_KIND: "struct", "t": found, "v": packed}
        return self._mapping({name: getattr(value, name) for name in value.__struct_fields__}, depth)

    def _foreign(self, value: Any, depth: int) -> Any:
        """Somebody else's types, as the plain value nearest to them."""
        if callable(value) and self._functions is not None and not isinstance(value, type):
            return {_KIND: "function", "v": self._functions(value)}
        if isinstance(value, bytearray | memoryview):
            return bytes(value)
        if isinstance(value, bool | int | float | str | bytes):
            base: Any = next(kind for kind in (bool, int, float, str, bytes) if isinstance(value, kind))
            return self.pack(base(value), depth + 1)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._mapping({field.name: getattr(value, field.name) for field in dataclasses.fields(value)}, depth)
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, list | tuple):
            return self.pack(list(value) if isinstance(value, list) else tuple(value), depth + 1)
        for method in ("tolist", "model_dump"):  # arrays and their numbers; pydantic's models
            convert = getattr(value, method, None)
            if callable(convert):
                return self.pack(convert(), depth + 1)
        if isinstance(value, enum.Enum):
            return self.pack(value.value, depth + 1)
        raise BadReply(
            f"a value of type {type(value).__module__}.{type(value).__qualname__} cannot cross to another process; "
            "use plain values, media or the types of lollms_client.types"
        )


class Unpacker:
    """Makes the values again. `functions` makes the function that stands for one of the other side."""

    def __init__(self, functions: Callable[[int], Callable[..., Any]] | None = None) -> None:
        self._functions = functions

    def unpack(self, value: Any) -> Any:
        """The value. Raises BadReply for what was never packed."""
        kind = type(value)
        if kind is list:
            return value if _PLAIN.issuperset(map(type, value)) else [self.unpack(item) for item in value]
        if kind is not dict:
            return value
        if _KIND not in value:
            return {key: self.unpack(item) for key, item in value.items()}
        try:
            return self._special(value[_KIND], value)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadReply(f"the other process sent a value that cannot be read: {type(error).__name__}") from error

    def _special(self, kind: str, value: dict[str, Any]) -> Any:
        content = value["v"]
        if kind == "struct":
            fields = {name: self.unpack(item) for name, item in content.items()}
            return struct_type(value["t"])(**fields)
        if kind == "media":
            return Media(content, value["t"])
        if kind == "tokens":
            return TokenCount(content, estimated=value["estimated"])
        if kind == "dict":
            return {self.unpack(key): self.unpack(item) for key, item in content}
        if kind in ("tuple", "set", "frozenset"):
            items = (self.unpack(item) for item in content)
            return tuple(items) if kind == "tuple" else set(items) if kind == "set" else frozenset(items)
        if kind == "discussion":
            from lollms_client.lollms_discussion import LollmsDiscussion

            return LollmsDiscussion.from_export("json", content)
        if kind == "enum":
            return getattr(getattr(importlib.import_module("lollms_client.lollms_types"), value["t"]), content)
        if kind == "function" and self._functions is not None:
            return self._functions(content)
        return _SIMPLE[kind](content)


_SIMPLE: dict[str, Callable[[Any], Any]] = {
    "int": int,
    "secret": Secret,
    "path": Path,
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "uuid": uuid.UUID,
    "complex": lambda parts: complex(*parts),
}


def _struct_name(kind: type) -> str | None:
    package, _, module = kind.__module__.rpartition(".")
    known = (package == "lollms_client.types" and module in _TYPE_MODULES) or kind.__module__ == "lollms_client.flow"
    return f"{module}.{kind.__name__}" if known and not kind.__name__.startswith("_") else None


@functools.lru_cache(maxsize=128)
def struct_type(name: str) -> Any:
    """The type of that name. Raises KeyError unless it is one of ours."""
    module, _, kind = name.partition(".")
    if module not in (*_TYPE_MODULES, "flow"):
        raise KeyError(name)
    place = "lollms_client.flow" if module == "flow" else f"lollms_client.types.{module}"
    found = getattr(importlib.import_module(place), kind, None)
    if not (isinstance(found, type) and issubclass(found, msgspec.Struct) and _struct_name(found) == name):
        raise KeyError(name)
    return found
