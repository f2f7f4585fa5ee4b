"""Chunks of llama.cpp's stream into the parts of a streamed answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lollms_client.engines.llama.body import EngineCall
from lollms_client.engines.llama.tool_calls import CallReader, FoundCall
from lollms_client.types.accounting import Progress, Usage
from lollms_client.types.chat import (
    Finish,
    Finished,
    LogprobsDelta,
    ProgressPart,
    ReasoningDelta,
    StreamPart,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
)

_FINISHES: dict[str, Finish] = {"stop": "stop", "length": "length", "tool_calls": "tool_calls"}
_TIMINGS = ("prompt_ms", "prompt_per_second", "predicted_ms", "predicted_per_second")


class AnswerReader:
    """Turns the chunks of one call into parts and keeps count. Answers are numbered from `first` on."""

    def __init__(self, call: EngineCall, *, alternatives: int | None, first: int = 0) -> None:
        self._call = call
        self._alternatives = alternatives
        self._first = first
        self._readers: dict[int, CallReader | None] = {}
        self._native_calls: set[int] = set()
        self.finished: set[int] = set()
        self.id: str | None = None
        self.input_tokens: int | None = None
        self.cached_tokens: int | None = None
        self.output_tokens: int | None = None
        self.timings: dict[str, float] = {}

    def parts(self, chunk: dict[str, Any]) -> Iterator[StreamPart]:
        """The parts of one chunk."""
        self.id = chunk.get("id") or self.id
        if "prompt_progress" in chunk:
            facts = chunk["prompt_progress"]
            fraction = min(1.0, facts["processed"] / max(1, facts["total"]))
            detail = f"{facts['processed']} of {facts['total']} tokens"
            yield ProgressPart(progress=Progress(fraction=fraction, stage="reading the prompt", detail=detail))
            return
        for choice in chunk.get("choices", ()):
            yield from self._choice(choice)
        self._count(chunk)

    def _choice(self, choice: dict[str, Any]) -> Iterator[StreamPart]:
        number = int(choice["index"])
        index = self._first + number
        delta = choice.get("delta") or {}
        if delta.get("reasoning_content"):
            yield ReasoningDelta(text=delta["reasoning_content"], index=index)
        text = choice.get("text") or delta.get("content")
        if text:
            yield from self._words(text, number)
        for piece in delta.get("tool_calls") or ():
            self._native_calls.add(number)
            function = piece.get("function") or {}
            yield ToolCallDelta(
                position=piece.get("index", 0),
                id=piece.get("id"),
                name=function.get("name"),
                arguments=function.get("arguments") or "",
                index=index,
            )
        tokens = (choice.get("logprobs") or {}).get("content")
        if tokens:
            yield LogprobsDelta(tokens=tuple(self._logprob(token) for token in tokens), index=index)
        if choice.get("finish_reason"):
            yield from self._end(number, str(choice["finish_reason"]))

    def _words(self, text: str, number: int) -> Iterator[StreamPart]:
        if number not in self._readers:
            self._readers[number] = self._call.reader()
        reader = self._readers[number]
        if reader is None:
            yield TextDelta(text=text, index=self._first + number)
        else:
            yield from self._pieces(reader.feed(text), reader, number)

    def _pieces(self, pieces: list[str | FoundCall], reader: CallReader, number: int) -> Iterator[StreamPart]:
        index = self._first + number
        position = reader.found - sum(isinstance(piece, FoundCall) for piece in pieces)
        for piece in pieces:
            if isinstance(piece, str):
                yield TextDelta(text=piece, index=index)
                continue
            yield ToolCallDelta(position=position, id=piece.id, name=piece.name, arguments=piece.arguments, index=index)
            position += 1

    def _end(self, number: int, reason: str) -> Iterator[StreamPart]:
        reader = self._readers.get(number)
        if reader is not None:
            yield from self._pieces(reader.end(), reader, number)
        called = number in self._native_calls or (reader is not None and reader.found > 0)
        self.finished.add(number)
        finish = "tool_calls" if called and reason == "stop" else _FINISHES.get(reason, "other")
        yield Finished(finish=finish, index=self._first + number)

    def _logprob(self, token: dict[str, Any]) -> TokenLogprob:
        likeliest = token.get("top_logprobs", ())[: self._alternatives or 0]
        others = tuple(TokenLogprob(token=other["token"], logprob=other["logprob"]) for other in likeliest)
        return TokenLogprob(token=token["token"], logprob=token["logprob"], alternatives=others)

    def _count(self, chunk: dict[str, Any]) -> None:
        usage = chunk.get("usage")
        if usage:  # one for each answer; they share the prompt
            self.input_tokens = usage["prompt_tokens"]
            self.output_tokens = (self.output_tokens or 0) + usage["completion_tokens"]
            cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
            if cached is not None:
                self.cached_tokens = cached if self.cached_tokens is None else min(cached, self.cached_tokens)
        timings = chunk.get("timings") or {}
        self.timings.update({name: timings[name] for name in _TIMINGS if name in timings})


def usage_of(readers: list[AnswerReader]) -> Usage:
    """What several calls over the same prompt used together."""
    outputs = [reader.output_tokens for reader in readers if reader.output_tokens is not None]
    return Usage(
        input_tokens=readers[0].input_tokens,
        cached_tokens=readers[0].cached_tokens,
        output_tokens=sum(outputs) if outputs else None,
    )
