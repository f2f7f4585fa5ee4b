"""llama.cpp in this process: SmolLM2-135M by default, any GGUF file the user names, and sentence embeddings."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from lollms_client.cancel import CancelToken
from lollms_client.engines.llama.engine import LlamaEngine, LlamaSettings
from lollms_client.families.engine import EngineBinding
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.types import (
    ChatRequest,
    EmbeddingRequest,
    EmbeddingResult,
    ModelInfo,
    Progress,
    StreamPart,
)

BindingName = "LlamaCppBinding"


class LlamaCppBinding(EngineBinding[LlamaEngine], LollmsLLMBinding):
    """Chats, completes and embeds on this machine."""

    concurrency = 64  # the engine itself queues what is beyond its slots

    def load(self) -> LlamaEngine:
        """The engine; models are fetched and loaded by the first call that needs them."""
        given: dict[str, Any] = {name: self.settings.get(name) for name in LlamaSettings.__struct_fields__}
        return LlamaEngine(LlamaSettings(**{name: value for name, value in given.items() if value is not None}))

    def unload(self, engine: LlamaEngine) -> None:
        """Give the models' memory back."""
        engine.close()

    def run_chat(self, request: ChatRequest, token: CancelToken) -> Generator[StreamPart, None, None]:
        """Stream the answers."""
        return self.engine.chat(request, token)

    def run_embedding(
        self, request: EmbeddingRequest, token: CancelToken
    ) -> Generator[Progress, None, EmbeddingResult]:
        """Embed the texts."""
        return self.engine.embed(request, token)

    def run_tokenize(self, text: str) -> list[int]:
        """The model's token numbers."""
        return self.engine.tokenize(text)

    def run_detokenize(self, tokens: list[int]) -> str:
        """The text of the tokens."""
        return self.engine.detokenize(tokens)

    def run_token_count(self, text: str) -> int:
        """How many tokens the text has."""
        return self.engine.count_tokens(text)

    def run_models(self) -> list[ModelInfo]:
        """The default model and the user's own GGUF files."""
        return self.engine.models()
