"""A home folder of its own for every test of the registry."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, named in the process's environment."""
    folder = tmp_path / "home"
    for name in ("LOLLMS_BINDINGS_PATH", "LOLLMS_AUTO_INSTALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LOLLMS_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def modules_as_before() -> Iterator[None]:
    """Forget the bindings that a test loaded."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("lollms_bindings") or "acme" in name:
            del sys.modules[name]
