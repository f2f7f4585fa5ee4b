"""Deepgram Aura and Flux: text to speech, whole or streamed; long texts are spoken in parts."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from lollms_client.errors import BadReply, BadSetting
from lollms_client.families.deepgram import DeepgramBinding, dropped, voice_of
from lollms_client.families.deepgram.sound import RAW_RATE, AudioForm, audio_form, joined, parts_of
from lollms_client.families.events import snippet
from lollms_client.flow import HttpRequest, report_warnings
from lollms_client.lollms_tts_binding import LollmsTTSBinding
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.catalogue import Voice
from lollms_client.types.media import Media
from lollms_client.types.speech import SpeechRequest, SpeechResult

BindingName = "DeepgramSpeech"

_QUERY = ("bit_rate", "mip_opt_out", "tag")
_UNUSED = ("pitch", "volume", "instructions", "ssml", "timings", "seed")


class DeepgramSpeech(DeepgramBinding, LollmsTTSBinding):
    """POST /v1/speak (Aura) and /v2/speak (Flux); the voice is the model."""

    catalogue = "tts"

    async def speech_flow(self, request: SpeechRequest) -> SpeechResult:
        """Speak a text whole."""
        form, warnings = self._form(request)
        texts = self._texts(request, form)
        raw = len(texts) > 1
        sounds: list[bytes] = []
        characters, identity = 0, None
        for number, text in enumerate(texts):
            if raw:
                await self.report(number / len(texts), "speaking")
            reply = await self.send(self._request(request, text, form, raw))
            if "json" in reply.headers.get("content-type", ""):
                self.decoded(reply)
                raise BadReply("the service sent JSON where a sound is expected")
            if not reply.body:
                raise BadReply("the service sent an empty sound")
            counted = reply.headers.get("dg-char-count", "")
            characters += int(counted) if counted.isdigit() else len(text)
            identity = identity or reply.headers.get("dg-request-id")
            sounds.append(reply.body)
        return SpeechResult(
            audio=joined(sounds, form, raw),
            usage=Usage(characters=characters),
            warnings=(*warnings, *self._dropped(request)),
            model=self._model(request),
            voice=self._model(request),
            id=identity,
        )

    async def speech_stream_flow(self, request: SpeechRequest) -> AsyncGenerator[Media, None]:
        """Speak piece by piece; the pieces join to one sound, raw samples where WAV is asked for."""
        form, warnings = self._form(request)
        await report_warnings((*warnings, *self._dropped(request)))
        for text in self._texts(request, form):
            stream = self.pieces(self._request(request, text, form, raw=True))
            empty = True
            async for piece in stream:
                empty = False
                if "json" in stream.headers.get("content-type", ""):
                    raise BadReply(f"the service sent JSON where a sound is expected: {snippet(piece)}")
                yield Media(piece, "audio/pcm" if form.name == "wav" else form.mime_type)
            if empty:
                raise BadReply("the service sent an empty sound")

    def _request(self, request: SpeechRequest, text: str, form: AudioForm, raw: bool) -> HttpRequest:
        model = self._model(request)
        query: dict[str, Any] = {
            "model": model,
            "encoding": form.encoding,
            "container": "none" if raw and form.name == "wav" else form.container,
            "sample_rate": form.sample_rate or (RAW_RATE if raw and form.name == "wav" else None),
            "speed": self._speed(request),
            **{name: self.parameter(request, name) for name in _QUERY},
        }
        body = {"text": text, **(self.settings.get("extra_body") or {})}
        sent = self.request("POST", "v2/speak" if self._flux(model) else "v1/speak", json=body, query=query)
        sent.headers["Accept"] = "audio/*"
        return sent

    def _model(self, request: SpeechRequest) -> str:
        """The model, which is the voice: a whole name, or a short one such as `thalia`."""
        default = str(request.model or self.settings.get("model_name"))
        wanted = str(request.voice or self.settings.get("voice") or default)
        if "-" in wanted:
            return wanted
        family = "flux" if self._flux(default) else "aura-2"
        return f"{family}-{wanted.lower()}-{(request.language or 'en').partition('-')[0].lower()}"

    def _speed(self, request: SpeechRequest) -> float | None:
        """The pace within what the model takes (developers.deepgram.com/changelog, August 2026)."""
        slowest = 0.5 if self._flux(self._model(request)) else 0.7
        return None if request.speed is None else min(1.5, max(slowest, request.speed))

    @staticmethod
    def _flux(model: str) -> bool:
        return model.startswith("flux-")

    def _form(self, request: SpeechRequest) -> tuple[AudioForm, list[CallWarning]]:
        return audio_form(str(request.output_format or self.settings.get("output_format")), request.sample_rate)

    def _texts(self, request: SpeechRequest, form: AudioForm) -> list[str]:
        texts = parts_of(request.text)
        if len(texts) > 1 and not form.joinable:
            raise BadSetting(
                f"a text of {len(request.text)} characters is spoken in parts, and {form.name} cannot be joined; "
                "choose mp3, wav, pcm or aac",
                setting="output_format",
            )
        return texts

    def _dropped(self, request: SpeechRequest) -> list[CallWarning]:
        warnings = dropped(request, _UNUSED)
        model = self._model(request)
        speed = self._speed(request)
        if speed != request.speed:
            warnings.append(CallWarning(kind="clamped", setting="speed", detail=f"{speed:g} is the nearest offered"))
        language = (request.language or "").partition("-")[0].lower()
        if language and not model.endswith(f"-{language}"):
            warnings.append(CallWarning(kind="dropped", setting="language", detail=f"{model} speaks its own language"))
        return warnings

    async def voices_flow(self) -> list[Voice]:
        """The voices, each of them a model."""
        return [voice_of(row) for row in await self.model_rows()]
