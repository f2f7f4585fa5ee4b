"""ElevenLabs text to speech: whole, streamed, and with the words' times."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import quote

from lollms_client.errors import BadReply
from lollms_client.families.elevenlabs import ElevenLabsBinding, dropped, output_format, usage_of
from lollms_client.families.elevenlabs.sound import media_of, words_of
from lollms_client.flow import HttpRequest, report_warnings
from lollms_client.lollms_tts_binding import LollmsTTSBinding
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.catalogue import Voice
from lollms_client.types.media import Media
from lollms_client.types.speech import SpeechRequest, SpeechResult

BindingName = "ElevenLabsSpeech"

_BODY = (
    "pronunciation_dictionary_locators",
    "previous_text",
    "next_text",
    "previous_request_ids",
    "next_request_ids",
    "use_pvc_as_ivc",
    "apply_text_normalization",
    "apply_language_text_normalization",
)
_VOICE_SETTINGS = ("stability", "similarity_boost", "style", "use_speaker_boost")


class ElevenLabsSpeech(ElevenLabsBinding, LollmsTTSBinding):
    """POST /v1/text-to-speech/{voice_id}, …/stream and …/with-timestamps; GET /v2/voices."""

    async def speech_flow(self, request: SpeechRequest) -> SpeechResult:
        """Speak a text whole."""
        form, warnings = self._format(request)
        if request.timings:
            return await self._with_times(request, form, warnings)
        reply = await self.sound(self._request(request, "", form))
        usage = usage_of(reply.headers)
        return SpeechResult(
            audio=media_of(reply.body, form, self._wants_wav(request)),
            usage=usage if usage.characters is not None else Usage(characters=len(request.text)),
            warnings=(*warnings, *self._warnings(request)),
            model=self._model(request),
            voice=self._voice(request),
            id=reply.headers.get("request-id"),
        )

    async def speech_stream_flow(self, request: SpeechRequest) -> AsyncGenerator[Media, None]:
        """Speak piece by piece; the pieces join to one sound."""
        form, warnings = self._format(request)
        if request.timings:
            warnings.append(CallWarning(kind="unsupported", setting="timings", detail="a stream brings no times"))
        await report_warnings((*warnings, *self._warnings(request)))
        sent = self._request(request, "/stream", form)
        sent.headers["Accept"] = "audio/*"
        stream = self.pieces(sent)
        async for piece in stream:
            yield media_of(piece, form, wav=False)

    async def _with_times(self, request: SpeechRequest, form: str | None, warnings: list[CallWarning]) -> SpeechResult:
        reply = self.decoded(await self.send(self._request(request, "/with-timestamps", form)))
        try:
            sound = base64.b64decode(reply["audio_base64"], validate=True)
        except (KeyError, TypeError, ValueError) as error:
            raise BadReply("the service's reply holds no sound in base64") from error
        words = words_of(reply.get("alignment") or reply.get("normalized_alignment"))
        return SpeechResult(
            audio=media_of(sound, form, self._wants_wav(request)),
            seconds=words[-1].end if words else None,
            words=words,
            usage=Usage(characters=len(request.text)),
            warnings=(*warnings, *self._warnings(request)),
            model=self._model(request),
            voice=self._voice(request),
        )

    def _request(self, request: SpeechRequest, suffix: str, form: str | None) -> HttpRequest:
        options = {name: self.parameter(request, name) for name in _BODY}
        settings = {name: self.parameter(request, name) for name in _VOICE_SETTINGS}
        settings = {name: value for name, value in {**settings, "speed": request.speed}.items() if value is not None}
        body = self.body(
            {
                "text": request.text,
                "model_id": self._model(request),
                "language_code": request.language,
                "seed": request.seed,
                "voice_settings": settings or None,
                **options,
            }
        )
        query = {"output_format": form, "enable_logging": self.parameter(request, "enable_logging")}
        path = f"v1/text-to-speech/{quote(self._voice(request), safe='')}{suffix}"
        return self.request("POST", path, json=body, query=query)

    def _voice(self, request: SpeechRequest) -> str:
        return str(request.voice or self.settings.get("voice"))

    def _model(self, request: SpeechRequest) -> str:
        return str(request.model or self.settings.get("model_name"))

    def _format(self, request: SpeechRequest) -> tuple[str | None, list[CallWarning]]:
        return output_format(request.output_format or self.settings.get("output_format"), request.sample_rate)

    def _wants_wav(self, request: SpeechRequest) -> bool:
        return (request.output_format or self.settings.get("output_format")) == "wav"

    def _warnings(self, request: SpeechRequest) -> list[CallWarning]:
        return dropped(request, ("pitch", "volume", "instructions", "ssml"))

    async def voices_flow(self) -> list[Voice]:
        """All voices of the account, page by page."""
        voices: list[Voice] = []
        token: str | None = None
        for _ in range(100):
            page = await self.get("v2/voices", query={"page_size": 100, "next_page_token": token})
            voices.extend(_voice_of(row) for row in page.get("voices") or ())
            token = page.get("next_page_token")
            if not page.get("has_more") or not token:
                break
        return voices


def _voice_of(row: dict[str, Any]) -> Voice:
    labels = row.get("labels") or {}
    return Voice(
        name=row["voice_id"],
        title=row.get("name") or "",
        description=row.get("description") or "",
        language=labels.get("language") or "",
        gender=labels.get("gender") or "",
        preview_url=row.get("preview_url") or "",
        extra={"category": row["category"]} if row.get("category") else {},
    )
