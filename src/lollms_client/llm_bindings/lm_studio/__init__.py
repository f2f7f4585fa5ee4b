"""LM Studio on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "LMStudioBinding"


class LMStudioBinding(OpenAICompatibleLLM):
    """Language models of LM Studio."""
