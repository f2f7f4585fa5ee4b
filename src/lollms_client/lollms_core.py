"""The old home of the client: applications of the public package import it from here."""

from __future__ import annotations

from typing import Any

from lollms_client.client import LollmsClient
from lollms_client.lollms_types import ELF_COMPLETION_FORMAT, MSG_TYPE

__all__ = ["ELF_COMPLETION_FORMAT", "MSG_TYPE", "LollmsClient"]


def __getattr__(name: str) -> Any:
    from lollms_client.extensions import module_attribute

    return module_attribute("lollms_client", name)
