"""MiniMax on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "MiniMaxBinding"


class MiniMaxBinding(OpenAICompatibleLLM):
    """Language models of MiniMax."""
