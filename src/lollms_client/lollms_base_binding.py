"""The old home of what all base classes have in common."""

from __future__ import annotations

from lollms_client.binding import LollmsBinding as LollmsBaseBinding

__all__ = ["LollmsBaseBinding"]
