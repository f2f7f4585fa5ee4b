"""The old home of `list_bindings` and `get_binding_desc`."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    from lollms_client.extensions import module_attribute

    return module_attribute("lollms_client", name)
