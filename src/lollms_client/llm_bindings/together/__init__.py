"""Together AI on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "TogetherBinding"


class TogetherBinding(OpenAICompatibleLLM):
    """Language models of Together AI."""
