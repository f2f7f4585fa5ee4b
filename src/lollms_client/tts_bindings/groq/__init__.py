"""Groq: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.speech import OpenAISpeechBinding

BindingName = "GroqSpeech"


class GroqSpeech(OpenAISpeechBinding):
    """Speech of Groq."""
