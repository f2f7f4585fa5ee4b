"""Xinference: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.speech import OpenAISpeechBinding

BindingName = "XinferenceSpeech"


class XinferenceSpeech(OpenAISpeechBinding):
    """Speech of Xinference."""
