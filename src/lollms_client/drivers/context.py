"""What a driver knows of one call: its time limits, its cancel token, and whom to tell of progress."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lollms_client.cancel import CancelToken
from lollms_client.errors import BadSetting, TimedOut
from lollms_client.flow import HttpRequest, Timeouts
from lollms_client.types.accounting import Progress

DEFAULT_TIMEOUTS = Timeouts()
CLEAN_UP_SECONDS = 5.0  # what a flow may still use after it was cancelled or ran out of time


class CallContext:
    """One call of the public API. Raises BadSetting for a `cancel` or `on_progress` that is none."""

    __slots__ = (
        "_forget_parent",
        "_token",
        "cleaning_up",
        "deadline",
        "interrupted",
        "kept",
        "on_progress",
        "parent_token",
        "replied",
        "timeouts",
    )

    def __init__(
        self,
        *,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        cancel: CancelToken | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        now: float | None = None,
    ) -> None:
        _check("cancel", cancel, isinstance(cancel, CancelToken), "a CancelToken")
        _check("on_progress", on_progress, callable(on_progress), "a function that takes a Progress")
        self.timeouts = timeouts
        self.parent_token = cancel
        self.on_progress = on_progress
        self._token: CancelToken | None = None
        self._forget_parent: Callable[[], None] | None = None
        self.cleaning_up = False
        self.interrupted: BaseException | None = None  # Ctrl-C or a cancelled task, to be raised in the end
        self.replied: str = ""  # the address of the last reply that the flow got
        self.kept: list[Any] = []  # open replies and works that the flow has not closed yet
        total = timeouts.total
        self.deadline = None if total is None else (time.monotonic() if now is None else now) + total

    @property
    def token(self) -> CancelToken:
        """The call's own token: tripped by the caller's, or by the driver when the call ends early."""
        token = self._token
        if token is None:
            token = self._token = CancelToken()
            token.bounded = self.parent_token is not None or self.timeouts != DEFAULT_TIMEOUTS
            token.deadline = self.deadline
            token.timeouts = self.timeouts
            if self.parent_token is not None:
                parent = self.parent_token
                self._forget_parent = parent.on_cancel(lambda: token.cancel(parent.reason))
        return token

    def finish(self) -> None:
        """Called when the call is over: a token that serves many calls keeps nothing of this one."""
        if self._forget_parent is not None:
            self._forget_parent()
            self._forget_parent = None

    def check(self) -> None:
        """Raise `Cancelled` where the caller cancelled; not while cleaning up."""
        parent = self.parent_token
        if parent is not None and parent.cancelled and not self.cleaning_up:
            raise parent.error()

    def release(self, kept: Any) -> None:
        """Forget something that is closed."""
        self.kept = [item for item in self.kept if item is not kept]

    def begin_clean_up(self, now: float) -> None:
        """From here on the flow has a few seconds to tidy up at the service."""
        self.cleaning_up = True
        self.deadline = now + CLEAN_UP_SECONDS

    def limits(self, request: HttpRequest) -> Timeouts:
        """The time limits for a request of this call."""
        return request.timeouts or self.timeouts

    def limit(self, stage_limit: float | None, stage: str, now: float) -> tuple[float | None, str]:
        """Seconds until the stage's limit or the whole call's, whichever comes first, and which of them it is."""
        if self.deadline is None:
            return stage_limit, stage
        remaining = self.deadline - now
        if remaining <= 0:
            raise timed_out("total", self.timeouts.total)
        if stage_limit is None or remaining < stage_limit:
            return remaining, "total"
        return stage_limit, stage


def _check(setting: str, value: object, fits: bool, wanted: str) -> None:
    if value is not None and not fits:
        raise BadSetting(f"{setting} must be {wanted}, not {type(value).__name__}", setting=setting)


_STAGES = {
    "connect": "no connection was made",
    "first_byte": "the service did not begin to answer",
    "silence": "the service fell silent in the middle of its answer",
    "total": "the call was not done",
    "job": "the job was not done",
}


def timed_out(stage: str, seconds: float | None) -> TimedOut:
    """The error for a time limit that ran out at `stage`."""
    what = _STAGES.get(stage, "the call was not done")
    within = f" within {seconds:g} s" if seconds is not None else " in time"
    cure = f"raise the time limit `{stage}` or try again later"
    return TimedOut(f"{what}{within}; {cure}", stage=stage, seconds=seconds)
