"""An action follows the first import of a module, and leaves the module as every other way of importing makes it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lollms_client.home import lollms_home
from lollms_client.import_watch import after_import


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "acme_watched.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "acme_watched"
    sys.modules.pop("acme_watched", None)
    sys.meta_path[:] = [finder for finder in sys.meta_path if vars(finder).get("name") != "acme_watched"]


def test_the_action_follows_the_import(module: str) -> None:
    seen: list[int] = []

    def note(found: Any) -> None:
        seen.append(found.value)
        found.value = 2

    after_import(module, note)
    after_import(module, note)
    assert module not in sys.modules
    assert seen == []

    imported = importlib.import_module(module)

    assert seen == [1]
    assert imported.value == 2
    assert imported.__spec__ is not None
    assert type(imported.__spec__.loader).__name__ == "SourceFileLoader"
    assert imported.__loader__ is imported.__spec__.loader
    assert not [finder for finder in sys.meta_path if vars(finder).get("name") == module]


def test_a_module_that_is_there_is_acted_on_at_once(module: str) -> None:
    importlib.import_module(module)
    seen: list[str] = []

    after_import(module, lambda found: seen.append(found.__name__))

    assert seen == [module]


def test_a_module_that_does_not_exist_stays_so(module: str) -> None:
    after_import("acme_lost", lambda found: None)

    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("acme_lost")
    sys.meta_path[:] = [finder for finder in sys.meta_path if vars(finder).get("name") != "acme_lost"]


def test_a_module_that_fails_can_be_imported_again(module: str, tmp_path: Path) -> None:
    seen: list[str] = []
    (tmp_path / "acme_watched.py").write_text("1 / 0\n")
    after_import(module, lambda found: seen.append(found.__name__))
    with pytest.raises(ZeroDivisionError):
        importlib.import_module(module)
    (tmp_path / "acme_watched.py").write_text("value = 'another length'\n")
    importlib.invalidate_caches()

    assert importlib.import_module(module).value == "another length"
    assert seen == [module]


def test_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path))
    assert lollms_home() == tmp_path
    assert lollms_home({"LOLLMS_HOME": "~/x"}) == Path.home() / "x"
    assert lollms_home({}) == lollms_home({"LOLLMS_HOME": ""}) == Path.home() / ".lollms"
