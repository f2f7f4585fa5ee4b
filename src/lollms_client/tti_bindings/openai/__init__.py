"""OpenAI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.image import OpenAIImageBinding

BindingName = "OpenAIImages"


class OpenAIImages(OpenAIImageBinding):
    """Images of OpenAI."""
