"""LiteLLM proxy: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.image import OpenAIImageBinding

BindingName = "LiteLLMProxyImages"


class LiteLLMProxyImages(OpenAIImageBinding):
    """Images of LiteLLM proxy."""
