"""Where lollms_client keeps things of the user: `$LOLLMS_HOME`, by default `~/.lollms`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def lollms_home(environment: Mapping[str, str] | None = None) -> Path:
    """The home folder (which need not exist). `environment` stands for the process's own, `os.environ`."""
    given = (os.environ if environment is None else environment).get("LOLLMS_HOME", "")
    return Path(given).expanduser() if given else Path("~/.lollms").expanduser()
