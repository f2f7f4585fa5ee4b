"""Fireworks AI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "FireworksTranscription"


class FireworksTranscription(OpenAITranscriptionBinding):
    """Transcription at Fireworks AI."""
