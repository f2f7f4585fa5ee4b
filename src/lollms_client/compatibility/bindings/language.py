"""What language-model bindings inherit in the public package, of all eras."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from typing import Any

from lollms_client.compatibility.bindings import last_resort, reasoning, turns
from lollms_client.compatibility.bindings.calling import noting
from lollms_client.compatibility.bindings.cancelling import RunningCalls
from lollms_client.compatibility.bindings.faults import is_its_own_fault, wants_plain_text
from lollms_client.compatibility.bindings.inherited import Inherited
from lollms_client.compatibility.bindings.second_tries import embedded_by_sdk
from lollms_client.discussion.context import estimated_tokens
from lollms_client.errors import CallError
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.types.accounting import CallWarning, TokenCount
from lollms_client.types.chat import ChatRequest, StreamPart, WarningPart
from lollms_client.types.embedding import EmbeddingRequest, EmbeddingResult

# how an answer may be asked for: where a binding's code breaks on one way, the next one is taken from then on
_WAYS: tuple[tuple[str, ...], ...] = (
    ("streamed",),
    ("whole",),
    ("whole", "generate_text"),
)
_DEFAULTS = (
    "n_predict", "stream", "temperature", "top_k", "top_p", "repeat_penalty", "repeat_last_n", "seed", "n_threads",
    "streaming_callback",
)  # fmt: skip


class EraLanguageBinding(Inherited, LollmsLLMBinding):
    """The base of language-model bindings that somebody else wrote."""

    default_ctx_size: int | None = None
    forced_ctx_size: int | None = None
    default_n_predict: Any = None
    default_stream: Any = None
    default_temperature: Any = None
    default_top_k: Any = None
    default_top_p: Any = None
    default_repeat_penalty: Any = None
    default_repeat_last_n: Any = None
    default_seed: Any = None
    default_n_threads: Any = None
    default_streaming_callback: Any = None
    default_completion_format: Any = None
    supported_reasoning_efforts: Any = None
    glm_image_embedding: Any = False
    video_enabled: Any = False
    vision_enabled: Any = False
    is_vllm: Any = False
    user_name: str = "user"
    ai_name: str = "assistant"
    start_header_id_template = "!@>"
    end_header_id_template = ": "
    system_message_template = "system"
    _cancel_event: Any
    _ways: tuple[tuple[str, ...], ...]

    def _prepare(self, construction: Any, keywords: Mapping[str, Any]) -> None:
        super()._prepare(construction, keywords)
        self._cancel_event = RunningCalls()
        self._ways = _WAYS
        self._take_attributes(self.config)
        self._take_defaults(self.config)

    def __init__(self, binding_name: str | None = None, *arguments: Any, **keywords: Any) -> None:
        super().__init__(binding_name, *arguments, **keywords)
        self._take_defaults(self.config)

    def _take_defaults(self, plain: Mapping[str, Any]) -> None:
        for name in _DEFAULTS:
            if plain.get(name) is not None:
                setattr(self, f"default_{name}", plain[name])
        self.default_ctx_size = _whole(plain.get("ctx_size")) or self.default_ctx_size
        self.forced_ctx_size = _whole(plain.get("forced_ctx_size")) or self.forced_ctx_size

    # --- size of the context ---

    def get_ctx_size(self, model_name: str | None = None) -> int | None:
        """The model's context in tokens: what is forced, what the binding finds out, what the settings say; or None."""
        if self.forced_ctx_size is not None:
            return self.forced_ctx_size
        own = getattr(self, "_get_ctx_size", None)
        found = _whole(own(model_name=model_name)) if callable(own) else None
        return found or self.default_ctx_size

    def get_context_size(self) -> int | None:
        """The context that the settings give, in tokens."""
        return self.default_ctx_size

    def set_forced_ctx_size(self, ctx_size: int | None) -> None:
        """Let this be the context whatever the model says; None takes it back."""
        self.forced_ctx_size = _whole(ctx_size)

    def count_image_tokens(self, image: Any) -> int:
        """About how many tokens an image (base64, a path) takes."""
        from lollms_client.compatibility.bindings.pictures import ImageTokenizer

        count = ImageTokenizer(str(self.model_name or "")).count_image_tokens(image)
        return count if count >= 0 else 256

    def get_model_info(self) -> dict[str, Any]:
        """What is known of the model in use."""
        return {"name": self.binding_name, "host_address": self.host_address, "model_name": self.model_name}

    def normalize_model_name(self, model_name: str) -> str:
        """The name as lists of models compare it."""
        return model_name.strip().lower()

    # --- cancelling ---

    def cancel(self) -> None:
        """End the calls of this binding that run now; later ones are not concerned."""
        self._cancel_event.set()

    def reset_cancel(self) -> None:
        """Take back the cancelling of the current call. Calls begin uncancelled without it."""
        self._cancel_event.clear()

    def is_cancelled(self) -> bool:
        """Whether the current call was cancelled."""
        return bool(self._cancel_event.is_set())

    # --- turns ---

    @property
    def system_full_header(self) -> str:
        """How a system turn begins in a LoLLMS text."""
        return f"{self.start_header_id_template}{self.system_message_template}{self.end_header_id_template}"

    @property
    def user_full_header(self) -> str:
        """How a turn of the user begins in a LoLLMS text."""
        return f"{self.start_header_id_template}{self.user_name}{self.end_header_id_template}"

    @property
    def ai_full_header(self) -> str:
        """How a turn of the model begins in a LoLLMS text."""
        return f"{self.start_header_id_template}{self.ai_name}{self.end_header_id_template}"

    split_discussion = staticmethod(turns.split_discussion)
    clean_and_alternate_messages = staticmethod(turns.clean_and_alternate_messages)

    # --- reasoning ---

    normalize_reasoning_effort = staticmethod(reasoning.normalize)
    translate_reasoning_effort = staticmethod(reasoning.translate)
    get_deactivate_thinking_payload = staticmethod(reasoning.switched_off)

    def get_effective_reasoning_effort(self, think: bool | None = None, reasoning_effort: Any = None) -> str | None:
        """The effort to ask for, among those that the model knows; None for none."""
        return reasoning.translate(reasoning_effort, self.supported_reasoning_efforts, think)

    # --- the typed request ---

    answer_otherwise = last_resort.answer

    async def chat_flow(self, request: ChatRequest) -> AsyncGenerator[list[StreamPart], None]:
        """The answer of whatever method the class has, with what had to be changed among the warnings."""
        from lollms_client.plain_llm import plain_chat

        request = turns.with_system_said(self, request)
        notes: list[CallWarning] = []
        given = turns.messages_as_given.get()
        ways = self._ways
        while True:
            way = ways[0]
            flatten = turns.as_lines if "generate_text" in way else turns.as_prompt
            stream = plain_chat(self, request, flatten, lambda: _inside(notes), way, given)
            told = False
            try:
                async with aclosing(stream):
                    async for parts in stream:
                        told = told or any(not isinstance(part, WarningPart) for part in parts)
                        noted: list[StreamPart] = [WarningPart(warning=notes.pop(0)) for _ in range(len(notes))]
                        yield [*noted, *parts]
                return
            except CallError as error:
                if told or len(ways) == 1 or not is_its_own_fault(error):
                    raise
                detail = f"the binding fails to answer with it ({error.message[:120]}); the next way is taken"
                notes.append(CallWarning(kind="unsupported", setting=" ".join(way), detail=detail))
                ways = ways[-1:] if wants_plain_text(error) else ways[1:]
                if not wants_plain_text(error):  # another conversation may well have words alone
                    self._ways = ways

    async def embedding_flow(self, request: EmbeddingRequest) -> EmbeddingResult:
        """The vectors of the class's own `embed`, or of its SDK's where that breaks in its own code."""
        try:
            return await super().embedding_flow(request)
        except CallError as error:
            if not is_its_own_fault(error):
                raise
            found = [await self.call_plain(embedded_by_sdk, self, text, request.model) for text in request.texts]
            vectors = tuple(tuple(vector) for vector in found if vector is not None)
            if len(vectors) != len(request.texts):
                raise
        return EmbeddingResult(vectors=vectors)

    async def token_count_flow(self, text: str) -> int:
        """How many tokens a text has; an estimate that says so where the class's own count breaks in its own code."""
        try:
            return await super().token_count_flow(text)
        except Exception as error:
            if not is_its_own_fault(error):
                raise
        return TokenCount(estimated_tokens(text), estimated=True)


@contextmanager
def _inside(notes: list[CallWarning]) -> Iterator[None]:
    """The binding's own method runs: what it changes is noted, and messages of the outer call are none of its own."""
    with noting(notes), turns.speaking(None):
        yield


def _whole(value: Any) -> int | None:
    try:
        return int(value) or None
    except (TypeError, ValueError):
        return None
