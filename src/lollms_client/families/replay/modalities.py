"""The recorded bindings of the six modalities."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import msgspec

from lollms_client import errors
from lollms_client.families.jobs import JobBinding, job_error
from lollms_client.families.replay.recorded import Recorded
from lollms_client.flow import Report, Sleep
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.lollms_stt_binding import LollmsSTTBinding
from lollms_client.lollms_tti_binding import LollmsTTIBinding
from lollms_client.lollms_ttm_binding import LollmsTTMBinding
from lollms_client.lollms_tts_binding import LollmsTTSBinding
from lollms_client.lollms_ttv_binding import LollmsTTVBinding
from lollms_client.types.accounting import TokenCount
from lollms_client.types.catalogue import Voice
from lollms_client.types.chat import ChatAccumulator, ChatRequest, ChatResult, StreamPart, parts_of
from lollms_client.types.embedding import EmbeddingRequest, EmbeddingResult
from lollms_client.types.image import ImageRequest, ImageResult
from lollms_client.types.job import JobHandle, JobStatus
from lollms_client.types.media import Media
from lollms_client.types.music import MusicRequest, MusicResult
from lollms_client.types.speech import SpeechRequest, SpeechResult
from lollms_client.types.transcription import TranscriptionRequest, TranscriptionResult
from lollms_client.types.video import VideoRequest, VideoResult


class RecordedLLM(Recorded, LollmsLLMBinding):
    """Language models."""

    def chat_request(self, messages: Any, given: Mapping[str, Any], method: str = "chat") -> ChatRequest:
        """The typed request, as the real binding makes it."""
        made: ChatRequest = self.maker(super()).chat_request(messages, given, method)
        return made

    def embedding_request(self, texts: str | Sequence[str], given: Mapping[str, Any]) -> EmbeddingRequest:
        """The typed request, as the real binding makes it."""
        made: EmbeddingRequest = self.maker(super()).embedding_request(texts, given)
        return made

    async def chat_flow(self, request: ChatRequest) -> AsyncGenerator[list[StreamPart], None]:
        """The answer in the pieces in which it came."""
        stream = self.stream_through("chat", request, lambda binding: binding.chat_flow(request))
        try:
            async for parts in stream:
                yield parts
        finally:
            await stream.aclose()

    async def chat_result_flow(self, request: ChatRequest) -> ChatResult:
        """The whole answer."""
        result: ChatResult = await self.through("chat", request, lambda binding: binding.chat_result_flow(request))
        return result

    def folded(self, parts: list[Any]) -> ChatResult:
        """The whole answer out of its parts."""
        accumulator = ChatAccumulator()
        accumulator.add_all(parts)
        return accumulator.result()

    def unfolded(self, result: ChatResult) -> list[Any]:
        """The parts of a whole answer."""
        return parts_of(result)

    async def embedding_flow(self, request: EmbeddingRequest) -> EmbeddingResult:
        """Vectors."""
        result: EmbeddingResult = await self.through("embed", request, lambda binding: binding.embedding_flow(request))
        return result

    async def token_count_flow(self, text: str) -> int:
        """How many tokens a text has."""

        async def live(binding: Any) -> TokenCount:
            found = await binding.token_count_flow(text)
            return found if isinstance(found, TokenCount) else TokenCount(found)

        result: TokenCount = await self.through("count_tokens", {"text": text}, live)
        return result

    def tokenize(self, text: str) -> list[Any]:
        """The tokens of a text."""
        request = {"text": text}
        value = self.direct("tokenize", request, lambda binding: binding.tokenize(text), self._not("tokenize", request))
        return list(value)

    def detokenize(self, tokens: list[Any]) -> str:
        """The text of tokens."""
        request = {"tokens": list(tokens)}
        other = self._not("detokenize", request)
        return str(self.direct("detokenize", request, lambda binding: binding.detokenize(tokens), other))

    def count_tokens(self, text: str) -> int:
        """How many tokens a text has."""

        def flow() -> int:
            return self._driver().run(self.token_count_flow(text), self._context())

        found = self.direct("count_tokens", {"text": text}, lambda binding: int(binding.count_tokens(text)), flow)
        return int(found)

    def _not(self, call: str, request: Any) -> Any:
        """For what no flow stands in: the error that says what the recording holds."""

        def missing() -> Any:
            self.deck.find(self.owner, f"{call}()", request)
            return self._live(call)

        return missing


class RecordedMedia(Recorded, JobBinding):
    """Modalities that may work in jobs."""

    poll_first = 0.0

    async def submit(self, request: Any) -> JobHandle:
        """Start a job. Raises Unsupported where the real binding works in none."""
        if self.inner is not None and not hasattr(self.inner, "submit"):
            raise errors.Unsupported(f"the binding {self.binding_name} does not work in jobs; call it directly")
        handle: JobHandle = await self.through("submit", request, lambda binding: binding.submit(request))
        return msgspec.structs.replace(handle, binding=self.binding_name)

    async def check(self, handle: JobHandle) -> JobStatus:
        """How the job stands."""
        status: JobStatus = await self.through("check", handle, lambda binding: binding.check(handle))
        if status.handle is None:
            return status
        newer = msgspec.structs.replace(status.handle, binding=self.binding_name)
        return msgspec.structs.replace(status, handle=newer)

    async def collect(self, handle: JobHandle) -> Any:
        """The result of a job."""
        return await self.through("collect", handle, lambda binding: binding.collect(handle))

    async def cancel_job(self, handle: JobHandle) -> None:
        """Stop a job."""
        await self.through("cancel", handle, lambda binding: binding.cancel_job(handle))

    async def wait_for(self, handle: JobHandle) -> JobHandle:
        """Look until the job is done: with the real binding's pauses while recording, with none in replay."""
        while True:
            status = await self.check(handle)
            handle = status.handle or handle
            if status.progress is not None:
                await Report(status.progress)
            if status.state == "done":
                return handle
            if status.finished:
                raise job_error(handle, status)
            live = self.inner is not None and self.deck.mode != "replay"
            usual: float = getattr(self.inner, "poll_first", 1.0)
            await Sleep((status.retry_after or usual) if live else 0.0)


class RecordedTTI(RecordedMedia, LollmsTTIBinding):
    """Images."""

    def image_request(self, method: str, given: Mapping[str, Any]) -> ImageRequest:
        """The typed request, as the real binding makes it."""
        made: ImageRequest = self.maker(super()).image_request(method, given)
        return made

    async def image_flow(self, request: ImageRequest) -> ImageResult:
        """Make or edit images."""
        result: ImageResult = await self.through("image", request, lambda binding: binding.image_flow(request))
        return result


class RecordedSTT(RecordedMedia, LollmsSTTBinding):
    """Speech into text."""

    def transcription_request(self, audio: Any, given: Mapping[str, Any]) -> TranscriptionRequest:
        """The typed request, as the real binding makes it."""
        made: TranscriptionRequest = self.maker(super()).transcription_request(audio, given)
        return made

    async def transcription_flow(self, request: TranscriptionRequest) -> TranscriptionResult:
        """Transcribe."""
        result: TranscriptionResult = await self.through(
            "transcription", request, lambda binding: binding.transcription_flow(request)
        )
        return result


class RecordedTTS(RecordedMedia, LollmsTTSBinding):
    """Text into speech."""

    def speech_request(self, text: str, given: Mapping[str, Any]) -> SpeechRequest:
        """The typed request, as the real binding makes it."""
        made: SpeechRequest = self.maker(super()).speech_request(text, given)
        return made

    async def speech_flow(self, request: SpeechRequest) -> SpeechResult:
        """Speak."""
        result: SpeechResult = await self.through("speech", request, lambda binding: binding.speech_flow(request))
        return result

    async def speech_stream_flow(self, request: SpeechRequest) -> AsyncGenerator[Media, None]:
        """Speak, in the pieces in which the sound came."""
        stream = self.stream_through("speech", request, lambda binding: _listed(binding.speech_stream_flow(request)))
        try:
            async for parts in stream:
                for piece in parts:
                    yield piece
        finally:
            await stream.aclose()

    def folded(self, parts: list[Any]) -> SpeechResult:
        """The whole sound out of its pieces."""
        joined = Media(b"".join(parts), parts[0].mime_type if parts else None)
        return SpeechResult(audio=joined)

    def unfolded(self, result: SpeechResult) -> list[Any]:
        """A sound that was recorded whole, as one piece."""
        return [result.audio]

    async def voices_flow(self) -> list[Voice]:
        """The voices."""
        found: list[Voice] = await self.through("voices", {}, lambda binding: binding.voices_flow())
        return found

    def list_voices(self, **keywords: Any) -> Any:
        """The voices as the real binding's documented method gives them."""
        usual = super().list_voices
        return self.direct("list_voices", keywords, lambda binding: binding.list_voices(**keywords), usual)


class RecordedTTV(RecordedMedia, LollmsTTVBinding):
    """Text into video."""

    def video_request(self, prompt: str, given: Mapping[str, Any]) -> VideoRequest:
        """The typed request, as the real binding makes it."""
        made: VideoRequest = self.maker(super()).video_request(prompt, given)
        return made

    async def video_flow(self, request: VideoRequest) -> VideoResult:
        """Make video."""
        result: VideoResult = await self.through("video", request, lambda binding: binding.video_flow(request))
        return result


class RecordedTTM(RecordedMedia, LollmsTTMBinding):
    """Text into music."""

    def music_request(self, prompt: str, given: Mapping[str, Any]) -> MusicRequest:
        """The typed request, as the real binding makes it."""
        made: MusicRequest = self.maker(super()).music_request(prompt, given)
        return made

    async def music_flow(self, request: MusicRequest) -> MusicResult:
        """Make music."""
        result: MusicResult = await self.through("music", request, lambda binding: binding.music_flow(request))
        return result


async def _listed(items: AsyncGenerator[Media, None]) -> AsyncGenerator[list[Media], None]:
    try:
        async for item in items:
            yield [item]
    finally:
        await items.aclose()


RECORDED: dict[str, type[Recorded]] = {
    "llm": RecordedLLM, "tti": RecordedTTI, "stt": RecordedSTT,
    "tts": RecordedTTS, "ttv": RecordedTTV, "ttm": RecordedTTM,
}  # fmt: skip
