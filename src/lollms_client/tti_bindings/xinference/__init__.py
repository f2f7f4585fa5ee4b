"""Xinference: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.image import OpenAIImageBinding

BindingName = "XinferenceImages"


class XinferenceImages(OpenAIImageBinding):
    """Images of Xinference."""
