"""Speech on OpenAI's wire: whole, streamed as bytes or as events, and the voices.

Wire: https://platform.openai.com/docs/api-reference/audio/createSpeech and OpenAI's API document as of 2026-08-21.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec

from lollms_client import errors
from lollms_client.families.download import refuse_text
from lollms_client.families.events import decode_json, snippet
from lollms_client.families.openai_compatible.media import MediaBinding, media_from_base64, text_or_none, usage_of
from lollms_client.families.openai_compatible.parameters import Parameters
from lollms_client.flow import HttpReply, HttpRequest, report_warnings
from lollms_client.lollms_tts_binding import LollmsTTSBinding
from lollms_client.types.catalogue import Voice
from lollms_client.types.media import Media, sniff_mime_type
from lollms_client.types.speech import SpeechRequest, SpeechResult

_COMMON = {
    "language": "language",
    "instructions": "instructions",
    "speed": "speed",
    "pitch": "pitch",
    "volume": "volume",
    "ssml": "ssml",
    "timings": "timings",
    "sample_rate": "sample_rate",
    "seed": "seed",
    "output_format": "response_format",
}
_TYPES = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "opus": "audio/opus",
    "ogg": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "pcm": "audio/pcm",
    "raw": "audio/pcm",
    "m4a": "audio/mp4",
}

_TELLING = 64  # bytes by which a page is known
_LARGEST_ERROR = 64 * 1024  # bytes of what looks like JSON, before it is taken for a sound


class SpeechQuirks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs between services that speak; `service: quirks: media:` of a tts manifest."""

    default_format: str = "mp3"  # what comes where no format is asked for
    pcm_rate: int = 24000  # Hz, of sixteen-bit samples in one channel; 0 where the service does not say what pcm is
    text_field: str = "input"
    voice_field: str = "voice"
    model_field: str = "model"
    needs_model: bool = True
    needs_voice: bool = False
    own_voices: str = ""  # how the names of voices begin that are sent as an object with an id
    stream: dict[str, Any] = {}  # what a body for streaming says besides
    stream_events: bool = False  # streaming means server-sent events rather than bytes
    stream_formats: tuple[str, ...] = ()  # the formats that can be streamed; empty: all
    audio_field: str = "audio"  # of base64 in JSON replies and events
    voices_route: str = ""  # where the service lists its voices; "": they stand in the manifest
    usage_headers: str = ""  # the prefix of headers that tell usage


class OpenAISpeechBinding(MediaBinding, LollmsTTSBinding):
    """A service that speaks on OpenAI's wire."""

    async def speech_flow(self, request: SpeechRequest) -> SpeechResult:
        """Speak a text."""
        call = _SpeechCall(self, request, streamed=False)
        reply = await self.send(call.request())
        audio, told = self._audio(reply, call)
        seconds = len(audio) / (2 * call.pcm_rate) if call.format == "pcm" and call.pcm_rate else None
        return SpeechResult(
            audio=audio,
            seconds=seconds,
            usage=_header_usage(reply, call) or usage_of(told, characters=len(request.text)),
            warnings=tuple(call.parameters.warnings),
            model=call.model or None,
            voice=call.voice or None,
            id=text_or_none(told.get("id")) if isinstance(told, Mapping) else None,
            extra={"sample_rate": call.pcm_rate, "channels": 1, "sample_bits": 16} if seconds is not None else {},
        )

    def _audio(self, reply: HttpReply, call: _SpeechCall) -> tuple[Media, Any]:
        declared = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        if declared.endswith("json") or (not declared.startswith("audio/") and _looks_like_json(reply.body)):
            told = self.adapt_reply("speech", self.decoded(reply))
            if not isinstance(told, Mapping) or call.quirks.audio_field not in told:
                raise errors.BadReply(f"the service's reply holds no audio: {snippet(reply.body)}")
            return media_from_base64(told[call.quirks.audio_field], call.mime_type), told
        if declared.startswith("text/"):
            raise errors.BadReply(f"the service sent {declared} where audio is expected: {snippet(reply.body)}")
        if not reply.body:
            raise errors.BadReply("the service sent no audio")
        refuse_text(reply.body, "the service sent")
        usable = declared if declared.startswith("audio/") and not call.asked_format else call.mime_type
        return Media(reply.body, usable), None

    async def speech_stream_flow(self, request: SpeechRequest) -> AsyncGenerator[Media, None]:
        """Speak in pieces that join to one sound."""
        call = _SpeechCall(self, request, streamed=True)
        http = call.request()
        await report_warnings(call.parameters.warnings)
        if call.events:
            async for piece in self._events(http, call):
                yield piece
            return
        begin, kind = b"", ""
        stream = self.pieces(http)
        try:
            async for data in stream:
                if kind:
                    yield Media(data, kind)
                    continue
                begin += data
                if not _may_be_text(begin):
                    kind = self._type_of(begin, stream.headers, call)
                    yield Media(begin, kind)
            if not begin:
                raise errors.BadReply("the service sent no audio")
            if not kind:
                yield Media(begin, self._type_of(begin, stream.headers, call))
        finally:
            await stream.aclose()

    def _type_of(self, begin: bytes, headers: Mapping[str, str], call: _SpeechCall) -> str:
        """The type of a sound by its first bytes. Raises what a text in its place says."""
        if headers.get("content-type", "").partition(";")[0].endswith("json"):
            raise self.stream_error(_document(begin))
        refuse_text(begin, "the service sent")
        told = sniff_mime_type(begin) or ""
        return told if told.startswith("audio/") else call.mime_type

    async def _events(self, http: HttpRequest, call: _SpeechCall) -> AsyncGenerator[Media, None]:
        done = False
        stream = self.events(http)
        try:
            async for events in stream:
                for event in events:
                    if event.data == b"[DONE]":
                        done = True
                        continue
                    value = self.adapt_reply("speech", event.json())
                    kind = str(value.get("type") or event.event) if isinstance(value, Mapping) else ""
                    if kind.endswith("error") or (isinstance(value, Mapping) and value.get("error")):
                        raise self.stream_error(value)
                    done = done or kind == "speech.audio.done"
                    if isinstance(value, Mapping) and value.get(call.quirks.audio_field):
                        yield media_from_base64(value[call.quirks.audio_field], call.mime_type)
        finally:
            await stream.aclose()
        if not done:
            raise errors.BadReply("the service's stream broke off before the speech was complete")

    async def voices_flow(self) -> list[Voice]:
        """The voices: from the service where it lists them, else from the manifest."""
        route = self.media_quirks(SpeechQuirks).voices_route
        if route:
            return voices_of(self.adapt_reply("voices", await self.get(self.path(route))))
        listed = self.manifest.service.get("voices") if self.manifest else None
        if not listed:
            raise self.unsupported("a list of voices")
        return voices_of(listed)


class _SpeechCall:
    """One call on its way to a request."""

    def __init__(self, binding: OpenAISpeechBinding, request: SpeechRequest, *, streamed: bool) -> None:
        self.binding = binding
        self.quirks = quirks = binding.media_quirks(SpeechQuirks)
        self.model = binding.model_of(request, needed=quirks.needs_model)
        self.parameters = Parameters(binding, request, "generate_audio", self.model)
        self.voice = self._voice(request)
        body: dict[str, Any] = {quirks.model_field: self.model} if self.model else {}
        body[quirks.text_field] = request.text
        if self.voice:
            own = quirks.own_voices and self.voice.startswith(quirks.own_voices)
            body[quirks.voice_field] = {"id": self.voice} if own else self.voice
        body.update(self.parameters.common(_COMMON))
        body.update(self.parameters.own(leave=("stream_format",) if not streamed else ()))
        self.events = False
        format_field = self.parameters.wire_name("output_format", "response_format")
        if streamed:
            self._stream(body, format_field)
        self.asked_format = str(body.get(format_field) or "")
        self.format = self.asked_format or quirks.default_format
        self.mime_type = _TYPES.get(self.format, f"audio/{self.format}")
        rate = body.get("sample_rate")
        self.pcm_rate = int(rate) if quirks.pcm_rate and isinstance(rate, int) else quirks.pcm_rate
        self.body = binding.finished_body("speech", body, request)

    def _voice(self, request: SpeechRequest) -> str:
        declared = self.parameters.declared.get("voice")
        found = request.voice or self.binding.settings.get("voice") or (declared.default if declared else None)
        if not found and self.quirks.needs_voice:
            raise errors.BadSetting(f"{self.binding.binding_name} needs a voice: give voice=…", setting="voice")
        return str(found or "")

    def _stream(self, body: dict[str, Any], format_field: str) -> None:
        body.update({name: value for name, value in self.quirks.stream.items() if name not in body})
        formats = self.quirks.stream_formats
        if formats and (body.get(format_field) or self.quirks.default_format) not in formats:
            if body.get(format_field):
                self.parameters.warn("replaced", "output_format", f"only {', '.join(formats)} can be streamed")
            body[format_field] = formats[0]
        self.events = self.quirks.stream_events or body.get("stream_format") == "sse"

    def request(self) -> HttpRequest:
        """The request."""
        path = self.binding.path("speech", self.model)
        return self.binding.patient(self.binding.request("POST", path, json=self.body, headers={"Accept": "*/*"}))


def _looks_like_json(body: bytes) -> bool:
    return body.lstrip()[:1] == b"{" and body.rstrip()[-1:] == b"}"


def _may_be_text(begin: bytes) -> bool:
    """Whether the first bytes of a reply do not tell yet that they are no page and no error."""
    if begin[:2] == b'{"':
        return len(begin) < _LARGEST_ERROR
    if begin[:4] == b"RIFF":
        return len(begin) < 12
    return begin.lstrip()[:1] in (b"", b"<") and len(begin) < _TELLING


def voices_of(reply: Any) -> list[Voice]:
    """Voices out of a list of names, or of rows under one of the names that services use. Raises BadReply."""
    if isinstance(reply, Mapping):
        lists = [reply[name] for name in ("voices", "items", "data", "results") if isinstance(reply.get(name), list)]
        reply = lists[0] if lists else None
    if not isinstance(reply, list):
        raise errors.BadReply("the service's list of voices has none of the known shapes")
    return [voice for row in reply if (voice := _voice(row)) is not None]


def _voice(row: Any) -> Voice | None:
    if isinstance(row, str):
        return Voice(name=row)
    if not isinstance(row, Mapping):
        return None
    name = _first_text(row, "voice_id", "id", "uri", "name")
    title = _first_text(row, "title", "customName", "name")
    languages = row.get("languages")
    listed = languages[0] if isinstance(languages, list) and languages else ""
    language = _first_text(row, "language") or (listed if isinstance(listed, str) else "")
    known = ("voice_id", "id", "uri", "name", "title", "customName", "language", "gender", "description", "preview_url")
    if not name:
        return None
    return Voice(
        name=name,
        title=title if title != name else "",
        description=_first_text(row, "description"),
        language=language,
        gender=_first_text(row, "gender"),
        preview_url=_first_text(row, "preview_url"),
        extra={key: value for key, value in row.items() if key not in known and value is not None},
    )


def _first_text(row: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that holds a text, "" where none does."""
    return next((row[name] for name in names if isinstance(row.get(name), str) and row[name]), "")


def _header_usage(reply: HttpReply, call: _SpeechCall) -> Any:
    prefix = call.quirks.usage_headers
    told = {
        name: int(reply.headers[f"{prefix}{header}"])
        for name, header in (("input_tokens", "input-tokens"), ("output_tokens", "output-tokens"))
        if prefix and reply.headers.get(f"{prefix}{header}", "").isdigit()
    }
    return usage_of({"usage": told}, characters=len(str(call.body.get(call.quirks.text_field, "")))) if told else None


def _document(data: bytes) -> Any:
    try:
        return decode_json(data)
    except errors.BadReply:
        return {"error": {"message": snippet(data)}}
