"""SambaNova Cloud on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "SambaNovaBinding"


class SambaNovaBinding(OpenAICompatibleLLM):
    """Language models of SambaNova Cloud."""
