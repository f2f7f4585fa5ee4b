"""A chat request into the JSON body that llama.cpp takes, with a warning for each thing it cannot honour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lollms_client.engines.llama.messages import entries_of, with_instruction
from lollms_client.engines.llama.tool_calls import CallReader, call_schema, chosen_tools, explain
from lollms_client.errors import BadSetting
from lollms_client.types.accounting import CallWarning
from lollms_client.types.chat import ChatRequest, Tool

_LARGEST_SEED = 2**32 - 1  # this one asks the engine for a random seed

# field: lowest and highest value
_RANGES: dict[str, tuple[float, float]] = {
    "max_tokens": (1, 2**31 - 1),
    "temperature": (0.0, 5.0),
    "top_p": (0.0, 1.0),
    "top_k": (0, 2**31 - 1),
    "min_p": (0.0, 1.0),
    "presence_penalty": (-2.0, 2.0),
    "frequency_penalty": (-2.0, 2.0),
    "repeat_penalty": (0.1, 5.0),
    "repeat_last_n": (-1, 2**31 - 1),
    "count": (1, 64),
    "logprobs": (0, 100),
}
_SAMPLING = tuple(name for name in _RANGES if name not in ("count", "logprobs"))
EXTRA = ("dry_multiplier", "grammar", "ignore_eos", "logit_bias", "typical_p", "xtc_probability")


class EngineCall(msgspec.Struct, kw_only=True):
    """What is sent to the engine, and how to read what comes back."""

    body: dict[str, Any]
    raw: bool
    warnings: list[CallWarning]
    tools: tuple[Tool, ...] = ()  # to be read out of the text
    forced: bool = False

    def reader(self) -> CallReader | None:
        """A new reader for one answer's text, None where no calls can be in it."""
        return CallReader(self.tools, forced=self.forced) if self.tools else None


def build_call(request: ChatRequest, *, defaults: Mapping[str, Any], template_knows_tools: bool) -> EngineCall:
    """The call for a request. BadSetting where a value is impossible.

    `defaults` are the model's own sampling values, and under `system` the instruction for chats that bring none.
    """
    _check(request)
    body: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
    warnings: list[CallWarning] = []
    for name in _SAMPLING:
        value = getattr(request, name)
        value = defaults.get(name) if value is None else value
        if value is not None:
            body[name] = value
    if request.seed is not None:
        body["seed"] = request.seed % _LARGEST_SEED
    if request.stop:
        body["stop"] = list(request.stop)
    warnings.extend(_add_extra(request, body, defaults))
    warnings.extend(_add_reasoning(request, body))
    raw = request.prompt is not None
    call = EngineCall(body=body, raw=raw, warnings=warnings)
    if raw:
        _fill_raw(call, request)
    else:
        _fill_chat(call, request, template_knows_tools, str(defaults.get("system", "")))
    return call


def _check(request: ChatRequest) -> None:
    for name, (low, high) in _RANGES.items():
        value = getattr(request, name)
        if value is not None and not low <= value <= high:
            raise BadSetting(f"{name} is {value}; it must lie between {low} and {high}", setting=name)
    if request.prompt is not None and request.messages:
        raise BadSetting("give messages or a raw prompt, not both", setting="prompt")


def _add_extra(request: ChatRequest, body: dict[str, Any], defaults: Mapping[str, Any]) -> list[CallWarning]:
    given = {name: request.extra[name] for name in EXTRA if request.extra.get(name) is not None}
    body.update({**{name: defaults[name] for name in EXTRA if name in defaults}, **given})
    unknown = [name for name, value in request.extra.items() if name not in EXTRA and value is not None]
    return [
        CallWarning(kind="dropped", setting=name, detail="llama.cpp does not know this setting") for name in unknown
    ]


def _add_reasoning(request: ChatRequest, body: dict[str, Any]) -> list[CallWarning]:
    if request.reasoning_effort is None:
        return []
    if request.reasoning_effort == "none":
        body["chat_template_kwargs"] = {"enable_thinking": False}
        return []
    detail = "the model thinks as much as its chat template makes it"
    return [CallWarning(kind="unsupported", setting="reasoning_effort", detail=detail)]


def _fill_raw(call: EngineCall, request: ChatRequest) -> None:
    call.body["prompt"] = request.prompt
    if request.logprobs is not None:
        call.body["logprobs"] = max(1, request.logprobs)
    if request.response_format is not None and request.response_format.kind != "text":
        call.body["json_schema"] = _schema(request)
    for name in ("tools", "tool_choice"):
        if getattr(request, name):
            detail = "a raw prompt is completed as it stands"
            call.warnings.append(CallWarning(kind="unsupported", setting=name, detail=detail))


def _fill_chat(call: EngineCall, request: ChatRequest, template_knows_tools: bool, system: str) -> None:
    entries, warnings = entries_of(request.messages, native_tools=template_knows_tools)
    call.warnings.extend(warnings)
    if system and entries[0]["role"] != "system":
        entries.insert(0, {"role": "system", "content": system})
    if request.logprobs is not None:
        call.body.update(logprobs=True, top_logprobs=max(1, request.logprobs))
    forced = chosen_tools(request.tools, request.tool_choice)
    structured = request.response_format is not None and request.response_format.kind != "text"
    if structured and request.tools and request.tool_choice != "none":
        detail = "not together with a response format, which wins"
        call.warnings.append(CallWarning(kind="unsupported", setting="tools", detail=detail))
    elif forced:
        call.tools, call.forced = forced, True
        entries = with_instruction(entries, explain(forced, forced=True))
        _constrain(call, call_schema(forced, parallel=bool(request.parallel_tool_calls)))
    elif request.tools and request.tool_choice != "none":
        call.tools = request.tools
        if template_knows_tools:
            call.body["tools"] = [_tool_entry(tool) for tool in request.tools]
        else:
            entries = with_instruction(entries, explain(request.tools, forced=False))
    if structured:
        _constrain(call, _schema(request))
    call.body["messages"] = entries


def _constrain(call: EngineCall, schema: dict[str, Any]) -> None:
    call.body["response_format"] = {"type": "json_schema", "json_schema": {"schema": schema}}


def _schema(request: ChatRequest) -> dict[str, Any]:
    form = request.response_format
    if form is None or form.kind == "json":
        return {"type": "object"}
    if form.json_schema is None:
        raise BadSetting("response_format is json_schema but holds no schema", setting="response_format")
    return form.json_schema


def _tool_entry(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}
