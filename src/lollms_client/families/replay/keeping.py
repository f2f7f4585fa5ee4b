"""Keeps secrets out of recordings: known ones are masked in what came back, and refused in what was asked."""

from __future__ import annotations

import re
from typing import Any

from lollms_client.families.replay.failures import BadRecording
from lollms_client.manifest.secret_names import says_secret
from lollms_client.secret import MASK, redact
from lollms_client.types.media import Media

_LIKE_KEYS = re.compile(
    r"\b(?:sk|rk|pk)[-_](?:[a-z]+[-_])*[A-Za-z0-9_-]{20,}|\bBearer [A-Za-z0-9._~+/-]{20,}|\bAKIA[0-9A-Z]{16}\b"
    r"|\bgh[opsur]_[A-Za-z0-9]{30,}|\bAIza[0-9A-Za-z_-]{35}|\bxox[abprs]-[A-Za-z0-9-]{20,}|\bhf_[A-Za-z0-9]{30,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)


def refuse_secrets(text: str, call: str) -> None:
    """Raise BadRecording where a known secret, or what looks like a key, is in a text that is to be written."""
    if redact(text) != text:
        raise BadRecording(f"this {call} is not recorded: a secret is in it")
    found = _LIKE_KEYS.search(text)
    if found:
        start = found.group()[:4]
        raise BadRecording(f"this {call} is not recorded: it holds what looks like a key ({start}…)")


def refuse_secret_media(media: Media, call: str) -> None:
    """Raise BadRecording where a known secret is in the bytes."""
    text = media.decode("latin-1")
    if redact(text) != text:
        raise BadRecording(f"this {call} is not recorded: a secret is in its {media.kind}")


def refuse_secret_names(values: Any, call: str, secrets: frozenset[str] = frozenset()) -> None:
    """Raise BadRecording where a request has a field that is named as secrets are, or as one of `secrets`.

    `secrets` are names that the manifest declares, each as `spelt_alike` gives it. What is masked may stay.
    """
    if isinstance(values, dict):
        for name, item in values.items():
            if item not in (None, "", MASK) and spelt_alike(str(name)) in secrets:
                raise BadRecording(f"this {call} is not recorded: its {name} is a secret, as the manifest says")
            if isinstance(item, str) and item not in ("", MASK) and _says_secret(str(name)):
                raise BadRecording(f"this {call} is not recorded: its {name} is named as a secret")
            refuse_secret_names(item, call, secrets)
    elif isinstance(values, list):
        for item in values:
            refuse_secret_names(item, call, secrets)


def spelt_alike(name: str) -> str:
    """A name without what differs between spellings: hook-code, hook_code and HookCode are one."""
    return re.sub("[^a-z0-9]", "", name.lower())


_MORE_NAMES = ("password", "passphrase", "passcode", "authorization", "pwd", "cookie")


def _says_secret(name: str) -> bool:
    return says_secret(name, of_method=True) or spelt_alike(name).endswith(_MORE_NAMES)
