"""Mistral AI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "MistralTranscription"


class MistralTranscription(OpenAITranscriptionBinding):
    """Transcription at Mistral AI."""
