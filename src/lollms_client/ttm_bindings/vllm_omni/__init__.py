"""vLLM-Omni: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.music import OpenAIMusicBinding

BindingName = "VLLMOmniMusic"


class VLLMOmniMusic(OpenAIMusicBinding):
    """Music of vLLM-Omni."""
