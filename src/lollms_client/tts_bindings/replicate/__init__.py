"""Replicate: speech by any model there."""

from __future__ import annotations

from lollms_client.families.replicate import ReplicateBinding
from lollms_client.families.replicate.inputs import Inputs
from lollms_client.lollms_tts_binding import LollmsTTSBinding
from lollms_client.types.accounting import Usage
from lollms_client.types.catalogue import Voice
from lollms_client.types.job import JobHandle
from lollms_client.types.speech import SpeechRequest, SpeechResult

BindingName = "ReplicateSpeech"

_FIELDS = ("language", "instructions", "speed", "pitch", "volume", "ssml", "output_format", "sample_rate", "seed")


class ReplicateSpeech(ReplicateBinding, LollmsTTSBinding):
    """Predictions that give speech."""

    collection = "text-to-speech"

    def fill(self, request: SpeechRequest, inputs: Inputs) -> None:
        """The request in the model's terms."""
        inputs.put("text", request.text)
        inputs.put("voice", request.voice or self.settings.get("voice"))
        for name in _FIELDS:
            inputs.put(name, getattr(request, name))
        if request.timings:
            inputs.warn("unsupported", "timings", "the times of words are not offered")

    async def collect(self, handle: JobHandle) -> SpeechResult:
        """The sound of a prediction that is done."""
        sounds, row = await self.media_of(handle)
        sound = next((media for media in sounds if media.kind == "audio"), sounds[0])
        given = row.get("input") or {}
        text = next((given[name] for name in ("text", "prompt") if isinstance(given.get(name), str)), None)
        usage = Usage(characters=len(text)) if text else Usage()
        return SpeechResult(audio=sound, usage=usage, **self.facts(handle, row))

    async def voices_flow(self) -> list[Voice]:
        """The voices that the model's schema names; none where it takes any text."""
        place = await self._place(str(self.settings.get("model_name")))
        return [Voice(name=str(name)) for name in Inputs(place.schema).choices("voice")]
