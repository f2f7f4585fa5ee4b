"""Language models on OpenAI's wire: Chat Completions, Responses, legacy completions, embeddings, tokens, models."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator
from typing import Any

from lollms_client.errors import BadSetting, LollmsError, Unsupported
from lollms_client.families.openai_compatible.chat_body import chat_body
from lollms_client.families.openai_compatible.chat_reading import ChatReader
from lollms_client.families.openai_compatible.common import OpenAICompatible
from lollms_client.families.openai_compatible.completions_body import completion_body
from lollms_client.families.openai_compatible.parameters import Parameters
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.types.chat import ChatAccumulator, ChatRequest, ChatResult, StreamPart, WarningPart

WIRES = ("chat", "responses", "completions")


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
            wanted = facts.wire if facts and facts.wire in offered else offered[0]
        if wanted not in WIRES:
            raise BadSetting(f"wire must be one of auto, {', '.join(WIRES)}, not {wanted!r}", setting="wire")
        if wanted not in offered:
            what = "raw prompts" if request.prompt is not None else f"the wire {wanted}"
            raise Unsupported(f"{self.binding_name} does not offer {what}; it speaks {', '.join(offered)}")
        return str(wanted)

    def _prepared(self, request: ChatRequest, *, stream: bool) -> tuple[str, dict[str, Any], Parameters, Any]:
        """The route, the body, the parameters with their warnings, and the reader of the reply."""
        model = self.model_of(request)
        route = self.wire_of(request, model)
        parameters = Parameters(self, request, "chat", model)
        build = {"chat": chat_body, "completions": completion_body}[route]
        body = self.finished_body(route, build(parameters, request, stream=stream), request)
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
        stream = self.events(self.request("POST", self.path(route, parameters.model), json=body))
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
