"""Groq on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "GroqBinding"


class GroqBinding(OpenAICompatibleLLM):
    """Language models of Groq."""
