"""DeepInfra: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.image import OpenAIImageBinding

BindingName = "DeepInfraImages"


class DeepInfraImages(OpenAIImageBinding):
    """Images of DeepInfra."""
