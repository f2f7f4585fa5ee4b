"""Finds the drawable thing nearest in meaning to a word, with the sentence-embedding model where it can be had."""

from __future__ import annotations

import hashlib
import tempfile
import threading
import time
from collections.abc import Generator, Mapping
from pathlib import Path

import numpy
from numpy.typing import NDArray

from lollms_client.assets import ensure_steps
from lollms_client.engines.asset_catalogue import MINILM
from lollms_client.engines.sentence_embedding import SentenceEmbedder, shared_embedder
from lollms_client.errors import Cancelled, LollmsError
from lollms_client.home import lollms_home
from lollms_client.types.accounting import Progress

Vectors = NDArray[numpy.float32]

RETRY_SECONDS = 300.0
"""How long a model that could not be fetched is not asked for again."""

THRESHOLD = 0.44
"""Likeness (mean cosine to a thing's name and to its description) below which nothing stands for a word."""


def nothing_near(phrase: str, candidates: Mapping[str, str]) -> None:
    """A `Nearest` for those who want no model fetched: a word without a drawing is only reported."""


class NearestMeaning:
    """A `Nearest` over sentence embeddings. The model is fetched and loaded at the first unknown word; where that
    fails, nothing is near anything and `problem` says why. The vectors of the things are kept in the data folder.
    Safe in threads."""

    def __init__(self, cache_folder: Path | None = None) -> None:
        self.problem: str | None = None
        self._folder = cache_folder or lollms_home() / "cache"
        self._lock = threading.Lock()
        self._names: tuple[str, ...] = ()
        self._failed_at: float | None = None
        self._vectors: Vectors = numpy.zeros((2, 0, 0), numpy.float32)

    def __call__(self, phrase: str, candidates: Mapping[str, str]) -> str | None:
        """The candidate nearest to the phrase, None where none is near or the model is not there."""
        with self._lock:
            if self._has_just_failed():
                return None
            try:
                embedder = shared_embedder()
            except LollmsError as problem:
                self.problem, self._failed_at = problem.message, time.monotonic()
                return None
            self.problem = self._failed_at = None
            if self._names != tuple(candidates):
                self._vectors = self._vectors_of(candidates, embedder)
                self._names = tuple(candidates)
            likeness = (self._vectors @ embedder.embed([phrase])[0]).mean(axis=0)
        best = int(likeness.argmax())
        return self._names[best] if likeness[best] >= THRESHOLD else None

    def prepare(self) -> Generator[Progress, None, None]:
        """Fetch the model where it is not here yet, with progress; a failure is kept in `problem`, never raised."""
        if self._names or self._has_just_failed():
            return
        try:
            yield from ensure_steps(MINILM)
        except Cancelled:
            raise
        except LollmsError as problem:
            self.problem, self._failed_at = problem.message, time.monotonic()

    def _has_just_failed(self) -> bool:
        return self._failed_at is not None and time.monotonic() - self._failed_at < RETRY_SECONDS

    def _vectors_of(self, candidates: Mapping[str, str], embedder: SentenceEmbedder) -> Vectors:
        texts = [*candidates, *candidates.values()]
        key = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
        path = self._folder / f"scene-meanings-{key}.npy"
        shape = (2, len(candidates), embedder.dimensions)
        try:
            kept: Vectors = numpy.load(path, allow_pickle=False)
            if kept.shape == shape:
                return kept.astype(numpy.float32)
        except (OSError, ValueError, EOFError):
            pass  # not there yet, or cut off: made anew
        vectors: Vectors = embedder.embed(texts).reshape(shape)
        self._keep(path, vectors)
        return vectors

    def _keep(self, path: Path, vectors: Vectors) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as file:
                numpy.save(file, vectors.astype(numpy.float16))
            Path(file.name).replace(path)
        except OSError:
            return  # a cache that cannot be written costs time only
