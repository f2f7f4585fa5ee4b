"""Secrets in the system keyring, where the optional library `keyring` is installed and a keyring answers."""

from __future__ import annotations

import importlib.util
from typing import Any

from lollms_client.errors import BadSetting
from lollms_client.manifest.model import Manifest, Parameter


def service_name(manifest: Manifest) -> str:
    """The name under which a binding's secrets lie in the keyring."""
    return f"lollms_client/{manifest.binding_type}/{manifest.name}"


def _keyring() -> Any:
    if importlib.util.find_spec("keyring") is None:
        return None
    import keyring

    return keyring


def read_secret(manifest: Manifest, name: str) -> str | None:
    """The stored secret; None where there is no keyring, it is locked, or it holds nothing of that name."""
    keyring = _keyring()
    if keyring is None:
        return None
    try:
        stored: str | None = keyring.get_password(service_name(manifest), name)
    except (keyring.errors.KeyringError, OSError, RuntimeError, ValueError):
        return None
    return stored or None


def store_secret(manifest: Manifest, parameter: Parameter, value: str) -> None:
    """Put a secret into the keyring; BadSetting with advice where there is none."""
    keyring = _keyring()
    if keyring is None:
        why = "the library keyring is not installed (`pip install lollms_client[keyring]`)"
        raise _no_keyring(manifest, parameter, why)
    try:
        keyring.set_password(service_name(manifest), parameter.name, value)
    except (keyring.errors.KeyringError, OSError, RuntimeError, ValueError) as error:
        raise _no_keyring(manifest, parameter, f"no keyring answers ({type(error).__name__})") from None


def forget_secret(manifest: Manifest, name: str) -> bool:
    """Remove a secret from the keyring; whether there was one."""
    keyring = _keyring()
    if keyring is None or read_secret(manifest, name) is None:
        return False
    try:
        keyring.delete_password(service_name(manifest), name)
    except (keyring.errors.KeyringError, OSError, RuntimeError, ValueError):
        return False
    return True


def _no_keyring(manifest: Manifest, parameter: Parameter, why: str) -> BadSetting:
    from lollms_client.settings.resolution import environment_names

    variable = environment_names(manifest, parameter)[0]
    return BadSetting(
        f"{parameter.name!r} of {manifest.name} is a secret and is not saved in plain text: {why}; "
        f"set the environment variable {variable} instead",
        binding=manifest.name,
        setting=parameter.name,
        environment=variable,
    )
