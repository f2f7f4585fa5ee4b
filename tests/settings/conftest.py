"""The fixtures of the tests of settings."""

from __future__ import annotations

import sys
import types

import pytest
from tests.settings.settings_samples import MemoryKeyring


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> MemoryKeyring:
    made = MemoryKeyring()
    monkeypatch.setitem(sys.modules, "keyring", made)
    made.__spec__ = types.SimpleNamespace()  # type: ignore[assignment]
    return made
