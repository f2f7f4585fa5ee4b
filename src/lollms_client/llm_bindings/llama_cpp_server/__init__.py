"""llama.cpp server on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "LlamaCppServerBinding"


class LlamaCppServerBinding(OpenAICompatibleLLM):
    """Language models of llama.cpp server."""
