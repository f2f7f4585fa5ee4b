"""vLLM-Omni on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "VllmOmniBinding"


class VllmOmniBinding(OpenAICompatibleLLM):
    """Language models of vLLM-Omni."""
