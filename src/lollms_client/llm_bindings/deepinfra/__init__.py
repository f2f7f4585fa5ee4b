"""DeepInfra on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "DeepInfraBinding"


class DeepInfraBinding(OpenAICompatibleLLM):
    """Language models of DeepInfra."""
