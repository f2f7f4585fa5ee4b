"""DeepInfra: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "DeepInfraTranscription"


class DeepInfraTranscription(OpenAITranscriptionBinding):
    """Transcription at DeepInfra."""
