"""Zhipu (Z.ai): everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.image import OpenAIImageBinding

BindingName = "ZhipuImages"


class ZhipuImages(OpenAIImageBinding):
    """Images of Zhipu (Z.ai)."""
