"""vLLM-Omni: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.speech import OpenAISpeechBinding

BindingName = "VLLMOmniSpeech"


class VLLMOmniSpeech(OpenAISpeechBinding):
    """Speech of vLLM-Omni."""
