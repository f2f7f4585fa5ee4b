"""LiteLLM proxy: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "LiteLLMProxyTranscription"


class LiteLLMProxyTranscription(OpenAITranscriptionBinding):
    """Transcription at LiteLLM proxy."""
