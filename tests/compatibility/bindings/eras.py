"""Bindings in the style of the public package's eras, with the traps that are found in the wild, as test data."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from lollms_client import LollmsClient

HEAD = """
from lollms_client.lollms_{kind}_binding import Lollms{KIND}Binding
from lollms_client.lollms_discussion import LollmsDiscussion, LollmsMessage
from lollms_client.lollms_types import MSG_TYPE, ELF_COMPLETION_FORMAT
from ascii_colors import ASCIIColors, trace_exception

BindingName = "Wild"

class Wild(Lollms{KIND}Binding):
"""


def write(folder: Path, kind: str, name: str, body: str, manifest: str = "", before: str = "") -> Path:
    """A binding of that modality in a folder of them."""
    place = folder / f"{kind}_bindings" / name
    place.mkdir(parents=True)
    head = HEAD.format(kind=kind, KIND=kind.upper())
    (place / "__init__.py").write_text(before + head + textwrap.indent(textwrap.dedent(body), "    "), "utf-8")
    if manifest:
        (place / "description.yaml").write_text(textwrap.dedent(manifest), "utf-8")
    return place


def client_with(
    folder: Path, kind: str, body: str, before: str = "", manifest: str = "", **config: Any
) -> LollmsClient:
    """A client with the one binding of that body, found through its modality's folder argument."""
    write(folder, kind, "wild", body, manifest, before)
    arguments: Any = {
        f"{kind}_binding_name": "wild",
        f"{kind}_bindings_dir": folder / f"{kind}_bindings",
        f"{kind}_binding_config": config,
    }
    return LollmsClient(**arguments)
