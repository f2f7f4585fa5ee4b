"""Any transcription server on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.transcription import OpenAITranscriptionBinding

BindingName = "OpenAICompatibleTranscription"


class OpenAICompatibleTranscription(OpenAITranscriptionBinding):
    """Transcription of any server."""
