"""How a call under attack ended, as data, and whether a result is what it would have been without the attack."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lollms_client import errors
from lollms_client.plain import check_reply
from lollms_client.types.media import Media

# facts about a result that are not its content
_FACTS = {
    "usage", "extra", "warnings", "model", "id", "logprobs", "finish", "seed", "created", "cost", "request_id",
    "alternatives", "name", "type", "duration", "language", "mime_type", "raw_arguments", "signature",
}  # fmt: skip


class Trial(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One call under attack. `kind`: value, error (of the tree), dictionary, foreign (any other exception), hung."""

    rule: str
    case: str
    attack: str
    driver: str
    expect: str
    codes: tuple[str, ...] = ()
    kind: str = "value"
    code: str = ""
    type: str = ""  # of the exception or the value
    text: str = ""  # of the error; of a value its beginning
    same: bool = False
    alike: bool = False
    ill: str = ""  # what is wrong with the result itself
    secret: str = ""  # the setting whose value shows
    asked: int = 0  # how often the attacked exchange was asked for
    method: str = ""  # of the attacked exchange
    arrived: bool = True  # whether the service may have acted on it
    paid: bool = False  # whether repeating it may cost
    waited: float = 0.0  # seconds
    asked_to_wait: float | None = None
    retry_after: float | None = None  # as the error tells it
    carried: tuple[str, ...] = ()  # other places that a secret was sent to
    reached: tuple[str, ...] = ()  # other places that were asked
    left: str = ""  # what stayed behind
    after: str = ""  # what was wrong with the next call
    flow: bool = True


def fill(trial: Trial, call: Any, whole: Any, secrets: Mapping[str, str], marks: tuple[str, ...]) -> Trial:
    """Make the call and note in `trial` how it ended; `whole` is the result without the attack."""
    try:
        value = call()
        check_reply(value)
    except errors.LollmsError as error:
        trial.kind, trial.code, trial.type, trial.text = "error", error.code, type(error).__name__, str(error)
        trial.retry_after = _number(error.details.get("retry_after"))
        shown = f"{error} {error.details}"
    except NotImplementedError as error:
        trial.kind, trial.code, trial.type, trial.text = "error", "unsupported", type(error).__name__, str(error)
        shown = str(error)
    except Exception as error:  # noqa: BLE001 (what somebody else's code raises is what is looked at)
        trial.kind, trial.type, trial.text = "foreign", type(error).__name__, _brief(error)
        shown = str(error)
    else:
        trial.kind, trial.type, trial.text = "value", type(value).__name__, repr(value)[:160]
        trial.same = same(value, whole)
        trial.alike = trial.same or same(content(value), content(whole))
        trial.ill = next(ill_typed(value, marks), "")
        shown = ""
    trial.secret = next((name for name, secret in secrets.items() if secret in shown), "")
    trial.text = _masked(trial.text, secrets)[:300]
    return trial


def _brief(error: BaseException) -> str:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno})" if frames else ""
    return f"{error}{where}"


def _masked(text: str, secrets: Mapping[str, str]) -> str:
    for secret in secrets.values():
        text = text.replace(secret, "***")
    return text


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


# --- the same, and alike ---------------------------------------------------------------------------------------------


def same(one: Any, other: Any) -> bool:
    """Whether two results are equal, numbers that are no numbers included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return one == other or (one != one and other != other)
    if isinstance(one, msgspec.Struct):
        return all(same(getattr(one, name), getattr(other, name)) for name in one.__struct_fields__)
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def content(value: Any) -> Any:
    """What a result is there for, without the facts about it: plain values and media."""
    if isinstance(value, msgspec.Struct):
        fields = value.__struct_fields__
        if set(fields) <= _FACTS | {"name"}:
            return str(value)
        kept = {name: content(getattr(value, name)) for name in fields if name not in _FACTS or _names(value, name)}
        return {name: item for name, item in kept.items() if item not in (None, (), [], {}, "")}
    if isinstance(value, Media):
        return bytes(value)
    if isinstance(value, Mapping):
        return {key: content(item) for key, item in value.items() if key not in _FACTS}
    if isinstance(value, (list, tuple)):
        return [content(item) for item in value]
    return value


def _names(value: Any, name: str) -> bool:
    """Of models, voices and tools the name is the content."""
    return name == "name" and isinstance(getattr(value, name), str) and type(value).__name__ in _NAMED


_NAMED = {"ModelInfo", "Voice", "ToolCallPart"}


# --- declared types --------------------------------------------------------------------------------------------------


def ill_typed(value: Any, marks: tuple[str, ...] = (), at: str = "the result") -> Iterator[str]:
    """Where a result does not keep the types that its classes declare, or holds what is no text."""
    if isinstance(value, msgspec.Struct):
        hints = _hints(type(value))
        for name in value.__struct_fields__:
            item, place = getattr(value, name), f"{at}.{name}"
            if name == "extra":
                continue  # what the service said beyond the declared
            if not fits(item, hints.get(name, Any)):
                yield f"{place} is a {type(item).__name__}"
            yield from ill_typed(item, marks, place)
    elif isinstance(value, str):
        yield from _ill_text(value, marks, at)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from ill_typed(item, marks, f"{at}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from ill_typed(item, marks, f"{at}[{index}]")


def _ill_text(value: str, marks: tuple[str, ...], at: str) -> Iterator[str]:
    try:
        value.encode()
    except UnicodeEncodeError:
        yield f"{at} holds half a letter, which no file and no screen takes"
    if any(mark in value for mark in marks):
        yield f"{at} shows a list or a mapping as Python writes it, where the service sent no text"


_hints_of: dict[type, dict[str, Any]] = {}


def _hints(kind: type) -> dict[str, Any]:
    if kind not in _hints_of:
        _hints_of[kind] = typing.get_type_hints(kind)
    return _hints_of[kind]


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a declared type."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or isinstance(hint, typing.TypeVar):
        return True
    if hint is None or hint is type(None):
        return value is None
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, item) for item in inner)
    if origin is typing.Literal:
        return value in inner if isinstance(value, (str, int)) else False
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if len(inner) == 2 and inner[1] is Ellipsis:
            return all(fits(item, inner[0]) for item in value)
        return len(value) == len(inner) and all(map(fits, value, inner))
    if origin is not None and isinstance(origin, type):
        return isinstance(value, origin) and _items_fit(value, inner)
    return _plain_fits(value, hint)


def _items_fit(value: Any, inner: tuple[Any, ...]) -> bool:
    if isinstance(value, Mapping) and len(inner) == 2:
        return all(fits(key, inner[0]) and fits(item, inner[1]) for key, item in value.items())
    return not isinstance(value, (list, set, frozenset)) or all(fits(item, inner[0]) for item in value)


def _plain_fits(value: Any, hint: Any) -> bool:
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint) if isinstance(hint, type) else True
