"""Ollama's own API as a binding: chat, raw prompts, embeddings, and the models on the server.

Wire: https://docs.ollama.com/api and the project's API document, as of November 2026.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from lollms_client import errors
from lollms_client.families.http import HttpBinding
from lollms_client.families.reply_values import worded
from lollms_client.flow import Timeouts
from lollms_client.llm_bindings.ollama.wire import OPTION_PARAMETERS, BodyBuilder, LineReader, duration, model_info
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.catalogue import ModelInfo
from lollms_client.types.chat import ChatRequest, StreamPart, WarningPart
from lollms_client.types.embedding import EmbeddingRequest, EmbeddingResult

BindingName = "OllamaBinding"


class OllamaBinding(HttpBinding, LollmsLLMBinding):
    """Models of an Ollama server, on this machine or elsewhere, or of Ollama's cloud with a key."""

    default_address = "http://127.0.0.1:11434"

    def model_of(self, given: str | None, setting: str = "model_name") -> str:
        """The model of a call: as given, else the setting. Raises BadSetting where there is none."""
        model = given or self.settings.get(setting) or self.settings.get("model_name")
        if not model:
            raise errors.BadSetting("ollama needs model_name; `lollms models ollama` lists them", setting="model_name")
        return str(model)

    def parameters(self, request: Any, method: str) -> dict[str, Any]:
        """The binding's own parameters of a request."""
        assert self.manifest is not None
        return {item.name: self.parameter(request, item.name, method) for item in self.manifest.method(method)}

    async def chat_flow(self, request: ChatRequest) -> AsyncGenerator[list[StreamPart], None]:
        """The answer, streamed. Raises BadReply where the stream ends before the line that says it is done."""
        builder = BodyBuilder(request, self.model_of(request.model), self.parameters(request, "chat"))
        body = {**builder.body(), **(self.settings.get("extra_body") or {})}
        if builder.warnings:
            yield [WarningPart(warning=warning) for warning in builder.warnings]
        reader = LineReader()
        async for lines in self.lines(self.request("POST", builder.path, json=body)):
            if parts := [part for line in lines for part in reader.parts(line)]:
                yield parts
        if not reader.done:
            raise errors.BadReply("Ollama's stream was cut off before its end", binding=self.binding_name)

    async def embedding_flow(self, request: EmbeddingRequest) -> EmbeddingResult:
        """One vector for each text, in one call."""
        parameters = self.parameters(request, "embed")
        model = self.model_of(request.model, "embedding_model_name")
        body: dict[str, Any] = {"model": model, "input": list(request.texts), "dimensions": request.dimensions}
        options = {name: parameters[name] for name in OPTION_PARAMETERS if parameters.get(name) is not None}
        body["options"] = {**options, **(parameters.get("options") or {})} or None
        body["truncate"] = parameters.get("truncate")
        if parameters.get("keep_alive") is not None:
            body["keep_alive"] = duration(parameters["keep_alive"])
        sent = {name: value for name, value in body.items() if value is not None}
        reply = await self.post("api/embed", sent, repeatable=True)
        vectors = reply.get("embeddings") if isinstance(reply, dict) else None
        if not isinstance(vectors, list) or len(vectors) != len(request.texts):
            raise errors.BadReply("Ollama's reply does not hold a vector for each text", binding=self.binding_name)
        warnings = []
        if request.purpose is not None:
            warnings.append(CallWarning(kind="dropped", setting="purpose", detail="Ollama has no such setting"))
        return EmbeddingResult(
            vectors=tuple(tuple(map(float, vector)) for vector in vectors),
            usage=Usage(input_tokens=reply.get("prompt_eval_count")),
            warnings=tuple(warnings),
            model=worded(reply.get("model")) or model,
        )

    # --- the models of the server ---

    async def models_flow(self) -> list[ModelInfo]:
        """The models that the server has."""
        return await self._listed("api/tags")

    async def running_models_flow(self) -> list[ModelInfo]:
        """The models that are loaded now, with their memory and when they will be unloaded in `extra`."""
        return await self._listed("api/ps")

    async def _listed(self, path: str) -> list[ModelInfo]:
        reply = await self.get(path)
        rows = reply.get("models") if isinstance(reply, dict) else None
        if not isinstance(rows, list):
            raise errors.BadReply("Ollama's list of models holds no models", binding=self.binding_name)
        return [model_info(row) for row in rows]

    async def show_model_flow(self, model: str | None = None, verbose: bool = False) -> dict[str, Any]:
        """What the server knows of a model: parameters, template, capabilities, licence."""
        body: dict[str, Any] = {"model": self.model_of(model)}
        reply = await self.post("api/show", {**body, "verbose": True} if verbose else body, repeatable=True)
        if not isinstance(reply, dict):
            raise errors.BadReply("Ollama's reply describes no model", binding=self.binding_name)
        return reply

    async def pull_model_flow(self, model: str, insecure: bool = False) -> str:
        """Fetch a model onto the server, reporting progress; gives the last status. BadReply where it breaks off."""
        body: dict[str, Any] = {"model": model, "stream": True}
        request = self.request("POST", "api/pull", json={**body, "insecure": True} if insecure else body)
        request.timeouts = Timeouts(silence=600.0, total=None)  # a large model is checked in silence at the end
        status = ""
        async for lines in self.lines(request):
            for line in lines:
                status = str(line.get("status") or status)
                total, done = line.get("total"), line.get("completed") or 0
                await self.report(min(1.0, done / total) if total else None, "pulling", status)
        if status != "success":
            raise errors.BadReply(f"Ollama broke off pulling {model}: {status or 'nothing was said'}", model=model)
        return status

    def pull_model(self, model: str, insecure: bool = False) -> Any:
        """Fetch a model onto the server. Returns `success`, or an error dictionary."""
        return self._documented(self.pull_model_flow(model, insecure), str)

    def show_model(self, model: str | None = None) -> Any:
        """What the server knows of a model, as a dictionary; an error dictionary where the call fails."""
        return self._documented(self.show_model_flow(model), dict)

    def running_models(self) -> Any:
        """The names of the models that are loaded now."""
        return self._documented(self.running_models_flow(), lambda models: [model.name for model in models])
