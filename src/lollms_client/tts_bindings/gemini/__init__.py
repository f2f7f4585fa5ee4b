"""Gemini's speech models as a binding: prebuilt voices, several speakers, a manner told in words.

Wire: https://ai.google.dev/gemini-api/docs/speech-generation, discovery document v1beta of 2026-08-21.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from lollms_client import errors
from lollms_client.families.gemini.reply import check_blocked, usage_of, why_nothing
from lollms_client.families.gemini.service import GeminiService
from lollms_client.families.gemini.shapes import pcm_rate, wav_header, wav_of
from lollms_client.flow import report_warnings
from lollms_client.lollms_tts_binding import LollmsTTSBinding
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.catalogue import Voice
from lollms_client.types.media import Media
from lollms_client.types.speech import SpeechRequest, SpeechResult

BindingName = "GeminiBinding"
_FORMATS = {
    "mp3": "AUDIO_MP3", "ogg": "AUDIO_OGG_OPUS", "opus": "AUDIO_OGG_OPUS", "alaw": "AUDIO_ALAW", "mulaw": "AUDIO_MULAW",
}  # fmt: skip


class GeminiBinding(GeminiService, LollmsTTSBinding):
    """Speech by Gemini's models."""

    def body(self, request: SpeechRequest, warnings: list[CallWarning]) -> dict[str, Any]:
        """The body of a request; `warnings` takes what was not honoured."""
        for name in ("speed", "pitch", "volume"):
            if getattr(request, name) is not None:
                _warn(warnings, "dropped", name, "Gemini has no such setting; say it in `instructions`")
        for name in ("ssml", "timings"):
            if getattr(request, name):
                _warn(warnings, "unsupported", name, f"Gemini offers no {name}")
        config: dict[str, Any] = {"responseModalities": ["AUDIO"], "speechConfig": self._speech(request)}
        for name, value in (("seed", request.seed), ("temperature", self.parameter(request, "temperature"))):
            if value is not None:
                config[name] = value
        if sound := self._format(request, warnings):
            config["responseFormat"] = {"audio": sound}
        text = f"{request.instructions}: {request.text}" if request.instructions else request.text
        return {"contents": [{"role": "user", "parts": [{"text": text}]}], "generationConfig": config}

    def _speech(self, request: SpeechRequest) -> dict[str, Any]:
        speech: dict[str, Any] = {"languageCode": request.language} if request.language else {}
        speakers = self.parameter(request, "speakers")
        if not speakers:
            return {**speech, "voiceConfig": _voice(request.voice or str(self.settings["voice"]))}
        rows = [{"speaker": str(name), "voiceConfig": _voice(str(voice))} for name, voice in speakers.items()]
        return {**speech, "multiSpeakerVoiceConfig": {"speakerVoiceConfigs": rows}}

    def _format(self, request: SpeechRequest, warnings: list[CallWarning]) -> dict[str, Any]:
        wanted = (request.output_format or "wav").lower()
        found: dict[str, Any] = {"mimeType": _FORMATS[wanted]} if wanted in _FORMATS else {}
        if wanted not in _FORMATS and wanted not in ("wav", "pcm"):
            _warn(warnings, "replaced", "output_format", f"Gemini makes no {wanted}; it is WAV")
        if request.sample_rate is not None:
            found["sampleRate"] = request.sample_rate
        return found

    async def speech_flow(self, request: SpeechRequest) -> SpeechResult:
        """Speak a text. Raises ContentFiltered where the service's rules withhold it."""
        model, warnings = self.model_of(request.model), list[CallWarning]()
        reply = await self.generate(model, self.body(request, warnings))
        pieces = sounds(reply)
        if not pieces:
            raise why_nothing(reply, "sound")
        data, rate = b"".join(sound for sound, _ in pieces), pcm_rate(pieces[0][1])
        raw = (request.output_format or "").lower() == "pcm"
        media = wav_of(data, rate) if rate and not raw else Media(data, "audio/pcm" if raw else pieces[0][1])
        seconds = len(data) / 2 / rate if rate else None
        usage = usage_of(reply) or Usage()
        return SpeechResult(
            audio=media,
            seconds=seconds,
            usage=Usage(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, seconds=seconds),
            warnings=tuple(warnings),
            model=reply.get("modelVersion") or model,
            voice=request.voice or str(self.settings["voice"]),
            id=reply.get("responseId"),
        )

    async def speech_stream_flow(self, request: SpeechRequest) -> AsyncGenerator[Media, None]:
        """Speak in pieces of one WAV file; models before 3.1 give it whole."""
        model = self.model_of(request.model)
        if model.startswith("gemini-2.5") or (request.output_format or "wav").lower() != "wav":
            result = await self.speech_flow(request)
            await report_warnings(result.warnings)
            yield result.audio
            return
        warnings: list[CallWarning] = []
        sent = {**self.body(request, warnings), **(self.settings.get("extra_body") or {})}
        url = self.url(self.method(model, "streamGenerateContent"), {"alt": "sse"})
        await report_warnings(warnings)
        begun = finished = False
        async for events in self.events(self.request("POST", url, json=sent)):
            for event in events:
                chunk = event.json() if event.data.strip() else {}
                if (hidden := self.reply_error(chunk)) is not None:
                    raise self.stream_error(hidden)
                check_blocked(chunk)
                finished = finished or any(row.get("finishReason") for row in chunk.get("candidates") or ())
                for sound, kind in sounds(chunk):
                    rate = pcm_rate(kind)
                    head = wav_header(rate, None) if rate and not begun else b""
                    begun = True
                    yield Media(head + sound, "audio/wav" if rate else kind)
                if finished and not begun:
                    raise why_nothing(chunk, "sound")
        if not finished:
            raise errors.BadReply("the Gemini API's stream was cut off before its end", binding=self.binding_name)

    async def voices_flow(self) -> list[Voice]:
        """The prebuilt voices; each speaks every language of the model."""
        assert self.manifest is not None
        return [Voice(name=name, description=manner) for name, manner in self.manifest.service["voices"].items()]


def sounds(reply: Mapping[str, Any]) -> list[tuple[bytes, str]]:
    """The sounds of a reply with their full types. Raises BadReply where one is broken."""
    found: list[tuple[bytes, str]] = []
    for candidate in reply.get("candidates") or ():
        for part in (candidate.get("content") or {}).get("parts") or ():
            inline = part.get("inlineData") or {}
            if str(inline.get("mimeType", "")).lower().startswith("audio/"):
                try:
                    found.append((base64.b64decode(inline.get("data") or "", validate=True), str(inline["mimeType"])))
                except ValueError as error:
                    raise errors.BadReply("the reply holds sound that is not base64") from error
    return found


def _voice(name: str) -> dict[str, Any]:
    return {"prebuiltVoiceConfig": {"voiceName": name}}


def _warn(warnings: list[CallWarning], kind: Any, setting: str, detail: str) -> None:
    warnings.append(CallWarning(kind=kind, setting=setting, detail=detail))
