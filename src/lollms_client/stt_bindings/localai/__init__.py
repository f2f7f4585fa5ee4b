"""LocalAI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "LocalAITranscription"


class LocalAITranscription(OpenAITranscriptionBinding):
    """Transcription at LocalAI."""
