"""The old home of the base class of tool bindings, under its old name."""

from __future__ import annotations

from typing import Any

from lollms_client.compatibility.bindings.tools import LollmsToolBinding as LollmsMCPBinding

__all__ = ["LollmsMCPBinding"]


def __getattr__(name: str) -> Any:
    from lollms_client.extensions import module_attribute

    return module_attribute(__name__, name)
