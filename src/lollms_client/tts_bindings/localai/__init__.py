"""LocalAI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.speech import OpenAISpeechBinding

BindingName = "LocalAISpeech"


class LocalAISpeech(OpenAISpeechBinding):
    """Speech of LocalAI."""
