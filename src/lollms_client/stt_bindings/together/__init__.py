"""Together AI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "TogetherTranscription"


class TogetherTranscription(OpenAITranscriptionBinding):
    """Transcription at Together AI."""
