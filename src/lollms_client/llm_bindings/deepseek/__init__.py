"""DeepSeek on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "DeepSeekBinding"


class DeepSeekBinding(OpenAICompatibleLLM):
    """Language models of DeepSeek."""
