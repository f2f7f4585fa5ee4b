"""OpenAI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "OpenAITranscription"


class OpenAITranscription(OpenAITranscriptionBinding):
    """Transcription at OpenAI."""
