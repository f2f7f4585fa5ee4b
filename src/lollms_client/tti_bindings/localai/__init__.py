"""LocalAI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.image import OpenAIImageBinding

BindingName = "LocalAIImages"


class LocalAIImages(OpenAIImageBinding):
    """Images of LocalAI."""
