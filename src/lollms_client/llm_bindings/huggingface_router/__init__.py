"""Hugging Face Inference Providers on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "HuggingFaceRouterBinding"


class HuggingFaceRouterBinding(OpenAICompatibleLLM):
    """Language models of Hugging Face Inference Providers."""
