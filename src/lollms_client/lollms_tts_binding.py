"""The documented base class of text-to-speech bindings."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, ClassVar

from lollms_client.binding import LollmsBinding, overrides
from lollms_client.calls import build
from lollms_client.errors import BadSetting
from lollms_client.flow import report_warnings
from lollms_client.types.catalogue import Voice
from lollms_client.types.media import Media
from lollms_client.types.speech import SpeechRequest, SpeechResult


class LollmsTTSBinding(LollmsBinding):
    """Text into speech. Override `generate_audio` and `list_voices`, or write the flows on one of the families."""

    binding_type: ClassVar[str] = "tts"

    def generate_audio(self, text: str, voice: str | None = None, **kwargs: Any) -> bytes | dict[str, Any]:
        """Speak a text. Returns the sound's bytes, or an error dictionary."""

        async def flow() -> SpeechResult:
            return await self.speech_flow(self.speech_request(text, {"voice": voice, **kwargs}))

        return self._documented(flow(), lambda result: result.audio)  # type: ignore[no-any-return]

    def list_voices(self, **kwargs: Any) -> Any:
        """The names of the voices."""
        return self._documented(self.voices_flow(), lambda voices: [voice.name for voice in voices])

    def speech_request(self, text: str, given: Mapping[str, Any]) -> SpeechRequest:
        """The typed request for `generate_audio`."""
        if not isinstance(text, str) or not text.strip():
            raise BadSetting("there is no text to speak", setting="text")
        return build(SpeechRequest, self, "generate_audio", {"text": text, **given})

    async def speech_flow(self, request: SpeechRequest) -> SpeechResult:
        """Speak, typed. Bindings written in flows override this."""
        from lollms_client.plain import dropped, fitting, media_of

        if not overrides(self, "generate_audio", LollmsTTSBinding):
            raise self.unsupported("speech")
        names = ("language", "speed", "pitch", "volume", "output_format", "instructions", "sample_rate", "model")
        keywords = {**{name: getattr(request, name) for name in names}, "voice": request.voice, **request.extra}
        _, unknown = fitting(self.generate_audio, keywords)
        reply = await self.call_plain(self.generate_audio, request.text, **keywords)
        return SpeechResult(audio=media_of(reply, "audio")[0], voice=request.voice, warnings=dropped(unknown))

    async def speech_stream_flow(self, request: SpeechRequest) -> AsyncGenerator[Media, None]:
        """Speak in pieces that join to one sound; a binding that cannot stream gives one piece.

        What could not be honoured is told with `lollms_client.flow.report_warnings` before the first piece.
        """
        result = await self.speech_flow(request)
        await report_warnings(result.warnings)
        yield result.audio

    async def voices_flow(self) -> list[Voice]:
        """The voices, typed."""
        from lollms_client.plain import plain_voices

        if not overrides(self, "list_voices", LollmsTTSBinding):
            raise self.unsupported("a list of voices")
        return plain_voices(await self.call_plain(self.list_voices))


def __getattr__(name: str) -> Any:
    """What an extension adds to this module."""
    from lollms_client.extensions import module_attribute

    return module_attribute(__name__, name)
