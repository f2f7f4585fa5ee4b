"""Any speech server on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.speech import OpenAISpeechBinding

BindingName = "OpenAICompatibleSpeech"


class OpenAICompatibleSpeech(OpenAISpeechBinding):
    """Speech of any server."""
