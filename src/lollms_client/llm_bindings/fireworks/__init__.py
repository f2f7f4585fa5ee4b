"""Fireworks AI on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "FireworksBinding"


class FireworksBinding(OpenAICompatibleLLM):
    """Language models of Fireworks AI."""
