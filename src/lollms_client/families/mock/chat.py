"""The mock language model: scripted or echoed answers, tool calls, reasoning, JSON by schema, in streams of chunks."""

from __future__ import annotations

import math
import random
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any

import msgspec

from lollms_client import errors
from lollms_client.families.mock.answers import Answer, answer_for
from lollms_client.families.mock.binding import MockBinding
from lollms_client.families.mock.plan import Turn
from lollms_client.families.mock.tokens import pieces_of, text_of, tokens_of
from lollms_client.families.mock.vectors import vector
from lollms_client.flow import Now, Sleep
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.types.accounting import Usage
from lollms_client.types.chat import (
    ChatRequest,
    Finish,
    Finished,
    LogprobsDelta,
    ReasoningDelta,
    StreamPart,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
    WarningPart,
)
from lollms_client.types.embedding import EmbeddingRequest, EmbeddingResult

Limits = tuple[str, Finish | None]


class MockChat(MockBinding, LollmsLLMBinding):
    """A language model for tests."""

    def chat_request(self, messages: Any, given: Mapping[str, Any], method: str = "chat") -> ChatRequest:
        """The typed request; arguments that only another binding knows are kept in `extra`."""
        ours, others = self.lenient(ChatRequest, given, method)
        request = super().chat_request(messages, ours, method)
        return msgspec.structs.replace(request, extra={**request.extra, **others})

    def embedding_request(self, texts: Any, given: Mapping[str, Any]) -> EmbeddingRequest:
        """The typed request for `embed`."""
        ours, others = self.lenient(EmbeddingRequest, given, "embed")
        request = super().embedding_request(texts, ours)
        return msgspec.structs.replace(request, extra={**request.extra, **others})

    async def chat_flow(self, request: ChatRequest) -> AsyncGenerator[list[StreamPart], None]:
        """The answer, chunk by chunk."""
        plan = await self.begin(request)
        self._check_length(request)
        warnings = self.warnings_for(request, plan)
        if warnings:
            yield [WarningPart(warning=warning) for warning in warnings]
        pause = float(self.settings.get("chunk_latency") or 0.0)
        written: list[str] = []
        for told, parts in enumerate(self._chunks(request, plan, written)):
            if plan.failure is not None and told >= plan.after_chunks:
                raise plan.failure
            await (Sleep(pause) if pause > 0 else Now())
            yield parts
        if plan.failure is not None:
            raise plan.failure
        usage = _usage(plan, request, "".join(written))
        yield [Finished(index=None, usage=usage, model=self.model_of(request), id=f"mock-{plan.number}")]

    def _check_length(self, request: ChatRequest) -> None:
        limit = self.settings.get("context_tokens")
        used = _input_tokens(request)
        if limit is not None and used > int(limit):
            raise errors.ContextTooLong(
                f"the prompt has {used} tokens and the mock model's context {limit}", binding=self.binding_name
            )

    def _chunks(self, request: ChatRequest, plan: Turn, written: list[str]) -> Iterator[list[StreamPart]]:
        for index in range(max(1, request.count or 1)):
            answer = answer_for(self.settings, request, plan, self.seed_of(request) + index)
            text, early = _limited(answer.text, request)
            written += [answer.reasoning, text, *(item["arguments"] for item in answer.tool_calls)]
            yield from self._deltas(request, answer._replace(text=text, finish=answer.finish or early), index)

    def _deltas(self, request: ChatRequest, answer: Answer, index: int) -> Iterator[list[StreamPart]]:
        for piece in self._cut(answer.reasoning):
            yield [ReasoningDelta(text=piece, index=index)]
        for piece in self._cut(answer.text):
            parts: list[StreamPart] = [TextDelta(text=piece, index=index)]
            if request.logprobs is not None:
                parts.append(LogprobsDelta(tokens=tuple(_logprobs(piece, request.logprobs)), index=index))
            yield parts
        for position, call in enumerate(answer.tool_calls):
            first, *rest = self._cut(call["arguments"]) or [""]
            yield [ToolCallDelta(position=position, id=call["id"], name=call["name"], arguments=first, index=index)]
            for piece in rest:
                yield [ToolCallDelta(position=position, arguments=piece, index=index)]
        usual: Finish = "tool_calls" if answer.tool_calls else "stop"
        yield [Finished(finish=answer.finish or usual, index=index)]

    def _cut(self, text: str) -> list[str]:
        """The text in chunks of as many tokens as the setting says."""
        size = max(1, int(self.settings.get("chunk_size") or 1))
        pieces = pieces_of(text)
        return ["".join(pieces[start : start + size]) for start in range(0, len(pieces), size)]

    async def embedding_flow(self, request: EmbeddingRequest) -> EmbeddingResult:
        """Vectors of length 1, near each other for texts that share words."""
        plan = await self.begin(request)
        if plan.failure is not None:
            raise plan.failure
        size = request.dimensions or int(self.settings.get("dimensions") or 64)
        if not 1 <= size <= 65536:
            raise errors.BadSetting(f"a mock vector has 1 to 65536 dimensions, not {size}", setting="dimensions")
        used = sum(len(pieces_of(text)) for text in request.texts)
        return EmbeddingResult(
            vectors=tuple(vector(text, size) for text in request.texts),
            usage=Usage(input_tokens=used),
            warnings=tuple(self.warnings_for(request, plan)),
            model=self.model_of(request),
        )

    def tokenize(self, text: str) -> list[Any]:
        """The tokens of a text, pieces of up to six bytes."""
        return list(tokens_of(text))

    def detokenize(self, tokens: list[Any]) -> str:
        """The text of tokens."""
        return text_of(tokens)


def _limited(text: str, request: ChatRequest) -> Limits:
    """The text up to a stop word and to the most tokens, and why it ends where it does."""
    places = [place for word in request.stop if word and (place := text.find(word)) >= 0]
    if places:
        text = text[: min(places)]
    pieces = pieces_of(text)
    if request.max_tokens is not None and len(pieces) > request.max_tokens:
        return "".join(pieces[: request.max_tokens]), "length"
    return text, "stop" if places else None


def _logprobs(text: str, alternatives: int) -> Iterator[TokenLogprob]:
    for piece in pieces_of(text):
        chance = random.Random(piece)
        sure = chance.uniform(0.5, 0.99)
        others = [f"{piece}{number}" for number in range(1, alternatives)]
        weights = [(1 - sure) / 2 ** (number + 1) for number in range(len(others))]
        rest = [TokenLogprob(token=t, logprob=math.log(w)) for t, w in zip(others, weights, strict=True)]
        own = TokenLogprob(token=piece, logprob=math.log(sure))
        yield TokenLogprob(token=piece, logprob=own.logprob, alternatives=(own, *rest) if alternatives else ())


def _input_tokens(request: ChatRequest) -> int:
    texts = [message.text for message in request.messages] + [request.prompt or ""]
    return sum(len(pieces_of(text)) for text in texts)


def _usage(plan: Turn, request: ChatRequest, written: str) -> Usage:
    counted = {"input_tokens": _input_tokens(request), "output_tokens": len(pieces_of(written))}
    try:
        return msgspec.convert({**counted, **(plan.answer.get("usage") or {})}, Usage)
    except (TypeError, msgspec.ValidationError) as error:
        raise errors.BadSetting(f"an answer's usage cannot be read: {error}", setting="answers") from error
