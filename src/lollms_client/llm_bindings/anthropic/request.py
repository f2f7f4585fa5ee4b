"""From our chat request to the body of Anthropic's Messages API, with a warning for each setting it cannot carry.

Wire: https://platform.claude.com/docs/en/api/messages and the vendor's API document, as of August 2026; its versions:
https://platform.claude.com/docs/en/api/versioning, November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from lollms_client import errors
from lollms_client.families.message_details import warn_of_details
from lollms_client.types.accounting import CallWarning
from lollms_client.types.chat import ChatRequest, ResponseFormat, Tool
from lollms_client.types.media import Media
from lollms_client.types.message import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

Block = dict[str, Any]
IMAGE_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_NO_COUNTERPART = (
    "min_p", "presence_penalty", "frequency_penalty", "repeat_penalty", "repeat_last_n", "seed", "logprobs",
)  # fmt: skip
_PASSED = ("service_tier", "metadata", "container", "inference_geo", "cache_control", "speed")
NEWEST_VERSION, OLDER_VERSION = "2026-10-21", "2023-06-01"  # the newer one has no sampling settings
SAMPLING = ("temperature", "top_p", "top_k")
_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 24576, "max": 32000}
_LEAST_BUDGET = 1024


class RequestBuilder:
    """Builds one body; `warnings` holds what was not honoured as given."""

    def __init__(
        self, request: ChatRequest, model: str, service: Mapping[str, Any], parameters: Mapping[str, Any], version: str
    ) -> None:
        self.request = request
        self.model = model
        self.facts = model_facts(model, service)
        self.parameters = parameters
        self.version = version or self._fitting_version()
        self.warnings: list[CallWarning] = []

    def warn(self, kind: Any, setting: str, detail: str) -> None:
        """Note something that was not honoured as given."""
        self.warnings.append(CallWarning(kind=kind, setting=setting, detail=detail))

    def _fitting_version(self) -> str:
        """The newest version of the API; the one before it where the model takes a sampling setting that is given."""
        given = [name for name in SAMPLING if getattr(self.request, name) is not None]
        return OLDER_VERSION if set(given) - set(self.facts["refuses"]) else NEWEST_VERSION

    # --- the body ---

    def body(self) -> Block:
        """The whole body, without `stream`."""
        request = self.request
        body: Block = {"model": self.model, "max_tokens": request.max_tokens or int(self.facts["max_tokens"])}
        warn_of_details(request.messages, self.warn, "Anthropic", cache=True)
        body.update(self.conversation())
        self._thinking(body)
        self._sampling(body)
        if request.stop:
            body["stop_sequences"] = list(request.stop)
        self._tools(body)
        self._format(body)
        for name in _PASSED:
            if (value := self.parameters.get(name)) is not None:
                body[name] = value
        for name in _NO_COUNTERPART:
            if getattr(request, name) is not None:
                self.warn("dropped", name, "the Messages API has no such setting")
        if request.count not in (None, 1):
            self.warn("dropped", "count", "the Messages API gives one answer a call")
        return body

    def conversation(self) -> Block:
        """`system` and `messages`; turns of the same role are joined, as the service asks for."""
        system: list[Block] = []
        messages: list[Block] = []
        for message in self.request.messages:
            if message.role == "system":
                if messages:
                    self.warn("replaced", "messages", "a system message amid the conversation was moved to its start")
                system.extend(self._blocks(message))
                continue
            role = "assistant" if message.role == "assistant" else "user"
            blocks = self._blocks(message)
            if not blocks:
                continue
            if messages and messages[-1]["role"] == role:
                messages[-1]["content"].extend(blocks)
            else:
                messages.append({"role": role, "content": blocks})
        if not messages:
            raise errors.BadSetting("Anthropic needs at least one message that is not a system one", setting="messages")
        return {"system": system, "messages": messages} if system else {"messages": messages}

    # --- messages ---

    def _blocks(self, message: Message) -> list[Block]:
        found = [block for part in message.parts if (block := self._block(part)) is not None]
        if message.role in ("user", "tool"):  # results come first in a turn, the service insists
            found.sort(key=lambda block: block["type"] != "tool_result")
        return found

    def _block(self, part: Part) -> Block | None:
        if isinstance(part, TextPart):
            return self._cached({"type": "text", "text": part.text}, part.cache) if part.text.strip() else None
        if isinstance(part, ReasoningPart):
            return self._reasoning(part)
        if isinstance(part, ImagePart):
            return self._cached({"type": "image", "source": image_source(part)}, part.cache)
        if isinstance(part, FilePart):
            return self._document(part)
        if isinstance(part, ToolCallPart):
            if part.raw_arguments is not None:
                self.warn("dropped", "messages", f"the arguments of the earlier call of {part.name} are no JSON object")
            return {"type": "tool_use", "id": _identifier(part.id), "name": part.name, "input": part.arguments}
        if isinstance(part, ToolResultPart):
            return self._tool_result(part)
        return self._audio(part)

    def _audio(self, part: AudioPart) -> Block:
        if not part.transcript:
            raise errors.Unsupported("Anthropic's models hear no sound; give its words as text", setting="messages")
        self.warn("replaced", "messages", "a sound was replaced by its transcript")
        return {"type": "text", "text": part.transcript}

    def _reasoning(self, part: ReasoningPart) -> Block | None:
        if part.redacted is not None:
            return {"type": "redacted_thinking", "data": part.redacted}
        if part.signature is None:
            self.warn("dropped", "messages", "thinking without Anthropic's signature is not sent back")
            return None
        return {"type": "thinking", "thinking": part.text, "signature": part.signature}

    def _document(self, part: FilePart) -> Block:
        block: Block = {"type": "document", "source": document_source(part)}
        if part.name:
            block["title"] = part.name
        if self.parameters.get("citations"):
            block["citations"] = {"enabled": True}
        return self._cached(block, part.cache)

    def _tool_result(self, part: ToolResultPart) -> Block:
        block: Block = {"type": "tool_result", "tool_use_id": _identifier(part.call_id)}
        if isinstance(part.content, str):
            block["content"] = part.content
        else:
            block["content"] = [inner for item in part.content if (inner := self._block(item)) is not None]
        if part.is_error:
            block["is_error"] = True
        return block

    def _cached(self, block: Block, cache: bool) -> Block:
        if cache:
            ttl = self.parameters.get("cache_ttl")
            block["cache_control"] = {"type": "ephemeral", "ttl": ttl} if ttl else {"type": "ephemeral"}
        return block

    # --- settings ---

    def _thinking(self, body: Block) -> None:
        effort, given = self.request.reasoning_effort, self.parameters.get("thinking")
        budget = self.parameters.get("thinking_budget")
        if effort is not None:
            self._effort(body, effort)
        if budget is not None:
            self._budget(body, int(budget))
        if given is not None:
            body["thinking"] = given
        display = self.parameters.get("thinking_display")
        if display and "thinking" not in body and self.facts["thinking"] == "adaptive":
            body["thinking"] = {"type": "adaptive"}
        if display and body.get("thinking", {}).get("type") in ("enabled", "adaptive"):
            body["thinking"] = {**body["thinking"], "display": display}
        elif display:
            self.warn("dropped", "thinking_display", "the model was not asked to think")

    def _effort(self, body: Block, effort: str) -> None:
        if effort == "none":
            body["thinking"] = {"type": "disabled"}
            return
        levels = self.facts["effort"]
        if effort not in _BUDGETS:
            raise errors.BadSetting(
                f"reasoning_effort={effort!r}: use none, {', '.join(_BUDGETS)}", setting="reasoning_effort"
            )
        if levels:
            fitting = effort if effort in levels else ("low" if effort in ("minimal", "low") else levels[-1])
            if fitting != effort:
                self.warn("replaced", "reasoning_effort", f"{self.model} knows no {effort!r}; {fitting!r} was sent")
            body["output_config"] = {"effort": fitting}
        if self.facts["thinking"] == "adaptive":
            body["thinking"] = {"type": "adaptive"}
        else:
            if not levels:
                detail = f"{self.model} takes a budget of tokens instead of a level; {_BUDGETS[effort]} was meant"
                self.warn("replaced", "reasoning_effort", detail)
            self._budget(body, _BUDGETS[effort])

    def _budget(self, body: Block, budget: int) -> None:
        most = int(body["max_tokens"]) - 1
        if self.facts["thinking"] == "adaptive" and "enabled" in self.facts["refuses"]:
            self.warn("replaced", "thinking_budget", f"{self.model} thinks adaptively; it takes no budget")
            body["thinking"] = {"type": "adaptive"}
        elif most < _LEAST_BUDGET:
            self.warn("dropped", "thinking_budget", f"thinking needs max_tokens above {_LEAST_BUDGET}")
        else:
            fitting = min(max(budget, _LEAST_BUDGET), most)
            if fitting != budget:
                self.warn("clamped", "thinking_budget", f"{fitting} was sent: at least 1024, and less than max_tokens")
            body["thinking"] = {"type": "enabled", "budget_tokens": fitting}

    def _sampling(self, body: Block) -> None:
        thinks = body.get("thinking", {}).get("type") in ("enabled", "adaptive")
        for name in SAMPLING:
            value = getattr(self.request, name)
            if value is None:
                continue
            neutral = (name == "temperature" and value == 1.0) or (name == "top_p" and value >= 0.99)
            if name in self.facts["refuses"] or self.version != OLDER_VERSION:
                if not neutral:
                    whose = self.model if name in self.facts["refuses"] else f"version {self.version} of the API"
                    self.warn("dropped", name, f"{whose} takes no {name}")
                continue
            if thinks and name != "top_p" and not neutral:
                self.warn("dropped", name, f"{name} cannot be set while the model thinks")
                continue
            fitting = value if name == "top_k" else min(1.0, max(0.0, value))
            if fitting != value:
                self.warn("clamped", name, f"{fitting:g} was sent: the range is 0 to 1")
            body[name] = fitting

    def _tools(self, body: Block) -> None:
        request = self.request
        tools = [_tool(tool) for tool in request.tools]
        if tools and self.parameters.get("cache_tools"):
            self._cached(tools[-1], True)
        tools.extend(self.parameters.get("server_tools") or ())
        if not tools:
            if request.tool_choice not in (None, "auto", "none"):
                self.warn("dropped", "tool_choice", "there are no tools to choose from")
            return
        body["tools"] = tools
        choice = _tool_choice(request.tool_choice)
        if request.parallel_tool_calls is not None and (choice or {}).get("type") != "none":
            choice = choice or {"type": "auto"}
            choice["disable_parallel_tool_use"] = not request.parallel_tool_calls
        if choice is not None:
            body["tool_choice"] = choice

    def _format(self, body: Block) -> None:
        wanted, given = self.request.response_format, self.parameters.get("output_config")
        if wanted is not None and wanted.kind == "json_schema" and wanted.json_schema is not None:
            body.setdefault("output_config", {})["format"] = {"type": "json_schema", "schema": _schema(wanted)}
        elif wanted is not None and wanted.kind == "json":
            self.warn("unsupported", "response_format", "Anthropic needs a JSON Schema; ask for JSON in the prompt too")
        if given:
            body["output_config"] = {**body.get("output_config", {}), **given}


def model_facts(model: str, service: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a model: its first matching row of the manifest's table over the defaults."""
    for row in service.get("models", ()):
        if any(fnmatchcase(model.lower(), pattern) for pattern in row["patterns"]):
            return {**service["defaults"], **row}
    return dict(service["defaults"])


def image_source(part: ImagePart) -> Block:
    """The source of an image block. Raises BadMedia for a format that the service does not read."""
    if part.media is None:
        if not part.url:
            raise errors.BadMedia("an image part needs media or a url", setting="messages")
        return _media_source(Media.of(part.url)) if part.url.startswith("data:") else {"type": "url", "url": part.url}
    return _media_source(part.media)


def _media_source(media: Media) -> Block:
    if media.mime_type not in IMAGE_TYPES:
        raise errors.BadMedia(
            f"Anthropic reads JPEG, PNG, GIF and WebP images, not {media.mime_type}; convert it first", setting="images"
        )
    return {"type": "base64", "media_type": media.mime_type, "data": media.base64()}


def document_source(part: FilePart) -> Block:
    """The source of a document block: an uploaded file, a URL, a PDF, or text."""
    if part.id:
        return {"type": "file", "file_id": part.id}
    if part.media is None:
        if not part.url:
            raise errors.BadMedia("a file part needs media, a url or an id", setting="messages")
        return {"type": "url", "url": part.url}
    if part.media.mime_type == "application/pdf":
        return {"type": "base64", "media_type": "application/pdf", "data": part.media.base64()}
    try:
        text = part.media.decode("utf-8")
    except UnicodeDecodeError as error:
        raise errors.BadMedia(
            f"Anthropic reads PDF and plain text, not {part.media.mime_type}; convert it first", setting="messages"
        ) from error
    return {"type": "text", "media_type": "text/plain", "data": text}


def _identifier(text: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]", "_", text) or "call"


def _tool(tool: Tool) -> Block:
    block: Block = {"name": tool.name, "input_schema": {"type": "object", **tool.parameters}}
    if tool.description:
        block["description"] = tool.description
    if tool.strict is not None:
        block["strict"] = tool.strict
    return block


def _tool_choice(choice: str | None) -> Block | None:
    if choice is None:
        return None
    simple = {"auto": "auto", "none": "none", "required": "any"}.get(choice)
    return {"type": simple} if simple else {"type": "tool", "name": choice}


def _schema(wanted: ResponseFormat) -> dict[str, Any]:
    assert wanted.json_schema is not None
    closed: dict[str, Any] = closed_schema(wanted.json_schema)
    return closed


def closed_schema(schema: Any) -> Any:
    """The schema with every object closed to further properties, as structured outputs demand."""
    if isinstance(schema, Mapping):
        found = {name: closed_schema(value) for name, value in schema.items()}
        if found.get("type") == "object" and isinstance(found.get("properties"), dict):
            found.setdefault("additionalProperties", False)
        return found
    if isinstance(schema, list):
        return [closed_schema(item) for item in schema]
    return schema


def beta_header(*lists: Iterable[str] | None) -> str:
    """The value of `anthropic-beta`: the names in their order, each once."""
    return ",".join(dict.fromkeys(name for names in lists for name in names or ()))
