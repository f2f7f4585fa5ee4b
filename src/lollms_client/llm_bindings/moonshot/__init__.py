"""Moonshot AI on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "MoonshotBinding"


class MoonshotBinding(OpenAICompatibleLLM):
    """Language models of Moonshot AI."""
