"""Takes secrets out of a recording, and finds those that remain in any of the forms in which they travel."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from lollms_client import secret
from lollms_client.manifest import says_secret

SHORTEST = 6  # letters; shorter values are words of the language rather than secrets
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_SOMEBODY = "somebody@example.com"
# headers that hold what only the account's owner may know
PRIVATE_HEADERS = re.compile(
    r"authorization|cookie|api-?key|token|secret|signature|credential|session|password|x-goog-user-project|"
    r"organization|project|account|user-?id",
    re.IGNORECASE,
)


# what the service itself gives out as a right of way: web tokens, credentials with their scheme, keys of known forms
_ISSUED = re.compile(
    r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}|(?<=\bBasic )[\w+/=.~-]{12,}|(?<=\bBearer )[\w+/=.~-]{16,}"
    r"|\b(?:sk|rk|pk)[-_](?:[a-z]+[-_])*[A-Za-z0-9_-]{20,}|\bAKIA[0-9A-Z]{16}\b|\bgh[opsur]_[A-Za-z0-9]{30,}"
    r"|\bAIza[\w-]{35}|\bxox[abprs]-[A-Za-z0-9-]{20,}|\bhf_[A-Za-z0-9]{30,}|\bya29\.[\w-]{20,}"
)
_LIKE_A_KEY = re.compile(r"(?=.*[0-9])[\w+/=.~:-]{16,}")
_NAMED = re.compile(r'(?<=")([\w-]+)("\s*:\s*")([\w+/=.~:-]{16,})(?=")|\b([\w-]+)(=)([\w+/.~-]{16,})')


class KnownSecrets:
    """The values that may not be in a recording, by the names of their settings.

    `personal` values are no secrets, but they tell whose account it is: they are taken out, too. So is what a service
    gives out as a right of way, wherever it comes again: each such value has a stand-in of its own.
    """

    def __init__(self, secrets: Mapping[str, str], personal: Mapping[str, str]) -> None:
        self.secrets = {name: value for name, value in secrets.items() if len(value) >= SHORTEST}
        self.personal = {name: value for name, value in personal.items() if len(value) >= SHORTEST}
        self._issued: dict[str, str] = {}  # the stand-in of each

    def taken_out(self, text: str) -> str:
        """A text for a case: `${setting}` in place of values, and `$${` for what looks like a place already."""
        text = text.replace("${", "$${")
        both = {**self.personal, **self.secrets}
        for name, value in sorted(both.items(), key=lambda item: -len(item[1])):
            for form in dict.fromkeys((value, quote(value, safe=""), quote_plus(value))):
                text = text.replace(form, f"${{{name}}}")
        text = _NAMED.sub(self._named, _ISSUED.sub(lambda found: self._stand_in(found[0]), text))
        for value, other in self._issued.items():
            text = text.replace(value, other)
        return text

    def named(self, name: str, value: Any) -> Any:
        """A value of a reply, or its stand-in where its name says that it is a secret and it looks like one."""
        if isinstance(value, str) and _LIKE_A_KEY.fullmatch(value) and says_secret(name, of_method=True):
            return self.taken_out(value) if self._knows(value) else self._stand_in(value)
        return value

    def _knows(self, text: str) -> bool:
        """Whether it holds the value of a setting."""
        return any(value in text for value in (*self.secrets.values(), *self.personal.values()))

    def _named(self, found: re.Match[str]) -> str:
        name, between, value = (found[1], found[2], found[3]) if found[1] else (found[4], found[5], found[6])
        return f"{name}{between}{self.named(name, value)}"

    def _stand_in(self, value: str) -> str:
        if value in self._issued.values():
            return value
        return self._issued.setdefault(value, f"removed-credential-{len(self._issued) + 1}")

    def without_names(self, text: str) -> str:
        """A text of a reply, likewise, and with somebody else's e-mail address in place of each."""
        return _EMAIL.sub(_SOMEBODY, self.taken_out(text))

    def taken_out_of(self, value: Any) -> Any:
        """Plain data out of a reply with all texts treated so, keys too."""
        if isinstance(value, str):
            return self.without_names(value)
        if isinstance(value, dict):
            return {
                self.taken_out(str(name)): self.taken_out_of(self.named(str(name), item))
                for name, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.taken_out_of(item) for item in value]
        return value

    def remaining(self, data: bytes) -> list[str]:
        """The names of the settings whose value is in some bytes in one of its forms; "" for another known secret."""
        lower = data.lower()
        if any(value.encode() in data for value in self._issued):
            return ["a credential that the service gave"]
        found = [
            name
            for name, value in {**self.secrets, **self.personal}.items()
            if any(form in data or form.lower() in lower for form in forms(value))
        ]
        text = data.decode("utf-8", "replace")
        return found if found or secret.redact(text) == text else [""]


def forms(value: str) -> Iterator[bytes]:
    """A value as it may stand in bytes: plain, percent-encoded, as JSON text, in hexadecimal, in base64."""
    plain = value.encode()
    yield plain
    for text in (quote(value, safe=""), quote(value), quote_plus(value), _json(value), value[::-1]):
        yield text.encode()
    yield plain.hex().encode()
    for offset in range(3):  # where it begins within a group of three bytes
        whole = base64.b64encode(b"\0" * offset + plain).rstrip(b"=")
        inner = whole[(offset * 8 + 5) // 6 : len(whole) - (1 if (offset + len(plain)) % 3 else 0)]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def _json(value: str) -> str:
    import json

    return json.dumps(value)[1:-1]


def email_in(value: str) -> bool:
    """Whether a header's value holds what looks like an e-mail address."""
    return any(found != _SOMEBODY for found in _EMAIL.findall(value))
