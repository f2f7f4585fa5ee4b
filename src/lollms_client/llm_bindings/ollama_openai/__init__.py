"""Ollama (OpenAI's wire) on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "OllamaOpenAIBinding"


class OllamaOpenAIBinding(OpenAICompatibleLLM):
    """Language models of Ollama (OpenAI's wire)."""
