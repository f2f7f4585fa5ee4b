"""The registry: one discovery of bindings for the six modalities, importing none until it is asked for one."""

from __future__ import annotations

from lollms_client.registry.entries import BindingEntry, Place, Problem
from lollms_client.registry.registry import Registry

__all__ = ["BindingEntry", "Place", "Problem", "Registry"]
