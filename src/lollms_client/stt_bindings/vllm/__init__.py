"""vLLM: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "VLLMTranscription"


class VLLMTranscription(OpenAITranscriptionBinding):
    """Transcription at vLLM."""
