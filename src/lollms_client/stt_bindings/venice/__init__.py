"""Venice AI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "VeniceTranscription"


class VeniceTranscription(OpenAITranscriptionBinding):
    """Transcription at Venice AI."""
