"""Media in the form that a method of somebody else has for them: a file for a path, one image of many."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from lollms_client.compatibility.bindings.calling import note
from lollms_client.types.media import Media

_EITHER = ("source", "bytes", "data")  # in the name of a parameter that takes what is in a file, too


def given_a_path(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method for a sound's path, which may be called with the sound itself: it gets a file for the call's time."""
    parameters = list(inspect.signature(method).parameters.values())
    first = parameters[1] if len(parameters) > 1 else None
    if first is None or first.kind not in (first.POSITIONAL_ONLY, first.POSITIONAL_OR_KEYWORD) or _takes_bytes(first):
        return method
    name = first.name

    @functools.wraps(method)
    def call(self: Any, *arguments: Any, **keywords: Any) -> Any:
        given = arguments[0] if arguments else keywords.get(name)
        if not isinstance(given, (bytes, bytearray, memoryview)):
            return method(self, *arguments, **keywords)
        from lollms_client.lollms_stt_binding import audio_file

        with audio_file(Media(bytes(given))) as path:
            if arguments:
                return method(self, str(path), *arguments[1:], **keywords)
            return method(self, **{**keywords, name: str(path)})

    return call


def _takes_bytes(parameter: inspect.Parameter) -> bool:
    said = "" if parameter.annotation is parameter.empty else str(parameter.annotation)
    return "bytes" in said or any(part in parameter.name.lower() for part in _EITHER)


def giving_one(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that makes an image: of several it gives the first, as the documented one does.

    The method that gives them all is its attribute `every`.
    """

    @functools.wraps(method)
    def call(self: Any, *arguments: Any, **keywords: Any) -> Any:
        reply = method(self, *arguments, **keywords)
        if not isinstance(reply, (list, tuple)) or not reply or not isinstance(reply[0], (bytes, bytearray)):
            return reply
        if len(reply) > 1:
            note("other", "count", f"one of {len(reply)} images is returned; the client's `image` gives them all")
        return reply[0]

    call.every = method  # type: ignore[attr-defined]
    return call


def every_image(binding: Any, name: str) -> Callable[..., Any]:
    """The binding's method of that name in the form that gives all its images."""
    method: Callable[..., Any] = getattr(binding, name)
    every = getattr(getattr(type(binding), name, None), "every", None)
    return method if every is None or name in vars(binding) else every.__get__(binding)
