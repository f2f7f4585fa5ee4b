"""The user's settings while a binding is recorded: which are secret, which are shown, and whether one is left over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lollms_client.manifest import Manifest
from lollms_client.secret import Secret
from lollms_client.settings import Settings
from lollms_client.testing.recording_secrets import PRIVATE_HEADERS, KnownSecrets, email_in

# settings that tell whose account it is, without being secret
_PERSONAL = re.compile(r"account|organi[sz]ation|project|tenant|email|user|workspace|customer|subscription")
# settings that say how this machine reaches the service, and nothing of the wire
_LOCAL = {
    "proxy", "certificate_file_path", "verify_ssl_certificate", "extra_headers", "timeout", "max_retries", "transport",
    "tokenizer_file",
}  # fmt: skip


class UserSettings:
    """Settings as they were resolved: arguments, environment, saved configuration, keyring, defaults."""

    def __init__(self, manifest: Manifest, settings: Settings) -> None:
        self.plain = {name: value for name, value in settings.plain().items() if value not in (None, "")}
        marked = {parameter.name for parameter in manifest.input_parameters if parameter.is_secret}
        secret = {name: value for name, value in self.plain.items() if name in marked or _holds(settings, name)}
        self._sources = settings.sources
        texts = dict(_texts(secret))
        self._personal = {name for name in self.plain if _PERSONAL.search(name) and name not in secret}
        personal = {name: str(self.plain[name]) for name in self._personal}
        self.secrets = KnownSecrets(texts, personal)
        self._secret_names = set(secret)

    @property
    def own_headers(self) -> frozenset[str]:
        """The names of the headers that the user adds to every request, which are no part of the wire."""
        extra = self.plain.get("extra_headers")
        return frozenset(str(name).lower() for name in extra) if isinstance(extra, Mapping) else frozenset()

    def shown(self) -> dict[str, Any]:
        """The settings that a replay needs: those that were given, without secrets, accounts and this machine's own."""
        found: dict[str, Any] = {}
        for name, value in self.plain.items():
            if name in self._secret_names or name in _LOCAL or self._sources.get(name) == "default":
                continue
            if name in self._personal:
                found[name] = f"a-{name.replace('_', '-')}"
            else:
                found[name] = self.secrets.taken_out_of(value)
        return found

    def remaining(self, places: Mapping[str, bytes], cases: list[dict[str, Any]]) -> list[str]:
        """What may not be written, one line each, without the value itself."""
        found: list[str] = []
        for place, data in places.items():
            for name in self.secrets.remaining(data):
                what = f"the value of {name}" if name else "a secret that this process knows"
                found.append(f"{what} is still in {place}")
        for case in cases:
            for exchange in case.get("exchanges", ()):
                for part in ("request", "reply"):
                    found += _header_faults(case["name"], exchange[part].get("headers", {}))
        return found


def _header_faults(case: str, headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        if email_in(value):
            yield f"the header {name} of {case!r} holds an e-mail address"
        elif re.search("authorization|cookie", name, re.IGNORECASE) and "${" not in value.replace("$${", ""):
            yield f"the header {name} of {case!r} holds something private"
        elif PRIVATE_HEADERS.fullmatch(name) and "${" not in value.replace("$${", ""):
            yield f"the header {name} of {case!r} may hold something private"


def _holds(settings: Settings, name: str) -> bool:
    return isinstance(settings.get(name), Secret)


def _texts(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """All texts within values, by the name of their setting; deeper ones by their own key."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _texts({str(key): item for key, item in value.items()})
        elif isinstance(value, (list, tuple)):
            yield from _texts({f"{name}_{number}": item for number, item in enumerate(value)})
        elif isinstance(value, Secret):
            yield name, value.reveal()
        elif value is not None:
            yield name, str(value)
