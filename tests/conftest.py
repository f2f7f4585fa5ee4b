"""Every test runs in a home of its own; only the weights and art, which are pinned by hash, are shared."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """`LOLLMS_HOME` for the whole run: nobody's saved settings, keys or bindings are read or changed."""
    from lollms_client.home import lollms_home

    assets = lollms_home() / "assets"
    assets.mkdir(parents=True, exist_ok=True)
    place = tmp_path_factory.mktemp("lollms_home")
    (place / "assets").symlink_to(assets, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("LOLLMS_") and "TEST" not in name]:
            patch.delenv(name)
        patch.setenv("LOLLMS_HOME", str(place))
        yield place
