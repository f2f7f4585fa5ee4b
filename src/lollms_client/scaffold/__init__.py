"""Starts a new binding: the folder with code, manifest, test and example that `lollms new` writes."""

from __future__ import annotations

from lollms_client.scaffold.writing import KINDS, Plan, write_binding

__all__ = ["KINDS", "Plan", "write_binding"]
