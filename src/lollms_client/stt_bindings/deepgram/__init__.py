"""Deepgram: speech to text with words, speakers, utterances, and what the text is about."""

from __future__ import annotations

from typing import Any

from lollms_client.families.deepgram import DeepgramBinding, dropped
from lollms_client.families.deepgram.transcript import result_of
from lollms_client.lollms_stt_binding import LollmsSTTBinding
from lollms_client.types.accounting import CallWarning
from lollms_client.types.transcription import TranscriptionRequest, TranscriptionResult

BindingName = "DeepgramTranscription"

_QUERY = (
    "smart_format",
    "punctuate",
    "paragraphs",
    "utterances",
    "utt_split",
    "numerals",
    "measurements",
    "dictation",
    "filler_words",
    "profanity_filter",
    "redact",
    "replace",
    "search",
    "multichannel",
    "detect_entities",
    "summarize",
    "topics",
    "custom_topic",
    "custom_topic_mode",
    "intents",
    "custom_intent",
    "custom_intent_mode",
    "sentiment",
    "encoding",
    "version",
    "tag",
    "extra",
    "mip_opt_out",
)


class DeepgramTranscription(DeepgramBinding, LollmsSTTBinding):
    """POST /v1/listen with the sound as the body and everything else in the query."""

    async def transcription_flow(self, request: TranscriptionRequest) -> TranscriptionResult:
        """Transcribe a sound or a film."""
        model = str(request.model or self.settings.get("model_name"))
        warnings = dropped(request, ("translate", "temperature"))
        query: dict[str, Any] = {
            "model": model,
            "language": request.language,
            **self._terms(request, model, warnings),
            **{name: self.parameter(request, name) for name in _QUERY},
        }
        if request.language is None:
            query["detect_language"] = self.parameter(request, "detect_language")
        diarize_model = self.parameter(request, "diarize_model")
        if request.speakers is not False and (request.speakers or diarize_model):
            query["diarize_model"] = diarize_model or "latest"
        query.update(self.settings.get("extra_body") or {})
        sent = self.request(
            "POST", "v1/listen", body=bytes(request.audio), content_type=request.audio.mime_type, query=query
        )
        reply = self.decoded(await self.send(sent))
        return result_of(reply, request, model, tuple(warnings))

    def _terms(self, request: TranscriptionRequest, model: str, warnings: list[CallWarning]) -> dict[str, Any]:
        """Words to expect: key terms for the newer models, keywords for the older ones."""
        terms = list(self.parameter(request, "keyterm") or ())
        keywords = list(self.parameter(request, "keywords") or ())
        asked = [term.strip() for term in (request.prompt or "").split(",") if term.strip()]
        if model.startswith(("nova-3", "flux")):
            return {"keyterm": terms + asked or None, "keywords": keywords or None}
        if asked:
            warnings.append(
                CallWarning(kind="replaced", setting="prompt", detail=f"{model} takes keywords in place of a prompt")
            )
        return {"keyterm": terms or None, "keywords": keywords + asked or None}
