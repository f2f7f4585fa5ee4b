"""Warnings for what a request asks and a service has no field for, so that nothing is left out in silence."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from lollms_client.types.accounting import CallWarning


def unsent(request: Any, sent: Collection[str], why: str = "the service does not take it") -> tuple[CallWarning, ...]:
    """A warning for each field of a typed request that was given and is not among `sent`."""
    fields = msgspec.structs.fields(request)
    given = [item.name for item in fields if not item.required and getattr(request, item.name) not in (None, (), {})]
    return tuple(
        CallWarning(kind="dropped", setting=name, detail=why) for name in given if name not in sent and name != "extra"
    )


def dropped(names: Collection[str], why: str = "the service does not take it") -> tuple[CallWarning, ...]:
    """The same warnings by the names that were kept with a job."""
    return tuple(CallWarning(kind="dropped", setting=str(name), detail=why) for name in names)
