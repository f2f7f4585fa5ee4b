"""Hyperbolic on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "HyperbolicBinding"


class HyperbolicBinding(OpenAICompatibleLLM):
    """Language models of Hyperbolic."""
