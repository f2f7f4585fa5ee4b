"""SiliconFlow: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.speech import OpenAISpeechBinding

BindingName = "SiliconFlowSpeech"


class SiliconFlowSpeech(OpenAISpeechBinding):
    """Speech of SiliconFlow."""
