"""Ollama's own wire: our chat request into the bodies of /api/chat and /api/generate, its JSON lines into stream parts.

Wire: https://docs.ollama.com/api and the project's API document, as of November 2026.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lollms_client import errors
from lollms_client.families.message_details import warn_of_details
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.catalogue import ModelInfo
from lollms_client.types.chat import (
    ChatRequest,
    Finish,
    Finished,
    LogprobsDelta,
    MediaDelta,
    ReasoningDelta,
    StreamPart,
    TextDelta,
    TokenLogprob,
    Tool,
    ToolCallDelta,
)
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

Body = dict[str, Any]
_OPTIONS = {
    "max_tokens": "num_predict", "temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "min_p": "min_p",
    "presence_penalty": "presence_penalty", "frequency_penalty": "frequency_penalty", "seed": "seed",
    "repeat_penalty": "repeat_penalty", "repeat_last_n": "repeat_last_n",
}  # fmt: skip
OPTION_PARAMETERS = ("num_ctx", "num_keep", "num_batch", "num_gpu", "main_gpu", "num_thread", "use_mmap", "typical_p")
_LEVELS = ("low", "medium", "high", "max")


class BodyBuilder:
    """Builds one body; `warnings` holds what was not honoured as given."""

    def __init__(self, request: ChatRequest, model: str, parameters: Mapping[str, Any]) -> None:
        self.request = request
        self.model = model
        self.parameters = parameters
        self.warnings: list[CallWarning] = []

    def warn(self, kind: Any, setting: str, detail: str) -> None:
        """Note something that was not honoured as given."""
        self.warnings.append(CallWarning(kind=kind, setting=setting, detail=detail))

    @property
    def path(self) -> str:
        """Where the body goes."""
        return "api/chat" if self.request.prompt is None else "api/generate"

    def body(self) -> Body:
        """The whole body; Ollama streams unless told otherwise, so `stream` says it plainly."""
        request = self.request
        body: Body = {"model": self.model, "stream": True}
        warn_of_details(request.messages, self.warn, "Ollama")
        body.update(self._prompt() if request.prompt is not None else self._chat())
        if options := self.options():
            body["options"] = options
        self._format(body)
        if (think := self._think()) is not None:
            body["think"] = think
        if request.logprobs is not None:
            body["logprobs"] = True
            if request.logprobs:
                body["top_logprobs"] = request.logprobs
        if (keep_alive := self.parameters.get("keep_alive")) is not None:
            body["keep_alive"] = duration(keep_alive)
        if request.count not in (None, 1):
            self.warn("dropped", "count", "Ollama gives one answer a call")
        return body

    def options(self) -> Body:
        """The model's options: ours, the binding's parameters, and the dictionary `options`, which goes before both."""
        found = {
            theirs: value for ours, theirs in _OPTIONS.items() if (value := getattr(self.request, ours)) is not None
        }
        if self.request.stop:
            found["stop"] = list(self.request.stop)
        found.update(
            {name: self.parameters[name] for name in OPTION_PARAMETERS if self.parameters.get(name) is not None}
        )
        return {**found, **(self.parameters.get("options") or {})}

    def _think(self) -> bool | str | None:
        given = self.parameters.get("think")
        if given is not None:
            return {"true": True, "false": False}.get(given, given)  # type: ignore[no-any-return]
        effort = self.request.reasoning_effort
        if effort is None:
            return None
        if effort == "none":
            return False
        if effort in _LEVELS:
            return effort
        nearest = {"minimal": "low", "xhigh": "max"}.get(effort)
        if nearest is None:
            raise errors.BadSetting(
                f"reasoning_effort={effort!r}: use none, {', '.join(_LEVELS)}", setting="reasoning_effort"
            )
        self.warn("replaced", "reasoning_effort", f"Ollama knows no {effort!r}; {nearest!r} was sent")
        return nearest

    def _format(self, body: Body) -> None:
        wanted = self.request.response_format
        if wanted is not None and wanted.kind == "json_schema" and wanted.json_schema is not None:
            body["format"] = wanted.json_schema
        elif wanted is not None and wanted.kind == "json":
            body["format"] = "json"

    # --- chat ---

    def _chat(self) -> Body:
        messages = [found for message in self.request.messages for found in self._messages(message)]
        body: Body = {"messages": messages}
        request = self.request
        if request.tools and request.tool_choice != "none":
            body["tools"] = [_tool(tool) for tool in request.tools]
            if request.tool_choice not in (None, "auto"):
                self.warn("unsupported", "tool_choice", "Ollama lets the model choose")
        if request.parallel_tool_calls is not None and request.tools:
            self.warn("dropped", "parallel_tool_calls", "Ollama has no such setting")
        if self.parameters.get("suffix") is not None:
            self.warn("dropped", "suffix", "only a raw prompt has a gap to fill")
        return body

    def _messages(self, message: Message) -> list[Body]:
        results = [part for part in message.parts if isinstance(part, ToolResultPart)]
        found = [self._tool_result(part) for part in results]
        others = [part for part in message.parts if not isinstance(part, ToolResultPart)]
        if others or not results:
            found.append(self._message(message.role, others))
        return found

    def _message(self, role: str, parts: Sequence[Part]) -> Body:
        body: Body = {"role": role, "content": "".join(self._text(part) for part in parts)}
        if thinking := "".join(part.text for part in parts if isinstance(part, ReasoningPart)):
            body["thinking"] = thinking
        if images := [image_of(part).base64() for part in parts if isinstance(part, ImagePart)]:
            body["images"] = images
        calls = [part for part in parts if isinstance(part, ToolCallPart)]
        if calls:
            body["tool_calls"] = [{"function": {"name": call.name, "arguments": call.arguments}} for call in calls]
        if any(call.raw_arguments is not None for call in calls):
            self.warn("dropped", "messages", "arguments of an earlier call that are no JSON object")
        return body

    def _text(self, part: Part) -> str:
        if isinstance(part, TextPart):
            return part.text
        if isinstance(part, FilePart):
            return _file_text(part)
        if isinstance(part, AudioPart):
            if not part.transcript:
                raise errors.Unsupported("Ollama takes no sound; give its words as text", setting="messages")
            self.warn("replaced", "messages", "a sound was replaced by its transcript")
            return part.transcript
        return ""

    def _tool_result(self, part: ToolResultPart) -> Body:
        name = part.name or self._called(part.call_id)
        body: Body = {"role": "tool"}
        if isinstance(part.content, str):
            body["content"] = part.content
        else:
            body["content"] = "".join(item.text for item in part.content if isinstance(item, TextPart))
            if images := [image_of(item).base64() for item in part.content if isinstance(item, ImagePart)]:
                body["images"] = images
        return {**body, "tool_name": name} if name else body

    def _called(self, call_id: str) -> str | None:
        for message in reversed(self.request.messages):
            for call in message.tool_calls:
                if call.id == call_id:
                    return call.name
        return None

    # --- a raw prompt ---

    def _prompt(self) -> Body:
        suffix = self.parameters.get("suffix")
        body: Body = {"prompt": self.request.prompt}
        if suffix is not None:
            body["suffix"] = suffix
        if self.parameters.get("raw") is not False and suffix is None:
            body["raw"] = True
        images = [image_of(part).base64() for message in self.request.messages for part in message.images]
        if images:
            body["images"] = images
        if self.request.tools:
            self.warn("dropped", "tools", "a raw prompt has no tools")
        return body


def _tool(tool: Tool) -> Body:
    function: Body = {"name": tool.name, "parameters": tool.parameters}
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def duration(value: Any) -> Any:
    """`keep_alive` as Ollama reads it: a number of seconds, or a text with a unit such as `5m`."""
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def image_of(part: ImagePart) -> Media:
    """The image's bytes; Ollama fetches no URLs. Raises BadMedia for anything else."""
    if part.media is not None:
        return part.media
    if part.url and part.url.startswith("data:"):
        return Media.of(part.url)
    raise errors.BadMedia("Ollama fetches no URLs: give the image itself", setting="images")


def _file_text(part: FilePart) -> str:
    try:
        text = None if part.media is None else part.media.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise errors.Unsupported("Ollama takes no files but plain text; give the text itself", setting="messages")
    return f"{part.name}:\n{text}\n" if part.name else f"{text}\n"


class LineReader:
    """Reads the lines of one answer; `done` is True once the last one has come."""

    def __init__(self) -> None:
        self.done = False
        self._calls = 0

    def parts(self, line: Any) -> list[StreamPart]:
        """What a line adds."""
        if not isinstance(line, dict):
            return []
        source = line.get("message") or line
        parts: list[StreamPart] = []
        if thinking := source.get("thinking"):
            parts.append(ReasoningDelta(text=thinking))
        if text := source.get("content") or (source.get("response") if source is line else ""):
            parts.append(TextDelta(text=text))
        parts.extend(self._tool_call(call) for call in source.get("tool_calls") or ())
        parts.extend(_images(source))
        if tokens := tuple(_logprob(row) for row in line.get("logprobs") or ()):
            parts.append(LogprobsDelta(tokens=tokens))
        if line.get("done") and not self.done:
            self.done = True
            parts.append(self._finished(line))
        return parts

    def _tool_call(self, call: Mapping[str, Any]) -> StreamPart:
        function = call.get("function") or {}
        arguments = function.get("arguments")
        position, self._calls = self._calls, self._calls + 1
        return ToolCallDelta(
            position=position,
            id=str(call.get("id") or f"call_{uuid.uuid4().hex[:12]}"),  # older servers name no calls
            name=function.get("name"),
            arguments=arguments if isinstance(arguments, str) else json.dumps(arguments or {}),
        )

    def _finished(self, line: Mapping[str, Any]) -> Finished:
        reason = str(line.get("done_reason") or "stop")
        known: dict[str, Finish] = {"stop": "stop", "length": "length"}
        finish: Finish = "tool_calls" if self._calls and reason == "stop" else known.get(reason, "other")
        durations = {name: value for name, value in line.items() if name.endswith("_duration")}
        return Finished(
            finish=finish,
            usage=Usage(input_tokens=line.get("prompt_eval_count"), output_tokens=line.get("eval_count")),
            model=line.get("model"),
            extra={"done_reason": reason, **durations},
        )


def _images(source: Mapping[str, Any]) -> list[StreamPart]:
    images = list(source.get("images") or ())
    if isinstance(source.get("image"), str):
        images.append(source["image"])
    return [MediaDelta(media=_decoded(image)) for image in images]


def _decoded(image: Any) -> Media:
    try:
        return Media(base64.b64decode(str(image), validate=True))
    except ValueError as error:
        raise errors.BadReply("Ollama's reply holds an image that is not base64") from error


def _logprob(row: Mapping[str, Any]) -> TokenLogprob:
    return TokenLogprob(
        token=str(row.get("token", "")),
        logprob=float(row.get("logprob", 0.0)),
        alternatives=tuple(_logprob(other) for other in row.get("top_logprobs") or ()),
    )


def model_info(row: Mapping[str, Any]) -> ModelInfo:
    """A model of the server's list."""
    details = row.get("details") or {}
    facts = {
        name: row[name] for name in ("digest", "remote_model", "remote_host", "expires_at", "size_vram") if name in row
    }
    try:
        created: int | None = int(datetime.fromisoformat(str(row.get("modified_at"))).timestamp())
    except ValueError:
        created = None
    return ModelInfo(
        name=row.get("model") or row["name"],
        owner=details.get("family") or "",
        created=created,
        size_bytes=row.get("size"),
        context_tokens=row.get("context_length"),
        capabilities=tuple(row.get("capabilities") or ()),
        extra={**facts, **({"details": details} if details else {})},
    )
