"""Novita AI on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "NovitaBinding"


class NovitaBinding(OpenAICompatibleLLM):
    """Language models of Novita AI."""
