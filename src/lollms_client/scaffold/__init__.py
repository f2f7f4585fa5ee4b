"""Starts a new binding: the folder with code, manifest, wire cases, test and example that `lollms new` writes."""

from __future__ import annotations

from lollms_client.scaffold.plan import KINDS, Plan
from lollms_client.scaffold.writing import write_binding

__all__ = ["KINDS", "Plan", "write_binding"]
