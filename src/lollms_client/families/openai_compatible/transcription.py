"""Transcriptions and translations on OpenAI's wire, whole or streamed; audio that is too large is cut.

Wire: https://platform.openai.com/docs/api-reference/audio/createTranscription and OpenAI's API document as of
2026-08-21.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lollms_client import errors
from lollms_client.families.events import decode_json
from lollms_client.families.multipart import FormFile
from lollms_client.families.openai_compatible.long_audio import cut, too_large
from lollms_client.families.openai_compatible.media import MediaBinding, form_fields
from lollms_client.families.openai_compatible.parameters import Parameters
from lollms_client.families.openai_compatible.transcription_reading import (
    joined,
    result_of_json,
    result_of_text,
    segment_of,
)
from lollms_client.families.reply_values import worded
from lollms_client.flow import HttpRequest
from lollms_client.lollms_stt_binding import LollmsSTTBinding
from lollms_client.types.accounting import CallWarning
from lollms_client.types.media import Media
from lollms_client.types.transcription import Segment, TranscriptionRequest, TranscriptionResult

_OF_THIS_SIDE = ("response_format", "timestamp_granularities", "stream", "known_speaker_references")


class TranscriptionQuirks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs between services that transcribe; `service: quirks: media:` of an stt manifest."""

    default_format: str = ""  # asked for where nothing else decides; "" leaves it to the service
    words: str = "verbose_json"  # the response format that carries word times; "" where none has to be asked for
    granularities: bool = True  # word times are asked for by timestamp_granularities
    words_flag: str = ""  # the field that asks for times instead of timestamp_granularities
    speakers: str = ""  # the response format that carries speakers
    speakers_flag: str = ""  # the field that asks for speakers instead
    list_suffix: str = "[]"  # of a form's field that holds a list
    translations: bool = True
    needs_model: bool = True
    longest_seconds: float = 0.0  # of one upload; 0 where only its size counts


class OpenAITranscriptionBinding(MediaBinding, LollmsSTTBinding):
    """A service that transcribes on OpenAI's wire."""

    async def transcription_flow(self, request: TranscriptionRequest) -> TranscriptionResult:
        """Transcribe, or translate into English."""
        call = _TranscriptionCall(self, request)
        limit = self.quirks.max_upload_bytes
        parts: list[tuple[float, TranscriptionResult]] = []
        longest = call.quirks.longest_seconds
        if not await self.run(too_large, request.audio, limit, longest):
            parts.append((0.0, await self._transcribe(call, request.audio)))
        else:
            pieces = cut(request.audio, limit, longest)
            while (piece := await self.run(_next_piece, pieces)) is not None:
                parts.append((piece[0], await self._transcribe(call, piece[1])))
                await self.report(stage="transcribing", detail=f"{len(parts)} pieces are done")
            if not parts:
                raise errors.BadMedia("the audio is empty", setting="audio")
            call.say_cut(len(parts))
        result = joined(parts)
        return msgspec.structs.replace(
            result,
            warnings=(*call.parameters.warnings, *result.warnings),
            model=result.model or call.model or None,
        )

    async def _transcribe(self, call: _TranscriptionCall, audio: Media) -> TranscriptionResult:
        if call.streamed:
            return await self._streamed(call, audio)
        reply = await self.send(call.request_for(audio))
        declared = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        body = reply.body.strip()
        looks_like_json = body[:1] == b"{" if declared.startswith("text/") else body[:1] in (b"{", b'"')
        if "json" in declared or (looks_like_json and not call.wants_text):
            return result_of_json(self.adapt_reply(call.route, self.decoded(reply)))
        if "html" in declared:
            self.decoded(reply)
        if not body and (reply.status != 200 or not declared.startswith("text/")):
            raise errors.BadReply("the service's reply is empty")
        return result_of_text(reply.body.decode("utf-8", "replace"))

    async def _streamed(self, call: _TranscriptionCall, audio: Media) -> TranscriptionResult:
        text: list[str] = []
        segments: list[Segment] = []
        done: Mapping[str, Any] | None = None
        async for events in self.events(call.request_for(audio)):
            for event in events:
                if event.data == b"[DONE]":
                    continue
                value = self.adapt_reply(call.route, decode_json(event.data))
                if not isinstance(value, Mapping):
                    continue
                value = _event_of_chunk(value)
                kind = str(value.get("type") or event.event)
                if kind.endswith("error") or value.get("error"):
                    raise self.stream_error(value)
                if kind.endswith(".delta"):
                    text.append(_delta(value))
                    await self.report(stage="transcribing", detail=text[-1])
                elif kind.endswith(".segment"):
                    segments.extend(found for found in [segment_of(value)] if found is not None)
                elif kind.endswith(".done") or (not kind and isinstance(value.get("text"), str)):
                    text.append(str(value.get("last") or ""))
                    done = value
                elif kind == "usage" and done is not None:
                    done = {**done, **value}
        if done is None:
            raise errors.BadReply(
                "the service's stream broke off before the transcript was complete", received="".join(text)
            )
        result = result_of_json({"text": "".join(text), **{k: v for k, v in done.items() if v is not None}})
        return msgspec.structs.replace(result, segments=tuple(segments)) if segments else result


class _TranscriptionCall:
    """One call on its way to its requests: the route, the fields, and the warnings."""

    def __init__(self, binding: OpenAITranscriptionBinding, request: TranscriptionRequest) -> None:
        self.binding = binding
        self.request = request
        self.quirks = binding.media_quirks(TranscriptionQuirks)
        self.model = binding.model_of(request, needed=self.quirks.needs_model)
        self.parameters = Parameters(binding, request, "transcribe_audio", self.model)
        self.route = "translations" if self._translates() else "transcriptions"
        self.streamed = False
        fields: dict[str, Any] = {"model": self.model} if self.model else {}
        fields.update(self.parameters.common({"prompt": "prompt", "temperature": "temperature"}))
        self._put_language(fields)
        self._put_format(fields)
        own = self.parameters.own(leave=_OF_THIS_SIDE) if self.route == "transcriptions" else {}
        fields.update(own)
        self._put_speaker_samples(fields)
        self._put_stream(fields)
        self.fields = binding.finished_body(self.route, fields, request)

    def _translates(self) -> bool:
        if not self.parameters.take("translate"):
            return False
        if not self.quirks.translations:
            self.parameters.warn("unsupported", "translate", "the service has no translations")
            return False
        return True

    def _put_language(self, fields: dict[str, Any]) -> None:
        if self.route == "translations":
            self.parameters.drop(("language",), "a translation finds the language by itself")
            return
        language = self.parameters.take("language")
        if language is not None:
            fields[self.parameters.wire_name("language")] = str(language).replace("_", "-").partition("-")[0].lower()

    def _put_format(self, fields: dict[str, Any]) -> None:
        """The response format and the flags that bring word times and speakers."""
        parameters, quirks = self.parameters, self.quirks
        facts = parameters.facts
        accepted = facts.accepts.get("response_format") if facts else None
        asked = self.binding.parameter(self.request, "response_format", "transcribe_audio")
        granularities = self.binding.parameter(self.request, "timestamp_granularities", "transcribe_audio")
        chosen = accepted[0] if accepted else quirks.default_format
        if parameters.take("words"):
            granularities = granularities or (["word", "segment"] if quirks.granularities else None)
            chosen = quirks.words or chosen
            if quirks.words_flag:
                fields[quirks.words_flag] = True
        if parameters.take("speakers"):
            chosen = quirks.speakers or chosen
            if quirks.speakers_flag:
                fields[quirks.speakers_flag] = True
        if asked is not None and asked != chosen and (self.request.words or self.request.speakers):
            parameters.warn("replaced", "response_format", f"{chosen or 'the default'} is sent for words or speakers")
        elif asked is not None:
            chosen = asked
        if chosen:
            chosen = parameters.allowed("response_format", chosen) if asked or accepted else chosen
        if chosen:
            fields["response_format"] = chosen
        if granularities and not self.binding.refuses(self.model, "timestamp_granularities"):
            fields["timestamp_granularities"] = granularities

    def _put_speaker_samples(self, fields: dict[str, Any]) -> None:
        samples = self.binding.parameter(self.request, "known_speaker_references", "transcribe_audio")
        samples = self.parameters.allowed("known_speaker_references", samples) if samples else None
        if samples:
            fields["known_speaker_references"] = [Media.of(sample).data_url() for sample in samples]

    def _put_stream(self, fields: dict[str, Any]) -> None:
        asked = self.binding.parameter(self.request, "stream", "transcribe_audio")
        if not asked:
            return
        if self.route == "translations" or self.binding.refuses(self.model, "stream"):
            self.parameters.warn("dropped", "stream", f"the model {self.model} does not stream here")
            return
        self.streamed = True
        fields["stream"] = True

    @property
    def wants_text(self) -> bool:
        """Whether the service was asked for words alone, or for subtitles."""
        return self.fields.get("response_format") in ("text", "srt", "vtt")

    def say_cut(self, pieces: int) -> None:
        """Warn of what cutting costs."""
        self.parameters.warnings.append(
            CallWarning(kind="other", setting="audio", detail=f"too large for one upload, sent in {pieces} pieces")
        )
        if self.request.speakers:
            self.parameters.warn("approximate", "speakers", "speakers are named anew in each piece of the audio")

    def request_for(self, audio: Media) -> HttpRequest:
        """The request for one piece of audio."""
        fields = form_fields(self.fields, self.quirks.list_suffix)
        file = FormFile("file", audio, f"audio{audio.extension}")
        request = self.binding.form_request(self.binding.path(self.route, self.model), fields, [file])
        request.headers["Accept"] = "*/*"
        return request


def _next_piece(pieces: Iterator[tuple[float, Media]]) -> tuple[float, Media] | None:
    return next(pieces, None)


def _event_of_chunk(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """A chunk in the shape of streamed chat, which some servers send, as the event that stands for it."""
    choices = value.get("choices")
    if not isinstance(choices, list):
        return value
    first = choices[0] if choices and isinstance(choices[0], Mapping) else {}
    delta = first.get("delta")
    text = worded(delta.get("content")) if isinstance(delta, Mapping) else ""
    told = {name: value[name] for name in ("id", "model", "usage") if value.get(name)}
    if first.get("finish_reason"):
        return {"type": "transcript.text.done", "last": text, **told}
    return {"type": "transcript.text.delta", "delta": text} if first else {"type": "usage", **told}


def _delta(value: Mapping[str, Any]) -> str:
    """The text of a delta, under either of its names."""
    text = value.get("delta") if isinstance(value.get("delta"), str) else value.get("text")
    return text if isinstance(text, str) else ""
