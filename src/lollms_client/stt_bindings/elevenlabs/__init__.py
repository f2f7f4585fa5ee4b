"""ElevenLabs Scribe: speech to text with words, speakers and sounds."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from lollms_client.errors import BadReply
from lollms_client.families.elevenlabs import ElevenLabsBinding, dropped
from lollms_client.families.multipart import FormFile
from lollms_client.families.reply_values import worded
from lollms_client.lollms_stt_binding import LollmsSTTBinding
from lollms_client.types.accounting import Usage
from lollms_client.types.catalogue import ModelInfo
from lollms_client.types.transcription import Segment, TranscriptionRequest, TranscriptionResult, Word

BindingName = "ElevenLabsScribe"

_FORM = (
    "tag_audio_events",
    "num_speakers",
    "diarization_threshold",
    "file_format",
    "seed",
    "use_multi_channel",
    "no_verbatim",
    "detect_speaker_roles",
)
_PAUSE = 1.0  # seconds of silence that part two segments
_LONGEST = 12.0  # seconds of a segment, fit for a subtitle


class ElevenLabsScribe(ElevenLabsBinding, LollmsSTTBinding):
    """POST /v1/speech-to-text."""

    async def transcription_flow(self, request: TranscriptionRequest) -> TranscriptionResult:
        """Transcribe a sound or a film."""
        model = str(request.model or self.settings.get("model_name"))
        fields: dict[str, Any] = {
            "model_id": model,
            "language_code": request.language,
            "temperature": request.temperature,
            "diarize": request.speakers,
            "timestamps_granularity": "none" if request.words is False else "word",
            **{name: self.parameter(request, name) for name in _FORM},
            **(self.settings.get("extra_body") or {}),
        }
        for name in ("entity_detection", "entity_redaction"):
            value = self.parameter(request, name)
            fields[name] = json.dumps(value) if value is not None else None
        keyterms = list(self.parameter(request, "keyterms") or ())
        if request.prompt:
            keyterms += [term.strip() for term in request.prompt.split(",") if term.strip()]
        fields["keyterms"] = keyterms or None
        reply = await self.upload("v1/speech-to-text", fields, [FormFile("file", request.audio)])
        return _result(reply, model, tuple(dropped(request, ("translate",))))

    async def models_flow(self) -> list[ModelInfo]:
        """The transcription models, which the service's own list does not name."""
        return [ModelInfo(name=name, owner="elevenlabs") for name in ("scribe_v2", "scribe_v1")]


def _result(reply: Any, model: str, warnings: Any) -> TranscriptionResult:
    if isinstance(reply, dict) and isinstance(reply.get("transcripts"), list):
        channels = reply["transcripts"]
        rows = [row for channel in channels for row in channel.get("words") or ()]
        reply = {**channels[0], "text": "\n".join(worded(channel.get("text")) for channel in channels), "words": rows}
    if not isinstance(reply, dict) or not isinstance(reply.get("text"), str):
        raise BadReply("the service's reply holds no text")
    words = tuple(_word(row) for row in reply.get("words") or () if row.get("type", "word") == "word")
    seconds = reply.get("audio_duration_secs") or (words[-1].end if words else None)
    return TranscriptionResult(
        text=reply["text"],
        language=reply.get("language_code"),
        seconds=seconds,
        segments=tuple(_segments(words)),
        words=words,
        usage=Usage(seconds=seconds),
        warnings=warnings,
        model=model,
        id=reply.get("transcription_id"),
        extra={"sounds": sounds} if (sounds := _sounds(reply)) else {},
    )


def _word(row: Mapping[str, Any]) -> Word:
    chance = row.get("logprob")
    return Word(
        text=worded(row.get("text")),
        start=float(row.get("start") or 0.0),
        end=float(row.get("end") or 0.0),
        confidence=min(1.0, math.exp(chance)) if isinstance(chance, (int, float)) else None,
        speaker=row.get("speaker_id"),
    )


def _sounds(reply: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"text": row.get("text"), "start": row.get("start"), "end": row.get("end")}
        for row in reply.get("words") or ()
        if row.get("type") == "audio_event"
    ]


def _segments(words: Iterable[Word]) -> Iterable[Segment]:
    """Words in phrases: parted at pauses, at changes of the speaker, and before they grow too long."""
    phrase: list[Word] = []
    for word in words:
        if phrase and (
            word.start - phrase[-1].end > _PAUSE
            or word.speaker != phrase[0].speaker
            or word.end - phrase[0].start > _LONGEST
        ):
            yield _segment(phrase)
            phrase = []
        phrase.append(word)
    if phrase:
        yield _segment(phrase)


def _segment(phrase: list[Word]) -> Segment:
    text = " ".join(word.text for word in phrase)
    return Segment(text=text, start=phrase[0].start, end=phrase[-1].end, speaker=phrase[0].speaker)
