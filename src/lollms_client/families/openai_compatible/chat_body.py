"""The body of a chat completion.

After OpenAI's API document 2.3.0 of 2026-08-21, "Create chat completion".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lollms_client.families.openai_compatible.messages import chat_messages
from lollms_client.types.chat import ChatRequest, ResponseFormat, Tool

if TYPE_CHECKING:
    from lollms_client.families.openai_compatible.parameters import Parameters

FIELDS = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "repeat_penalty": "repetition_penalty",
    "repeat_last_n": "repeat_last_n",
    "seed": "seed",
    "stop": "stop",
    "reasoning_effort": "reasoning_effort",
    "count": "n",
}


def chat_body(parameters: Parameters, request: ChatRequest, *, stream: bool) -> dict[str, Any]:
    """The body; what could not be honoured stands in `parameters.warnings`."""
    body = parameters.named()
    body["messages"] = chat_messages(parameters, request.messages)
    body.update(parameters.common(FIELDS))
    _add_logprobs(parameters, body)
    _add_tools(parameters, request, body)
    _add_format(parameters, request.response_format, body)
    body.update(parameters.own())
    if stream:
        body["stream"] = True
        if "stream_options" not in parameters.binding.quirks.drops:
            body["stream_options"] = {"include_usage": True}
    return body


def _add_logprobs(parameters: Parameters, body: dict[str, Any]) -> None:
    wanted = parameters.take("logprobs")
    if wanted is not None:
        body["logprobs"] = True
        if wanted:
            body["top_logprobs"] = wanted


def _add_tools(parameters: Parameters, request: ChatRequest, body: dict[str, Any]) -> None:
    if not request.tools:
        return
    if not offers(parameters, "tools"):
        parameters.warn("unsupported", "tools", f"{parameters.binding.binding_name} takes no tools")
        return
    body["tools"] = [{"type": "function", "function": function_of(tool)} for tool in request.tools]
    choice = tool_choice(parameters, request)
    if choice is not None:
        named = {"type": "function", "function": {"name": choice[1]}}
        body["tool_choice"] = named if choice[0] == "named" else choice[1]
    if request.parallel_tool_calls is not None:
        add_parallel(parameters, request, body)


def add_parallel(parameters: Parameters, request: ChatRequest, body: dict[str, Any]) -> None:
    """The switch for several calls at once."""
    if "parallel_tool_calls" in parameters.binding.quirks.drops:
        parameters.drop(["parallel_tool_calls"], f"{parameters.binding.binding_name} does not take it")
    else:
        body["parallel_tool_calls"] = request.parallel_tool_calls


def tool_choice(parameters: Parameters, request: ChatRequest) -> tuple[str, str] | None:
    """How a tool is chosen: ("word", auto or none or required) or ("named", the tool); None where nothing is said."""
    choice = request.tool_choice
    if choice is None:
        return None
    quirks = parameters.binding.quirks
    if "tool_choice" in quirks.drops:
        parameters.warn("dropped", "tool_choice", "the service chooses tools by itself")
        return None
    if choice not in ("auto", "none", "required"):
        if "named_tool" not in quirks.drops:
            return ("named", choice)
        parameters.warn("replaced", "tool_choice", "no tool can be named here; one of them is required instead")
        choice = "required"
    if choice == "required" and "required_tool" in quirks.drops:
        parameters.warn("replaced", "tool_choice", "no tool can be required here; the model is left free")
        choice = "auto"
    return ("word", quirks.renames.get(f"tool_choice.{choice}", choice))


def function_of(tool: Tool) -> dict[str, Any]:
    """A tool's name, description, parameters and strictness."""
    function: dict[str, Any] = {"name": tool.name, "parameters": tool.parameters}
    if tool.description:
        function["description"] = tool.description
    if tool.strict is not None:
        function["strict"] = tool.strict
    return function


def _add_format(parameters: Parameters, wanted: ResponseFormat | None, body: dict[str, Any]) -> None:
    if wanted is None or not offers_format(parameters):
        return
    if wanted.kind == "json_schema" and "json_schema" in parameters.binding.quirks.drops:
        parameters.warn(
            "replaced", "response_format", "only JSON in general can be forced here; the schema is asked for in words"
        )
        schema = msgspec.json.encode(wanted.json_schema or {}).decode("utf-8")
        words = f"Answer with one JSON object that fits this JSON Schema: {schema}"
        body["messages"] = [{"role": parameters.binding.quirks.system_role, "content": words}, *body["messages"]]
        body["response_format"] = {"type": "json_object"}
    elif wanted.kind == "json_schema":
        inner = {"name": schema_name(wanted), "schema": wanted.json_schema or {}, "strict": wanted.strict}
        body["response_format"] = {"type": "json_schema", "json_schema": inner}
    elif wanted.kind == "json" and not offers(parameters, "json"):
        schema_of_any = {"name": "answer", "schema": {"type": "object"}, "strict": False}
        body["response_format"] = {"type": "json_schema", "json_schema": schema_of_any}
    else:
        body["response_format"] = {"type": "json_object" if wanted.kind == "json" else "text"}


def offers_format(parameters: Parameters) -> bool:
    """Whether the service can be held to a form; a warning where it cannot."""
    if offers(parameters, "json_schema") or offers(parameters, "json"):
        return True
    parameters.warn("unsupported", "response_format", "the service cannot be held to a form; ask for it in words")
    return False


def offers(parameters: Parameters, capability: str) -> bool:
    """Whether the manifest says that the service can do it."""
    manifest = parameters.binding.manifest
    return manifest is None or not manifest.capabilities or capability in manifest.capabilities


def schema_name(wanted: ResponseFormat) -> str:
    """A schema's name with the letters that the wire allows, 64 at most."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in wanted.name)[:64] or "answer"
