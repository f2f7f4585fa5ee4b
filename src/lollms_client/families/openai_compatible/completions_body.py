"""The body of a legacy completion: a raw prompt that a base model carries on.

After OpenAI's API document 2.3.0 of 2026-08-21, "Create completion".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lollms_client.families.openai_compatible.chat_body import FIELDS
from lollms_client.types.chat import ChatRequest

if TYPE_CHECKING:
    from lollms_client.families.openai_compatible.parameters import Parameters

_FIELDS = {name: wire for name, wire in FIELDS.items() if name != "reasoning_effort"}
# parameters of chat alone, under the names that services give them
_OF_CHAT = frozenset(
    {
        *("modalities", "audio", "prediction", "web_search_options", "verbosity", "reasoning_summary", "store"),
        *("metadata", "service_tier", "prompt_cache_key", "prompt_cache_retention", "safety_identifier"),
        *("truncation", "include", "previous_response_id"),
    }
)


def completion_body(parameters: Parameters, request: ChatRequest, *, stream: bool) -> dict[str, Any]:
    """The body; messages without a raw prompt are joined, with a warning."""
    prompt = request.prompt
    if prompt is None:
        prompt = "\n\n".join(message.text for message in request.messages if message.text)
        parameters.warn("replaced", "messages", "a base model takes no messages; their words are joined to one prompt")
    body = {**parameters.named(), "prompt": prompt, **parameters.common(_FIELDS)}
    if "max_completion_tokens" in body:
        body["max_tokens"] = body.pop("max_completion_tokens")
    logprobs = parameters.take("logprobs")
    if logprobs is not None:
        body["logprobs"] = min(logprobs, 5)
        if logprobs > 5:
            parameters.warn("clamped", "logprobs", "5 alternatives at most for completions")
    names = ("tools", "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort")
    parameters.drop(names, "base models do not take it")
    for name in _OF_CHAT & request.extra.keys():
        parameters.warn("dropped", name, "completions do not take it")
    body.update(parameters.own(leave=_OF_CHAT))
    if stream:
        body["stream"] = True
        if "stream_options" not in parameters.binding.quirks.drops:
            body["stream_options"] = {"include_usage": True}
    return body
