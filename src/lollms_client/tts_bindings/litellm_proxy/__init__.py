"""LiteLLM proxy: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.speech import OpenAISpeechBinding

BindingName = "LiteLLMProxySpeech"


class LiteLLMProxySpeech(OpenAISpeechBinding):
    """Speech of LiteLLM proxy."""
