"""Replicate: transcripts by any model there."""

from __future__ import annotations

from lollms_client.families.replicate import ReplicateBinding
from lollms_client.families.replicate.inputs import Inputs
from lollms_client.families.replicate.transcript import result_of
from lollms_client.lollms_stt_binding import LollmsSTTBinding
from lollms_client.types.job import JobHandle
from lollms_client.types.transcription import TranscriptionRequest, TranscriptionResult

BindingName = "ReplicateTranscription"


class ReplicateTranscription(ReplicateBinding, LollmsSTTBinding):
    """Predictions that give a text."""

    collection = "speech-to-text"

    def fill(self, request: TranscriptionRequest, inputs: Inputs) -> None:
        """The request in the model's terms."""
        inputs.put("audio", request.audio)
        inputs.put("vocabulary", request.prompt)
        for name in ("language", "temperature"):
            inputs.put(name, getattr(request, name))
        if request.translate and "translate" in inputs.choices_of("task"):
            inputs.values["task"] = "translate"
        elif request.translate is not None:
            inputs.put("translate", request.translate or None)
        if request.words and "word" in inputs.choices_of("timestamp"):
            inputs.values["timestamp"] = "word"
        else:
            inputs.put("words", request.words or None)
        inputs.put("speakers", request.speakers or None)

    async def collect(self, handle: JobHandle) -> TranscriptionResult:
        """The transcript of a prediction that is done."""
        row = await self.row(handle)
        output = row.get("output")
        if isinstance(output, str) and output.startswith("https://"):
            output = bytes(await self.download(output)).decode("utf-8", "replace")
        return result_of(output, self.facts(handle, row))
