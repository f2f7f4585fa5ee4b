"""Perplexity on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "PerplexityBinding"


class PerplexityBinding(OpenAICompatibleLLM):
    """Language models of Perplexity."""
