"""Groq: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "GroqTranscription"


class GroqTranscription(OpenAITranscriptionBinding):
    """Transcription at Groq."""
