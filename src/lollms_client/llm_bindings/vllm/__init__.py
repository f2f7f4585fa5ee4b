"""vLLM on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "VllmBinding"


class VllmBinding(OpenAICompatibleLLM):
    """Language models of vLLM."""
