"""Chat: the request, the parts of a streamed answer, the result, and the one accumulator that folds parts into it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from lollms_client.types.accounting import CallWarning, Progress, Usage
from lollms_client.types.facts import keep_types
from lollms_client.types.media import Media
from lollms_client.types.message import AudioPart, ImagePart, Message, Part, ReasoningPart, TextPart, ToolCallPart

Finish = Literal["stop", "length", "tool_calls", "content_filter", "cancelled", "error", "other"]


class Tool(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A function that the model may ask for; `parameters` is the JSON Schema of its arguments."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=lambda: {"type": "object", "properties": {}})
    strict: bool | None = None


class ResponseFormat(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The form of the answer: plain text, any JSON, or JSON that fits `json_schema`."""

    kind: Literal["text", "json", "json_schema"] = "text"
    json_schema: dict[str, Any] | None = None
    name: str = "answer"
    strict: bool = True


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked of a language model. None means: not said, the service's own default holds."""

    messages: tuple[Message, ...]
    model: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    repeat_penalty: float | None = None
    repeat_last_n: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: str | None = None  # auto, none, required, or a tool's name
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: str | None = None  # none, minimal, low, medium, high, …
    logprobs: int | None = None  # how many alternatives a token, 0 for the chosen one alone
    count: int | None = None  # how many answers
    prompt: str | None = None  # a raw prompt to be completed as it stands, instead of messages
    extra: dict[str, Any] = msgspec.field(default_factory=dict)  # the binding's own parameters


class _Delta(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class TextDelta(_Delta, frozen=True, kw_only=True, omit_defaults=True, tag="text"):
    """More words of answer number `index`. Raises TypeError where `text` is none."""

    text: str
    index: int = 0

    def __post_init__(self) -> None:
        if type(self.text) is not str or type(self.index) is not int:
            keep_types(self)


class ReasoningDelta(_Delta, frozen=True, kw_only=True, omit_defaults=True, tag="reasoning"):
    """More of what the model thinks; `signature` and `redacted` come with a service's signed thinking."""

    text: str = ""
    signature: str | None = None
    redacted: str | None = None
    index: int = 0

    def __post_init__(self) -> None:
        if type(self.text) is not str or type(self.index) is not int:
            keep_types(self)


class ToolCallDelta(_Delta, frozen=True, kw_only=True, omit_defaults=True, tag="tool_call"):
    """A piece of a tool call; pieces with the same `position` belong together, `arguments` is JSON text to append."""

    position: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""
    signature: str | None = None
    index: int = 0


class MediaDelta(_Delta, frozen=True, kw_only=True, omit_defaults=True, tag="media"):
    """A piece of sound (to be joined) or a whole image out of the model."""

    media: Media
    transcript: str | None = None
    id: str | None = None
    index: int = 0


class LogprobsDelta(_Delta, frozen=True, kw_only=True, omit_defaults=True, tag="logprobs"):
    """Log probabilities of tokens of the answer."""

    tokens: tuple[TokenLogprob, ...]
    index: int = 0


class TokenLogprob(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A token, its natural-log probability, and the likeliest alternatives."""

    token: str
    logprob: float
    alternatives: tuple[TokenLogprob, ...] = ()


class WarningPart(_Delta, frozen=True, kw_only=True, omit_defaults=True, tag="warning"):
    """A setting that was not honoured."""

    warning: CallWarning


class ProgressPart(_Delta, frozen=True, kw_only=True, omit_defaults=True, tag="progress"):
    """How far a long preparation is (loading a model, reading a long prompt)."""

    progress: Progress


class Finished(_Delta, frozen=True, kw_only=True, omit_defaults=True, tag="finished"):
    """The end of answer number `index`, or (with `index` None) facts about the whole call, usage above all."""

    finish: Finish | None = None
    usage: Usage | None = None
    model: str | None = None
    id: str | None = None
    index: int | None = 0
    extra: dict[str, Any] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        keep_types(self)


StreamPart = (
    TextDelta | ReasoningDelta | ToolCallDelta | MediaDelta | LogprobsDelta | WarningPart | ProgressPart | Finished
)


class ChatResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer: a message, why it ended, what it used, and what was not honoured."""

    message: Message
    finish: Finish = "stop"
    usage: Usage = Usage()
    warnings: tuple[CallWarning, ...] = ()
    model: str | None = None
    id: str | None = None
    alternatives: tuple[Message, ...] = ()  # the second and further answers where `count` asked for them
    logprobs: tuple[TokenLogprob, ...] = ()
    extra: dict[str, Any] = msgspec.field(default_factory=dict)  # what the service said beyond this

    @property
    def text(self) -> str:
        """The words of the answer."""
        return self.message.text

    @property
    def reasoning(self) -> str:
        """What the model thought, where it told."""
        return self.message.reasoning

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        """The tools that the model asks for."""
        return self.message.tool_calls

    def __str__(self) -> str:
        return self.message.text


class _Answer:
    """The pieces of one answer in the order in which they began."""

    def __init__(self) -> None:
        self.pieces: list[list[Any]] = []  # [kind, key, fields…]
        self.finish: Finish | None = None
        self.logprobs: list[TokenLogprob] = []

    def open(self, kind: str, key: object = None) -> dict[str, Any]:
        if kind in ("tool_call", "audio"):
            for existing in self.pieces:
                if existing[0] == kind and existing[1] == key:
                    return existing[2]  # type: ignore[no-any-return]
        elif self.pieces and self.pieces[-1][0] == kind and not self.pieces[-1][2].get("closed"):
            return self.pieces[-1][2]  # type: ignore[no-any-return]
        fields: dict[str, Any] = {"text": []}
        self.pieces.append([kind, key, fields])
        return fields

    def message(self) -> Message:
        return Message(role="assistant", parts=tuple(_finish_piece(kind, fields) for kind, _, fields in self.pieces))


def _finish_piece(kind: str, fields: dict[str, Any]) -> Part:
    text = "".join(fields["text"])
    if kind == "text":
        return TextPart(text=text)
    if kind == "reasoning":
        return ReasoningPart(text=text, signature=fields.get("signature"), redacted=fields.get("redacted"))
    if kind == "tool_call":
        arguments, raw = decode_arguments(text)
        return ToolCallPart(
            id=fields.get("id") or "",
            name=fields.get("name") or "",
            arguments=arguments,
            raw_arguments=raw,
            signature=fields.get("signature"),
        )
    if kind == "image":
        return ImagePart(media=fields["media"])
    media = Media(b"".join(fields["data"]), fields["mime_type"])
    return AudioPart(media=media, transcript=text or None, id=fields.get("id"))


def decode_arguments(text: str) -> tuple[dict[str, Any], str | None]:
    """Decode a tool call's JSON arguments; where they are no JSON object, the text itself comes back second."""
    if not text.strip():
        return {}, None
    try:
        return msgspec.json.decode(text, type=dict[str, Any]), None
    except (msgspec.DecodeError, UnicodeEncodeError):
        return {}, text


_NO_USAGE = Usage()


class ChatAccumulator:
    """Folds stream parts into a ChatResult; a call that is not streamed is the same stream drained."""

    def __init__(self) -> None:
        self._answers: dict[int, _Answer] = {}
        self._warnings: list[CallWarning] = []
        self._usage = _NO_USAGE
        self._model: str | None = None
        self._id: str | None = None
        self._extra: dict[str, Any] = {}
        self.finished = False

    def add_all(self, parts: Iterable[StreamPart]) -> None:
        """Fold several parts."""
        for part in parts:
            self.add(part)

    def add(self, part: StreamPart) -> None:
        """Fold one part."""
        if isinstance(part, Finished):
            self._add_finished(part)
        elif isinstance(part, WarningPart):
            self._warnings.append(part.warning)
        elif not isinstance(part, ProgressPart):
            self._add_content(self._answer(part.index), part)

    def _answer(self, index: int) -> _Answer:
        answer = self._answers.get(index)
        if answer is None:
            answer = self._answers[index] = _Answer()
        return answer

    def _add_content(
        self, answer: _Answer, part: TextDelta | ReasoningDelta | ToolCallDelta | MediaDelta | LogprobsDelta
    ) -> None:
        if isinstance(part, TextDelta):
            answer.open("text")["text"].append(part.text)
        elif isinstance(part, ReasoningDelta):
            fields = answer.open("reasoning")
            fields["text"].append(part.text)
            if part.signature is not None or part.redacted is not None:
                fields["signature"], fields["redacted"], fields["closed"] = part.signature, part.redacted, True
        elif isinstance(part, ToolCallDelta):
            fields = answer.open("tool_call", part.position)
            fields["text"].append(part.arguments)
            fields.update(
                {key: value for key in ("id", "name", "signature") if (value := getattr(part, key)) is not None}
            )
        elif isinstance(part, LogprobsDelta):
            answer.logprobs.extend(part.tokens)
        else:
            self._add_media(answer, part)

    def _add_media(self, answer: _Answer, part: MediaDelta) -> None:
        if part.media.kind == "image":
            answer.pieces.append(["image", None, {"text": [], "media": part.media}])
            return
        fields = answer.open("audio")
        fields.setdefault("data", []).append(bytes(part.media))
        fields.setdefault("mime_type", part.media.mime_type)
        if part.transcript:
            fields["text"].append(part.transcript)
        if part.id is not None:
            fields["id"] = part.id

    def _add_finished(self, part: Finished) -> None:
        if part.index is not None and part.finish is not None:
            self._answer(part.index).finish = part.finish
            self.finished = True
        if part.usage is not None and self._usage is _NO_USAGE:
            self._usage = part.usage
        elif part.usage is not None:
            known = {
                name: value for name in part.usage.__struct_fields__ if (value := getattr(part.usage, name)) is not None
            }
            self._usage = msgspec.structs.replace(self._usage, **known)
        self._model = part.model or self._model
        self._id = part.id or self._id
        self._extra.update(part.extra)

    def result(self) -> ChatResult:
        """The result of what was folded so far."""
        answers = [self._answers[index] for index in sorted(self._answers)] or [_Answer()]
        return ChatResult(
            message=answers[0].message(),
            finish=answers[0].finish or "other",
            usage=self._usage,
            warnings=tuple(self._warnings),
            model=self._model,
            id=self._id,
            alternatives=tuple(answer.message() for answer in answers[1:]),
            logprobs=tuple(answers[0].logprobs),
            extra=self._extra,
        )


def parts_of(result: ChatResult) -> list[StreamPart]:
    """The stream parts that fold into `result`: for services that answer whole where a stream was asked for."""
    parts: list[StreamPart] = [WarningPart(warning=warning) for warning in result.warnings]
    for index, message in enumerate((result.message, *result.alternatives)):
        for position, part in enumerate(message.parts):
            parts.extend(_as_deltas(part, position, index))
    if result.logprobs:
        parts.append(LogprobsDelta(tokens=result.logprobs))
    for index in range(1, len(result.alternatives) + 1):
        parts.append(Finished(finish=result.finish, index=index))
    parts.append(
        Finished(finish=result.finish, usage=result.usage, model=result.model, id=result.id, extra=result.extra)
    )
    return parts


def _as_deltas(part: Part, position: int, index: int) -> list[StreamPart]:
    if isinstance(part, TextPart):
        return [TextDelta(text=part.text, index=index)]
    if isinstance(part, ReasoningPart):
        return [ReasoningDelta(text=part.text, signature=part.signature, redacted=part.redacted, index=index)]
    if isinstance(part, ToolCallPart):
        text = part.raw_arguments or msgspec.json.encode(part.arguments).decode()
        return [
            ToolCallDelta(
                position=position, id=part.id, name=part.name, arguments=text, signature=part.signature, index=index
            )
        ]
    if isinstance(part, (ImagePart, AudioPart)) and part.media is not None:
        transcript = part.transcript if isinstance(part, AudioPart) else None
        return [MediaDelta(media=part.media, transcript=transcript, index=index)]
    return []
