"""Venice AI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.speech import OpenAISpeechBinding

BindingName = "VeniceSpeech"


class VeniceSpeech(OpenAISpeechBinding):
    """Speech of Venice AI."""
