"""The old home of the table writer."""

from __future__ import annotations

from lollms_client.compatibility.bindings.values import table_in_markdown as _dataframe_to_markdown

__all__ = ["_dataframe_to_markdown"]
