"""Keeps secrets out of what is printed: by third-party code through ascii_colors, and by this package's logging."""

from __future__ import annotations

import builtins
import functools
import inspect
import sys
import threading
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any

from lollms_client.import_watch import after_import
from lollms_client.secret import redact

ASCII_COLORS = "ascii_colors"
LOGGERS = ("lollms_client", "lollms_bindings")
_MAXIMUM_DEPTH = 6
_MARK = "__guarded_by_lollms_client__"
_FOREIGN_ARGUMENTS = ("execute_with_animation",)  # their further arguments go to a function, not to the screen
_lock = threading.Lock()
_guarded_logging = False


def guard_console() -> None:
    """Put redaction into ascii_colors and into this package's logging, now or as soon as somebody imports them.

    Doing it twice changes nothing. Nothing is imported for it.
    """
    after_import("logging", _guard_logging)
    after_import(ASCII_COLORS, _guard_ascii_colors)


# --- logging


def _guard_logging(logging: ModuleType) -> None:
    """Have records of this package's loggers, and of bindings loaded from folders, made without secrets."""
    global _guarded_logging
    with _lock:
        if _guarded_logging:
            return
        _guarded_logging = True
        make = logging.getLogRecordFactory()

        def make_redacted(*arguments: Any, **options: Any) -> Any:
            record = make(*arguments, **options)
            if str(record.name).split(".")[0] in LOGGERS:
                _redact_record(record)
            return record

        logging.setLogRecordFactory(make_redacted)


def _redact_record(record: Any) -> None:
    try:
        text = record.getMessage()
    except (TypeError, ValueError, KeyError):
        return  # a format that does not fit its arguments: logging reports it, with the arguments as they are
    clean = redact(text)
    if clean != text:
        record.msg, record.args = clean, ()
    if record.exc_info and record.exc_info[1] is not None:
        record.exc_text = _trace(record.exc_info[1]).rstrip("\n")


def _trace(error: BaseException) -> str:
    return redact("".join(traceback.format_exception(error)))


# --- ascii_colors


def _guard_ascii_colors(package: ModuleType) -> None:
    """Wrap what prints, in each of its modules: texts are redacted before they are coloured, wrapped or cut."""
    modules = [
        module
        for name, module in sorted(sys.modules.items())
        if name.split(".")[0] == ASCII_COLORS and _MARK not in vars(module)
    ]
    original_trace = getattr(sys.modules.get(f"{package.__name__}.utils", package), "get_trace_exception", None)
    with _lock:
        for module in modules:
            for name, value in list(vars(module).items()):
                if value is builtins.print:
                    setattr(module, name, _print)
                elif original_trace is not None and value is original_trace:
                    setattr(module, name, _trace_of)
                elif inspect.isclass(value) and value.__module__ == module.__name__:
                    _guard_class(value)
            vars(module).setdefault("print", _print)  # the name that its functions look up first
            setattr(module, _MARK, True)


def _print(*values: Any, **options: Any) -> None:
    write = builtins.print
    write(*(redact(value) if isinstance(value, str) else redact(str(value)) for value in values), **options)


def _trace_of(ex: BaseException, *arguments: Any, **options: Any) -> str:
    """The traceback in Python's own form; the other shows local variables, cut off where no redaction finds them."""
    return _trace(ex)


def _guard_class(kind: type) -> None:
    if kind.__name__ == "ASCIIColors":
        for name, value in list(vars(kind).items()):
            if isinstance(value, staticmethod | classmethod) and (name == "_log" or not name.startswith("_")):
                clean = _clean_first if name in _FOREIGN_ARGUMENTS else _clean_all
                _follow_stdout(value.__func__)
                setattr(kind, name, type(value)(_cleaning(value.__func__, clean)))
    elif kind.__name__ in ("Console", "Live", "Status"):
        for name, value in list(vars(kind).items()):
            if inspect.isfunction(value) and (name == "__init__" or not name.startswith("_")):
                setattr(kind, name, _cleaning(value, _clean_all))
    elif kind.__name__ == "ProgressBar":
        for name in ("__init__", "set_description", "set_postfix"):
            if inspect.isfunction(value := vars(kind).get(name)):
                setattr(kind, name, _cleaning(value, _clean_texts))
    elif inspect.isfunction(value := vars(kind).get("format")) and kind.__name__.endswith("Formatter"):
        kind.format = _redacted_result(value)  # type: ignore[attr-defined]


class _CurrentOutput:
    """Stands for whatever `sys.stdout` is when something is written."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stdout, name)


def _follow_stdout(function: Any) -> None:
    """Let a function write to the present `sys.stdout`, where its default is the one that was there at its import.

    That one may be closed by now: a test's, a notebook cell's, or one of `redirect_stdout`.
    """
    defaults = getattr(function, "__defaults__", None)
    if not defaults:
        return
    names = list(inspect.signature(function).parameters)
    positional = names[: function.__code__.co_argcount][-len(defaults) :]
    function.__defaults__ = tuple(
        _CurrentOutput() if name == "file" and hasattr(value, "write") else value
        for name, value in zip(positional, defaults, strict=True)
    )


Clean = Callable[[tuple[Any, ...], dict[str, Any]], tuple[tuple[Any, ...], dict[str, Any]]]


def _cleaning(function: Callable[..., Any], clean: Clean) -> Callable[..., Any]:
    if hasattr(function, "__wrapped__"):
        return function

    @functools.wraps(function)
    def cleaned(*arguments: Any, **options: Any) -> Any:
        arguments, options = clean(arguments, options)
        return function(*arguments, **options)

    return cleaned


def _redacted_result(function: Callable[..., Any]) -> Callable[..., Any]:
    if hasattr(function, "__wrapped__"):
        return function

    @functools.wraps(function)
    def redacted(*arguments: Any, **options: Any) -> Any:
        result = function(*arguments, **options)
        return redact(result) if isinstance(result, str) else result

    return redacted


def _clean_all(arguments: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return tuple(_clean(item) for item in arguments), {name: _clean(item) for name, item in options.items()}


def _clean_first(arguments: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return tuple(_clean(item) for item in arguments[:1]) + arguments[1:], options


def _clean_texts(arguments: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    def clean(item: Any) -> Any:
        return redact(item) if isinstance(item, str) else item

    return tuple(map(clean, arguments)), {name: clean(item) for name, item in options.items()}


def _clean(value: Any, depth: int = 0) -> Any:
    """A value to be shown, without secrets: texts, plain collections of them, and what ascii_colors draws."""
    if isinstance(value, str):
        clean = redact(value)
        return value if clean == value else clean
    if depth > _MAXIMUM_DEPTH:
        return value
    if type(value) in (list, tuple):
        return type(value)(_clean(item, depth + 1) for item in value)
    if type(value) is dict:
        return {_clean(key, depth + 1): _clean(item, depth + 1) for key, item in value.items()}
    if type(value).__module__.startswith(f"{ASCII_COLORS}.rich") and hasattr(value, "__dict__"):
        return _clean_drawing(value, depth)
    return value


def _clean_drawing(drawing: Any, depth: int) -> Any:
    """A drawing (panel, table, text), its texts redacted in place before it wraps them."""
    if type(drawing).__name__ in ("Console", "Live", "Status"):
        return drawing
    for name, item in list(vars(drawing).items()):
        clean = _clean(item, depth + 1)
        if clean is not item and clean != item:
            setattr(drawing, name, clean)
    return drawing
