"""The mock speaker: a tone for each word, as long as the text takes to be spoken, with the words' times."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any, ClassVar

import msgspec

from lollms_client.errors import BadSetting
from lollms_client.families.mock.binding import MockMediaBinding
from lollms_client.families.mock.plan import Turn, read_answer
from lollms_client.families.mock.sound import Tone, samples_of, sound_media, wav_facts
from lollms_client.families.mock.words import number_of
from lollms_client.flow import Now, Sleep, report_warnings
from lollms_client.lollms_tts_binding import LollmsTTSBinding
from lollms_client.types.accounting import Usage
from lollms_client.types.catalogue import Voice
from lollms_client.types.media import Media
from lollms_client.types.speech import SpeechRequest, SpeechResult
from lollms_client.types.transcription import Word

_VOICES = ("mock-anna", "mock-ben", "mock-chloe")


class MockSpeech(MockMediaBinding, LollmsTTSBinding):
    """Speaks for tests. A WAV keeps its text in a comment, which the mock recogniser reads back."""

    request_type: ClassVar[Any] = SpeechRequest

    def speech_request(self, text: str, given: Mapping[str, Any]) -> SpeechRequest:
        """The typed request; arguments that only another binding knows are kept in `extra`."""
        ours, others = self.lenient(SpeechRequest, given, "generate_audio")
        request = super().speech_request(text, ours)
        return msgspec.structs.replace(request, extra={**request.extra, **others})

    async def speech_flow(self, request: SpeechRequest) -> SpeechResult:
        """Speak."""
        result: SpeechResult = await self.produce(request)
        return result

    async def speech_stream_flow(self, request: SpeechRequest) -> AsyncGenerator[Media, None]:
        """Speak, in chunks of as many bytes as the setting says."""
        plan = await self.begin(request)
        made = self.make(request, plan)
        await report_warnings(made.warnings)
        audio = made.audio
        size = max(1, int(self.settings.get("chunk_size") or 4096))
        pause = float(self.settings.get("chunk_latency") or 0.0)
        for number, start in enumerate(range(0, len(audio), size)):
            if plan.failure is not None and number >= plan.after_chunks:
                raise plan.failure
            await (Sleep(pause) if pause > 0 else Now())
            yield Media(audio[start : start + size], audio.mime_type)
        if plan.failure is not None:
            raise plan.failure

    def make(self, request: SpeechRequest, plan: Turn) -> SpeechResult:
        """The sound of a request."""
        voice = request.voice or str(self.settings.get("voice") or _VOICES[0])
        warnings = self.warnings_for(request, plan)
        listed = [item.name for item in self._voices()] if self.settings.get("voices") else []
        if voice not in _VOICES or listed:
            unknown = self.unlisted("voice", voice, listed, self.settings.get("voice"))
            warnings += [unknown] if unknown else []
        times, seconds = self._times(request)
        given = self.given_file(plan)
        rate = request.sample_rate or int(self.settings.get("sample_rate") or 16000)
        if not 1000 <= rate <= 192000:
            raise BadSetting(f"a mock sound has 1000 to 192000 samples a second, not {rate}", setting="sample_rate")
        if given is None:
            tones = _tones(times, 110 * (request.pitch or 1.0) * (1 + number_of(voice) % 100 / 100), request.volume)
            form = (request.output_format or self.settings.get("output_format") or "wav").lower()
            audio = sound_media(samples_of(list(tones), seconds, rate), rate, form, request.text)
        else:
            audio, facts = given, wav_facts(given)
            seconds = facts.seconds if facts else seconds
        return SpeechResult(
            audio=audio,
            seconds=seconds,
            words=tuple(times) if request.timings else (),
            usage=Usage(characters=len(request.text), seconds=seconds),
            warnings=tuple(warnings),
            model=self.model_of(request),
            voice=voice,
            id=f"mock-{plan.number}",
        )

    def _times(self, request: SpeechRequest) -> tuple[list[Word], float]:
        """The words one after the other, a long word longer, and how long they take together."""
        speed = 1.0 if request.speed is None else request.speed
        if not speed > 0:
            raise BadSetting(f"speed must be more than 0, not {speed:g}", setting="speed")
        pace = float(self.settings.get("word_seconds") or 0.3) / speed
        found: list[Word] = []
        now = 0.05
        for word in request.text.split():
            end = now + pace * (0.5 + min(len(word), 12) / 10)
            found.append(Word(text=word, start=round(now, 3), end=round(end, 3), confidence=1.0))
            now = end + pace * 0.15
        return found, round(now + 0.05, 3)

    async def voices_flow(self) -> list[Voice]:
        """The voices that the setting names."""
        await Now()
        return self._voices()

    def _voices(self) -> list[Voice]:
        return [_voice(item) for item in self.settings.get("voices") or _VOICES]


def _tones(times: list[Word], frequency: float, volume: float | None) -> Iterator[Tone]:
    loud = min(1.0, 0.4 * (1.0 if volume is None else max(0.0, volume)))
    for word in times:
        yield Tone(word.start, word.end, max(40.0, frequency * (1 + number_of(word.text) % 30 / 100)), loud)


def _voice(item: Any) -> Voice:
    if isinstance(item, Mapping):
        try:
            return msgspec.convert({"name": "mock", **item}, Voice)
        except (TypeError, msgspec.ValidationError) as error:
            raise BadSetting(f"a voice cannot be read: {error}", setting="voices") from error
    name = read_answer(item)["text"]
    return Voice(name=name, title=name, language="en-US")
