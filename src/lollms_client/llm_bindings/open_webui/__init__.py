"""Open WebUI on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "OpenWebUIBinding"


class OpenWebUIBinding(OpenAICompatibleLLM):
    """Language models of Open WebUI."""
