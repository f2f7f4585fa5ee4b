"""vLLM-Omni: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.video import OpenAIVideoBinding

BindingName = "VLLMOmniFilms"


class VLLMOmniFilms(OpenAIVideoBinding):
    """Films of vLLM-Omni."""
