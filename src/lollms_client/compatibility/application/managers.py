"""The binding managers of the public package, one for each modality, on the one registry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from lollms_client.construction import create_binding
from lollms_client.manifest.model import PACKAGE_FOLDER, Manifest, Parameter
from lollms_client.registry import BindingEntry, Registry
from lollms_client.settings.resolution import manifest_names

# what the public client adds to every binding's settings, whether the binding knows it or not
_INJECTED = ("user_name", "ai_name", "debug", "wait_for_server", "system_dir", "cwd")


def without_injected(registry: Registry, name: str, binding_type: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without those that were added for bindings that know them, where this one does not."""
    manifest = registry.find(name, binding_type).manifest
    known = manifest_names(manifest) if manifest is not None else frozenset(config)
    return {key: value for key, value in config.items() if key not in _INJECTED or key in known}


class BindingManager:
    """Lists and makes the bindings of one modality: those of a folder, and the others that can be found.

    A binding of the folder wins over another one of its name. Failures are errors of `lollms_client.errors`, and never
    a printed line and None.
    """

    binding_type: ClassVar[str]

    def __init__(
        self, bindings_dir: str | Path | None = None, *, registry: Registry | None = None, **folders: Any
    ) -> None:
        folder = bindings_dir or next((value for value in folders.values() if value), None)
        self.bindings_dir = Path(folder) if folder else None
        self.registry = registry or Registry(typed_dirs={self.binding_type: folder} if folder else None)
        self.available_bindings: dict[str, type] = {}  # the classes of what was made here

    def __getattr__(self, name: str) -> Any:
        if name != f"{self.binding_type}_bindings_dir":
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        given = self.bindings_dir or self.registry.typed_dirs.get(self.binding_type)
        return Path(given) if given else PACKAGE_FOLDER / name.removesuffix("_dir")

    def create_binding(self, binding_name: str, **config: Any) -> Any:
        """A binding ready for calls; `config` are its settings.

        Raises UnknownBinding, BindingLoadFailed, BadSetting, MissingKey or MissingDependency.
        """
        given = without_injected(self.registry, binding_name, self.binding_type, config)
        made = create_binding(self.registry, binding_name, self.binding_type, given)
        self.available_bindings[binding_name] = type(made)
        return made

    def get_available_bindings(self) -> list[Any]:
        """The names of the bindings (descriptions for language models) of the folder, or of all that can be found.

        Broken ones are left out.
        """
        return [entry.name for entry in self._entries()]

    def _entries(self) -> list[BindingEntry]:
        return inside(usable(self.registry.list(self.binding_type)), self.bindings_dir)

    @classmethod
    def get_bindings_list(cls, bindings_dir: str | Path | None = None, **folders: Any) -> list[dict[str, Any]]:
        """Descriptions of the bindings of a folder; without one, of all that can be found."""
        folder = bindings_dir or next((value for value in folders.values() if value), None)
        return descriptions(cls.binding_type, folder)

    @staticmethod
    def _get_fallback_description(binding_name: str) -> dict[str, Any]:
        """What can be said of a binding without a manifest: its name, and the settings that most of them have."""
        usual = {
            "model_name": "The model's name.",
            "host_address": "Where the service is.",
            "models_path": "The folder of the models.",
            "service_key": "The key for the service.",
        }
        return {
            "binding_name": binding_name,
            "title": binding_name.replace("_", " ").title(),
            "author": "Unknown",
            "creation_date": "N/A",
            "last_update_date": "N/A",
            "version": "",
            "description": f"{binding_name} has no description.yaml; most bindings take these settings.",
            "input_parameters": [
                {"name": name, "type": "str", "description": text, "mandatory": False, "default": ""}
                for name, text in usual.items()
            ],
        }


class LollmsLLMBindingManager(BindingManager):
    """Language bindings."""

    binding_type = "llm"

    def get_available_bindings(self) -> list[Any]:
        """Descriptions of the language bindings."""
        return [description(entry) for entry in self._entries()]


class LollmsTTIBindingManager(BindingManager):
    """Text-to-image bindings."""

    binding_type = "tti"


class LollmsSTTBindingManager(BindingManager):
    """Speech-to-text bindings."""

    binding_type = "stt"


class LollmsTTSBindingManager(BindingManager):
    """Text-to-speech bindings."""

    binding_type = "tts"


class LollmsTTVBindingManager(BindingManager):
    """Text-to-video bindings."""

    binding_type = "ttv"


class LollmsTTMBindingManager(BindingManager):
    """Text-to-music bindings."""

    binding_type = "ttm"


MANAGERS: dict[str, type[BindingManager]] = {
    manager.binding_type: manager
    for manager in (
        LollmsLLMBindingManager,
        LollmsTTIBindingManager,
        LollmsSTTBindingManager,
        LollmsTTSBindingManager,
        LollmsTTVBindingManager,
        LollmsTTMBindingManager,
    )
}


def usable(entries: list[BindingEntry]) -> list[BindingEntry]:
    """The entries whose manifest is sound."""
    return [entry for entry in entries if entry.problem is None and entry.manifest is not None]


def descriptions(binding_type: str, folder: str | Path | None = None) -> list[dict[str, Any]]:
    """Descriptions of the bindings of a folder, or of all that can be found."""
    registry = Registry(typed_dirs={binding_type: folder} if folder else None)
    return [description(entry) for entry in inside(usable(registry.list(binding_type)), folder)]


def inside(entries: list[BindingEntry], folder: str | Path | None) -> list[BindingEntry]:
    """The entries that lie in a folder, all of them where none is given."""
    if not folder:
        return entries
    place = Path(folder).expanduser().resolve()
    return [entry for entry in entries if entry.folder.resolve().is_relative_to(place)]


def description(entry: BindingEntry) -> dict[str, Any]:
    """A binding's manifest in the public package's shape: plain values, parameters as lists of dictionaries."""
    manifest = entry.manifest
    if manifest is None:
        return BindingManager._get_fallback_description(entry.name)
    settings = _parameters(manifest.input_parameters)
    return {
        **_plain(manifest),
        "binding_name": entry.name,
        "title": manifest.title or entry.name,
        "author": manifest.author,
        "version": manifest.version,
        "description": manifest.description,
        "input_parameters": settings,
        "global_input_parameters": settings,
        "model_input_parameters": [],
        **{f"{method}_parameters": _parameters(items) for method, items in manifest.method_parameters.items()},
        "commands": [dict(command) for command in manifest.commands],
    }


def _plain(manifest: Manifest) -> Mapping[str, Any]:
    return {name: value for name, value in manifest.extra.items() if isinstance(name, str)}


def _parameters(items: tuple[Parameter, ...]) -> list[dict[str, Any]]:
    return [_parameter(item) for item in items]


def _parameter(item: Parameter) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(item)
    shown = {"name": item.name, "type": item.type, "description": item.description, "mandatory": item.mandatory}
    return {**plain, **shown, "default": None if item.is_secret else item.default}
