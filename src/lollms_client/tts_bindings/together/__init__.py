"""Together AI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.speech import OpenAISpeechBinding

BindingName = "TogetherSpeech"


class TogetherSpeech(OpenAISpeechBinding):
    """Speech of Together AI."""
