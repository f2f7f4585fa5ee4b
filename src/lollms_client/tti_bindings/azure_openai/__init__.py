"""Azure OpenAI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.image import OpenAIImageBinding

BindingName = "AzureOpenAIImages"


class AzureOpenAIImages(OpenAIImageBinding):
    """Images of Azure OpenAI."""
