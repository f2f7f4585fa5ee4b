"""Bindings written for the public `lollms_client` of all eras run unmodified: what they inherit, import and expect.

The rest of the package reaches this part through `lollms_client.extensions` alone, and does without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lollms_client.binding import LollmsBinding

__all__ = ["adapt", "binding_attribute", "module_attribute", "set_binding_attribute"]

# old names in the modules with fixed names: where they are written
_HOMES = {
    ("lollms_client.lollms_tti_binding", "TTIGenerationResult"): "image_result",
    ("lollms_client.lollms_ttv_binding", "MediaInput"): "films",
}


def adapt(kind: type[LollmsBinding]) -> None:
    """Give a class that overrides the documented methods itself what bindings of all eras inherit."""
    from lollms_client.compatibility.bindings.adapting import adapt as work

    work(kind)


def binding_attribute(binding: Any, name: str) -> Any:
    """What applications of the public package find on a binding of ours. Raises AttributeError."""
    from lollms_client.compatibility.bindings.native import attribute_of

    return attribute_of(binding, name)


def set_binding_attribute(binding: Any, name: str, value: Any) -> bool:
    """Set a setting that applications know as an attribute; False for any other name. Raises BadSetting."""
    from lollms_client.compatibility.bindings.native import set_attribute

    return set_attribute(binding, name, value)


def module_attribute(module: str, name: str) -> Any:
    """An old name in one of the modules with fixed names. Raises AttributeError."""
    home = _HOMES.get((module, name))
    if home is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
