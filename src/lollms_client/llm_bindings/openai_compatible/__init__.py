"""Any server on OpenAI's wire on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "OpenAICompatibleBinding"


class OpenAICompatibleBinding(OpenAICompatibleLLM):
    """Language models of Any server on OpenAI's wire."""
