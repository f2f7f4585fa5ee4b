"""Language models on OpenAI's wire: Chat Completions, Responses, legacy completions, embeddings, tokens, models."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator
from typing import Any

from lollms_client.errors import BadReply, BadSetting, LollmsError, Unsupported
from lollms_client.families.openai_compatible.chat_body import chat_body
from lollms_client.families.openai_compatible.chat_reading import ChatReader
from lollms_client.families.openai_compatible.completions_body import completion_body
from lollms_client.families.openai_compatible.embeddings import embed
from lollms_client.families.openai_compatible.parameters import Parameters
from lollms_client.families.openai_compatible.responses_body import responses_body
from lollms_client.families.openai_compatible.responses_reading import ResponsesReader
from lollms_client.families.openai_compatible.service import OpenAICompatible
from lollms_client.families.openai_compatible.tokens import count_here, counted, listed, token_body, token_path
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.types.catalogue import ModelInfo
from lollms_client.types.chat import ChatAccumulator, ChatRequest, ChatResult, StreamPart, WarningPart
from lollms_client.types.embedding import EmbeddingRequest, EmbeddingResult

_BODIES = {"chat": chat_body, "responses": responses_body, "completions": completion_body}
WIRES = tuple(_BODIES)
_Prepared = tuple[str, dict[str, Any], Parameters, ChatReader | ResponsesReader]


class OpenAICompatibleLLM(OpenAICompatible, LollmsLLMBinding):
    """A service's language models. Which wire a call takes is said by its `wire`, the setting, or the model's facts."""

    def wire_of(self, request: ChatRequest, model: str) -> str:
        """chat, responses or completions. Raises Unsupported for one that the service does not speak."""
        offered = self.quirks.wires
        wanted = request.extra.get("wire") or self.settings.get("wire") or "auto"
        if request.prompt is not None:
            wanted = "completions"
        if wanted == "auto":
            facts = self.facts(model)
            at_its_maker = "/" not in model  # who resells it under maker/model translates by themselves
            wanted = facts.wire if facts and facts.wire in offered and at_its_maker else offered[0]
        if wanted not in WIRES:
            raise BadSetting(f"wire must be one of auto, {', '.join(WIRES)}, not {wanted!r}", setting="wire")
        if wanted not in offered:
            what = "raw prompts" if request.prompt is not None else f"the wire {wanted}"
            raise Unsupported(f"{self.binding_name} does not offer {what}; it speaks {', '.join(offered)}")
        return str(wanted)

    def _prepared(self, request: ChatRequest, *, stream: bool) -> _Prepared:
        """The route, the body, the parameters with their warnings, and the reader of the reply."""
        model = self.model_of(request, needed="model" not in self.quirks.drops)
        route = self.wire_of(request, model)
        parameters = Parameters(self, request, "chat", model)
        body = self.finished_body(route, _BODIES[route](parameters, request, stream=stream), request)
        if route == "responses":
            return route, body, parameters, ResponsesReader(self.stream_error)
        audio = body.get("audio")
        reader = ChatReader(
            self.stream_error,
            think_tags=self.quirks.think_tags,
            audio_format=str(audio.get("format") or "") if isinstance(audio, dict) else "",
        )
        return route, body, parameters, reader

    def _checked(self, route: str, value: Any) -> Any:
        """One decoded event after the service's hook. Raises the error that it holds."""
        hidden = self.reply_error(value)
        if hidden is not None:
            raise self.stream_error(hidden)
        return self.adapt_reply(route, value)

    async def chat_flow(self, request: ChatRequest) -> AsyncGenerator[list[StreamPart], None]:
        """The answer in parts, as the service streams it."""
        route, body, parameters, reader = self._prepared(request, stream=True)
        if parameters.warnings:
            yield [WarningPart(warning=warning) for warning in parameters.warnings]
        adapt = functools.partial(self._checked, route)
        # llama.cpp, and what is built on it, closes the connection after a stream without saying so before; the next
        # call on it would fail. So a stream from a server of one's own ends its connection; to others it is kept.
        headers = None if self.quirks.auth.required else {"Connection": "close"}
        message = self.request("POST", self.path(route, parameters.model), json=body, headers=headers)
        stream = self.events(message)
        try:
            async for events in stream:
                parts: list[StreamPart] = []
                failure: LollmsError | None = None
                for event in events:
                    try:
                        parts.extend(reader.event(event, adapt))
                    except LollmsError as error:
                        failure = error
                        break
                if parts:
                    yield parts
                if failure is not None:
                    raise failure
        finally:
            await stream.aclose()
        yield reader.end()

    async def chat_result_flow(self, request: ChatRequest) -> ChatResult:
        """The answer in one reply."""
        route, body, parameters, reader = self._prepared(request, stream=False)
        reply = self.adapt_reply(route, await self.post(self.path(route, parameters.model), body))
        accumulator = ChatAccumulator()
        accumulator.add_all(WarningPart(warning=warning) for warning in parameters.warnings)
        accumulator.add_all(reader.chunk(reply))
        accumulator.add_all(reader.end())
        return accumulator.result()

    async def embedding_flow(self, request: EmbeddingRequest) -> EmbeddingResult:
        """One vector for each text, in as many requests as the service's limit asks for."""
        if self.manifest is not None and "embed" not in self.manifest.capabilities:
            raise self.unsupported("embeddings")
        return await embed(self, request)

    async def models_flow(self) -> list[ModelInfo]:
        """The models that the service lists. Raises Unsupported where it lists none on this wire."""
        if self.manifest is not None and "models" not in self.manifest.capabilities:
            raise self.unsupported("a list of models")
        return await super().models_flow()

    # --- tokens ---

    async def token_count_flow(self, text: str) -> int:
        """How many tokens the text has: as the service counts, else a tokenizer of this machine, else an estimate."""
        model = str(self.settings.get("model_name") or "")
        route = self.quirks.tokens
        if route is not None:
            return counted(route, await self._tokens(text))
        if self.quirks.counts_input and model:
            path = self.path("input_tokens", model)
            reply = await self.post(path, {"model": model, "input": text}, repeatable=True)
            if isinstance(reply, dict) and isinstance(reply.get("input_tokens"), int):
                return int(reply["input_tokens"])
            raise BadReply("the service's reply holds no number of tokens")
        return await self.run(count_here, model, self.settings.get("tokenizer_file"), text)

    async def _tokens(self, text: str) -> Any:
        route = self.quirks.tokens
        if route is None:
            raise self.unsupported("tokenize")
        model = str(self.settings.get("model_name") or "")
        body = token_body(route, model, text)
        return await self.post(token_path(self, route.path), body, repeatable=True)

    async def _text_of(self, tokens: list[Any]) -> str:
        route = self.quirks.tokens
        if route is None or not route.back:
            raise self.unsupported("detokenize")
        body: dict[str, Any] = {route.tokens: tokens}
        if route.with_model:
            body["model"] = str(self.settings.get("model_name") or "")
        reply = await self.post(token_path(self, route.back), body, repeatable=True)
        text = reply.get(route.back_text) if isinstance(reply, dict) else None
        if not isinstance(text, str):
            raise BadReply("the service's reply holds no text")
        return text

    def tokenize(self, text: str) -> list[Any]:
        """The tokens of a text, where the service gives them. Raises Unsupported elsewhere."""
        route = self.quirks.tokens
        if route is None or route.tokens == route.count:
            raise self.unsupported("tokenize")
        return listed(route, self._driver().run(self._tokens(text), self._context()))

    def detokenize(self, tokens: list[Any]) -> str:
        """The text of tokens, where the service gives it. Raises Unsupported elsewhere."""
        return self._driver().run(self._text_of(tokens), self._context())

    def count_tokens(self, text: str) -> int:
        """How many tokens a text has; see `token_count_flow`."""
        return self._driver().run(self.token_count_flow(text), self._context())
