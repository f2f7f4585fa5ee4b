"""Short ways to call the real engine in these tests."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from lollms_client.engines.llama.engine import LlamaEngine
from lollms_client.types import ChatAccumulator, ChatRequest, ChatResult, Finished, Message

Value = TypeVar("Value")


def user(text: str) -> tuple[Message, ...]:
    return (Message.user(text),)


def ask(engine: LlamaEngine, text: str = "Hello!", **fields: Any) -> ChatResult:
    accumulator = ChatAccumulator()
    fields.setdefault("messages", user(text))
    fields.setdefault("max_tokens", 12)
    parts = list(engine.chat(ChatRequest(**fields)))
    accumulator.add_all(parts)
    assert isinstance(parts[-1], Finished)
    assert parts[-1].usage is not None
    return accumulator.result()


def drain(steps: Generator[object, None, Value]) -> Value:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            value: Value = end.value
            return value


def settings_of(result: ChatResult) -> set[tuple[str, str]]:
    return {(warning.setting, warning.kind) for warning in result.warnings}
