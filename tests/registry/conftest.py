"""A home folder of its own for every test of the registry."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lollms_client.registry import Registry


@pytest.fixture(scope="session")
def built_in_cache(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A cache that holds the built-in manifests, so that not every test reads them all again."""
    folder = tmp_path_factory.mktemp("first")
    Registry(environment={"LOLLMS_HOME": str(folder)}).list()
    return (folder / "cache" / "manifests.msgpack").read_bytes()


@pytest.fixture
def home(tmp_path: Path, built_in_cache: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder that holds nothing but a cache, named in the process's environment."""
    folder = tmp_path / "home"
    (folder / "cache").mkdir(parents=True)
    (folder / "cache" / "manifests.msgpack").write_bytes(built_in_cache)
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
