"""From the Gemini API's candidates to our stream parts; blocked prompts are errors.

Wire: https://ai.google.dev/api/generate-content, discovery document v1beta of 2026-08-21.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from typing import Any

from lollms_client import errors
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

MADE_UP = "lollms_"  # how the ids of calls begin that the service gave none
_FINISH: dict[str, Finish] = {
    "STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter", "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter", "PROHIBITED_CONTENT": "content_filter", "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter", "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter", "ESCALATION": "content_filter", "MALFORMED_FUNCTION_CALL": "error",
    "UNEXPECTED_TOOL_CALL": "error", "TOO_MANY_TOOL_CALLS": "error", "MISSING_THOUGHT_SIGNATURE": "error",
    "MALFORMED_RESPONSE": "error",
}  # fmt: skip
_FACTS = ("groundingMetadata", "citationMetadata", "safetyRatings", "urlContextMetadata", "avgLogprobs")


def check_blocked(reply: Mapping[str, Any]) -> None:
    """Raise ContentFiltered where the prompt was blocked."""
    feedback = reply.get("promptFeedback") or {}
    if reason := feedback.get("blockReason"):
        said = feedback.get("blockReasonMessage")
        raise errors.ContentFiltered(
            f"the prompt was blocked by the service's rules ({reason}){f': {said}' if said else ''}; rephrase it",
            reason=str(reason),
            safety_ratings=feedback.get("safetyRatings"),
            request_id=reply.get("responseId"),
        )


def usage_of(reply: Mapping[str, Any]) -> Usage | None:
    """Usage in our units: thoughts are part of the output, prompts of the service's own tools part of the input."""
    usage = reply.get("usageMetadata")
    if not isinstance(usage, Mapping):
        return None
    prompt, answer, thoughts = (
        usage.get(name) for name in ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount")
    )
    return Usage(
        input_tokens=None if prompt is None else prompt + (usage.get("toolUsePromptTokenCount") or 0),
        output_tokens=None if answer is None and thoughts is None else (answer or 0) + (thoughts or 0),
        reasoning_tokens=thoughts,
        cached_tokens=usage.get("cachedContentTokenCount"),
    )


def finish_of(reason: str, *, called: bool = False) -> Finish:
    """Our word for a finishReason."""
    finish = _FINISH.get(reason, "other")
    return "tool_calls" if called and finish == "stop" else finish


def media_parts(reply: Mapping[str, Any]) -> tuple[list[Media], str]:
    """All media of a whole reply, and its words."""
    media: list[Media] = []
    words: list[str] = []
    for candidate in reply.get("candidates") or ():
        for part in (candidate.get("content") or {}).get("parts") or ():
            if inline := part.get("inlineData"):
                media.append(inline_media(inline))
            elif part.get("text") and not part.get("thought"):
                words.append(part["text"])
    return media, "".join(words)


def why_nothing(reply: Mapping[str, Any], what: str) -> errors.LollmsError:
    """The error for a reply that holds none of what was asked for."""
    candidates = reply.get("candidates") or [{}]
    reason = str(candidates[0].get("finishReason") or "no reason was given")
    said = candidates[0].get("finishMessage") or media_parts(reply)[1]
    message = f"the service made no {what} ({reason}){f': {said[:300]}' if said else ''}"
    kind = errors.ContentFiltered if finish_of(reason) == "content_filter" else errors.BadReply
    return kind(message, reason=reason, request_id=reply.get("responseId"))


def inline_media(inline: Mapping[str, Any]) -> Media:
    """The media of an inlineData. Raises BadReply where it is broken."""
    try:
        return Media(base64.b64decode(inline.get("data") or "", validate=True), inline.get("mimeType"))
    except ValueError as error:
        raise errors.BadReply("the reply holds media that is not base64") from error


class ReplyReader:
    """Reads the chunks of one streamed answer; `done` is True once every candidate has said why it ended."""

    def __init__(self) -> None:
        self._usage: Usage | None = None
        self._facts: dict[str, Any] = {}
        self._extra: dict[str, Any] = {}
        self._open: set[int] = set()
        self._ended: set[int] = set()
        self._calls: dict[int, int] = {}

    @property
    def done(self) -> bool:
        """Whether the answer is whole."""
        return bool(self._ended) and self._open <= self._ended

    def parts(self, chunk: Any) -> list[StreamPart]:
        """What a chunk adds. Raises ContentFiltered where the prompt was blocked."""
        if not isinstance(chunk, dict):
            return []
        if not chunk.get("candidates"):
            check_blocked(chunk)
        self._usage = usage_of(chunk) or self._usage
        for theirs, ours in (("modelVersion", "model"), ("responseId", "id")):
            if chunk.get(theirs):
                self._facts[ours] = chunk[theirs]
        return [part for candidate in chunk.get("candidates") or () for part in self._candidate(candidate)]

    def _candidate(self, candidate: Mapping[str, Any]) -> list[StreamPart]:
        index = int(candidate.get("index") or 0)
        self._open.add(index)
        found: list[StreamPart] = []
        for part in (candidate.get("content") or {}).get("parts") or ():
            found.extend(self._part(part, index))
        if tokens := _logprobs(candidate.get("logprobsResult") or {}):
            found.append(LogprobsDelta(tokens=tokens, index=index))
        self._extra.update({name: candidate[name] for name in _FACTS if candidate.get(name)})
        reason = candidate.get("finishReason")
        if reason and index not in self._ended:
            self._ended.add(index)
            extra = {"finish_reason": reason}
            if candidate.get("finishMessage"):
                extra["finish_message"] = candidate["finishMessage"]
            finish = finish_of(str(reason), called=bool(self._calls.get(index)))
            found.append(Finished(finish=finish, index=index, extra=extra))
        return found

    def _part(self, part: Mapping[str, Any], index: int) -> list[StreamPart]:
        signature = part.get("thoughtSignature")
        if call := part.get("functionCall"):
            position = self._calls.get(index, 0)
            self._calls[index] = position + 1
            return [
                ToolCallDelta(
                    position=position,
                    id=call.get("id") or f"{MADE_UP}{uuid.uuid4().hex[:12]}",
                    name=call.get("name"),
                    arguments=json.dumps(call.get("args") or {}, ensure_ascii=False),
                    signature=signature,
                    index=index,
                )
            ]
        found: list[StreamPart] = []
        if part.get("thought"):
            return [ReasoningDelta(text=part.get("text") or "", signature=signature, index=index)]
        if part.get("text"):
            found.append(TextDelta(text=part["text"], index=index))
        elif inline := part.get("inlineData"):
            found.append(MediaDelta(media=inline_media(inline), index=index))
        elif "text" not in part:
            self._extra.setdefault("service_parts", []).append(dict(part))
        if signature:
            found.append(ReasoningDelta(signature=signature, index=index))
        return found

    def end(self) -> Finished:
        """What is known of the whole call."""
        return Finished(index=None, usage=self._usage, extra=self._extra, **self._facts)


def _logprobs(result: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    tops = result.get("topCandidates") or []
    found = []
    for position, chosen in enumerate(result.get("chosenCandidates") or ()):
        rows = tops[position].get("candidates") or [] if position < len(tops) else []
        found.append(_token(chosen, tuple(_token(row) for row in rows)))
    return tuple(found)


def _token(row: Mapping[str, Any], alternatives: tuple[TokenLogprob, ...] = ()) -> TokenLogprob:
    logprob = float(row.get("logProbability") or 0.0)
    return TokenLogprob(token=str(row.get("token") or ""), logprob=logprob, alternatives=alternatives)
