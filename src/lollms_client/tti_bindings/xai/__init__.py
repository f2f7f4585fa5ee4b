"""xAI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.image import OpenAIImageBinding

BindingName = "XAIImages"


class XAIImages(OpenAIImageBinding):
    """Images of xAI."""
