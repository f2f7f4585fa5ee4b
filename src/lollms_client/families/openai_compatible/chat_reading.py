"""Reads chat completions, whole or in chunks, into stream parts.

After OpenAI's API document 2.3.0 of 2026-08-21 (chat.completion, chat.completion.chunk), and what other services add:
reasoning and reasoning_content (DeepSeek, vLLM, OpenRouter), lists of content (Mistral), images (OpenRouter).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from lollms_client.errors import BadMedia, BadReply, LollmsError
from lollms_client.families.events import ServerEvent
from lollms_client.families.openai_compatible.reasoning_details import ReasoningDetails
from lollms_client.families.openai_compatible.think_tags import ThinkSplitter
from lollms_client.families.openai_compatible.usage import usage_of
from lollms_client.families.reply_values import worded
from lollms_client.types.accounting import Usage
from lollms_client.types.chat import (
    Finish,
    Finished,
    LogprobsDelta,
    MediaDelta,
    ReasoningDelta,
    StreamPart,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
)
from lollms_client.types.media import Media

_FINISHES: dict[str, Finish] = {
    "stop": "stop",
    "eos": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "sensitive": "content_filter",
    "error": "error",
}
_FACTS = (
    "system_fingerprint",
    "service_tier",
    "provider",
    "citations",
    "search_results",
    "related_questions",
    "images",
)
_AUDIO_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "opus": "audio/opus", "aac": "audio/aac"}


class _Choice:
    """What is known of one answer so far."""

    def __init__(self, tags: Sequence[str]) -> None:
        self.splitter = ThinkSplitter(tags)
        self.calls: dict[Any, tuple[int, str]] = {}
        self.positions = 0
        self.refused = ""
        self.details = ReasoningDetails()
        self.finished = False


class ChatReader:
    """Folds the chunks of one reply into parts. `failure` makes an error of the tree out of an error body."""

    def __init__(
        self, failure: Callable[[Any], LollmsError], *, think_tags: Sequence[str] = (), audio_format: str = ""
    ) -> None:
        self._failure = failure
        self._tags = think_tags
        self._audio_type = _AUDIO_TYPES.get(audio_format, "audio/pcm" if audio_format else "audio/wav")
        self._choices: dict[int, _Choice] = {}
        self._usage: Usage | None = None
        self._model: str | None = None
        self._id: str | None = None
        self._extra: dict[str, Any] = {}
        self._marked = False

    def event(self, event: ServerEvent, adapt: Callable[[Any], Any]) -> list[StreamPart]:
        """The parts of one server-sent event, decoded and adapted. Raises what an error event says."""
        data = event.data.strip()
        if data == b"[DONE]":
            self._marked = True
            return []
        if self._marked or not data:
            return []
        if event.event == "error":
            raise self._failure(event.json())
        return self.chunk(adapt(event.json()))

    def chunk(self, value: Any) -> list[StreamPart]:
        """The parts of one chunk, or of a whole reply."""
        if not isinstance(value, dict):
            return []
        if value.get("error"):
            raise self._failure(value)
        self._remember(value)
        parts: list[StreamPart] = []
        for choice in value.get("choices") or ():
            if isinstance(choice, dict):
                self._read_choice(choice, parts)
        return parts

    def _remember(self, value: Mapping[str, Any]) -> None:
        self._model = value.get("model") or self._model
        self._id = value.get("id") or self._id
        usage = value.get("usage") or _inner(value, "x_groq", "usage")
        self._usage = usage_of(usage) or self._usage
        self._extra.update({name: value[name] for name in _FACTS if value.get(name)})

    def _read_choice(self, choice: Mapping[str, Any], parts: list[StreamPart]) -> None:
        if choice.get("error"):
            raise self._failure(choice)
        index = choice.get("index") or 0
        state = self._choices.setdefault(index, _Choice(self._tags))
        delta = choice.get("delta") or choice.get("message") or {}
        if isinstance(choice.get("text"), str):
            delta = {"content": choice["text"], **delta}
        self._read_delta(delta, index, state, parts)
        if tokens := logprobs_of(choice.get("logprobs")):
            parts.append(LogprobsDelta(tokens=tokens, index=index))
        usage = choice.get("usage")
        if usage and self._usage is None:
            self._usage = usage_of(usage)
        if choice.get("finish_reason"):
            self._finish(str(choice["finish_reason"]), index, state, parts)

    def _read_delta(self, delta: Mapping[str, Any], index: int, state: _Choice, parts: list[StreamPart]) -> None:
        reasoning = delta.get("reasoning_content") or delta.get("reasoning")
        if isinstance(reasoning, str) and reasoning:
            parts.append(ReasoningDelta(text=reasoning, index=index))
        state.details.add(delta.get("reasoning_details"))
        content = delta.get("content")
        if isinstance(content, str):
            _add_text(state.splitter.feed(content), index, parts)
        elif isinstance(content, list):
            _add_content_list(content, index, state, parts)
        if isinstance(delta.get("refusal"), str) and delta["refusal"]:
            state.refused += delta["refusal"]
            parts.append(TextDelta(text=delta["refusal"], index=index))
        for call in delta.get("tool_calls") or ():
            if isinstance(call, dict):
                parts.append(_tool_call(call, index, state))
        if isinstance(delta.get("audio"), dict):
            parts.append(self._audio(delta["audio"], index))
        for image in delta.get("images") or ():
            _add_image(image, index, parts)
        if delta.get("annotations"):
            self._extra.setdefault("annotations", []).extend(delta["annotations"])

    def _audio(self, audio: Mapping[str, Any], index: int) -> MediaDelta:
        try:
            data = base64.b64decode(audio.get("data") or "")
        except binascii.Error as error:
            raise BadReply(f"the sound in the reply is no base64: {error}") from error
        return MediaDelta(
            media=Media(data, self._audio_type), transcript=audio.get("transcript"), id=audio.get("id"), index=index
        )

    def _finish(self, reason: str, index: int, state: _Choice, parts: list[StreamPart]) -> None:
        _add_text(state.splitter.finish(), index, parts)
        if (sealed := state.details.sealed()) is not None and not state.finished:
            parts.append(ReasoningDelta(redacted=sealed, index=index))
        finish = _FINISHES.get(reason.lower(), "other")
        if finish == "stop" and state.calls:
            finish = "tool_calls"
        if finish == "stop" and state.refused:
            finish = "content_filter"
            self._extra["refusal"] = state.refused
        if finish == "other":
            self._extra["finish_reason"] = reason
        if not state.finished:
            parts.append(Finished(finish=finish, index=index))
        state.finished = True

    def end(self) -> list[StreamPart]:
        """The parts at the end of the reply. Raises BadReply where it ended before its end marker."""
        if not self._choices:
            raise BadReply("the service's reply holds no answer")
        parts: list[StreamPart] = []
        for index, choice in self._choices.items():
            if choice.finished:
                continue
            _add_text(choice.splitter.finish(), index, parts)
            if not self._marked:
                raise BadReply("the service's stream was cut off before its end")
            parts.append(Finished(finish="tool_calls" if choice.calls else "other", index=index))
        parts.append(Finished(usage=self._usage, model=self._model, id=self._id, index=None, extra=self._extra))
        return parts


def _inner(value: Mapping[str, Any], outer: str, name: str) -> Any:
    found = value.get(outer)
    return found.get(name) if isinstance(found, dict) else None


def _add_text(pieces: list[tuple[bool, str]], index: int, parts: list[StreamPart]) -> None:
    for reasoning, text in pieces:
        parts.append(ReasoningDelta(text=text, index=index) if reasoning else TextDelta(text=text, index=index))


def _add_content_list(content: list[Any], index: int, state: _Choice, parts: list[StreamPart]) -> None:
    for piece in content:
        if isinstance(piece, str):
            _add_text(state.splitter.feed(piece), index, parts)
        elif not isinstance(piece, dict):
            continue
        elif isinstance(piece.get("text"), str) and piece.get("type") in ("text", "output_text", None):
            _add_text(state.splitter.feed(piece["text"]), index, parts)
        elif piece.get("type") in ("thinking", "reasoning"):
            thoughts = piece.get("thinking", piece.get("summary", piece.get("text")))
            text = thoughts if isinstance(thoughts, str) else "".join(_texts(thoughts))
            if text:
                parts.append(ReasoningDelta(text=text, index=index))
        elif piece.get("type") == "image_url":
            _add_image(piece, index, parts)


def _texts(pieces: Any) -> list[str]:
    return [piece["text"] for piece in pieces or () if isinstance(piece, dict) and isinstance(piece.get("text"), str)]


def _tool_call(call: Mapping[str, Any], index: int, state: _Choice) -> ToolCallDelta:
    """A piece of a call. Pieces belong together by `index`; a new id with a name begins a new call in any case."""
    function = call.get("function") or {}
    number, identity, name = call.get("index"), call.get("id") or "", function.get("name") or None
    key = number if number is not None else (identity or "last")
    known = state.calls.get(key)
    if known is None or (identity and name and known[1] and identity != known[1]):
        known = (state.positions, identity)
        state.positions += 1
        state.calls[key] = state.calls["last"] = known
    arguments = function.get("arguments")
    if arguments is not None and not isinstance(arguments, str):
        arguments = msgspec.json.encode(arguments).decode("utf-8")
    return ToolCallDelta(position=known[0], id=identity or None, name=name, arguments=arguments or "", index=index)


def _add_image(image: Any, index: int, parts: list[StreamPart]) -> None:
    url = _inner(image, "image_url", "url") if isinstance(image, dict) else None
    if isinstance(url, str) and url.startswith("data:"):
        try:
            parts.append(MediaDelta(media=Media.of(url), index=index))
        except BadMedia as error:
            raise BadReply(f"the image in the reply cannot be read: {error}") from error


def logprobs_of(value: Any) -> tuple[TokenLogprob, ...]:
    """Log probabilities in the shape of chat (`content`) or of completions (`tokens`, `token_logprobs`)."""
    if not isinstance(value, dict):
        return ()
    if isinstance(value.get("content"), list):
        return token_logprobs(value["content"])
    tokens, numbers = value.get("tokens"), value.get("token_logprobs")
    if not isinstance(tokens, list) or not isinstance(numbers, list):
        return ()
    likeliest = value.get("top_logprobs")
    tops = likeliest if isinstance(likeliest, list) else [None] * len(tokens)
    return tuple(
        TokenLogprob(
            token=worded(token),
            logprob=float(number),
            alternatives=tuple(TokenLogprob(token=word, logprob=float(chance)) for word, chance in (top or {}).items()),
        )
        for token, number, top in zip(tokens, numbers, tops, strict=False)
        if isinstance(number, (int, float))
    )


def token_logprobs(rows: Any) -> tuple[TokenLogprob, ...]:
    """Rows of token, logprob and top_logprobs."""
    return tuple(
        TokenLogprob(
            token=worded(row.get("token")),
            logprob=float(row["logprob"]),
            alternatives=token_logprobs(row.get("top_logprobs") or ()),
        )
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("logprob"), (int, float))
    )
