"""Secrets: a holder that prints `***` everywhere, and a redactor that knows every secret held so far."""

from __future__ import annotations

import re
import threading
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

MASK = "***"
_SHORTEST = 6  # shorter values are words of the language rather than secrets; masking them would garble messages

_known: dict[str, None] = {}
_lock = threading.Lock()
_pattern: re.Pattern[str] | None = None


class Secret:
    """A secret text. `reveal()` gives it; everything else (str, repr, format, JSON, pickle) gives `***`."""

    __slots__ = ("__value",)

    def __init__(self, value: str | Secret) -> None:
        plain = value.reveal() if isinstance(value, Secret) else value
        self.__value = plain
        register(plain)

    def reveal(self) -> str:
        """The secret itself, for the one place that sends it."""
        return self.__value

    def derive(self, form: str) -> Secret:
        """A secret made of this one: `derive("Bearer {}")`."""
        return Secret(form.replace("{}", self.__value))

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self.__value

    def __hash__(self) -> int:
        return hash(("Secret", self.__value))

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return MASK

    def __format__(self, specification: str) -> str:
        return MASK

    def __reduce__(self) -> tuple[Any, ...]:
        return (Secret, (MASK,))

    def __iter__(self) -> NoReturn:
        raise TypeError("a Secret is not text: call reveal() where it is really needed")


def register(value: str) -> None:
    """Remember a secret, so that `redact` masks it and its usual encodings from now on."""
    global _pattern
    if len(value) < _SHORTEST or value == MASK:
        return
    with _lock:
        if value in _known:
            return
        forms = {value, quote(value, safe=""), quote(value), quote_plus(value), repr(value)[1:-1], _json_form(value)}
        _known.update(dict.fromkeys(forms))
        _pattern = None


def _json_form(value: str) -> str:
    import json

    return json.dumps(value)[1:-1]


def redact(text: str) -> str:
    """`text` with every known secret replaced by `***`."""
    global _pattern
    if not _known:
        return text
    pattern = _pattern
    if pattern is None:
        with _lock:
            longest_first = sorted(_known, key=len, reverse=True)
            pattern = _pattern = re.compile("|".join(map(re.escape, longest_first)))
    return pattern.sub(MASK, text)


def redact_data(value: Any) -> Any:
    """Plain data (dictionaries, lists, texts) with every known secret masked, keys included."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact_data(key): redact_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(redact_data(item) for item in value) if type(value) in (list, tuple) else value
    return value


def words_of(error: BaseException) -> str:
    """What an error says, secrets masked; the errors of strangers may fail even at that, and then say nothing."""
    try:
        return redact(str(error))
    except Exception:  # noqa: BLE001 (somebody else's code)
        return ""


def clean_cause(error: BaseException) -> BaseException | None:
    """`error`, fit to be chained as a cause: its own words masked; None where a secret would still show."""
    import traceback

    def shows() -> bool:
        try:
            text = "".join(traceback.format_exception(error)) + repr(error)
        except Exception:  # noqa: BLE001 (somebody else's code; what it would show is not known)
            return True
        return redact(text) != text

    if not _known or not shows():
        return error
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        link.args = redact_data(link.args)
        link = link.__cause__ or link.__context__
    return None if shows() else error
