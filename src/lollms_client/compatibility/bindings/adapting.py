"""Gives each class that overrides the documented methods itself the inheritance that it was written for."""

from __future__ import annotations

import functools
import inspect
from importlib import import_module
from typing import Any

from lollms_client.compatibility.bindings.calling import called_well, with_former_names
from lollms_client.compatibility.bindings.media_forms import given_a_path, giving_one
from lollms_client.plain import guarded

HOMES = {
    "LollmsLLMBinding": ("language", "EraLanguageBinding"),
    "LollmsTTIBinding": ("images", "EraImageBinding"),
    "LollmsSTTBinding": ("sounds", "EraTranscriptionBinding"),
    "LollmsTTSBinding": ("sounds", "EraSpeechBinding"),
    "LollmsTTMBinding": ("sounds", "EraMusicBinding"),
    "LollmsTTVBinding": ("films", "EraVideoBinding"),
}
_METHODS = (
    "chat",
    "generate_text",
    "generate_from_messages",
    "embed",
    "generate_image",
    "edit_image",
    "transcribe_audio",
    "generate_audio",
    "generate_video",
    "generate_music",
)
_FORMS = {"transcribe_audio": given_a_path, "generate_image": giving_one, "edit_image": giving_one}
_LISTS = ("list_models", "listModels", "list_voices")


def adapt(kind: type) -> None:
    """Put the base of all eras between the class and the documented base; make its methods callable in our way."""
    if kind.__module__.startswith(__name__.rpartition(".")[0]):
        return
    kind.__bases__ = tuple(_era_base(base) for base in kind.__bases__)
    own = vars(kind)
    if inspect.isfunction(own.get("__init__")):
        kind.__init__ = with_former_names(own["__init__"])  # type: ignore[misc]
    if "_chat" in own and "chat" not in own:
        kind.chat = guarded(functools.wraps(own["_chat"])(_delegate("_chat")))  # type: ignore[attr-defined]
    for name in _METHODS:
        if inspect.isfunction(own.get(name)):
            form = _FORMS.get(name)
            method = called_well(own[name])
            setattr(kind, name, method if form is None else form(method))
    for name in _LISTS:
        if isinstance(own.get(name), property):
            setattr(kind, name, property(_callable_value(own[name])))


def _era_base(base: type) -> type:
    home = HOMES.get(base.__name__) if base.__module__.startswith("lollms_client.lollms_") else None
    if home is None:
        return base
    found: type = getattr(import_module(f"{__package__}.{home[0]}"), home[1])
    return found


def _delegate(name: str) -> Any:
    def call(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return getattr(self, name)(*arguments, **keywords)

    return call


def _callable_value(declared: property) -> Any:
    """A list of models that its author declared as a property: to be read, and to be called like the others."""

    def value(self: Any) -> Any:
        found = declared.fget(self) if declared.fget is not None else None
        if isinstance(found, dict):
            return _CallableDictionary(found)
        return _CallableList(found) if isinstance(found, list) else found

    return value


class _CallableDictionary(dict[str, Any]):
    def __call__(self, **keywords: Any) -> dict[str, Any]:
        return dict(self)


class _CallableList(list[Any]):
    def __call__(self, **keywords: Any) -> list[Any]:
        return list(self)
