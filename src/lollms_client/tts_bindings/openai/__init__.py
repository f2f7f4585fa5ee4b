"""OpenAI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.speech import OpenAISpeechBinding

BindingName = "OpenAISpeech"


class OpenAISpeech(OpenAISpeechBinding):
    """Speech of OpenAI."""
