"""From what the parent says of a binding to its entry and settings in the worker process."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec

from lollms_client.errors import BadManifest
from lollms_client.manifest import derive_manifest, load_manifest
from lollms_client.manifest.reading import FILE_NAME
from lollms_client.registry import BindingEntry
from lollms_client.settings import Settings, resolve_settings


def entry_of(first: Mapping[str, Any]) -> BindingEntry:
    """The entry of the binding to be made, its manifest read from its folder."""
    folder = Path(first["folder"])
    manifest = load_manifest(folder) if (folder / FILE_NAME).is_file() else derive_manifest(folder)
    manifest = msgspec.structs.replace(manifest, name=first["name"], binding_type=first["binding_type"])
    return BindingEntry(
        name=first["name"], binding_type=first["binding_type"], folder=folder, source=first["source"],
        title=manifest.title, manifest=manifest, module=first["module"],
    )  # fmt: skip


def settings_of(entry: BindingEntry, given: Mapping[str, Any], named: Collection[str]) -> Settings:
    """The settings as the parent resolved them; what it left open, and the defaults that it took, are so here, too.

    `named` are those that somebody gave: the others are the manifest's defaults, which need not fit its own options.
    """
    if entry.manifest is None:
        raise BadManifest(f"{entry.name} has no usable manifest", binding=entry.name)
    defaults = {item.name: item.default for item in entry.manifest.input_parameters if item.name not in named}
    kept = {name: value for name, value in given.items() if name not in defaults or defaults[name] != value}
    return resolve_settings(entry.manifest, kept)
