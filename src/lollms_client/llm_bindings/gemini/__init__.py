"""Google's Gemini models as a language-model binding, by a key or on Vertex.

Wire: https://ai.google.dev/api/generate-content, /tokens and /embeddings, discovery document v1beta of 2026-08-21.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any

from lollms_client import errors
from lollms_client.families.gemini.reply import ReplyReader
from lollms_client.families.gemini.service import GeminiService
from lollms_client.llm_bindings.gemini.request import RequestBuilder
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.types.accounting import Usage
from lollms_client.types.chat import ChatRequest, StreamPart, WarningPart
from lollms_client.types.embedding import EmbeddingRequest, EmbeddingResult
from lollms_client.types.message import Message

BindingName = "GeminiBinding"
_MOST_TEXTS = 100  # of one batchEmbedContents
_PURPOSES = {
    "query": "RETRIEVAL_QUERY", "document": "RETRIEVAL_DOCUMENT", "similarity": "SEMANTIC_SIMILARITY",
    "classification": "CLASSIFICATION", "clustering": "CLUSTERING",
}  # fmt: skip


class GeminiBinding(GeminiService, LollmsLLMBinding):
    """Gemini models: chat, tokens, embeddings."""

    def builder(self, request: ChatRequest) -> RequestBuilder:
        """What builds the body of a request."""
        if request.prompt is not None:
            raise self.unsupported("completing a raw prompt")
        assert self.manifest is not None
        names = [parameter.name for parameter in self.manifest.method("chat")]
        parameters = {name: self.parameter(request, name, "chat") for name in names}
        return RequestBuilder(request, self.model_of(request.model), self.manifest.service, parameters)

    async def chat_flow(self, request: ChatRequest) -> AsyncGenerator[list[StreamPart], None]:
        """The answer, streamed. Raises BadReply where the stream ends before its candidates do."""
        builder = self.builder(request)
        body = {**builder.body(), **(self.settings.get("extra_body") or {})}
        if builder.warnings:
            yield [WarningPart(warning=warning) for warning in builder.warnings]
        path = self.method(builder.model, "streamGenerateContent")
        stream = self.events(self.request("POST", self.url(path, {"alt": "sse"}), json=body))
        reader = ReplyReader()
        async for events in stream:
            for event in events:
                value = event.json() if event.data.strip() else {}
                if (hidden := self.reply_error(value)) is not None:
                    raise self.error_of(_status(hidden), stream.headers, b"", hidden)
                for chunk in value if isinstance(value, list) else [value]:
                    if parts := reader.parts(chunk):
                        yield parts
        if not reader.done:
            raise errors.BadReply("the Gemini API's stream was cut off before its end", binding=self.binding_name)
        yield [reader.end()]

    async def token_count_flow(self, text: str) -> int:
        """How many tokens a text has: the service counts."""
        return await self.request_token_count_flow(ChatRequest(messages=(Message.user(text),)))

    async def request_token_count_flow(self, request: ChatRequest) -> int:
        """How many tokens a whole request has, tools and system prompt included."""
        builder = self.builder(request)
        body = builder.body()
        if not self.vertex:
            body = (
                {"contents": body["contents"]}
                if body.keys() == {"contents"}
                else {"generateContentRequest": {"model": self.bare_model_name(builder.model), **body}}
            )
        reply = await self.post(self.method(builder.model, "countTokens"), body, repeatable=True)
        if not isinstance(reply, dict) or not isinstance(reply.get("totalTokens"), int):
            raise errors.BadReply("the Gemini API's token count holds no number", binding=self.binding_name)
        return int(reply["totalTokens"])

    def count_tokens(self, text: str) -> int:
        """How many tokens a text has, asked of the service."""
        return self._documented(self.token_count_flow(text), int)  # type: ignore[no-any-return]

    # --- embeddings ---

    async def embedding_flow(self, request: EmbeddingRequest) -> EmbeddingResult:
        """One vector for each text, a hundred texts a call."""
        model = self.model_of(request.model, "embedding_model_name")
        task = self.parameter(request, "task_type", "embed") or _PURPOSES.get(request.purpose or "")
        vectors: list[tuple[float, ...]] = []
        tokens: int | None = None
        size = 1 if self.vertex and model.startswith("gemini-embedding") else _MOST_TEXTS
        for start in range(0, len(request.texts), size):
            texts = request.texts[start : start + size]
            call = self._vertex_vectors if self.vertex else self._vectors
            rows, used = await call(model, texts, request, task)
            if len(rows) != len(texts):
                raise errors.BadReply("the reply does not hold a vector for each text", binding=self.binding_name)
            vectors.extend(tuple(map(float, row)) for row in rows)
            tokens = tokens if used is None else (tokens or 0) + used
        return EmbeddingResult(vectors=tuple(vectors), usage=Usage(input_tokens=tokens), model=model)

    async def _vectors(
        self, model: str, texts: Sequence[str], request: EmbeddingRequest, task: str | None
    ) -> tuple[list[Any], int | None]:
        options = {
            "taskType": task,
            "title": self.parameter(request, "title", "embed"),
            "outputDimensionality": request.dimensions,
        }
        given = {name: value for name, value in options.items() if value is not None}
        name = self.bare_model_name(model)
        requests = [{"model": name, "content": {"parts": [{"text": text}]}, **given} for text in texts]
        reply = await self.post(self.method(model, "batchEmbedContents"), {"requests": requests}, repeatable=True)
        rows = [row.get("values") or [] for row in _rows(reply, "embeddings")]
        return rows, (reply.get("usageMetadata") or {}).get("promptTokenCount")

    async def _vertex_vectors(
        self, model: str, texts: Sequence[str], request: EmbeddingRequest, task: str | None
    ) -> tuple[list[Any], int | None]:
        options = {"task_type": task, "title": self.parameter(request, "title", "embed")}
        given = {name: value for name, value in options.items() if value is not None}
        body: dict[str, Any] = {"instances": [{"content": text, **given} for text in texts]}
        if request.dimensions is not None:
            body["parameters"] = {"outputDimensionality": request.dimensions}
        reply = await self.post(self.method(model, "predict"), body, repeatable=True)
        found = [row.get("embeddings") or {} for row in _rows(reply, "predictions")]
        counts = [int((row.get("statistics") or {}).get("token_count") or 0) for row in found]
        return [row.get("values") or [] for row in found], sum(counts) or None


def _rows(reply: Any, name: str) -> list[dict[str, Any]]:
    rows = reply.get(name) if isinstance(reply, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _status(body: Any) -> int:
    inner = body.get("error") if isinstance(body, dict) else None
    code = inner.get("code") if isinstance(inner, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500
