"""Alibaba Model Studio on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "DashScopeBinding"


class DashScopeBinding(OpenAICompatibleLLM):
    """Language models of Alibaba Model Studio."""
