"""The home of the base class of tool bindings."""

from __future__ import annotations

from typing import Any

from lollms_client.compatibility.bindings.tools import LollmsToolBinding, create_tool_binding, list_tool_bindings

__all__ = ["LollmsToolBinding", "create_tool_binding", "list_tool_bindings"]


def __getattr__(name: str) -> Any:
    from lollms_client.extensions import module_attribute

    return module_attribute(__name__, name)
