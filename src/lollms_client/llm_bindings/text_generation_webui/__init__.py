"""Text generation web UI on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "TextGenerationWebuiBinding"


class TextGenerationWebuiBinding(OpenAICompatibleLLM):
    """Language models of Text generation web UI."""
