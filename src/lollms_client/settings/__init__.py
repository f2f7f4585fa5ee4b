"""Settings of a binding: resolved from arguments, environment, saved file, keyring and defaults, and validated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lollms_client.settings.resolution import Settings, resolve_settings, validate_parameters

if TYPE_CHECKING:
    from lollms_client.settings.saved import read_saved, saved_file
    from lollms_client.settings.saving import forget_setting, save_setting

__all__ = [
    "Settings",
    "forget_setting",
    "read_saved",
    "resolve_settings",
    "save_setting",
    "saved_file",
    "validate_parameters",
]

_HOMES = {
    "forget_setting": "lollms_client.settings.saving",
    "read_saved": "lollms_client.settings.saved",
    "save_setting": "lollms_client.settings.saving",
    "saved_file": "lollms_client.settings.saved",
}


def __getattr__(name: str) -> object:
    """The saved configuration needs a YAML reader, which is imported when first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
