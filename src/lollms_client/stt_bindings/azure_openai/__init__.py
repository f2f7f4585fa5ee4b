"""Azure OpenAI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "AzureOpenAITranscription"


class AzureOpenAITranscription(OpenAITranscriptionBinding):
    """Transcription at Azure OpenAI."""
