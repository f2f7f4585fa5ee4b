"""What a binding offers to choose from: models and voices."""

from __future__ import annotations

from typing import Any

import msgspec

from lollms_client.types.facts import Facts


class ModelInfo(Facts, frozen=True, kw_only=True, omit_defaults=True):
    """One model. Unknown facts are None (or empty), never guessed."""

    name: str  # what `model=` takes
    title: str = ""
    description: str = ""
    owner: str = ""
    created: int | None = None  # seconds since 1970
    context_tokens: int | None = None
    output_tokens: int | None = None
    size_bytes: int | None = None
    capabilities: tuple[str, ...] = ()
    extra: dict[str, Any] = msgspec.field(default_factory=dict)


class Voice(Facts, frozen=True, kw_only=True, omit_defaults=True):
    """One voice. `language` is a BCP 47 tag such as `en-US`."""

    name: str  # what `voice=` takes
    title: str = ""
    description: str = ""
    language: str = ""
    gender: str = ""
    preview_url: str = ""
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
