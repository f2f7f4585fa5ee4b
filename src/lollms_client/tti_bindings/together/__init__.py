"""Together AI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.image import OpenAIImageBinding

BindingName = "TogetherImages"


class TogetherImages(OpenAIImageBinding):
    """Images of Together AI."""
