"""Secrets in the system keyring, where the optional library `keyring` is installed and a keyring answers."""

from __future__ import annotations

import importlib.util
from typing import Any

from lollms_client.errors import BadSetting
from lollms_client.manifest.model import Manifest


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
        stored = keyring.get_password(service_name(manifest), name)
    except (keyring.errors.KeyringError, OSError, RuntimeError, ValueError):
        return None
    return stored if isinstance(stored, str) and stored else None


def store_secret(manifest: Manifest, name: str, value: str) -> None:
    """Put a secret into the keyring; BadSetting with advice where there is none."""
    keyring = _keyring()
    if keyring is None:
        raise _no_keyring(manifest, name, "the library keyring is not installed (`pip install lollms_client[keyring]`)")
    try:
        keyring.set_password(service_name(manifest), name, value)
    except (keyring.errors.KeyringError, OSError, RuntimeError, ValueError) as error:
        raise _no_keyring(manifest, name, f"no keyring answers ({type(error).__name__})") from None


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


def _no_keyring(manifest: Manifest, name: str, why: str) -> BadSetting:
    from lollms_client.settings.resolution import environment_names

    parameter = manifest.setting(name)
    variable = environment_names(manifest, parameter)[0] if parameter else ""
    advice = f"set the environment variable {variable} instead" if variable else "set an environment variable instead"
    return BadSetting(
        f"{name!r} of {manifest.name} is a secret and is not saved in plain text: {why}; {advice}",
        binding=manifest.name, setting=name, environment=variable or None,
    )  # fmt: skip
