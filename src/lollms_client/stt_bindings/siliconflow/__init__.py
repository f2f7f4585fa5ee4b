"""SiliconFlow: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "SiliconFlowTranscription"


class SiliconFlowTranscription(OpenAITranscriptionBinding):
    """Transcription at SiliconFlow."""
