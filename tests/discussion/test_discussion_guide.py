"""The page about conversations says what is so: its Python blocks run."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "conversations.md"


def test_the_blocks_of_the_page_run() -> None:
    importlib.import_module("sqlalchemy")
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) > 4
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
