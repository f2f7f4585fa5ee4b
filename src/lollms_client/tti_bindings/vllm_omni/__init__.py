"""vLLM-Omni: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.image import OpenAIImageBinding

BindingName = "VLLMOmniImages"


class VLLMOmniImages(OpenAIImageBinding):
    """Images of vLLM-Omni."""
