"""SiliconFlow: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.image import OpenAIImageBinding

BindingName = "SiliconFlowImages"


class SiliconFlowImages(OpenAIImageBinding):
    """Images of SiliconFlow."""
