"""Jan on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "JanBinding"


class JanBinding(OpenAICompatibleLLM):
    """Language models of Jan."""
