"""Mistral AI on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "MistralBinding"


class MistralBinding(OpenAICompatibleLLM):
    """Language models of Mistral AI."""
