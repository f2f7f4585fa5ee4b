"""DeepInfra: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.speech import OpenAISpeechBinding

BindingName = "DeepInfraSpeech"


class DeepInfraSpeech(OpenAISpeechBinding):
    """Speech of DeepInfra."""
