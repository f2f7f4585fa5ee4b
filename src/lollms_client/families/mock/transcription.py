"""The mock recogniser: scripted transcripts, the text that a mock sound carries, or words for as long as it lasts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from lollms_client.errors import BadMedia, LollmsError
from lollms_client.families.mock.binding import MockMediaBinding
from lollms_client.families.mock.plan import Turn
from lollms_client.families.mock.sound import wav_facts
from lollms_client.families.mock.words import words
from lollms_client.lollms_stt_binding import LollmsSTTBinding
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.media import Media
from lollms_client.types.transcription import Segment, TranscriptionRequest, TranscriptionResult, Word

_WORDS_A_SECOND = 2.5
_WORDS_A_SEGMENT = 10


class MockTranscription(MockMediaBinding, LollmsSTTBinding):
    """Writes down sounds for tests."""

    request_type: ClassVar[Any] = TranscriptionRequest

    def transcription_request(self, audio: Any, given: Mapping[str, Any]) -> TranscriptionRequest:
        """The typed request; arguments that only another binding knows are kept in `extra`."""
        ours, others = self.lenient(TranscriptionRequest, given, "transcribe_audio")
        request = super().transcription_request(audio, ours)
        return msgspec.structs.replace(request, extra={**request.extra, **others})

    async def transcription_flow(self, request: TranscriptionRequest) -> TranscriptionResult:
        """Transcribe."""
        result: TranscriptionResult = await self.produce(request)
        return result

    def make(self, request: TranscriptionRequest, plan: Turn) -> TranscriptionResult:
        """The transcript of a request, its words spread evenly over the sound."""
        if request.audio.kind not in ("audio", "video"):
            raise BadMedia(f"{len(request.audio)} bytes of {request.audio.mime_type} are no sound", setting="audio")
        facts = wav_facts(request.audio)
        if facts is not None and facts.seconds == 0:
            raise BadMedia("the WAV file holds no sound, or is cut off", setting="audio")
        seconds = facts.seconds if facts else _measured(request.audio)
        text = plan.answer.get("text") or (facts.text if facts else "")
        warnings = self.warnings_for(request, plan)
        if not text:
            count = max(1, round((seconds or 4.0) * _WORDS_A_SECOND))
            text = " ".join(words(count, self.seed_of(request)))
            if seconds is None:
                detail = "the sound's length is unknown here; only WAV is read without PyAV"
                warnings.append(CallWarning(kind="approximate", setting="audio", detail=detail))
        language = plan.answer.get("language") or request.language or self.settings.get("language") or "en"
        times = _times(str(text), seconds or len(str(text).split()) / _WORDS_A_SECOND, bool(request.speakers))
        return TranscriptionResult(
            text=str(text),
            language=str(language),
            seconds=seconds,
            segments=tuple(_segments(times)),
            words=tuple(times) if request.words else (),
            usage=Usage(seconds=seconds),
            warnings=tuple(warnings),
            model=self.model_of(request),
            id=f"mock-{plan.number}",
        )


def _measured(audio: Media) -> float | None:
    """The length in seconds where PyAV is installed and can read the sound, else None."""
    try:
        from lollms_client.engines.audio import duration

        return duration(audio)
    except (ImportError, LollmsError):
        return None


def _times(text: str, seconds: float, speakers: bool) -> list[Word]:
    spoken = text.split()
    share = seconds / max(1, len(spoken))
    return [
        Word(
            text=word,
            start=round(number * share, 3),
            end=round((number + 1) * share, 3),
            confidence=0.95,
            speaker=f"speaker_{number // _WORDS_A_SEGMENT % 2 + 1}" if speakers else None,
        )
        for number, word in enumerate(spoken)
    ]


def _segments(times: list[Word]) -> list[Segment]:
    found: list[Segment] = []
    for start in range(0, len(times), _WORDS_A_SEGMENT):
        part = times[start : start + _WORDS_A_SEGMENT]
        text = " ".join(word.text for word in part)
        found.append(Segment(text=text, start=part[0].start, end=part[-1].end, speaker=part[0].speaker))
    return found
