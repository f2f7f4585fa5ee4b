"""Finds, lists and loads bindings of all modalities from all places."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lollms_client.errors import BadSetting, UnknownBinding
from lollms_client.extensions import extension
from lollms_client.home import lollms_home
from lollms_client.manifest.model import BINDING_TYPES, TYPE_TITLES
from lollms_client.manifest.values import near_names
from lollms_client.registry.cache import ManifestCache
from lollms_client.registry.entries import BindingEntry, Place, Problem
from lollms_client.registry.places import search_places
from lollms_client.registry.scanning import scan


class Registry:
    """The bindings that this process can use.

    `bindings_dirs` are folders that are bindings, hold bindings, or hold folders such as `tts_bindings`; `typed_dirs`
    maps a modality to a folder that holds bindings of that modality only. Both win over the environment, the home
    folder, installed packages and the built-in ones, in this order. Safe to use from several threads.
    """

    def __init__(
        self,
        bindings_dirs: Sequence[Path | str] | Path | str = (),
        typed_dirs: Mapping[str, Path | str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folders = [bindings_dirs] if isinstance(bindings_dirs, str | Path) else bindings_dirs
        self.bindings_dirs = tuple(Path(folder) for folder in folders)
        self.typed_dirs = {kind: folder for kind, folder in (typed_dirs or {}).items() if folder}
        for kind in self.typed_dirs:
            _check_type(kind)
        self.environment = environment
        self._cache = ManifestCache(lollms_home(environment) / "cache" / "manifests.msgpack")
        self._lock = threading.RLock()
        self._found: dict[tuple[str, str], BindingEntry] | None = None

    def list(self, binding_type: str | None = None) -> list[BindingEntry]:
        """The bindings of one modality or of all, by modality and name, as they are on disk now.

        Broken ones are among them, with their problem; what is shadowed is not.
        """
        if binding_type is not None:
            _check_type(binding_type)
        entries = self._scan().values()
        order = {kind: number for number, kind in enumerate(BINDING_TYPES)}
        return sorted(
            (item for item in entries if item.binding_type and binding_type in (None, item.binding_type)),
            key=lambda item: (order[item.binding_type], item.name),
        )

    def problems(self) -> Sequence[Problem]:
        """What is wrong with bindings or places, each with file, line, rule and cure."""
        return [
            Problem(
                name=item.name,
                binding_type=item.binding_type,
                folder=item.folder,
                source=item.source,
                error=item.problem,
            )
            for item in self._scan().values()
            if item.problem is not None
        ]  # fmt: skip

    def find(self, name: str, binding_type: str) -> BindingEntry:
        """The entry of a binding. Raises UnknownBinding with near names, or the modalities that have this name."""
        _check_type(binding_type)
        with self._lock:
            known = self._found if self._found is not None else {}
        entry = known.get((binding_type, name)) or self._scan().get((binding_type, name))
        if entry is None:
            part = extension("application")
            newer = part.newer_name(name, binding_type) if part is not None else None
            entry = self._scan().get((binding_type, newer)) if newer else None
        if entry is None:
            raise self._unknown(name, binding_type)
        return entry

    def load(self, name: str, binding_type: str) -> type:
        """The class of a binding, imported on first use.

        Raises UnknownBinding, BadManifest, MissingDependency (naming `lollms install`) or BindingLoadFailed.
        """
        from lollms_client.registry.loading import load_class

        return load_class(self.find(name, binding_type), self.environment)

    def _scan(self) -> dict[tuple[str, str], BindingEntry]:
        places = search_places(self.bindings_dirs, self.typed_dirs, self.environment)
        with self._lock:
            found: dict[tuple[str, str], BindingEntry] = {}
            shadowed: dict[tuple[str, str], list[Place]] = {}
            for entry in scan(places, self._cache):
                key = (entry.binding_type, entry.name) if entry.binding_type else ("", str(entry.folder))
                if key not in found:
                    found[key] = entry
                elif entry.folder != found[key].folder:
                    shadowed.setdefault(key, []).append(Place(entry.source, entry.folder))
            for key, places_below in shadowed.items():
                found[key].shadows = tuple(places_below)
            self._cache.save()
            self._found = found
            return found

    def _unknown(self, name: str, binding_type: str) -> UnknownBinding:
        known = self._found or {}
        same = sorted(item for kind, item in known if kind == binding_type)
        others = [kind for kind, item in known if item == name and kind]
        untyped = [item for (kind, _), item in known.items() if not kind and item.name == name]
        near = near_names(name, same)
        details: dict[str, Any] = {"binding": name, "binding_type": binding_type, "nearest": near or None}
        title = f"{binding_type} ({TYPE_TITLES[binding_type]})"
        text = f"there is no {title} binding {name!r}"
        if untyped and untyped[0].problem is not None:
            text += f"; there is one of that name that cannot be used: {untyped[0].problem}"
        elif others:
            text += f", but there is one for {' and '.join(f'{kind} ({TYPE_TITLES[kind]})' for kind in others)}"
            details["other_types"] = others
        elif near:
            text += f"; did you mean {' or '.join(map(repr, near))}?"
        else:
            text += f"; known are: {', '.join(same) or 'none'}. `lollms list` shows all"
        return UnknownBinding(text, **details)


def _check_type(binding_type: str) -> None:
    if binding_type not in BINDING_TYPES:
        raise BadSetting(
            f"{binding_type!r} is no modality; use one of {', '.join(BINDING_TYPES)}", setting="binding_type"
        )
