"""Nebius Token Factory on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "NebiusBinding"


class NebiusBinding(OpenAICompatibleLLM):
    """Language models of Nebius Token Factory."""
