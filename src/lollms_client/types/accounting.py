"""What a call used, what it may have cost, and which settings it could not honour."""

from __future__ import annotations

from typing import Any, Literal, Self

import msgspec

from lollms_client.types.facts import Facts


class TokenCount(int):
    """A number of tokens that knows whether it was counted or only estimated."""

    estimated: bool

    def __new__(cls, number: int, *, estimated: bool = False) -> Self:
        self = super().__new__(cls, number)
        self.estimated = estimated
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (_count, (int(self), self.estimated))


def _count(number: int, estimated: bool) -> TokenCount:
    return TokenCount(number, estimated=estimated)


class Usage(Facts, frozen=True, kw_only=True, omit_defaults=True):
    """What a call used, each in its own unit; None means that nobody said, which is not zero."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None  # part of output_tokens
    cached_tokens: int | None = None  # part of input_tokens, read from a prompt cache
    cache_write_tokens: int | None = None  # part of input_tokens, written to a prompt cache
    images: int | None = None
    characters: int | None = None
    seconds: float | None = None  # of sound or film, in or out
    credits: float | None = None  # the service's own unit
    cost: float | None = None  # in US dollars, only where the service says it

    @property
    def total_tokens(self) -> int | None:
        """Input and output tokens together, None where either is unknown."""
        if self.input_tokens is None or self.output_tokens is None:
            return None
        return self.input_tokens + self.output_tokens


class CallWarning(msgspec.Struct, frozen=True, kw_only=True):
    """A setting that was not honoured as given, or something else that the caller should know.

    `kind`: dropped (not sent), clamped (sent with another value), unsupported (the model cannot), replaced (something
    nearest was used), approximate (the result is an estimate), other.
    """

    kind: Literal["dropped", "clamped", "unsupported", "replaced", "approximate", "other"]
    setting: str
    detail: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.detail} ({self.kind})"


class Progress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a long call is. `fraction` is 0.0 to 1.0, None where it cannot be told."""

    fraction: float | None = None
    stage: str = ""
    detail: str = ""
    warnings: tuple[CallWarning, ...] = ()  # what a stream of sound could not honour: it has no result that says so
