"""Mistral AI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.speech import OpenAISpeechBinding

BindingName = "MistralSpeech"


class MistralSpeech(OpenAISpeechBinding):
    """Speech of Mistral AI."""
