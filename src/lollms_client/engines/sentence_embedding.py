"""Sentence embeddings: the MiniLM network's forward pass in numpy over its own weights file."""

from __future__ import annotations

import math
import mmap
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy
import numpy.typing

from lollms_client.assets import ensure
from lollms_client.engines.asset_catalogue import MINILM
from lollms_client.engines.wordpiece import WordPiece
from lollms_client.errors import MissingAsset
from lollms_client.types.accounting import Progress

Floats = numpy.typing.NDArray[numpy.float32]

_MAX_TOKENS = 256  # what the model was trained on; longer texts are cut
_BATCH_TOKENS = 1024  # padded tokens in one pass: a cancel acts between two


class _Config(msgspec.Struct, frozen=True):
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    layer_norm_eps: float


class SentenceEmbedder:
    """Texts into unit vectors of 384 numbers whose dot product says how near their meanings are.

    `folder` holds `model.safetensors`, `config.json` and `vocab.txt` of a BERT-like sentence model. One object may
    be used by several threads at once. Texts are cut at 256 tokens.
    """

    max_tokens = _MAX_TOKENS

    def __init__(self, folder: Path) -> None:
        try:
            self._config = msgspec.json.decode((folder / "config.json").read_bytes(), type=_Config)
            self._tokens = WordPiece(folder / "vocab.txt")
            self._weights = read_safetensors(folder / "model.safetensors")
        except (OSError, ValueError, KeyError) as error:
            raise MissingAsset(f"{folder} holds no sentence embedding model: {error}") from error

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return self._config.hidden_size

    def count_tokens(self, text: str) -> int:
        """How many tokens of the text the model reads, its two marks included."""
        return len(self._tokens.encode(text, _MAX_TOKENS))

    def is_cut(self, text: str) -> bool:
        """Whether the text is longer than the model reads."""
        return len(self._tokens.encode(text, _MAX_TOKENS + 1)) > _MAX_TOKENS

    def embed(self, texts: Sequence[str]) -> Floats:
        """Vectors of shape (number of texts, 384), each of length 1, in the order of the texts."""
        vectors = numpy.zeros((len(texts), self.dimensions), dtype=numpy.float32)
        for rows, batch in self.embed_batches(texts):
            vectors[rows] = batch
        return vectors

    def embed_batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Floats]]:
        """The same in pieces, shortest texts first: the positions of some texts and their vectors."""
        encoded = [self._tokens.encode(text, _MAX_TOKENS) for text in texts]
        rows: list[int] = []
        for row in sorted(range(len(texts)), key=lambda index: len(encoded[index])):
            if rows and (len(rows) + 1) * len(encoded[row]) > _BATCH_TOKENS:
                yield rows, self._forward([encoded[index] for index in rows])
                rows = []
            rows.append(row)
        if rows:
            yield rows, self._forward([encoded[index] for index in rows])

    def _forward(self, batch: list[list[int]]) -> Floats:
        length = max(len(tokens) for tokens in batch)
        tokens = numpy.zeros((len(batch), length), dtype=numpy.int64)
        mask = numpy.zeros((len(batch), length), dtype=numpy.float32)
        for row, numbers in enumerate(batch):
            tokens[row, : len(numbers)] = numbers
            mask[row, : len(numbers)] = 1.0
        weights = self._weights
        hidden = weights["embeddings.word_embeddings.weight"][tokens]
        hidden = hidden + weights["embeddings.position_embeddings.weight"][:length]
        hidden = hidden + weights["embeddings.token_type_embeddings.weight"][0]
        hidden = self._norm(hidden, "embeddings.LayerNorm")
        unseen = (1.0 - mask[:, None, None, :]) * numpy.float32(-1e9)
        for number in range(self._config.num_hidden_layers):
            hidden = self._layer(hidden, unseen, f"encoder.layer.{number}")
        mean = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        unit: Floats = mean / numpy.linalg.norm(mean, axis=1, keepdims=True)
        return unit

    def _layer(self, hidden: Floats, unseen: Floats, name: str) -> Floats:
        attended = self._linear(
            self._attend(hidden, unseen, f"{name}.attention.self"), f"{name}.attention.output.dense"
        )
        hidden = self._norm(attended + hidden, f"{name}.attention.output.LayerNorm")
        widened = _gelu(self._linear(hidden, f"{name}.intermediate.dense"))
        return self._norm(self._linear(widened, f"{name}.output.dense") + hidden, f"{name}.output.LayerNorm")

    def _attend(self, hidden: Floats, unseen: Floats, name: str) -> Floats:
        rows, length, width = hidden.shape
        heads = self._config.num_attention_heads

        def split(part: str) -> Floats:
            return self._linear(hidden, f"{name}.{part}").reshape(rows, length, heads, -1).transpose(0, 2, 1, 3)

        query, key, value = split("query"), split("key"), split("value")
        scores = query @ key.transpose(0, 1, 3, 2) / numpy.float32(math.sqrt(width // heads)) + unseen
        scores = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed: Floats = (scores @ value).transpose(0, 2, 1, 3).reshape(rows, length, width)
        return mixed

    def _linear(self, values: Floats, name: str) -> Floats:
        rows, length, width = values.shape
        out = values.reshape(rows * length, width) @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return out.reshape(rows, length, -1)

    def _norm(self, values: Floats, name: str) -> Floats:
        centred = values - values.mean(axis=-1, keepdims=True)
        variance = (centred * centred).mean(axis=-1, keepdims=True)
        scaled: Floats = centred / numpy.sqrt(variance + numpy.float32(self._config.layer_norm_eps))
        return scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def _gelu(values: Floats) -> Floats:
    """x · Φ(x), Φ by the rational approximation 7.1.26 of Abramowitz and Stegun (error below 1.5e-7)."""
    size = numpy.abs(values) * numpy.float32(1.0 / math.sqrt(2.0))
    step = 1.0 / (1.0 + numpy.float32(0.3275911) * size)
    tail = numpy.full_like(values, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail = tail * step + numpy.float32(factor)
    tail = tail * step * numpy.exp(-size * size)
    out: Floats = 0.5 * values * (1.0 + numpy.sign(values) * (1.0 - tail))
    return out


def read_safetensors(path: Path) -> dict[str, Floats]:
    """The float tensors of a safetensors file as arrays over the mapped file; ValueError where it is none."""
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    size = int.from_bytes(data[:8], "little")
    if size > len(data) - 8:
        raise ValueError("its header is longer than the file")
    header = msgspec.json.decode(data[8 : 8 + size], type=dict[str, dict[str, Any]])
    types = {"F32": "<f4", "F16": "<f2"}
    tensors: dict[str, Floats] = {}
    for name, facts in header.items():
        if name == "__metadata__" or facts["dtype"] not in types:
            continue
        start, end = facts["data_offsets"]
        kind = numpy.dtype(types[facts["dtype"]])
        values = numpy.frombuffer(data, kind, (end - start) // kind.itemsize, 8 + size + start)
        tensors[name] = values.reshape(facts["shape"]).astype(numpy.float32, copy=False)
    return tensors


_shared: SentenceEmbedder | None = None
_lock = threading.Lock()


def shared_embedder(report: Callable[[Progress], None] | None = None) -> SentenceEmbedder:
    """The one embedder of this process, fetched (83 MB, once) and loaded on first use; safe in threads.

    Raises MissingAsset where the weights are not here and cannot be fetched.
    """
    global _shared
    with _lock:
        if _shared is None:
            _shared = SentenceEmbedder(ensure(MINILM, report=report))
        return _shared
