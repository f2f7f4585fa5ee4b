"""Language-model bindings that override the documented methods: from typed requests to those methods and back."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from lollms_client.cancel import CancelToken
from lollms_client.errors import CallError, TimedOut
from lollms_client.flow import Abandon, Advance, Work
from lollms_client.plain import (
    Thought,
    call_plain,
    callback_items,
    check_reply,
    dropped,
    fitting,
    text_of,
    vectors_of,
)
from lollms_client.types.chat import (
    ChatRequest,
    Finished,
    ReasoningDelta,
    StreamPart,
    TextDelta,
    WarningPart,
)
from lollms_client.types.embedding import EmbeddingRequest, EmbeddingResult

if TYPE_CHECKING:
    from lollms_client.lollms_llm_binding import LollmsLLMBinding

# our field: the documented methods' keyword
_KEYWORDS = {
    "max_tokens": "n_predict",
    "temperature": "temperature",
    "top_k": "top_k",
    "top_p": "top_p",
    "repeat_penalty": "repeat_penalty",
    "repeat_last_n": "repeat_last_n",
    "seed": "seed",
    "model": "model_name",
    "reasoning_effort": "reasoning_effort",
}
_UNHONOURED = (
    "min_p",
    "presence_penalty",
    "frequency_penalty",
    "stop",
    "tools",
    "response_format",
    "logprobs",
    "count",
)


# the documented methods that run here: one that asks its base for another one must not come back to itself
_running: ContextVar[frozenset[tuple[int, str]]] = ContextVar("running methods", default=frozenset())
Flatten = Callable[["LollmsLLMBinding", ChatRequest], tuple[str, dict[str, Any]]]
Around = Callable[[], AbstractContextManager[Any]]


async def plain_chat(
    binding: LollmsLLMBinding,
    request: ChatRequest,
    flatten: Flatten | None = None,
    around: Around = nullcontext,
    way: tuple[str, ...] = (),
    messages: Any = None,
) -> AsyncGenerator[list[StreamPart], None]:
    """The answer of a documented `chat`, `generate_from_messages` or `generate_text`, streamed where it streams.

    `flatten` makes a conversation one prompt with keywords, for bindings that take nothing else; `around` gives a
    context that the method runs in; `way` may hold "whole" (the method is not told of a callback) and the name of the
    one method to call. `messages`, as an application gave them, go to `generate_from_messages` as they are.
    """
    call, unknown = _choose(binding, request, flatten or _flattened, around, way, messages)
    warnings: list[StreamPart] = [WarningPart(warning=warning) for warning in dropped(unknown)]
    if warnings:
        yield warnings
    work: Work[str, tuple[str, Any]] = Work(lambda token: _pieces(call, token))
    told = False
    finished = False
    try:
        while True:
            try:
                steps = await Advance(work)
            except CallError as error:
                finished = not isinstance(error, TimedOut)  # the method itself failed: there is nothing to abandon
                raise
            if steps.items:
                told = True
                yield [
                    ReasoningDelta(text=str(item)) if isinstance(item, Thought) else TextDelta(text=item)
                    for item in steps.items
                ]
            if steps.done:
                finished = True
                break
    finally:
        if not finished:
            await Abandon(work)
    streamed, reply = steps.result
    text = text_of(check_reply(reply)) if not (told and reply is None) else streamed
    rest = text[len(streamed) :] if text.startswith(streamed) else "" if told else text
    parts: list[StreamPart] = [TextDelta(text=rest)] if rest else []
    parts.append(Finished(finish="stop"))
    yield parts


def _pieces(call: Callable[[Callable[..., bool]], Any], token: CancelToken) -> Generator[str, None, tuple[str, Any]]:
    return (yield from callback_items(call, token))


def _choose(
    binding: LollmsLLMBinding,
    request: ChatRequest,
    flatten: Flatten,
    around: Around,
    way: tuple[str, ...],
    messages: Any,
) -> tuple[Callable[..., Any], list[str]]:
    keywords = {theirs: getattr(request, ours) for ours, theirs in _KEYWORDS.items()} | request.extra
    keywords.pop("stream", None)  # whether the method streams is said with its callback
    unhonoured = [name for name in _UNHONOURED if getattr(request, name)]
    bound = _Bound(keywords, unhonoured, around, "whole" not in way)
    plain_text = "generate_text" in way
    if request.prompt is not None and _offers(binding, "generate_text"):
        return bound(binding.generate_text, request.prompt)
    if messages is not None and not plain_text and _offers(binding, "generate_from_messages"):
        return bound(binding.generate_from_messages, messages)
    if not plain_text and _offers(binding, "chat"):
        from lollms_client.lollms_discussion import LollmsDiscussion

        return bound(binding.chat, LollmsDiscussion.from_messages(list(request.messages)))

    def export() -> Any:
        from lollms_client.lollms_discussion import LollmsDiscussion

        exported = LollmsDiscussion.from_messages(list(request.messages)).export("openai_chat")
        return [{**message, "content": _words_alone(message.get("content"))} for message in exported]

    if not plain_text and _offers(binding, "generate_from_messages"):
        return bound(binding.generate_from_messages, export())
    if _offers(binding, "generate_text"):
        prompt, more = flatten(binding, request)
        bound.keywords |= more
        return bound(binding.generate_text, prompt)
    otherwise = getattr(binding, "answer_otherwise", None)
    if callable(otherwise):
        return bound(otherwise, export())
    raise binding.unsupported("chat")


def _words_alone(content: Any) -> Any:
    """What was said as one text where it has no other parts, which every binding takes."""
    if isinstance(content, list) and content and all(part.get("type") == "text" for part in content):
        return "\n\n".join(part["text"] for part in content)
    return content


def _offers(binding: LollmsLLMBinding, name: str) -> bool:
    """Whether the class has that method itself, and it is not the one that asks."""
    from lollms_client.lollms_llm_binding import is_plain

    return is_plain(binding, name) and (id(binding), name) not in _running.get()


class _Bound:
    """Binds keywords to a documented method, as far as it takes them."""

    def __init__(self, keywords: dict[str, Any], unhonoured: list[str], around: Around, streams: bool) -> None:
        self.keywords = keywords
        self.unhonoured = unhonoured
        self.around = around
        self.streams = streams

    def __call__(self, method: Callable[..., Any], content: Any) -> tuple[Callable[..., Any], list[str]]:
        accepted, unknown = fitting(method, self.keywords)
        streams, _ = fitting(method, {"streaming_callback": True}) if self.streams else ({}, [])
        flags, _ = fitting(method, {"stream": True}) if streams else ({}, [])
        key = (id(getattr(method, "__self__", None)), getattr(method, "__name__", ""))

        def call(callback: Callable[..., bool]) -> Any:
            streaming = {"streaming_callback": callback} if streams else {}
            token = _running.set(_running.get() | {key})
            try:
                with self.around():
                    return call_plain(method, content, **accepted, **streaming, **flags)
            finally:
                _running.reset(token)

        return call, unknown + self.unhonoured


def _flattened(binding: LollmsLLMBinding, request: ChatRequest) -> tuple[str, dict[str, Any]]:
    """A conversation as one prompt: a single user message as it stands, more of them with their roles."""
    system = "\n\n".join(message.text for message in request.messages if message.role == "system")
    turns = [message for message in request.messages if message.role != "system"]
    images = [part.media.base64() for turn in turns for part in turn.images if part.media is not None]
    more = {"system_prompt": system or None, "images": images or None}
    if len(turns) == 1:
        return turns[0].text, more
    lines = [f"{turn.role}: {turn.text}" for turn in turns]
    return "\n".join([*lines, "assistant:"]), more


async def plain_embed(binding: LollmsLLMBinding, request: EmbeddingRequest) -> EmbeddingResult:
    """The vectors of a documented `embed`, which may take one text at a time only."""
    from lollms_client.lollms_llm_binding import is_plain

    if not is_plain(binding, "embed"):
        raise binding.unsupported("embeddings")
    keywords = {"model": request.model, "dimensions": request.dimensions, **request.extra}
    accepted, unknown = fitting(binding.embed, keywords)
    vectors: list[tuple[float, ...]] = []
    for text in request.texts:
        reply = await binding.call_plain(binding.embed, text, **accepted)
        vectors.extend(vectors_of(reply, many=False)[:1])
    return EmbeddingResult(vectors=tuple(vectors), warnings=dropped(unknown))


def tell(callback: Callable[..., Any], parts: list[StreamPart]) -> bool:
    """Tell a documented streaming callback the words of `parts`; False where it asks to stop.

    It is called with (text, message type). Only False stops: a callback that returns nothing goes on.
    """
    from lollms_client.lollms_types import MSG_TYPE

    for part in parts:
        if isinstance(part, TextDelta) and part.index == 0:
            told = _tell(callback, part.text, MSG_TYPE.MSG_TYPE_CHUNK)
        elif isinstance(part, ReasoningDelta) and part.text and part.index == 0:
            told = _tell(callback, part.text, MSG_TYPE.MSG_TYPE_THOUGHT_CHUNK)
        else:
            continue
        if told is False:
            return False
    return True


def _tell(callback: Callable[..., Any], text: str, kind: Any) -> Any:
    try:
        positional = [
            p
            for p in inspect.signature(callback).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        anything = any(p.kind is p.VAR_POSITIONAL for p in inspect.signature(callback).parameters.values())
    except (TypeError, ValueError):
        return callback(text, kind)
    if anything or len(positional) == 2:
        return callback(text, kind)
    return callback(text, kind, {}) if len(positional) > 2 else callback(text)
