"""Zhipu (Z.ai) on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "ZhipuBinding"


class ZhipuBinding(OpenAICompatibleLLM):
    """Language models of Zhipu (Z.ai)."""
