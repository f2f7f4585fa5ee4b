"""Text to video."""

from __future__ import annotations

from typing import Any

import msgspec

from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.facts import Facts
from lollms_client.types.media import Media


class VideoRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked of a film maker. None means that the service's default holds."""

    prompt: str
    negative_prompt: str | None = None
    seconds: float | None = None
    width: int | None = None  # pixels
    height: int | None = None  # pixels
    fps: float | None = None
    seed: int | None = None
    image: Media | None = None  # the first frame
    last_image: Media | None = None
    images: tuple[Media, ...] = ()  # references
    video: Media | None = None  # a film to go on from or to change
    sound: bool | None = None  # ask for a sound track
    steps: int | None = None
    guidance: float | None = None
    model: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict)


class VideoResult(Facts, frozen=True, kw_only=True, omit_defaults=True):
    """The film, and what was really made."""

    video: Media
    seconds: float | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    seed: int | None = None
    usage: Usage = Usage()
    warnings: tuple[CallWarning, ...] = ()
    model: str | None = None
    id: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
