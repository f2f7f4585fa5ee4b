"""Manifests: what `description.yaml` says about a binding, read without importing the binding's code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lollms_client.manifest.model import BINDING_TYPES, Manifest, Parameter

if TYPE_CHECKING:
    from lollms_client.manifest.class_source import binding_type_of
    from lollms_client.manifest.derivation import derive_manifest
    from lollms_client.manifest.published_schema import manifest_schema
    from lollms_client.manifest.reading import load_manifest
    from lollms_client.manifest.secret_names import says_secret

__all__ = [
    "BINDING_TYPES",
    "Manifest",
    "Parameter",
    "binding_type_of",
    "derive_manifest",
    "load_manifest",
    "manifest_schema",
    "says_secret",
]

_HOMES = {
    "binding_type_of": "lollms_client.manifest.class_source",
    "derive_manifest": "lollms_client.manifest.derivation",
    "load_manifest": "lollms_client.manifest.reading",
    "manifest_schema": "lollms_client.manifest.published_schema",
    "says_secret": "lollms_client.manifest.secret_names",
}


def __getattr__(name: str) -> object:
    """Readers are imported when first used: a process that finds its manifests cached needs no YAML reader."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
