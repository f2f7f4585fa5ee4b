"""Azure OpenAI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.speech import OpenAISpeechBinding

BindingName = "AzureOpenAISpeech"


class AzureOpenAISpeech(OpenAISpeechBinding):
    """Speech of Azure OpenAI."""
