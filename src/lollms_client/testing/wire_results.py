"""Turns what a call gave into plain data that a case can be compared with: results, errors, warnings, media."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Self

import msgspec

from lollms_client import errors
from lollms_client.plain import check_reply
from lollms_client.testing.cases_values import ANY
from lollms_client.testing.wire_comparing import differences
from lollms_client.types.accounting import CallWarning, TokenCount
from lollms_client.types.media import Media


class Heard(Media):
    """A sound that was streamed, with what its stream said it could not honour."""

    warnings: tuple[CallWarning, ...] = ()

    @classmethod
    def of_stream(cls, sound: Media, warnings: tuple[CallWarning, ...]) -> Self:
        """All that a stream gave."""
        self = cls(sound, sound.mime_type)
        self.warnings = warnings
        return self


class End(msgspec.Struct, kw_only=True):
    """How a call ended: with a value as plain data, or with an error."""

    value: Any = None
    error: dict[str, Any] | None = None
    foreign: str = ""  # an exception that is none of ours
    warnings: list[str] = []  # settings
    media: list[Media] = []
    given: Any = None  # the value itself

    def comparable(self) -> str:
        """The end as a text that is the same for the same end, whatever was made up for it (ids, times of day)."""
        error = {name: self.error.get(name) for name in ("code", "retryable")} if self.error else None
        foreign = self.foreign.partition(":")[0]
        data = {"value": _lasting(self.value), "error": error, "foreign": foreign, "warnings": sorted(self.warnings)}
        return msgspec.json.encode(data, order="deterministic", enc_hook=str).decode()


_MADE_UP = {"id", "call_id", "created", "created_at", "request_id"}


def _lasting(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _lasting(item) for name, item in value.items() if name not in _MADE_UP}
    return [_lasting(item) for item in value] if isinstance(value, list) else value


def end_of_value(value: Any) -> End:
    """The end of a call that gave a value; an error dictionary is an error."""
    if isinstance(value, Mapping):
        try:
            check_reply(value)
        except errors.LollmsError as error:
            return end_of_error(error)
    media: list[Media] = []
    warnings = [warning.setting for warning in getattr(value, "warnings", ())]
    return End(value=plain(value, media), warnings=warnings, media=media, given=value)


def end_of_error(error: BaseException) -> End:
    """The end of a call that raised."""
    if isinstance(error, errors.LollmsError):
        return End(error={**error.as_dict(), "type": type(error).__name__})
    if isinstance(error, NotImplementedError):
        return End(error={"code": "unsupported", "message": str(error), "type": "NotImplementedError"})
    return End(foreign=f"{type(error).__name__}: {error}")


def plain(value: Any, media: list[Media]) -> Any:
    """A value as plain data: structs as mappings with their public properties, media as type and size.

    Each media found is put into `media`, too.
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        found = value if isinstance(value, Media) else Media(bytes(value))
        if not any(item is found or item == found for item in media):
            media.append(found)
        return {"type": found.mime_type, "size": len(found), "sha256": hashlib.sha256(found).hexdigest()[:16]}
    if isinstance(value, msgspec.Struct):
        return _struct(value, media)
    if isinstance(value, TokenCount):
        return {"tokens": int(value), "estimated": value.estimated}
    if isinstance(value, Mapping):
        return {str(name): plain(item, media) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item, media) for item in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return plain(value.tolist(), media) if hasattr(value, "tolist") else str(value)


def _struct(value: msgspec.Struct, media: list[Media]) -> dict[str, Any]:
    kind = type(value)
    found = {name: plain(getattr(value, name), media) for name in value.__struct_fields__}
    if value.__struct_config__.tag is not None:
        found.setdefault("type", value.__struct_config__.tag)
    for name in dir(kind):
        if not name.startswith("_") and isinstance(getattr(kind, name, None), property):
            try:
                found[name] = plain(getattr(value, name), media)
            except (IndexError, ValueError):
                found[name] = None
    return found


def result_faults(stated: Any, end: End) -> Iterator[str]:
    """How a call's end differs from a stated result."""
    failed = _failure(end)
    if failed:
        yield f"result: expected {_brief(stated)}, got {failed}"
        return
    yield from differences(stated, _shaped(stated, end.value), "result")


def _shaped(stated: Any, value: Any) -> Any:
    """A number of tokens may be stated as the number alone, and an answer as its text alone."""
    if isinstance(value, Mapping) and not isinstance(stated, Mapping) and stated is not ANY:
        for name in ("tokens", "text"):
            if name in value:
                return value[name]
    return value


def error_faults(stated: Mapping[str, Any], end: End) -> Iterator[str]:
    """How a call's end differs from a stated error: code, retryable, details by name, and words that it mentions."""
    if end.error is None:
        got = f"the exception {end.foreign}" if end.foreign else f"the value {_brief(end.value)}"
        yield f"error: expected the error {stated.get('code', '')}, got {got}"
        return
    mentions = stated.get("mentions", [])
    for words in [mentions] if isinstance(mentions, str) else mentions:
        if str(words).lower() not in str(end.error.get("message", "")).lower():
            yield f"error.message: expected a mention of {words!r}, got {_brief(end.error.get('message'))}"
    facts = {name: value for name, value in stated.items() if name != "mentions"}
    yield from differences(facts, end.error, "error")


def warning_faults(stated: Any, end: End) -> Iterator[str]:
    """How the warnings differ from the stated ones; of calls that failed there are none to compare."""
    if stated == "any" or end.error is not None or end.foreign:
        return
    for setting in sorted(set(stated) - set(end.warnings)):
        yield f"warnings: expected one of {setting!r}, got {', '.join(end.warnings) or 'none'}"
    for setting in sorted(set(end.warnings) - set(stated)):
        yield f"warnings: one of {setting!r} is not stated"


def _failure(end: End) -> str:
    if end.error is not None:
        return f"the error {end.error.get('code')}: {_brief(end.error.get('message'))}"
    return f"the exception {end.foreign}" if end.foreign else ""


def _brief(value: Any) -> str:
    from lollms_client.secret import redact

    text = redact(value if isinstance(value, str) else repr(value))
    return text if len(text) <= 160 else text[:157] + "…"
