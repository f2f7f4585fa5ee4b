"""LiteLLM proxy on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "LiteLLMProxyBinding"


class LiteLLMProxyBinding(OpenAICompatibleLLM):
    """Language models of LiteLLM proxy."""
