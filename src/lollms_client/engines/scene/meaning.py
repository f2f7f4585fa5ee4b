"""Finds the drawable thing nearest in meaning to a word, with the sentence-embedding model where it can be had."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy
from numpy.typing import NDArray

from lollms_client.errors import LollmsError

THRESHOLD = 0.42
"""Cosine similarity below which two words are not near enough to stand for each other."""


class NearestMeaning:
    """A `Nearest` over sentence embeddings. The model is fetched and loaded at the first unknown word; where that
    fails, nothing is near anything and `problem` says why. Safe in threads."""

    def __init__(self) -> None:
        self.problem: str | None = None
        self._lock = threading.Lock()
        self._candidates: tuple[str, ...] = ()
        self._vectors: NDArray[numpy.float32] | None = None

    def __call__(self, phrase: str, candidates: Sequence[str]) -> str | None:
        """The candidate nearest to the phrase, None where none is near or the model is not there."""
        from lollms_client.engines.sentence_embedding import shared_embedder

        with self._lock:
            try:
                embedder = shared_embedder()
            except LollmsError as problem:
                self.problem = problem.message
                return None
            self.problem = None
            if self._candidates != tuple(candidates) or self._vectors is None:
                self._vectors = embedder.embed([_in_words(one) for one in candidates])
                self._candidates = tuple(candidates)
            likeness = self._vectors @ embedder.embed([_in_words(phrase)])[0]
        best = int(likeness.argmax())
        return self._candidates[best] if likeness[best] >= THRESHOLD else None


def _in_words(name: str) -> str:
    return name.replace("_", " ")
