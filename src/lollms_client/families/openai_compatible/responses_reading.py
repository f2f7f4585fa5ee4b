"""Reads responses, whole or as semantic events, into stream parts.

After OpenAI's API document 2.3.0 of 2026-08-21 (Response, ResponseStreamEvent).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from lollms_client.errors import BadReply, LollmsError
from lollms_client.families.events import ServerEvent
from lollms_client.families.openai_compatible.chat_reading import token_logprobs
from lollms_client.families.openai_compatible.usage import usage_of
from lollms_client.types.chat import (
    Finish,
    Finished,
    LogprobsDelta,
    MediaDelta,
    ReasoningDelta,
    StreamPart,
    TextDelta,
    ToolCallDelta,
)
from lollms_client.types.media import Media

_INCOMPLETE: dict[str, Finish] = {"max_output_tokens": "length", "content_filter": "content_filter"}
_FACTS = ("service_tier", "incomplete_details", "background", "previous_response_id")


class ResponsesReader:
    """Folds the events of one reply into parts. `failure` makes an error of the tree out of an error body."""

    def __init__(self, failure: Callable[[Any], LollmsError]) -> None:
        self._failure = failure
        self._positions: dict[int, int] = {}  # of tool calls, by their place in the output
        self._argued: set[int] = set()  # places whose arguments have come
        self._spoken: set[int] = set()  # places whose words have come
        self._refused = ""
        self._response: Mapping[str, Any] = {}
        self._extra: dict[str, Any] = {}
        self._ended = False

    def event(self, event: ServerEvent, adapt: Callable[[Any], Any]) -> list[StreamPart]:
        """The parts of one server-sent event, decoded and adapted. Raises what an error event says."""
        data = event.data.strip()
        if not data or data == b"[DONE]" or self._ended:
            return []
        value = event.json()
        kind = str(value.get("type") or event.event) if isinstance(value, Mapping) else ""
        if kind == "error":
            raise self._failure(value.get("error") if isinstance(value.get("error"), Mapping) else value)
        value = adapt(value)
        if value.get("object") == "response" and not kind:
            return self.chunk(value)
        parts: list[StreamPart] = []
        reader = _READERS.get(kind)
        if reader is not None:
            reader(self, value, parts)
        return parts

    def chunk(self, value: Any) -> list[StreamPart]:
        """The parts of a whole reply."""
        if not isinstance(value, Mapping) or not isinstance(value.get("output"), list):
            return []
        parts: list[StreamPart] = []
        for place, item in enumerate(value["output"]):
            self._item_done({"item": item, "output_index": place}, parts)
        self._end({"response": value}, parts)
        return parts

    def end(self) -> list[StreamPart]:
        """The parts at the end of the reply. Raises BadReply where it ended before its end marker."""
        if not self._ended:
            raise BadReply(
                "the service's stream was cut off before its end"
                if self._response or self._spoken or self._positions
                else "the service's reply holds no answer"
            )
        self._extra.update({name: self._response[name] for name in _FACTS if self._response.get(name)})
        usage = usage_of(self._response.get("usage"))
        facts = {"model": self._response.get("model"), "id": self._response.get("id")}
        return [Finished(usage=usage, index=None, extra=self._extra, **facts)]

    # --- events ---

    def _begun(self, value: Mapping[str, Any], parts: list[StreamPart]) -> None:
        self._response = value.get("response") or self._response

    def _text(self, value: Mapping[str, Any], parts: list[StreamPart]) -> None:
        self._spoken.add(_place(value))
        if value.get("delta"):
            parts.append(TextDelta(text=str(value["delta"])))
        if tokens := token_logprobs(value.get("logprobs") or ()):
            parts.append(LogprobsDelta(tokens=tokens))

    def _refusal(self, value: Mapping[str, Any], parts: list[StreamPart]) -> None:
        self._refused += str(value.get("delta") or "")
        self._text({**value, "logprobs": ()}, parts)

    def _reasoning(self, value: Mapping[str, Any], parts: list[StreamPart]) -> None:
        self._spoken.add(_place(value))
        if value.get("delta"):
            parts.append(ReasoningDelta(text=str(value["delta"])))

    def _reasoning_part(self, value: Mapping[str, Any], parts: list[StreamPart]) -> None:
        if value.get("summary_index"):
            parts.append(ReasoningDelta(text="\n\n"))

    def _arguments(self, value: Mapping[str, Any], parts: list[StreamPart]) -> None:
        place = _place(value)
        if value.get("delta") and place in self._positions:
            self._argued.add(place)
            parts.append(ToolCallDelta(position=self._positions[place], arguments=str(value["delta"])))

    def _annotation(self, value: Mapping[str, Any], parts: list[StreamPart]) -> None:
        if value.get("annotation"):
            self._extra.setdefault("annotations", []).append(value["annotation"])

    def _item_added(self, value: Mapping[str, Any], parts: list[StreamPart]) -> None:
        item = value.get("item") or {}
        if item.get("type") == "function_call":
            self._open_call(_place(value), item, parts)

    def _open_call(self, place: int, item: Mapping[str, Any], parts: list[StreamPart]) -> None:
        self._positions[place] = len(self._positions)
        identity = item.get("call_id") or item.get("id")
        parts.append(ToolCallDelta(position=self._positions[place], id=identity, name=item.get("name")))

    def _item_done(self, value: Mapping[str, Any], parts: list[StreamPart]) -> None:
        item, place = value.get("item"), _place(value)
        if not isinstance(item, Mapping):
            return
        kind = item.get("type")
        if kind == "function_call":
            self._call_done(place, item, parts)
        elif kind == "message" and place not in self._spoken:
            for content in item.get("content") or ():
                self._message_content(content, parts)
        elif kind == "reasoning":
            self._reasoning_done(place, item, parts)
        elif kind == "image_generation_call" and isinstance(item.get("result"), str):
            parts.append(MediaDelta(media=_image(item["result"]), id=item.get("id")))

    def _call_done(self, place: int, item: Mapping[str, Any], parts: list[StreamPart]) -> None:
        if place not in self._positions:
            self._open_call(place, item, parts)
        if place not in self._argued and item.get("arguments"):
            self._argued.add(place)
            parts.append(ToolCallDelta(position=self._positions[place], arguments=str(item["arguments"])))

    def _message_content(self, content: Mapping[str, Any], parts: list[StreamPart]) -> None:
        if isinstance(content.get("refusal"), str):
            self._refused += content["refusal"]
            parts.append(TextDelta(text=content["refusal"]))
        elif isinstance(content.get("text"), str) and content["text"]:
            parts.append(TextDelta(text=content["text"]))
        if tokens := token_logprobs(content.get("logprobs") or ()):
            parts.append(LogprobsDelta(tokens=tokens))
        if content.get("annotations"):
            self._extra.setdefault("annotations", []).extend(content["annotations"])

    def _reasoning_done(self, place: int, item: Mapping[str, Any], parts: list[StreamPart]) -> None:
        text = ""
        if place not in self._spoken:
            rows = item.get("summary") or item.get("content") or ()
            text = "\n\n".join(str(row.get("text") or "") for row in rows if isinstance(row, Mapping))
        sealed = item.get("encrypted_content")
        if text or sealed:
            parts.append(ReasoningDelta(text=text, signature=item.get("id") if sealed else None, redacted=sealed))

    def _end(self, value: Mapping[str, Any], parts: list[StreamPart]) -> None:
        self._begun(value, parts)
        response = self._response
        status = response.get("status")
        if status in ("failed", "cancelled"):
            raise self._failure(response if response.get("error") else {"message": f"the response was {status}"})
        finish: Finish = "tool_calls" if self._positions else "stop"
        if status == "incomplete":
            reason = str((response.get("incomplete_details") or {}).get("reason"))
            finish = _INCOMPLETE.get(reason, "other")
        elif self._refused and finish == "stop":
            finish = "content_filter"
            self._extra["refusal"] = self._refused
        self._ended = True
        parts.append(Finished(finish=finish))


_READERS: dict[str, Callable[[ResponsesReader, Mapping[str, Any], list[StreamPart]], None]] = {
    "response.created": ResponsesReader._begun,
    "response.queued": ResponsesReader._begun,
    "response.in_progress": ResponsesReader._begun,
    "response.output_text.delta": ResponsesReader._text,
    "response.refusal.delta": ResponsesReader._refusal,
    "response.reasoning_text.delta": ResponsesReader._reasoning,
    "response.reasoning_summary_text.delta": ResponsesReader._reasoning,
    "response.reasoning_summary_part.added": ResponsesReader._reasoning_part,
    "response.function_call_arguments.delta": ResponsesReader._arguments,
    "response.output_text.annotation.added": ResponsesReader._annotation,
    "response.output_item.added": ResponsesReader._item_added,
    "response.output_item.done": ResponsesReader._item_done,
    "response.completed": ResponsesReader._end,
    "response.incomplete": ResponsesReader._end,
    "response.failed": ResponsesReader._end,
    "response.cancelled": ResponsesReader._end,
}


def _place(value: Mapping[str, Any]) -> int:
    place = value.get("output_index")
    return place if isinstance(place, int) else 0


def _image(text: str) -> Media:
    try:
        return Media(base64.b64decode(text))
    except binascii.Error as error:
        raise BadReply(f"the image in the reply is no base64: {error}") from error
