"""The packages that a binding needs: which are missing, installing them, and the policy on installing by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lollms_client.requirements.checking import missing_dependency, missing_requirements, requirements_of

if TYPE_CHECKING:
    from lollms_client.requirements.installing import (
        InstallPlan,
        ensure_requirements,
        install_requirements,
        plan_install,
    )
    from lollms_client.requirements.opting_in import auto_install_allowed
    from lollms_client.requirements.pipmaster_policy import install_policy

__all__ = [
    "InstallPlan",
    "auto_install_allowed",
    "ensure_requirements",
    "install_policy",
    "install_requirements",
    "missing_dependency",
    "missing_requirements",
    "plan_install",
    "requirements_of",
]

_HOMES = {
    "InstallPlan": "lollms_client.requirements.installing",
    "auto_install_allowed": "lollms_client.requirements.opting_in",
    "ensure_requirements": "lollms_client.requirements.installing",
    "install_policy": "lollms_client.requirements.pipmaster_policy",
    "install_requirements": "lollms_client.requirements.installing",
    "plan_install": "lollms_client.requirements.installing",
}


def __getattr__(name: str) -> object:
    """Installing is rare; its modules are imported when first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
