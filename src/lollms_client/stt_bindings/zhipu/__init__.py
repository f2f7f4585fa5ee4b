"""Zhipu (Z.ai): everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "ZhipuTranscription"


class ZhipuTranscription(OpenAITranscriptionBinding):
    """Transcription at Zhipu (Z.ai)."""
