"""What `generate` of image bindings gives: images and words together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class TTIGenerationResult(dict[str, Any]):
    """A dictionary of `images` (bytes), `text`, `raw` (the service's own reply) and `metadata`."""

    def __init__(
        self,
        images: Iterable[bytes] | None = None,
        text: str | None = None,
        raw: Any = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(images=list(images or ()), text=text, raw=raw, metadata=dict(metadata or {}))

    @property
    def images(self) -> list[bytes]:
        """The images."""
        found: list[bytes] = self.get("images") or []
        return found

    @property
    def text(self) -> str | None:
        """The words that came with them."""
        return self.get("text")

    def first_image_bytes(self) -> bytes:
        """The first image. Raises ValueError where there is none."""
        if not self.images:
            raise ValueError("the binding gave no image")
        return self.images[0]
