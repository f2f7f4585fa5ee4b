"""What a mock binding does at each of its calls: the answer in turn, the failure, the delay."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lollms_client import errors
from lollms_client.types.accounting import CallWarning

WORDS_OF_ANSWERS = (
    "text", "json", "reasoning", "tool_calls", "finish", "usage", "file", "error", "message", "retry_after",
    "after_chunks", "latency", "warnings", "language",
)  # fmt: skip


class Turn(NamedTuple):
    """One call: its number from 1, the answer meant for it, and how it fails (after so many chunks), if it does."""

    number: int
    answer: dict[str, Any]
    failure: errors.LollmsError | None
    after_chunks: int
    latency: float  # seconds

    def warnings(self, settings: Mapping[str, Any]) -> tuple[CallWarning, ...]:
        """The warnings that the call shall bring. Raises BadSetting for what is none."""
        return tuple(warnings_of([*(settings.get("warnings") or ()), *(self.answer.get("warnings") or ())]))


def turn(settings: Mapping[str, Any], number: int, binding: str) -> Turn:
    """What the call of that number shall do. Raises BadSetting for settings that cannot be understood."""
    answers = settings.get("answers") or []
    answer = read_answer(answers[min(number, len(answers)) - 1]) if answers else {}
    failure = None
    if answer.get("error"):
        failure = failure_of(str(answer["error"]), answer, binding)
    elif settings.get("fail_with") and _fails(settings, number):
        facts = {"message": settings.get("fail_message"), "retry_after": settings.get("retry_after")}
        failure = failure_of(str(settings["fail_with"]), facts, binding)
    after = answer.get("after_chunks", settings.get("fail_after_chunks")) or 0
    latency = answer.get("latency", settings.get("latency")) or 0.0
    try:
        return Turn(number, answer, failure, int(after), float(latency))
    except (TypeError, ValueError) as error:
        raise _wrong(f"after_chunks and latency are numbers: {error}") from error


def read_answer(item: Any) -> dict[str, Any]:
    """An answer as a mapping; a text alone is its words."""
    if not isinstance(item, Mapping):
        return {"text": item if isinstance(item, str) else str(item)}
    for name in item:
        if name not in WORDS_OF_ANSWERS:
            from lollms_client.manifest.values import near_names

            near = near_names(str(name), WORDS_OF_ANSWERS, limit=1)
            raise _wrong(f"an answer knows no {name!r}{f'; did you mean {near[0]!r}?' if near else ''}")
    return dict(item)


def _fails(settings: Mapping[str, Any], number: int) -> bool:
    at = settings.get("fail_at") or []
    try:
        if at and number not in [int(item) for item in at]:
            return False
    except (TypeError, ValueError) as error:
        raise _wrong("fail_at is a list of whole numbers, 1 for the first call", "fail_at") from error
    rate = settings.get("fail_rate")
    return rate is None or random.Random(f"{settings.get('seed')} {number}").random() < float(rate)


def error_codes() -> dict[str, type[errors.LollmsError]]:
    """Every error of the tree by its code."""
    kinds: list[type[errors.LollmsError]] = [errors.LollmsError, *_below(errors.LollmsError)]
    return {kind.code: kind for kind in kinds}


def _below(kind: type[errors.LollmsError]) -> Iterator[type[errors.LollmsError]]:
    for item in kind.__subclasses__():
        if item.__module__ == errors.__name__:
            yield item
            yield from _below(item)


def failure_of(code: str, facts: Mapping[str, Any], binding: str) -> errors.LollmsError:
    """The error of that code. Raises BadSetting for a code that no error has."""
    kind = error_codes().get(code)
    if kind is None:
        from lollms_client.manifest.values import near_names

        near = near_names(code, error_codes(), limit=1)
        raise _wrong(f"no error has the code {code!r}{f'; did you mean {near[0]!r}?' if near else ''}", "fail_with")
    message = str(facts.get("message") or f"the mock binding was told to fail with {code}")
    stage = "total" if kind is errors.TimedOut else None
    return kind(message, binding=binding, retry_after=facts.get("retry_after"), stage=stage)


def warnings_of(items: list[Any]) -> Iterator[CallWarning]:
    """Warnings out of texts and mappings."""
    import msgspec

    for item in items:
        given = {"kind": "other", "setting": "mock", "detail": item} if isinstance(item, str) else item
        try:
            yield msgspec.convert({"kind": "other", "setting": "mock", **given}, CallWarning)
        except (TypeError, msgspec.ValidationError) as error:
            raise _wrong(f"a warning has kind, setting and detail: {error}", "warnings") from error


def _wrong(text: str, setting: str = "answers") -> errors.BadSetting:
    return errors.BadSetting(text, setting=setting)
