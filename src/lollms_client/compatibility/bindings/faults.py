"""Tells faults in a binding's own code from what a service says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lollms_client.secret import words_of

# what Python and its libraries say of code that does not fit them, as against what services say
_OWN_FAULT = re.compile(
    r"has no attribute|object is not (callable|subscriptable|iterable)|unexpected keyword argument|"
    r"validation errors? for|positional arguments? but|missing \d+ required|NameError|is not defined|"
    r"expected str instance|can only concatenate str",
    re.IGNORECASE,
)
_WANTS_TEXT = re.compile(r"expected str instance|can only concatenate str", re.IGNORECASE)


def is_its_own_fault(error: BaseException) -> bool:
    """Whether a binding's call failed in its own code, before or after the service answered."""
    return says_own_fault(words_of(error))


def says_own_fault(words: str) -> bool:
    """Whether these words are of a fault in a binding's own code."""
    return _OWN_FAULT.search(words) is not None


def wants_plain_text(error: BaseException) -> bool:
    """Whether the code failed because what was said had parts, and not words alone."""
    return _WANTS_TEXT.search(words_of(error)) is not None


def words_of_reply(reply: Mapping[str, Any]) -> str:
    """What an error dictionary says; "" for another one."""
    failed = reply.get("status") in ("error", False)
    return " ".join(str(value) for value in reply.values()) if failed else ""
