"""A manifest with one setting of each type, and a keyring in memory."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

from lollms_client.manifest import Manifest, Parameter
from lollms_client.settings import Settings, resolve_settings

CANARY = "sk-canary-0123456789"


def manifest(*parameters: Parameter, **others: Any) -> Manifest:
    facts: dict[str, Any] = {"name": "acme", "folder": Path("acme"), "path": Path("acme/description.yaml")}
    return Manifest(**{**facts, "binding_type": "tts", **others}, input_parameters=parameters)


VOICE = Parameter(name="voice", default="en", options=("en", "de", "fr"))
SPEED = Parameter(name="speed", type="float", default=1.0, min=0.5, max=2.0)
COUNT = Parameter(name="count", type="int")
FINE = Parameter(name="fine", type="bool", default=False)
WORDS = Parameter(name="words", type="list")
MORE = Parameter(name="more", type="dict")
KEY = Parameter(name="service_key", is_secret=True, env=("ACME_KEY", "OLD_ACME_KEY"))
ALL = manifest(VOICE, SPEED, COUNT, FINE, WORDS, MORE, KEY)


def resolve(given: dict[str, Any] | None = None, of: Manifest = ALL, **options: Any) -> Settings:
    return resolve_settings(of, given, **{"environment": {}, "saved": {}, "keyring": False, **options})


class MemoryKeyring(types.ModuleType):
    """A keyring in memory that stands for the library."""

    class errors:
        class KeyringError(Exception):
            pass

    def __init__(self, *, locked: bool = False) -> None:
        super().__init__("keyring")
        self.held: dict[tuple[str, str], str] = {}
        self.locked = locked

    def _check(self) -> None:
        if self.locked:
            raise self.errors.KeyringError("locked")

    def get_password(self, service: str, name: str) -> str | None:
        self._check()
        return self.held.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        self._check()
        self.held[(service, name)] = value

    def delete_password(self, service: str, name: str) -> None:
        self._check()
        del self.held[(service, name)]


def home(folder: Path) -> dict[str, str]:
    return {"LOLLMS_HOME": str(folder / "home")}
