"""Calls of somebody else's documented method as its signature wants them; what had to be changed is noted."""

from __future__ import annotations

import functools
import gc
import inspect
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from lollms_client.compatibility.bindings.second_tries import whole_where_streams_break
from lollms_client.errors import CallError
from lollms_client.secret import words_of
from lollms_client.types.accounting import CallWarning

DEFAULT_LIMIT = 4096  # tokens, where a service refuses to answer without a limit and nobody gave one
_LIMIT = re.compile(r"max_(output_|completion_)?tokens", re.IGNORECASE)
_WANTED = re.compile(r"missing|required|must be|expected|mandatory|needs", re.IGNORECASE)
_notes: ContextVar[list[CallWarning] | None] = ContextVar("notes of a call", default=None)


@contextmanager
def noting(notes: list[CallWarning]) -> Iterator[None]:
    """Calls inside the block add to `notes` what they change."""
    token = _notes.set(notes)
    try:
        yield
    finally:
        _notes.reset(token)


def note(kind: Any, setting: str, detail: str) -> None:
    """Tell the caller of a setting that was changed: among the call's warnings, else as Python's."""
    notes = _notes.get()
    if notes is None:
        warnings.warn(f"{setting}: {detail}", UserWarning, stacklevel=4)
    else:
        notes.append(CallWarning(kind=kind, setting=setting, detail=detail))


def called_well(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method, called with what was set and what it takes, and with a callback that only False stops."""
    if getattr(method, "called_well", False):
        return method
    parameters = inspect.signature(method).parameters
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())

    @functools.wraps(method)
    def call(self: Any, *arguments: Any, **keywords: Any) -> Any:
        given = {}
        for name, value in keywords.items():
            if value is None and (name not in parameters or parameters[name].default is not inspect.Parameter.empty):
                continue
            if name in parameters or takes_all:
                given[name] = value
            elif name != "streaming_callback":
                note("dropped", name, f"{type(self).__name__}.{method.__name__} does not take it")
        events: Any = getattr(self, "_cancel_event", None)
        running = events.call() if hasattr(events, "call") else nullcontext()
        stops: list[bool] = []
        told: list[Any] = []
        if callable(given.get("streaming_callback")):
            given["streaming_callback"] = tolerant(given["streaming_callback"], events, stops, told)
        with _cleared(stops), running, _talk(self, method.__name__, arguments, given) as (arguments, given):
            try:
                bound = functools.partial(method, self, *arguments)
                asked = functools.partial(_with_a_limit, bound, "n_predict" in parameters)
                if "streaming_callback" in given and _notes.get() is None:  # nobody above tries other ways
                    return whole_where_streams_break(self, method.__name__, asked, given, told)
                return asked(**given)
            except SystemExit as error:  # a binding must not end the application
                text = f"{type(self).__name__}.{method.__name__} failed: SystemExit: {words_of(error)}"
                raise CallError(text) from error

    call.called_well = True  # type: ignore[attr-defined]
    return call


@contextmanager
def _cleared(stops: list[bool]) -> Iterator[None]:
    """Close what a method left open that was stopped early.

    SDKs keep an abandoned stream in a cycle. Collected later, at any moment, it closes its connection where the same
    thread holds the pool's lock, and waits for itself for ever; collected now, the service sees the stop at once.
    """
    try:
        yield
    finally:
        if stops:
            gc.collect()


@contextmanager
def _talk(binding: Any, name: str, arguments: Any, given: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The arguments, with a discussion among them as the binding expects it."""
    if name not in ("chat", "_chat") or not (arguments or "discussion" in given):
        yield arguments, given
        return
    from lollms_client.compatibility.bindings.conversations import seen_by

    with seen_by(binding, arguments[0] if arguments else given["discussion"]) as talk:
        if arguments:
            yield (talk, *arguments[1:]), given
        else:
            yield arguments, {**given, "discussion": talk}


def _with_a_limit(method: Callable[..., Any], takes_limit: bool, **given: Any) -> Any:
    """Call; where the answer is refused for want of a limit of tokens, once more with one."""
    if not takes_limit or given.get("n_predict") is not None:
        return method(**given)
    try:
        reply = method(**given)
    except Exception as error:
        if not _wants_limit(words_of(error)):
            raise
    else:
        words = [str(value) for value in reply.values()] if isinstance(reply, Mapping) else []
        if not (isinstance(reply, Mapping) and reply.get("status") in ("error", False) and _wants_limit(*words)):
            return reply
    note("clamped", "max_tokens", f"the service wants a limit of the answer's length; {DEFAULT_LIMIT} tokens are taken")
    return method(**{**given, "n_predict": DEFAULT_LIMIT})


def _wants_limit(*words: str) -> bool:
    return any(_LIMIT.search(text) and _WANTED.search(text) for text in words)


def tolerant(
    callback: Callable[..., Any], events: Any = None, stops: list[bool] | None = None, heard: list[Any] | None = None
) -> Callable[..., bool]:
    """A callback that goes on unless it says False or the call was cancelled, and gets what arguments it takes.

    What it is told is added to `heard`, that it stops to `stops`.
    """
    if getattr(callback, "tolerant", False):
        return callback
    least, most = _arity(callback)

    def told(piece: Any = "", kind: Any = None, *rest: Any, **facts: Any) -> bool:
        from lollms_client.lollms_types import MSG_TYPE

        if heard is not None:
            heard.append(kind)
        arguments = [piece, MSG_TYPE.MSG_TYPE_CHUNK if kind is None else kind, *rest]
        while len(arguments) < least:
            arguments.append(facts or {})
        answer = callback(*arguments[:most])
        goes_on = answer is not False and not (events is not None and events.is_set())
        if stops is not None and not goes_on:
            stops.append(True)
        return goes_on

    told.tolerant = True  # type: ignore[attr-defined]
    return told


def _arity(callback: Callable[..., Any]) -> tuple[int, int]:
    """How many positional arguments it needs and takes."""
    try:
        parameters = list(inspect.signature(callback).parameters.values())
    except (TypeError, ValueError):
        return 2, 2
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = sum(p.default is p.empty for p in positional)
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return needed, 99
    return needed, len(positional)


# what a setting is called in other constructors
_ALIASES = {
    "model": ("model_name",),
    "model_name": ("model",),
    "api_key": ("service_key",),
    "service_key": ("api_key",),
    "base_url": ("host_address",),
    "host_address": ("base_url",),
}


# what clients of the public package always tell a constructor; for transcription the settings, too, if only as None
_TOLD: dict[str, Any] = {"user_name": "user", "ai_name": "assistant", "debug": False}
_TOLD_OF_SOUNDS = ("model_name", "service_key", "host_address", "verify_ssl_certificate")


def with_former_names(construct: Callable[..., None]) -> Callable[..., None]:
    """The constructor, given what it cannot do without under its own name where the settings hold it under another."""
    parameters = inspect.signature(construct).parameters.values()
    places = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    known = {*_ALIASES, *_TOLD, *_TOLD_OF_SOUNDS}
    needed = [p.name for p in parameters if p.kind in places and p.default is p.empty and p.name in known]
    routes = any(p.name == "model_profiles" for p in parameters)
    if not needed and not routes:
        return construct

    @functools.wraps(construct)
    def call(self: Any, *arguments: Any, **keywords: Any) -> None:
        for name in needed if not arguments else ():
            others = (name, *_ALIASES.get(name, ()))
            value = next((self.config[other] for other in others if self.config.get(other) is not None), None)
            if keywords.get(name) is not None:
                continue
            if value is not None:
                keywords[name] = value
            elif name in _TOLD or (name in _TOLD_OF_SOUNDS and self.binding_type == "stt"):
                keywords[name] = _TOLD.get(name)
        if routes and isinstance(keywords.get("model_profiles"), Mapping):
            keywords["model_profiles"] = {n: _whole_profile(n, p) for n, p in keywords["model_profiles"].items()}
        construct(self, *arguments, **keywords)

    return call


def _whole_profile(alias: str, profile: Any) -> Any:
    """A copy of a model's profile with the model, which its alias may name (`binding/model`), among the settings."""
    if not isinstance(profile, Mapping):
        return profile
    config = dict(profile.get("binding_config") or {})
    binding, _, model = str(alias).partition("/")
    model = profile.get("model_name") or model
    if model and not any(config.get(name) for name in ("model_name", "model")):
        config["model_name"] = model
    name = profile.get("binding_name") or profile.get("binding_alias") or binding
    return {**profile, "binding_name": name, "binding_config": config}
