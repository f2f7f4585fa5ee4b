"""Bindings written for the public `lollms_client` of all eras run unmodified: what they inherit, import and expect.

The rest of the package reaches this part through `lollms_client.extensions` alone, and does without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lollms_client.binding import LollmsBinding

__all__ = ["adapt", "module_attribute"]

# old names in the modules with fixed names: where they are written
_HOMES = {
    ("lollms_client.lollms_tti_binding", "TTIGenerationResult"): "image_result",
    ("lollms_client.lollms_ttv_binding", "MediaInput"): "films",
}


def adapt(kind: type[LollmsBinding]) -> None:
    """Give a class that overrides the documented methods itself what bindings of all eras inherit."""
    from lollms_client.compatibility.bindings.adapting import adapt as work

    work(kind)


def module_attribute(module: str, name: str) -> Any:
    """An old name in one of the modules with fixed names. Raises AttributeError."""
    home = _HOMES.get((module, name))
    if home is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
