"""Embeddings: texts into vectors."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from lollms_client.types.accounting import CallWarning, Usage


class EmbeddingRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Texts to be embedded; one vector comes back for each, in the same order."""

    texts: tuple[str, ...]
    model: str | None = None
    dimensions: int | None = None
    purpose: Literal["query", "document", "similarity", "classification", "clustering"] | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict)


class EmbeddingResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One vector for each text."""

    vectors: tuple[tuple[float, ...], ...]
    usage: Usage = Usage()
    warnings: tuple[CallWarning, ...] = ()
    model: str | None = None

    @property
    def dimensions(self) -> int:
        """The length of the vectors, 0 where there are none."""
        return len(self.vectors[0]) if self.vectors else 0
