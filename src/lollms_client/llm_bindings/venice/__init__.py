"""Venice AI on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "VeniceBinding"


class VeniceBinding(OpenAICompatibleLLM):
    """Language models of Venice AI."""
