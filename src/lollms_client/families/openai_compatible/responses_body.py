"""The body of a response.

After OpenAI's API document 2.3.0 of 2026-08-21, "Create a model response".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from lollms_client.errors import BadMedia
from lollms_client.families.openai_compatible.chat_body import (
    add_parallel,
    function_of,
    offers,
    offers_format,
    schema_name,
    tool_choice,
)
from lollms_client.families.openai_compatible.messages import address_of, arguments_text, usable
from lollms_client.families.openai_compatible.parameters import put
from lollms_client.types.chat import ChatRequest
from lollms_client.types.message import (
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

if TYPE_CHECKING:
    from lollms_client.families.openai_compatible.parameters import Parameters

_FIELDS = {"temperature": "temperature", "top_p": "top_p"}
_NOT_TAKEN = (
    *("top_k", "min_p", "presence_penalty", "frequency_penalty", "repeat_penalty", "repeat_last_n"),
    *("seed", "stop", "count"),
)
_PLACES = {"verbosity": "text.verbosity", "reasoning_summary": "reasoning.summary"}
# parameters of the other wires, under the names that services give them
_OF_OTHERS = frozenset(
    {
        *("modalities", "audio", "prediction", "web_search_options", "logit_bias"),
        *("best_of", "echo", "suffix", *_PLACES),
    }
)
_ENCRYPTED = "reasoning.encrypted_content"


def responses_body(parameters: Parameters, request: ChatRequest, *, stream: bool) -> dict[str, Any]:
    """The body; what could not be honoured stands in `parameters.warnings`."""
    body = {**parameters.named(), "input": list(input_items(parameters, request.messages))}
    body.update(parameters.common(_FIELDS))
    parameters.drop(_NOT_TAKEN, "responses do not take it")
    for name, path in (("max_tokens", "max_output_tokens"), ("reasoning_effort", "reasoning.effort")):
        value = parameters.take(name)
        if value is not None:
            put(body, path, value)
    _add_tools(parameters, request, body)
    _add_format(parameters, request, body)
    _add_own(parameters, request, body)
    _add_logprobs(parameters, body)
    if "store" in parameters.declared:
        body.setdefault("store", False)
    if parameters.facts is not None and parameters.facts.reasoning:
        body["include"] = list(dict.fromkeys([*body.get("include", ()), _ENCRYPTED]))
    if stream:
        body["stream"] = True
    return body


def _add_own(parameters: Parameters, request: ChatRequest, body: dict[str, Any]) -> None:
    for name in (_OF_OTHERS - _PLACES.keys()) & request.extra.keys():
        parameters.warn("dropped", name, "responses do not take it")
    body.update(parameters.own(leave=_OF_OTHERS))
    for name, path in _PLACES.items():
        value = parameters.binding.parameter(request, name, parameters.method)
        if value is not None and (value := parameters.allowed(name, value)) is not None:
            put(body, path, value)


def _add_logprobs(parameters: Parameters, body: dict[str, Any]) -> None:
    wanted = parameters.take("logprobs")
    if wanted is not None:
        body["include"] = [*body.get("include", ()), "message.output_text.logprobs"]
        if wanted:
            body["top_logprobs"] = wanted


def _add_tools(parameters: Parameters, request: ChatRequest, body: dict[str, Any]) -> None:
    if not request.tools:
        return
    if not offers(parameters, "tools"):
        parameters.warn("unsupported", "tools", f"{parameters.binding.binding_name} takes no tools")
        return
    body["tools"] = [{"type": "function", "strict": False, **function_of(tool)} for tool in request.tools]
    choice = tool_choice(parameters, request)
    if choice is not None:
        body["tool_choice"] = {"type": "function", "name": choice[1]} if choice[0] == "named" else choice[1]
    if request.parallel_tool_calls is not None:
        add_parallel(parameters, request, body)


def _add_format(parameters: Parameters, request: ChatRequest, body: dict[str, Any]) -> None:
    wanted = request.response_format
    if wanted is None or not offers_format(parameters):
        return
    form: dict[str, Any] = {"type": "json_object" if wanted.kind == "json" else "text"}
    if wanted.kind == "json_schema":
        form = {
            "type": "json_schema",
            "name": schema_name(wanted),
            "schema": wanted.json_schema or {},
            "strict": wanted.strict,
        }
    put(body, "text.format", form)


def input_items(parameters: Parameters, messages: Iterable[Message]) -> Iterator[dict[str, Any]]:
    """The messages as items of `input`, in their order. Raises Unsupported where nothing of one can be sent."""
    for message in messages:
        spoken: list[Part] = []
        for part in message.parts:
            if isinstance(part, ToolResultPart):
                yield {"type": "function_call_output", "call_id": part.call_id, "output": _output(parameters, part)}
            elif message.role != "assistant":
                spoken.append(part)
        if message.role == "assistant":
            yield from _assistant_items(parameters, message)
        elif spoken or not message.parts:
            yield {"role": _role(parameters, message.role), "content": _content(parameters, spoken)}


def _role(parameters: Parameters, role: str) -> str:
    system = (parameters.facts.system_role if parameters.facts else "") or parameters.binding.quirks.system_role
    return {"system": system, "tool": "user"}.get(role, role)


def _assistant_items(parameters: Parameters, message: Message) -> Iterator[dict[str, Any]]:
    for part in message.parts:
        if isinstance(part, TextPart):
            yield {"role": "assistant", "content": part.text}
        elif isinstance(part, ToolCallPart):
            arguments = arguments_text(part)
            yield {"type": "function_call", "call_id": part.id, "name": part.name, "arguments": arguments}
        elif isinstance(part, ReasoningPart):
            if part.signature and part.redacted:
                summary = [{"type": "summary_text", "text": part.text}] if part.text else []
                item = {"type": "reasoning", "id": part.signature, "summary": summary}
                yield {**item, "encrypted_content": part.redacted}
        elif not isinstance(part, ToolResultPart):
            parameters.warn("unsupported", "messages", "media in the model's own messages are not sent")


def _content(parameters: Parameters, parts: Iterable[Part]) -> str | list[dict[str, Any]]:
    kept = usable(parameters, parts)
    if all(isinstance(part, TextPart) for part in kept):
        return "".join(part.text for part in kept if isinstance(part, TextPart))
    return [piece for part in kept if (piece := _piece(parameters, part)) is not None]


def _piece(parameters: Parameters, part: Part) -> dict[str, Any] | None:
    if isinstance(part, TextPart):
        return {"type": "input_text", "text": part.text}
    if isinstance(part, ImagePart):
        return {"type": "input_image", "image_url": address_of(part), "detail": part.detail or "auto"}
    if isinstance(part, FilePart):
        return {"type": "input_file", **_file(part)}
    parameters.warn("unsupported", "messages", "responses take no sounds; use the wire chat")
    return None


def _file(part: FilePart) -> dict[str, Any]:
    if part.id:
        return {"file_id": part.id}
    if part.media is not None:
        return {"file_data": part.media.data_url(), "filename": part.name or f"document{part.media.extension}"}
    if part.url:
        return {"file_url": part.url}
    raise BadMedia("a file part needs media, a url or an id", setting="messages")


def _output(parameters: Parameters, part: ToolResultPart) -> str | list[dict[str, Any]]:
    if isinstance(part.content, str):
        return part.content
    return [piece for item in part.content if (piece := _piece(parameters, item)) is not None]
