"""Embeddings on OpenAI's wire: in batches, in order, as numbers or as base64.

After OpenAI's API document 2.3.0 of 2026-08-21, "Create embeddings".
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lollms_client.errors import BadReply
from lollms_client.families.openai_compatible.parameters import Parameters
from lollms_client.families.openai_compatible.usage import usage_of
from lollms_client.types.accounting import Usage
from lollms_client.types.embedding import EmbeddingRequest, EmbeddingResult

if TYPE_CHECKING:
    from lollms_client.families.openai_compatible.service import OpenAICompatible

Vector = tuple[float, ...]


async def embed(binding: OpenAICompatible, request: EmbeddingRequest) -> EmbeddingResult:
    """One vector for each text, in their order."""
    model = binding.model_of(request, needed="model" not in binding.quirks.drops)
    parameters = Parameters(binding, request, "embed", model)
    fields = _fields(parameters, request)
    vectors: list[Vector] = []
    usage = Usage()
    named: str | None = None
    for texts in _batches(request.texts, binding.quirks.embedding.batch):
        body = binding.finished_body("embeddings", {**parameters.named(), "input": list(texts), **fields}, request)
        path = binding.path("embeddings", model)
        reply = binding.adapt_reply("embeddings", await binding.post(path, body, repeatable=True))
        vectors.extend(vectors_of(reply, len(texts)))
        usage = _sum(usage, usage_of(reply.get("usage")))
        named = reply.get("model") or named
    return EmbeddingResult(vectors=tuple(vectors), usage=usage, warnings=tuple(parameters.warnings), model=named)


def _fields(parameters: Parameters, request: EmbeddingRequest) -> dict[str, Any]:
    route = parameters.binding.quirks.embedding
    fields = parameters.common({"dimensions": "dimensions"})
    if request.purpose is not None:
        word = route.purposes.get(request.purpose)
        if route.purpose_field and word:
            fields[route.purpose_field] = word
        else:
            parameters.warn("dropped", "purpose", f"{parameters.binding.binding_name} has no word for it")
    elif route.purpose_field and "default" in route.purposes:
        fields[route.purpose_field] = route.purposes["default"]
    if route.base64:
        fields["encoding_format"] = "base64"
    return {**fields, **parameters.own()}


def _batches(texts: tuple[str, ...], size: int) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(texts), max(1, size)):
        yield texts[start : start + max(1, size)]


def vectors_of(reply: Any, count: int) -> list[Vector]:
    """The vectors of one reply, ordered by their index. Raises BadReply where one is missing or no vector."""
    rows = reply.get("data") if isinstance(reply, Mapping) else None
    if not isinstance(rows, list) or len(rows) != count:
        raise BadReply(f"the service's reply does not hold {count} vectors")
    found: dict[int, Vector] = {}
    for place, row in enumerate(rows):
        index = row.get("index") if isinstance(row, Mapping) else None
        found[index if isinstance(index, int) else place] = _vector(row)
    if sorted(found) != list(range(count)):
        raise BadReply("the service's reply numbers its vectors wrongly")
    return [found[index] for index in range(count)]


def _vector(row: Any) -> Vector:
    value = row.get("embedding") if isinstance(row, Mapping) else None
    try:
        if isinstance(value, str):
            data = base64.b64decode(value, validate=True)
            return struct.unpack(f"<{len(data) // 4}f", data)
        if isinstance(value, list):
            return tuple(float(number) for number in value)
    except (binascii.Error, struct.error, TypeError, ValueError) as error:
        raise BadReply(f"a vector of the service's reply cannot be read: {error}") from error
    raise BadReply("the service's reply holds something that is no vector")


def _sum(first: Usage, second: Usage | None) -> Usage:
    if second is None:
        return first
    tokens = [value for value in (first.input_tokens, second.input_tokens) if value is not None]
    costs = [value for value in (first.cost, second.cost) if value is not None]
    return Usage(input_tokens=sum(tokens) if tokens else None, cost=sum(costs) if costs else None)
