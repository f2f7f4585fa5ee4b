"""xAI on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "XAIBinding"


class XAIBinding(OpenAICompatibleLLM):
    """Language models of xAI."""
