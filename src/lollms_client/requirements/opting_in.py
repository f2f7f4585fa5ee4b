"""Whether the user lets bindings install packages by themselves."""

from __future__ import annotations

import os
from collections.abc import Mapping

from lollms_client.errors import BadSetting
from lollms_client.manifest.values import fit

VARIABLE = "LOLLMS_AUTO_INSTALL"
SETTING = "auto_install"


def auto_install_allowed(environment: Mapping[str, str] | None = None) -> bool:
    """True only where LOLLMS_AUTO_INSTALL says so, or `auto_install: true` in the saved configuration.

    The variable decides where it is set. BadSetting where either is neither true nor false.
    """
    variables = os.environ if environment is None else environment
    text = variables.get(VARIABLE, "")
    if text:
        return _flag(text, f"the environment variable {VARIABLE}")
    from lollms_client.home import lollms_home

    file = lollms_home(environment) / "config.yaml"
    if not file.exists():
        return False
    from lollms_client.settings.saved import read_saved

    return _flag(read_saved(file).get(SETTING, False), f"{SETTING} in {file}")


def _flag(value: object, where: str) -> bool:
    try:
        return bool(fit("bool", value))
    except ValueError as error:
        raise BadSetting(f"{where} {error}", setting=SETTING) from None
