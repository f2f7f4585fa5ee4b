"""SGLang on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "SglangBinding"


class SglangBinding(OpenAICompatibleLLM):
    """Language models of SGLang."""
