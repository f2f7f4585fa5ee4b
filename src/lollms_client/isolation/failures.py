"""Errors across the border of a process: the same class, code and details, and where they came from as text."""

from __future__ import annotations

import builtins
import contextlib
import traceback
from typing import Any

from lollms_client import errors
from lollms_client.isolation.values import Packer, Unpacker
from lollms_client.secret import redact, redact_data, words_of

_LONGEST_TRACE = 20_000


class TraceFromWorker(Exception):
    """The traceback of an error in its own process, as text; the cause of the error that the caller gets."""

    def __str__(self) -> str:
        return "\n" + str(self.args[0]) if self.args else ""


def pack_error(error: BaseException) -> dict[str, Any]:
    """An error as plain values, secrets masked."""
    packed: dict[str, Any] = {
        "kinds": [kind.__name__ for kind in type(error).__mro__ if kind.__module__ in ("builtins", errors.__name__)],
        "name": type(error).__name__,
        "text": words_of(error),
        "trace": redact("".join(traceback.format_exception(error)))[-_LONGEST_TRACE:],
    }
    if isinstance(error, errors.LollmsError):
        packed |= {
            "code": error.code,
            "retryable": error.retryable,
            "details": Packer().pack(redact_data(_crossing(error.details))),
        }
    else:
        packed["args"] = Packer().pack(redact_data(_crossing(list(error.args))))
    return packed


def _crossing(value: Any) -> Any:
    """A value with what cannot cross replaced by its words."""
    try:
        Packer().pack(value)
    except errors.BadReply:
        if isinstance(value, dict):
            return {key: _crossing(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [_crossing(item) for item in value]
        return _words(value)
    return value


def _words(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 (somebody else's class)
        return f"<{type(value).__name__}>"


def unpack_error(packed: dict[str, Any]) -> BaseException:
    """The error, chained to its traceback in the other process. A foreign class becomes a CallError that names it."""
    error = _rebuilt(packed)
    error.__cause__ = TraceFromWorker(redact(str(packed.get("trace", ""))))
    return error


def _rebuilt(packed: dict[str, Any]) -> BaseException:
    text = redact(str(packed.get("text", "")))
    kinds = [str(name) for name in packed.get("kinds", ())]
    if "code" in packed:
        return _ours(packed, kinds, text)
    name = str(packed.get("name"))
    known = getattr(builtins, name, None) if kinds[:1] == [name] else None
    if isinstance(known, type) and issubclass(known, Exception):
        try:
            arguments = Unpacker().unpack(packed.get("args") or [])
            rebuilt: BaseException = known(*arguments)
        except (TypeError, ValueError, errors.LollmsError):
            return RuntimeError(f"{name}: {text}")
        return rebuilt
    for ancestor in kinds:  # somebody else's class: as the nearest one that every Python has
        base = getattr(builtins, ancestor, None)
        if ancestor not in ("Exception", "BaseException", "object") and isinstance(base, type):
            with contextlib.suppress(TypeError):
                nearest: BaseException = base(f"{name}: {text}")
                return nearest
    return errors.CallError(f"{name}: {text or 'no explanation'}", exception=name)


def _ours(packed: dict[str, Any], kinds: list[str], text: str) -> errors.LollmsError:
    kind = next((found for name in kinds if (found := _error_class(name)) is not None), errors.LollmsError)
    error = kind.__new__(kind)
    details = redact_data(Unpacker().unpack(packed.get("details") or {}))
    errors.LollmsError.__init__(error, text)
    error.details = details if isinstance(details, dict) else {}
    if packed.get("retryable") != error.retryable:
        error.retryable = bool(packed.get("retryable"))
    return error


def _error_class(name: str) -> type[errors.LollmsError] | None:
    found = getattr(errors, name, None)
    return found if isinstance(found, type) and issubclass(found, errors.LollmsError) else None
