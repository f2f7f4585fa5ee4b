"""The documented base class of language-model bindings."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from lollms_client import errors
from lollms_client.binding import LollmsBinding, overrides
from lollms_client.calls import build
from lollms_client.extensions import extension
from lollms_client.types.chat import ChatAccumulator, ChatRequest, ChatResult, StreamPart
from lollms_client.types.embedding import EmbeddingRequest, EmbeddingResult
from lollms_client.types.media import Media
from lollms_client.types.message import Message

if TYPE_CHECKING:
    from lollms_client.lollms_discussion import LollmsDiscussion

StreamingCallback = Callable[..., Any]


class LollmsLLMBinding(LollmsBinding):
    """Language models: chat, generation, tokens, embeddings.

    Override the documented methods (`chat`, `generate_text`, …), or write `chat_flow` on one of the families: each is
    derived from the other.
    """

    binding_type: ClassVar[str] = "llm"

    # --- documented ---

    def chat(
        self,
        discussion: LollmsDiscussion,
        branch_tip_id: str | None = None,
        n_predict: int | None = None,
        stream: bool | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        top_p: float | None = None,
        repeat_penalty: float | None = None,
        repeat_last_n: int | None = None,
        seed: int | None = None,
        streaming_callback: StreamingCallback | None = None,
        **kwargs: Any,
    ) -> str | dict[str, Any]:
        """Answer the last message of a discussion's branch. Returns the text, or an error dictionary.

        `streaming_callback(text, message_type)` is told each piece; it stops the answer by returning False.
        """
        given = {"n_predict": n_predict, "temperature": temperature, "top_k": top_k, "top_p": top_p}
        given |= {"repeat_penalty": repeat_penalty, "repeat_last_n": repeat_last_n, "seed": seed, **kwargs}
        return self._answer(
            lambda: self.chat_request(discussion.to_messages(branch_tip_id), given, "chat"),
            streaming_callback if stream is not False else None,
        )

    def generate_text(
        self,
        prompt: str,
        images: Sequence[Any] | None = None,
        system_prompt: str = "",
        n_predict: int | None = None,
        stream: bool | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        top_p: float | None = None,
        repeat_penalty: float | None = None,
        repeat_last_n: int | None = None,
        seed: int | None = None,
        streaming_callback: StreamingCallback | None = None,
        **kwargs: Any,
    ) -> str | dict[str, Any]:
        """Answer a single prompt, with images where the model sees. Returns the text, or an error dictionary."""
        given = {"n_predict": n_predict, "temperature": temperature, "top_k": top_k, "top_p": top_p}
        given |= {"repeat_penalty": repeat_penalty, "repeat_last_n": repeat_last_n, "seed": seed, **kwargs}

        def request() -> ChatRequest:
            messages = [Message.system(system_prompt)] if system_prompt else []
            messages.append(Message.user(prompt, images=[Media.of(image) for image in images or ()]))
            return self.chat_request(messages, given, "generate_text")

        return self._answer(request, streaming_callback if stream is not False else None)

    def generate_from_messages(
        self,
        messages: Any,
        stream: bool | None = None,
        streaming_callback: StreamingCallback | None = None,
        **kwargs: Any,
    ) -> str | dict[str, Any]:
        """Answer a list of messages in OpenAI's form. Returns the text, or an error dictionary."""
        callback = streaming_callback if stream is not False else None
        return self._answer(lambda: self.chat_request(messages, kwargs, "chat"), callback)

    def tokenize(self, text: str) -> list[Any]:
        """The tokens of a text."""
        raise self.unsupported("tokenize")

    def detokenize(self, tokens: list[Any]) -> str:
        """The text of tokens."""
        raise self.unsupported("detokenize")

    def count_tokens(self, text: str) -> int:
        """How many tokens a text has. Raises NotImplementedError where the model's tokenizer is not at hand."""
        return len(self.tokenize(text))

    def embed(self, text: str | Sequence[str], **kwargs: Any) -> list[Any] | dict[str, Any]:
        """The vector of a text, or a list of vectors for a list of texts; an error dictionary where the call fails.

        Raises NotImplementedError where the binding offers no embeddings.
        """
        many = not isinstance(text, str)

        async def flow() -> EmbeddingResult:
            return await self.embedding_flow(self.embedding_request(text, kwargs))

        def shape(result: EmbeddingResult) -> list[Any]:
            rows = [list(vector) for vector in result.vectors]
            return rows if many else rows[0]

        return self._documented(flow(), shape)  # type: ignore[no-any-return]

    @functools.cached_property
    def tp(self) -> Any:
        """Helpers around texts, where an extension offers them: structured answers, code, choices, long texts."""
        part = extension("application")
        if part is None:
            raise AttributeError(f"{type(self).__name__} has no attribute 'tp'")
        return part.text_processor(self)

    # --- typed requests ---

    def chat_request(self, messages: Any, given: Mapping[str, Any], method: str = "chat") -> ChatRequest:
        """The typed request: messages in any form that LollmsDiscussion reads, and keyword arguments."""
        return build(ChatRequest, self, method, {**given, "messages": messages_of(messages)})

    def embedding_request(self, texts: str | Sequence[str], given: Mapping[str, Any]) -> EmbeddingRequest:
        """The typed request for `embed`."""
        listed = (texts,) if isinstance(texts, str) else tuple(texts) if isinstance(texts, Iterable) else ()
        if not listed or not all(isinstance(text, str) for text in listed):
            raise errors.BadSetting("embed needs a text, or a list of texts that is not empty", setting="text")
        return build(EmbeddingRequest, self, "embed", {**given, "texts": listed})

    # --- flows ---

    def chat_flow(self, request: ChatRequest) -> AsyncGenerator[list[StreamPart], None]:
        """The answer as lists of stream parts, one list for each piece that arrived.

        Bindings in flows override it as an async generator (`async def` with `yield`).
        """
        from lollms_client.plain_llm import plain_chat

        return plain_chat(self, request)

    async def chat_result_flow(self, request: ChatRequest) -> ChatResult:
        """The whole answer; by default the stream drained. Services with a cheaper whole reply override this."""
        accumulator = ChatAccumulator()
        stream = self.chat_flow(request)
        try:
            async for parts in stream:
                accumulator.add_all(parts)
        finally:
            await stream.aclose()
        return accumulator.result()

    async def embedding_flow(self, request: EmbeddingRequest) -> EmbeddingResult:
        """Vectors, typed. Flows override this."""
        from lollms_client.plain_llm import plain_embed

        return await plain_embed(self, request)

    async def token_count_flow(self, text: str) -> int:
        """How many tokens a text has; by default as `count_tokens` says."""
        return await self.run(self.count_tokens, text)

    # --- from flows to documented methods ---

    def _answer(self, request: Callable[[], ChatRequest], callback: StreamingCallback | None) -> str | dict[str, Any]:
        try:
            if callback is None:
                return self._driver().run(self.chat_result_flow(request()), self._context()).text
            return self._answer_streamed(request(), callback)
        except errors.Unsupported:
            raise
        except errors.LollmsError as error:
            return self.error_dictionary(error)

    def _answer_streamed(self, request: ChatRequest, callback: StreamingCallback) -> str:
        from lollms_client.plain_llm import tell

        accumulator = ChatAccumulator()
        stream = self._documented_stream(self.chat_flow(request))
        try:
            for parts in stream:
                accumulator.add_all(parts)
                if not tell(callback, parts):
                    break
        finally:
            stream.close()  # type: ignore[attr-defined]
        return accumulator.result().text


def messages_of(messages: Any) -> tuple[Message, ...]:
    """Messages out of a text, a Message, a LollmsDiscussion, or a list of messages or OpenAI-like dictionaries.

    Raises BadSetting for anything else and for an empty list.
    """
    if isinstance(messages, str):
        return (Message.user(messages),)
    if isinstance(messages, Message):
        return (messages,)
    if hasattr(messages, "to_messages"):
        found = tuple(messages.to_messages())
    elif isinstance(messages, Sequence) and all(isinstance(item, Message) for item in messages):
        found = tuple(messages)
    elif isinstance(messages, Sequence) and not isinstance(messages, (bytes, bytearray)):
        from lollms_client.lollms_discussion import LollmsDiscussion

        found = tuple(LollmsDiscussion.from_messages(list(messages)).to_messages())
    else:
        raise errors.BadSetting(
            "messages must be a text, a list of messages or a discussion, not " + type(messages).__name__,
            setting="messages",
        )
    if not found:
        raise errors.BadSetting("there is no message to answer", setting="messages")
    return found


def is_plain(binding: LollmsLLMBinding, name: str) -> bool:
    """Whether the class overrides that documented method itself."""
    return overrides(binding, name, LollmsLLMBinding)


def __getattr__(name: str) -> Any:
    """What an extension adds to this module."""
    from lollms_client.extensions import module_attribute

    return module_attribute(__name__, name)
