"""Answers through the SDK object of a binding whose own method asks for a `chat` that it does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def own_client(binding: Any) -> Callable[..., Any] | None:
    """The function of the binding's SDK object (`self.client`) that answers messages; None where there is none."""
    chat = getattr(getattr(binding, "client", None), "chat", None)
    create = getattr(getattr(chat, "completions", None), "create", None)
    if callable(create):
        return create  # type: ignore[no-any-return]
    complete, stream = getattr(chat, "complete", None), getattr(chat, "stream", None)
    if not (callable(complete) and callable(stream)):
        return None

    def call(*, stream: bool = False, **keywords: Any) -> Any:
        return chat.stream(**keywords) if stream and chat is not None else complete(**keywords)

    return call


def answer(
    binding: Any,
    messages: list[dict[str, Any]],
    n_predict: int | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    seed: int | None = None,
    streaming_callback: Callable[..., Any] | None = None,
) -> str:
    """Ask the model that the binding is set to; raises what the SDK raises."""
    create = own_client(binding)
    if create is None:
        raise binding.unsupported("chat")
    given = {"max_tokens": n_predict, "temperature": temperature, "top_p": top_p, "seed": seed}
    keywords: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if streaming_callback is None:
        return str(create(model=binding.model_name, messages=messages, **keywords).choices[0].message.content or "")
    return _told(create(model=binding.model_name, messages=messages, stream=True, **keywords), streaming_callback)


def _told(chunks: Iterable[Any], callback: Callable[..., Any]) -> str:
    from lollms_client.lollms_types import MSG_TYPE

    pieces: list[str] = []
    for chunk in chunks:
        choices = getattr(getattr(chunk, "data", chunk), "choices", None)
        piece = choices[0].delta.content if choices else None
        if not piece:
            continue
        pieces.append(str(piece))
        if callback(str(piece), MSG_TYPE.MSG_TYPE_CHUNK) is False:
            break
    return "".join(pieces)
