"""Xinference: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "XinferenceTranscription"


class XinferenceTranscription(OpenAITranscriptionBinding):
    """Transcription at Xinference."""
