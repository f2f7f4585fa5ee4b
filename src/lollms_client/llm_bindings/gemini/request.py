"""From our chat request to the body of generateContent, with a warning for each setting it cannot carry.

Wire: https://ai.google.dev/api/generate-content, discovery document v1beta of 2026-08-21.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from lollms_client import errors
from lollms_client.families.gemini.contents import conversation
from lollms_client.families.message_details import warn_of_details
from lollms_client.types.accounting import CallWarning
from lollms_client.types.chat import ChatRequest, Tool

Body = dict[str, Any]
_SAMPLING = {
    "temperature": "temperature", "top_p": "topP", "top_k": "topK", "max_tokens": "maxOutputTokens", "seed": "seed",
    "presence_penalty": "presencePenalty", "frequency_penalty": "frequencyPenalty", "count": "candidateCount",
}  # fmt: skip
_NO_COUNTERPART = ("min_p", "repeat_penalty", "repeat_last_n")
_PASSED = {"cached_content": "cachedContent", "service_tier": "serviceTier", "store": "store", "labels": "labels"}
_CONFIGURED = {
    "media_resolution": "mediaResolution", "response_modalities": "responseModalities",
    "speech_config": "speechConfig", "image_config": "imageConfig",
}  # fmt: skip
_LEVELS = ("minimal", "low", "medium", "high")
_EFFORTS = ("none", *_LEVELS, "xhigh", "max")
_BUDGETS = {"minimal": 512, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576}
_HARMS = ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
MOST_STOPS = 5


class RequestBuilder:
    """Builds one body; `warnings` holds what was not honoured as given."""

    def __init__(
        self, request: ChatRequest, model: str, service: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> None:
        self.request = request
        self.model = model
        self.facts: dict[str, Any] = dict(service["defaults"])
        for row in service.get("models", ()):
            if any(fnmatchcase(model.lower(), pattern) for pattern in row["patterns"]):
                self.facts.update(row)
                break
        self.parameters = parameters
        self.warnings: list[CallWarning] = []

    def warn(self, kind: Any, setting: str, detail: str) -> None:
        """Note something that was not honoured as given."""
        self.warnings.append(CallWarning(kind=kind, setting=setting, detail=detail))

    def body(self) -> Body:
        """The whole body."""
        warn_of_details(self.request.messages, self.warn, "the Gemini API")
        body = conversation(self.request.messages, self.warn)
        if config := self._config():
            body["generationConfig"] = config
        self._tools(body)
        if safety := self._safety():
            body["safetySettings"] = safety
        for ours, theirs in _PASSED.items():
            if (value := self.parameters.get(ours)) is not None:
                body[theirs] = value
        for name in _NO_COUNTERPART:
            if getattr(self.request, name) is not None:
                self.warn("dropped", name, "the Gemini API has no such setting")
        return body

    def _config(self) -> Body:
        request = self.request
        config = {theirs: value for ours, theirs in _SAMPLING.items() if (value := getattr(request, ours)) is not None}
        if request.stop:
            config["stopSequences"] = list(request.stop[:MOST_STOPS])
            if len(request.stop) > MOST_STOPS:
                self.warn("clamped", "stop", f"the first {MOST_STOPS} were sent: the Gemini API takes no more")
        if request.logprobs is not None:
            config["responseLogprobs"] = True
            if request.logprobs:
                config["logprobs"] = request.logprobs
        for ours, theirs in _CONFIGURED.items():
            if (value := self.parameters.get(ours)) is not None:
                config[theirs] = value
        if thinking := self._thinking():
            config["thinkingConfig"] = thinking
        wanted = request.response_format
        if wanted is not None and wanted.kind != "text":
            config["responseMimeType"] = "application/json"
            if wanted.kind == "json_schema" and wanted.json_schema is not None:
                config["responseJsonSchema"] = wanted.json_schema
        return config

    def _thinking(self) -> Body:
        effort, budget = self.request.reasoning_effort, self.parameters.get("thinking_budget")
        found: Body = self._effort(effort) if effort is not None else {}
        if budget is not None:
            found = {"thinkingBudget": budget}
        shown = self.parameters.get("include_thoughts")
        if shown is None and effort not in (None, "none"):
            shown = True
        return found if shown is None else {**found, "includeThoughts": shown}

    def _effort(self, effort: str) -> Body:
        if effort not in _EFFORTS:
            raise errors.BadSetting(
                f"reasoning_effort={effort!r}: use {', '.join(_EFFORTS)}", setting="reasoning_effort"
            )
        if self.facts["thinking"] == "level":
            levels = self.facts["levels"]
            nearest = effort if effort in levels else levels[0] if effort in ("none", "minimal") else levels[-1]
            if nearest != effort:
                self.warn("replaced", "reasoning_effort", f"{self.model} knows no {effort!r}; {nearest!r} was sent")
            return {"thinkingLevel": nearest.upper()}
        if effort == "none":
            least = int(self.facts.get("least_budget", 0))
            if least:
                self.warn("replaced", "reasoning_effort", f"{self.model} always thinks; {least} tokens were sent")
            return {"thinkingBudget": least}
        budget = _BUDGETS[effort]
        self.warn("replaced", "reasoning_effort", f"{self.model} takes a budget: {budget} tokens were sent")
        return {"thinkingBudget": budget}

    def _tools(self, body: Body) -> None:
        request = self.request
        tools: list[Body] = []
        if request.tools:
            tools.append({"functionDeclarations": [_declaration(tool) for tool in request.tools]})
        tools.extend(self.parameters.get("server_tools") or ())
        if tools:
            body["tools"] = tools
        if request.tools and any(tool.strict for tool in request.tools) and request.tool_choice in (None, "auto"):
            body["toolConfig"] = {"functionCallingConfig": {"mode": "VALIDATED"}}
        elif request.tools and (choice := _choice(request.tool_choice)):
            body["toolConfig"] = {"functionCallingConfig": choice}
        elif request.tool_choice not in (None, "auto", "none") and not request.tools:
            self.warn("dropped", "tool_choice", "there are no tools to choose from")
        if request.parallel_tool_calls is not None and request.tools:
            self.warn("dropped", "parallel_tool_calls", "the Gemini API has no such setting")

    def _safety(self) -> list[Body]:
        if given := self.parameters.get("safety_settings"):
            return list(given)
        threshold = self.parameters.get("safety_threshold")
        return [{"category": f"HARM_CATEGORY_{harm}", "threshold": threshold} for harm in _HARMS] if threshold else []


def _declaration(tool: Tool) -> Body:
    declaration: Body = {"name": tool.name, "description": tool.description}
    if tool.parameters.get("properties") or tool.parameters.get("$ref"):
        declaration["parametersJsonSchema"] = tool.parameters
    return declaration


def _choice(choice: str | None) -> Body | None:
    if choice is None:
        return None
    mode = {"auto": "AUTO", "none": "NONE", "required": "ANY"}.get(choice)
    return {"mode": mode} if mode else {"mode": "ANY", "allowedFunctionNames": [choice]}
