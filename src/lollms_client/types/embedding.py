"""Embeddings: texts into vectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.facts import Facts


class EmbeddingRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Texts to be embedded; one vector comes back for each, in the same order."""

    texts: tuple[str, ...]
    model: str | None = None
    dimensions: int | None = None
    purpose: Literal["query", "document", "similarity", "classification", "clustering"] | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict)


class EmbeddingResult(Facts, frozen=True, kw_only=True, omit_defaults=True):
    """One vector for each text.

    It reads as a sequence, too: of the numbers where a single text was given, else of the vectors.
    """

    vectors: tuple[tuple[float, ...], ...]
    usage: Usage = Usage()
    warnings: tuple[CallWarning, ...] = ()
    model: str | None = None
    of_one: bool = False  # a single text was given, and not a list

    def _items(self) -> tuple[Any, ...]:
        return self.vectors[0] if self.of_one and self.vectors else self.vectors

    def __len__(self) -> int:
        return len(self._items())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items())

    def __getitem__(self, place: Any) -> Any:
        return self._items()[place]

    @property
    def dimensions(self) -> int:
        """The length of the vectors, 0 where there are none."""
        return len(self.vectors[0]) if self.vectors else 0
