"""Text to speech with espeak-ng: many languages, small and quick, clearly synthetic."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, TypeVar

from lollms_client.cancel import CancelToken
from lollms_client.families.engine import EngineBinding
from lollms_client.lollms_tts_binding import LollmsTTSBinding
from lollms_client.types import CallWarning, ModelInfo, Progress, SpeechRequest, SpeechResult, Usage, Voice

if TYPE_CHECKING:
    from lollms_client.engines.audio_formats import AudioFormat
    from lollms_client.engines.espeak.speech import Espeak

BindingName = "EspeakBinding"
Result = TypeVar("Result")


class EspeakBinding(EngineBinding["Espeak"], LollmsTTSBinding):
    """espeak-ng in this process; one call speaks at a time, because the library's state is global."""

    concurrency = 1

    def load(self) -> Espeak:
        """Load the library and read which voices there are."""
        from lollms_client.engines.espeak.speech import Espeak

        return Espeak()

    def run_speech(self, request: SpeechRequest, token: CancelToken) -> Generator[Progress, None, SpeechResult]:
        """Speak a text or SSML; raises BadSetting for an empty text, NotFound for an unknown voice or language."""
        from lollms_client.engines import audio
        from lollms_client.engines.espeak.manner import manner_of

        engine = self.engine
        warnings: list[CallWarning] = []
        form = audio.sound_format(request.output_format or self.settings.get("output_format") or "wav")
        manner = manner_of(
            request, engine.catalogue, lambda name: self.parameter(request, name), self.settings, warnings
        )
        rate = self._sample_rate(request, form, warnings)
        speech = yield from _part(engine.speak(request.text, manner, lambda: token.cancelled), 0.0, 0.7, "speaking")
        token.check()
        steps = audio.encode_steps(speech.samples, speech.sample_rate, form.name, new_rate=rate)
        media = yield from _part(steps, 0.7, 1.0, "encoding")
        seconds = len(speech.samples) / speech.sample_rate
        return SpeechResult(
            audio=media,
            seconds=seconds,
            words=() if request.timings is False else speech.words,
            usage=Usage(characters=len(request.text), seconds=seconds),
            warnings=tuple(warnings),
            model="espeak-ng",
            voice=manner.voice_name,
            extra={"marks": [{"name": mark.name, "time": mark.time} for mark in speech.marks]} if speech.marks else {},
        )

    def run_voices(self) -> list[Voice]:
        """The voices, then the variants that go with any of them."""
        engine = self.engine
        return engine.catalogue.listed()

    def run_models(self) -> list[ModelInfo]:
        """One model: the synthesiser itself."""
        engine = self.engine
        return [ModelInfo(name="espeak-ng", title=f"espeak-ng {engine.library.version}", owner="espeak-ng")]

    def _sample_rate(self, request: SpeechRequest, form: AudioFormat, warnings: list[CallWarning]) -> int | None:
        from lollms_client.engines.espeak.manner import limited

        wanted = request.sample_rate or self.settings.get("sample_rate")
        if not wanted:
            return None
        rate = round(limited("sample_rate", wanted, warnings))
        kept = form.nearest_rate(rate)
        if kept != rate:
            detail = f"{form.name} cannot hold {rate} Hz; it is written at {kept} Hz"
            warnings.append(CallWarning(kind="replaced", setting="sample_rate", detail=detail))
        return kept


def _part(
    steps: Generator[float, None, Result], start: float, end: float, stage: str
) -> Generator[Progress, None, Result]:
    """Report the fractions of one part of the work as progress of the whole."""
    while True:
        try:
            done = next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        yield Progress(fraction=start + done * (end - start), stage=stage)
