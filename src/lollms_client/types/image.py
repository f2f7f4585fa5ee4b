"""Images from text, and edits of images."""

from __future__ import annotations

from typing import Any

import msgspec

from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.facts import Facts
from lollms_client.types.media import Media


class ImageRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked of an image model. With `images` it is an edit; None means that the service's default holds."""

    prompt: str
    negative_prompt: str | None = None
    width: int | None = None  # pixels
    height: int | None = None  # pixels
    count: int | None = None
    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    style: str | None = None
    quality: str | None = None
    output_format: str | None = None  # png, jpeg, webp, svg …
    images: tuple[Media, ...] = ()
    mask: Media | None = None  # white (or opaque) where the image is to change
    strength: float | None = None  # 0.0 keeps the image, 1.0 ignores it
    model: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict)


class ImageResult(Facts, frozen=True, kw_only=True, omit_defaults=True):
    """The images, and what was really made."""

    images: tuple[Media, ...]
    text: str = ""  # what a model that also speaks said, or the prompt as the service rewrote it
    seed: int | None = None
    usage: Usage = Usage()
    warnings: tuple[CallWarning, ...] = ()
    model: str | None = None
    id: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def image(self) -> Media:
        """The first image."""
        return self.images[0]
