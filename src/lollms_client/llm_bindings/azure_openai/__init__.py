"""Azure OpenAI on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "AzureOpenAIBinding"


class AzureOpenAIBinding(OpenAICompatibleLLM):
    """Language models of Azure OpenAI."""
